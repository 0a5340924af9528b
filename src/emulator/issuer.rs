//! Tokens: signed with a key that lives as long as the process, and read again.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as URL;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    UnparsedPublicKey,
};
use serde_json::{Value, json};

pub(super) struct Issuer {
    key: EcdsaKeyPair,
    random: SystemRandom,
    id: String,
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issuer")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Issuer {
    /// `None` when the system gives no randomness.
    pub(super) fn new() -> Option<Issuer> {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).ok()?;
        let key = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).ok()?;
        let id = URL.encode(&key.public_key().as_ref()[1..13]);
        Some(Issuer { key, random, id })
    }

    /// A signed token; empty when the system gives no randomness any more.
    pub(super) fn sign(&self, claims: &Value) -> String {
        let header = json!({"typ": "JWT", "alg": "ES256", "kid": self.id, "x5t": self.id});
        let signed = format!(
            "{}.{}",
            URL.encode(header.to_string()),
            URL.encode(claims.to_string())
        );
        let signature = self.key.sign(&self.random, signed.as_bytes());
        signature.map_or_else(
            |_| String::new(),
            |signature| format!("{signed}.{}", URL.encode(signature.as_ref())),
        )
    }

    /// The claims of a token that this issuer signed, whatever they say.
    pub(super) fn read(&self, token: &str) -> Option<Value> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = URL.decode(signature).ok()?;
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.key.public_key().as_ref());
        key.verify(signed.as_bytes(), &signature).ok()?;
        let (_, claims) = signed.split_once('.')?;
        serde_json::from_slice(&URL.decode(claims).ok()?).ok()
    }

    /// The key as others check signatures with it.
    pub(super) fn keys(&self) -> Value {
        let point = self.key.public_key().as_ref();
        // `04`, then both coordinates.
        let (x, y) = point[1..].split_at((point.len() - 1) / 2);
        json!({"keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256",
            "kid": self.id, "x5t": self.id,
            "x": URL.encode(x), "y": URL.encode(y),
        }]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_by_its_own_issuer_only() {
        let (one, other) = (Issuer::new().unwrap(), Issuer::new().unwrap());
        let claims = json!({"tid": "t", "exp": 1});
        let token = one.sign(&claims);
        assert_eq!(one.read(&token), Some(claims));
        assert_eq!(other.read(&token), None);
        let (head, _) = token.rsplit_once('.').unwrap();
        assert_eq!(one.read(&format!("{head}.AAAA")), None);
        assert_eq!(one.read("no token"), None);
    }
}
