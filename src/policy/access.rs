//! What the elements say that decide who may call: `cors`, `validate-jwt`,
//! `validate-azure-ad-token`; and those that say who calls the backend.

use std::sync::Arc;

use super::Template;

#[derive(Debug, Clone)]
pub(crate) struct Cors {
    pub(crate) allow_credentials: Template,
    pub(crate) terminate_unmatched: Template,
    pub(crate) origins: Vec<Template>,
    /// GET and POST when the policy names none.
    pub(crate) methods: Vec<Template>,
    pub(crate) max_age: Template,
    pub(crate) headers: Vec<Template>,
    pub(crate) expose: Vec<Template>,
}

/// `validate-jwt`, and `validate-azure-ad-token` with its issuer known in advance.
#[derive(Debug, Clone)]
pub(crate) struct ValidateToken {
    pub(crate) place: TokenPlace,
    pub(crate) failed_status: Template,
    pub(crate) failed_message: Option<Template>,
    pub(crate) require_expiration: Template,
    pub(crate) require_scheme: Option<Template>,
    pub(crate) require_signed: Template,
    /// In seconds.
    pub(crate) clock_skew: Template,
    pub(crate) output_variable: Option<Arc<str>>,
    /// URLs whose key sets and issuers count.
    pub(crate) openid_configs: Vec<Template>,
    /// Tenant of `validate-azure-ad-token`, whose key set and issuer count.
    pub(crate) tenant: Option<Template>,
    pub(crate) keys: Vec<TokenKey>,
    pub(crate) audiences: Vec<Template>,
    pub(crate) issuers: Vec<Template>,
    pub(crate) application_ids: Vec<Template>,
    pub(crate) claims: Vec<RequiredClaim>,
}

#[derive(Debug, Clone)]
pub(crate) enum TokenPlace {
    Header(Template),
    Query(Template),
    Value(Template),
}

/// A key that the policy itself names.
#[derive(Debug, Clone)]
pub(crate) struct TokenKey {
    pub(crate) id: Option<Arc<str>>,
    pub(crate) material: KeyMaterial,
}

#[derive(Debug, Clone)]
pub(crate) enum KeyMaterial {
    /// Base64 of a shared secret.
    Secret(Template),
    /// Modulus and exponent of an RSA key, in base64url.
    Rsa {
        modulus: Arc<str>,
        exponent: Arc<str>,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct RequiredClaim {
    pub(crate) name: Template,
    pub(crate) any: bool,
    pub(crate) separator: Option<Arc<str>>,
    pub(crate) values: Vec<Template>,
}

#[derive(Debug, Clone)]
pub(crate) struct BasicAuthentication {
    pub(crate) username: Template,
    pub(crate) password: Template,
}

/// A token of the gateway's credential manager, put into a variable.
#[derive(Debug, Clone)]
pub(crate) struct AuthorizationContext {
    pub(crate) provider: Template,
    pub(crate) authorization: Template,
    pub(crate) variable: Template,
    pub(crate) ignore_error: Template,
}

/// A forward proxy on the way to the backend.
#[derive(Debug, Clone)]
pub(crate) struct Proxy {
    pub(crate) url: Template,
    pub(crate) username: Option<Template>,
    pub(crate) password: Option<Template>,
}
