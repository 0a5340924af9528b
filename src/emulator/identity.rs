//! What is answered without a token: where things are, and tokens themselves.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::shared::Shared;
use crate::plane::{Ask, Reply};
use crate::policy::message::percent_decode;

/// Seconds that a token counts.
const LIFE: i64 = 3_600;

/// `None` for what needs a token.
pub(super) fn answer(shared: &Shared, ask: &Ask, now: Timestamp) -> Option<Reply> {
    let path = ask.path.trim_end_matches('/').to_lowercase();
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match (ask.method.as_str(), segments.as_slice()) {
        ("GET", ["metadata", "endpoints"]) => Some(Reply::json(200, endpoints(&ask.base))),
        ("GET" | "POST", ["msi", "token"]) => Some(managed(shared, ask, now, "x-identity-header")),
        ("GET", ["metadata", "identity", "oauth2", "token"]) => {
            Some(managed(shared, ask, now, "metadata"))
        }
        (
            "GET",
            [_, "v2.0", ".well-known", "openid-configuration"]
            | [_, ".well-known", "openid-configuration"],
        ) => Some(Reply::json(200, configuration(shared, &ask.base))),
        ("GET", ["common", "discovery", "instance"]) => Some(Reply::json(
            200,
            json!({
                "tenant_discovery_endpoint": format!("{}/{}/v2.0/.well-known/openid-configuration", ask.base, shared.tenant()),
                "api-version": "1.1",
                "metadata": [],
            }),
        )),
        ("GET", [_, "discovery", "v2.0", "keys"] | [_, "discovery", "keys"]) => {
            Some(Reply::json(200, shared.issuer.keys()))
        }
        ("POST", [tenant, "oauth2", "v2.0", "token"] | [tenant, "oauth2", "token"]) => {
            Some(token(shared, ask, now, tenant))
        }
        _ => None,
    }
}

/// `GET /metadata/endpoints`: one cloud, as an object.
fn endpoints(base: &str) -> Value {
    json!({
        "name": "apimon",
        "resourceManager": format!("{base}/"),
        "authentication": {
            "loginEndpoint": format!("{base}/"),
            "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "portal": format!("{base}/"),
        "gallery": format!("{base}/"),
        "graph": format!("{base}/"),
        "graphAudience": format!("{base}/"),
        "microsoftGraphResourceId": format!("{base}/"),
        "batch": "https://batch.core.windows.net/",
        "media": "https://rest.media.azure.net/",
        "sqlManagement": "https://management.core.windows.net:8443/",
        "vmImageAliasDoc": format!("{base}/aliases.json"),
        "activeDirectoryDataLake": "https://datalake.azure.net/",
        "appInsightsResourceId": base,
        "appInsightsTelemetryChannelResourceId": "https://dc.applicationinsights.azure.com/v2/track",
        "logAnalyticsResourceId": base,
        "ossrDbmsResourceId": "https://ossrdbms-aad.database.windows.net",
        "attestationResourceId": "https://attest.azure.net",
        "synapseAnalyticsResourceId": "https://dev.azuresynapse.net",
        "suffixes": {
            "acrLoginServer": "azurecr.io",
            "attestationEndpoint": "attest.azure.net",
            "azureDataLakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
            "azureDataLakeStoreFileSystem": "azuredatalakestore.net",
            "keyVaultDns": "vault.azure.net",
            "mhsmDns": "managedhsm.azure.net",
            "mysqlServerEndpoint": "mysql.database.azure.com",
            "postgresqlServerEndpoint": "postgres.database.azure.com",
            "mariadbServerEndpoint": "mariadb.database.azure.com",
            "sqlServerHostname": "database.windows.net",
            "storage": "core.windows.net",
            "storageSyncEndpointSuffix": "afs.azure.net",
            "synapseAnalytics": "dev.azuresynapse.net",
        },
    })
}

fn configuration(shared: &Shared, base: &str) -> Value {
    let tenant = shared.tenant();
    json!({
        "issuer": format!("{base}/{tenant}/v2.0"),
        "token_endpoint": format!("{base}/{tenant}/oauth2/v2.0/token"),
        "authorization_endpoint": format!("{base}/{tenant}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{base}/{tenant}/oauth2/v2.0/devicecode"),
        "jwks_uri": format!("{base}/{tenant}/discovery/v2.0/keys"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "scopes_supported": ["openid"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "tid", "oid", "appid"],
        "tenant_region_scope": null,
        "cloud_instance_name": "apimon",
    })
}

/// A token for a managed identity; `header` is what its callers send as proof that they are local.
fn managed(shared: &Shared, ask: &Ask, now: Timestamp, header: &str) -> Reply {
    if ask.header(header).is_none() {
        let body = json!({"error": "invalid_request", "error_description": format!("the header `{header}` is missing")});
        return Reply::json(400, body);
    }
    let form = form(ask);
    let Some(resource) = ask
        .parameter("resource")
        .or_else(|| field(&form, "resource"))
    else {
        let body = json!({"error": "invalid_request", "error_description": "the parameter `resource` is missing"});
        return Reply::json(400, body);
    };
    let client = ask
        .parameter("client_id")
        .unwrap_or_else(|| shared.client());
    let expires = now.as_second() + LIFE;
    let token = issue(shared, &resource, &client, now);
    Reply::json(
        200,
        json!({
            "access_token": token,
            "client_id": client,
            "expires_in": LIFE.to_string(),
            "expires_on": expires.to_string(),
            "not_before": now.as_second().to_string(),
            "resource": resource,
            "token_type": "Bearer",
        }),
    )
}

/// A token for an application that shows a secret, or a token of another issuer in its place. The
/// local Azure knows no applications: it believes every secret and every assertion.
fn token(shared: &Shared, ask: &Ask, now: Timestamp, tenant: &str) -> Reply {
    let known = [shared.tenant(), "common", "organizations"];
    if !known.iter().any(|known| known.eq_ignore_ascii_case(tenant)) {
        let message = format!(
            "AADSTS90002: Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID."
        );
        return entra(400, "invalid_request", 90_002, &message, now);
    }
    let form = form(ask);
    let grant = field(&form, "grant_type").unwrap_or_default();
    if grant != "client_credentials" {
        let message =
            format!("AADSTS70003: The app requested an unsupported grant type '{grant}'.");
        return entra(400, "unsupported_grant_type", 70_003, &message, now);
    }
    let Some(client) = field(&form, "client_id").filter(|client| !client.is_empty()) else {
        let message =
            "AADSTS900144: The request body must contain the following parameter: 'client_id'.";
        return entra(400, "invalid_request", 900_144, message, now);
    };
    let secret = field(&form, "client_secret").is_some_and(|secret| !secret.is_empty());
    let assertion =
        field(&form, "client_assertion").is_some_and(|token| token.split('.').count() == 3);
    if !secret && !assertion {
        let message = "AADSTS7000216: 'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.";
        return entra(401, "invalid_client", 7_000_216, message, now);
    }
    let scope = field(&form, "scope").map(|scope| scope.trim_end_matches("/.default").to_owned());
    let Some(resource) = scope.or_else(|| field(&form, "resource")) else {
        let message =
            "AADSTS900144: The request body must contain the following parameter: 'scope'.";
        return entra(400, "invalid_request", 900_144, message, now);
    };
    Reply::json(
        200,
        json!({
            "token_type": "Bearer",
            "expires_in": LIFE,
            "ext_expires_in": LIFE,
            "expires_on": (now.as_second() + LIFE).to_string(),
            "access_token": issue(shared, &resource, &client, now),
        }),
    )
    .with("cache-control", "no-store, no-cache")
}

fn issue(shared: &Shared, resource: &str, client: &str, now: Timestamp) -> String {
    let tenant = shared.tenant();
    let object = shared.principal();
    shared.issuer.sign(&json!({
        "aud": resource,
        "iss": format!("https://sts.windows.net/{tenant}/"),
        "iat": now.as_second(),
        "nbf": now.as_second(),
        "exp": now.as_second() + LIFE,
        "appid": client,
        "idtyp": "app",
        "oid": object,
        "sub": object,
        "tid": tenant,
        "ver": "1.0",
    }))
}

fn entra(status: u16, error: &str, code: u32, message: &str, now: Timestamp) -> Reply {
    Reply::json(
        status,
        json!({
            "error": error,
            "error_description": message,
            "error_codes": [code],
            "timestamp": now.to_string(),
        }),
    )
}

fn form(ask: &Ask) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(&ask.body);
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (percent_decode(name), percent_decode(value)))
        .collect()
}

fn field(form: &[(String, String)], name: &str) -> Option<String> {
    form.iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.clone())
}
