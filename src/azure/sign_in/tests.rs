use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::azure::tests::stub::{Stub, reply, transport};

type Variables = BTreeMap<&'static str, &'static str>;

fn chosen(auth: Auth, set: &Variables) -> Result<Chosen, SignInError> {
    choose(auth, &|name| set.get(name).map(|value| (*value).to_owned()))
}

fn everything() -> Variables {
    [
        "AZURE_TENANT_ID",
        "AZURE_CLIENT_ID",
        "AZURE_CLIENT_SECRET",
        "AZURE_FEDERATED_TOKEN_FILE",
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "SYSTEM_OIDCREQUESTURI",
        "SYSTEM_ACCESSTOKEN",
        "AZURESUBSCRIPTION_TENANT_ID",
        "AZURESUBSCRIPTION_CLIENT_ID",
        "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
        "IDENTITY_ENDPOINT",
        "IDENTITY_HEADER",
    ]
    .map(|name| (name, "planted"))
    .into()
}

#[test]
fn the_first_complete_credential_wins() {
    let mut set = everything();
    for (gone, method) in [
        ("", "service principal"),
        ("AZURE_CLIENT_SECRET", "workload identity"),
        ("AZURE_FEDERATED_TOKEN_FILE", "GitHub's OIDC token"),
        (
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "the service connection of Azure Pipelines",
        ),
        ("SYSTEM_ACCESSTOKEN", "managed identity"),
        ("IDENTITY_HEADER", "the Azure CLI or"),
    ] {
        set.remove(gone);
        let chosen = chosen(Auth::Auto, &set).unwrap();
        assert!(
            chosen.method.to_string().starts_with(method),
            "without {gone}: {}",
            chosen.method
        );
    }
    let chosen = chosen(Auth::Auto, &set).unwrap();
    assert_eq!(
        chosen.passed_over,
        [
            "not by github-oidc: `ACTIONS_ID_TOKEN_REQUEST_URL` is set, but not `ACTIONS_ID_TOKEN_REQUEST_TOKEN`",
            "not by azure-pipelines: `SYSTEM_OIDCREQUESTURI` is set, but not `SYSTEM_ACCESSTOKEN`",
            "not by managed-identity: `IDENTITY_ENDPOINT` is set, but not `IDENTITY_HEADER`",
        ]
    );
}

#[test]
fn what_is_asked_for_is_taken_or_refused() {
    let all = everything();
    for auth in Auth::ALL {
        let wanted = chosen(auth, &all);
        if auth == Auth::Static {
            let error = wanted.unwrap_err().to_string();
            assert_eq!(error, "sign-in by `static` needs `AZURE_ACCESS_TOKEN`");
        } else {
            assert!(wanted.is_ok(), "{auth:?}");
        }
    }
    let error = chosen(Auth::GithubOidc, &Variables::new())
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "sign-in by `github-oidc` needs `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `ACTIONS_ID_TOKEN_REQUEST_URL` and `ACTIONS_ID_TOKEN_REQUEST_TOKEN`"
    );
    assert!(
        chosen(Auth::ManagedIdentity, &Variables::new()).is_ok(),
        "a virtual machine sets nothing"
    );
}

#[test]
fn an_empty_variable_is_not_set() {
    let set = Variables::from([
        ("AZURE_TENANT_ID", "t"),
        ("AZURE_CLIENT_ID", "c"),
        ("AZURE_CLIENT_SECRET", " "),
    ]);
    assert_eq!(
        chosen(Auth::Auto, &set).unwrap().method,
        Method::DeveloperTools
    );
}

#[test]
fn a_choice_shows_no_secret() {
    let mut set = everything();
    set.insert("AZURE_CLIENT_ID", "the-app");
    set.insert("AZURE_TENANT_ID", "the-tenant");
    let chosen = chosen(Auth::Auto, &set).unwrap();
    assert!(
        !format!("{chosen:?} {}", chosen.method).contains("planted"),
        "{chosen:?}"
    );
}

fn tokens(stub: &Stub, auth: Auth, set: &Variables) -> Tokens {
    let chosen = chosen(auth, set).unwrap();
    Tokens::new(&chosen, &stub.cloud(), &Arc::new(transport(None))).unwrap()
}

const SCOPE: &str = "https://management.azure.com/.default";

#[tokio::test]
async fn a_service_principal_signs_in_and_its_token_is_kept() {
    let stub = Stub::start().await;
    let token = reply(
        200,
        r#"{"token_type":"Bearer","expires_in":3600,"access_token":"t-1"}"#,
    );
    // The first answer is a fault; the real crate runs over our transport and sees the second.
    stub.on(
        "POST /the-tenant/oauth2/v2.0/token",
        [reply(503, "").with("retry-after", "1"), token],
    );
    let set = Variables::from([
        ("AZURE_TENANT_ID", "the-tenant"),
        ("AZURE_CLIENT_ID", "app"),
        ("AZURE_CLIENT_SECRET", "planted"),
    ]);
    let tokens = tokens(&stub, Auth::Auto, &set);
    for _ in 0..3 {
        assert_eq!(tokens.token(SCOPE).await.unwrap().reveal(), "t-1");
    }
    assert_eq!(
        stub.lines().len(),
        2,
        "one fault, one token: {:?}",
        stub.lines()
    );
    assert!(stub.asked()[1].body.contains("client_secret=planted"));
    tokens
        .forget(SCOPE, &crate::base::Secret::new("older"))
        .await
        .unwrap();
    tokens.token(SCOPE).await.unwrap();
    assert_eq!(stub.lines().len(), 2, "a refused older token costs nothing");
    tokens
        .forget(SCOPE, &crate::base::Secret::new("t-1"))
        .await
        .unwrap();
    tokens.token(SCOPE).await.unwrap();
    assert_eq!(stub.lines().len(), 3);
}

#[tokio::test]
async fn github_s_token_is_exchanged() {
    let stub = Stub::start().await;
    stub.on("GET /github", [reply(200, r#"{"value":"planted-jwt"}"#)]);
    let token = reply(
        200,
        r#"{"token_type":"Bearer","expires_in":3600,"access_token":"t-2"}"#,
    );
    stub.on("POST /the-tenant/oauth2/v2.0/token", [token]);
    let url: &'static str = Box::leak(format!("{}/github?run=1", stub.url()).into_boxed_str());
    let set = Variables::from([
        ("AZURE_TENANT_ID", "the-tenant"),
        ("AZURE_CLIENT_ID", "app"),
        ("ACTIONS_ID_TOKEN_REQUEST_URL", url),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "planted-request"),
    ]);
    assert_eq!(
        tokens(&stub, Auth::Auto, &set)
            .token(SCOPE)
            .await
            .unwrap()
            .reveal(),
        "t-2"
    );
    let asked = stub.asked();
    assert_eq!(
        asked[0].line,
        "GET /github?run=1&audience=api%3A%2F%2FAzureADTokenExchange"
    );
    assert_eq!(asked[0].headers["authorization"], "Bearer planted-request");
    assert!(
        asked[1].body.contains("client_assertion=planted-jwt"),
        "{}",
        asked[1].body
    );
}

#[tokio::test]
async fn a_refused_credential_says_why() {
    let stub = Stub::start().await;
    let refused = reply(
        401,
        r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.","error_codes":[7000215]}"#,
    );
    stub.on("POST /the-tenant/oauth2/v2.0/token", [refused]);
    let set = Variables::from([
        ("AZURE_TENANT_ID", "the-tenant"),
        ("AZURE_CLIENT_ID", "app"),
        ("AZURE_CLIENT_SECRET", "planted"),
    ]);
    let error = tokens(&stub, Auth::ServicePrincipal, &set)
        .token(SCOPE)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("AADSTS7000215"), "{error}");
    assert!(
        error.starts_with("cannot sign in by service principal `app`"),
        "{error}"
    );
    assert!(!error.contains("planted"), "{error}");
}
