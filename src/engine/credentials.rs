//! Whom a service trusts, and as whom it calls: given to the engine, which asks nobody.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use crate::base::Secret;

/// Key sets and tokens that a deployed gateway would fetch.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Credentials {
    pub(crate) issuers: Vec<Issuer>,
    /// What the credential manager holds, for `get-authorization-context`.
    pub(crate) authorizations: Vec<Authorization>,
    /// Thumbprints or ids of certificates that `authentication-certificate` may name.
    pub(crate) certificates: Vec<String>,
}

/// A token that somebody consented to.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Authorization {
    #[serde(rename = "provider-id")]
    pub(crate) provider: String,
    #[serde(rename = "authorization-id")]
    pub(crate) id: String,
    #[serde(deserialize_with = "secret")]
    pub(crate) access_token: Secret,
    #[serde(default)]
    pub(crate) claims: BTreeMap<String, String>,
}

/// What stands behind one `openid-config` URL.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Issuer {
    pub(crate) openid_config: String,
    /// What tokens must say in `iss`.
    #[serde(rename = "issuer")]
    pub(crate) name: String,
    /// JSON Web Keys.
    pub(crate) keys: Vec<serde_json::Value>,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}

impl Credentials {
    pub(super) fn issuer(&self, url: &str) -> Option<&Issuer> {
        self.issuers
            .iter()
            .find(|issuer| issuer.openid_config.eq_ignore_ascii_case(url))
    }

    /// Issuers of an Entra tenant: those whose URL has it as a segment of its path.
    pub(super) fn tenant(&self, tenant: &str) -> Vec<&Issuer> {
        let of_tenant = |issuer: &&Issuer| {
            issuer
                .openid_config
                .split('/')
                .any(|segment| segment.eq_ignore_ascii_case(tenant))
        };
        self.issuers.iter().filter(of_tenant).collect()
    }
}
