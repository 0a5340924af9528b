//! Whom a service trusts, and as whom it calls: given to the engine, which asks nobody.

use serde::Deserialize;

/// Key sets and tokens that a deployed gateway would fetch.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Credentials {
    pub(crate) issuers: Vec<Issuer>,
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
