//! JSON Web Tokens: reading them and checking their signatures.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use ring::{hmac, signature};
use serde_json::Value;

/// A token in its three parts, read but not believed.
pub(super) struct Token<'a> {
    pub(super) header: Value,
    pub(super) claims: Value,
    signed: &'a str,
    signature: Vec<u8>,
}

/// A key, and the id by which tokens name it.
pub(super) struct Key {
    pub(super) id: Option<String>,
    material: Material,
}

enum Material {
    Secret(Vec<u8>),
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// Curve, and the point as `04 x y`.
    Curve {
        name: String,
        point: Vec<u8>,
    },
}

impl<'a> Token<'a> {
    pub(super) fn read(text: &'a str) -> Option<Token<'a>> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let object = |part: &str| {
            let value: Value = serde_json::from_slice(&url_bytes(part)?).ok()?;
            value.is_object().then_some(value)
        };
        Some(Token {
            header: object(header)?,
            claims: object(claims)?,
            signed,
            signature: url_bytes(signature)?,
        })
    }

    pub(super) fn algorithm(&self) -> &str {
        self.header["alg"].as_str().unwrap_or("none")
    }

    pub(super) fn is_signed_by(&self, key: &Key) -> bool {
        let (message, signature) = (self.signed.as_bytes(), self.signature.as_slice());
        match &key.material {
            Material::Secret(secret) => hmac_algorithm(self.algorithm()).is_some_and(|algorithm| {
                hmac::verify(&hmac::Key::new(algorithm, secret), message, signature).is_ok()
            }),
            Material::Rsa { modulus, exponent } => {
                let key = signature::RsaPublicKeyComponents {
                    n: modulus,
                    e: exponent,
                };
                rsa_algorithm(self.algorithm())
                    .is_some_and(|algorithm| key.verify(algorithm, message, signature).is_ok())
            }
            Material::Curve { name, point } => {
                curve_algorithm(self.algorithm(), name).is_some_and(|algorithm| {
                    signature::UnparsedPublicKey::new(algorithm, point)
                        .verify(message, signature)
                        .is_ok()
                })
            }
        }
    }
}

impl Key {
    /// A shared secret in base64, padded or not.
    pub(super) fn secret(id: Option<&str>, text: &str) -> Option<Key> {
        let text = text.trim();
        let secret = STANDARD
            .decode(text)
            .or_else(|_| STANDARD_NO_PAD.decode(text));
        Some(Key {
            id: id.map(str::to_owned),
            material: Material::Secret(secret.ok()?),
        })
    }

    pub(super) fn rsa(id: Option<&str>, modulus: &str, exponent: &str) -> Option<Key> {
        let material = Material::Rsa {
            modulus: url_bytes(modulus)?,
            exponent: url_bytes(exponent)?,
        };
        Some(Key {
            id: id.map(str::to_owned),
            material,
        })
    }

    /// A JSON Web Key; `None` for kinds that sign no tokens here.
    pub(super) fn of_jwk(jwk: &Value) -> Option<Key> {
        let part = |name: &str| jwk[name].as_str();
        let id = part("kid");
        match part("kty")? {
            "RSA" => Key::rsa(id, part("n")?, part("e")?),
            "EC" => {
                let mut point = vec![4];
                point.extend(url_bytes(part("x")?)?);
                point.extend(url_bytes(part("y")?)?);
                let name = part("crv")?.to_owned();
                Some(Key {
                    id: id.map(str::to_owned),
                    material: Material::Curve { name, point },
                })
            }
            "oct" => Some(Key {
                id: id.map(str::to_owned),
                material: Material::Secret(url_bytes(part("k")?)?),
            }),
            _ => None,
        }
    }
}

fn hmac_algorithm(name: &str) -> Option<hmac::Algorithm> {
    match name {
        "HS256" => Some(hmac::HMAC_SHA256),
        "HS384" => Some(hmac::HMAC_SHA384),
        "HS512" => Some(hmac::HMAC_SHA512),
        _ => None,
    }
}

fn rsa_algorithm(name: &str) -> Option<&'static signature::RsaParameters> {
    match name {
        "RS256" => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        "RS384" => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        "RS512" => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        "PS256" => Some(&signature::RSA_PSS_2048_8192_SHA256),
        "PS384" => Some(&signature::RSA_PSS_2048_8192_SHA384),
        "PS512" => Some(&signature::RSA_PSS_2048_8192_SHA512),
        _ => None,
    }
}

fn curve_algorithm(
    name: &str,
    curve: &str,
) -> Option<&'static signature::EcdsaVerificationAlgorithm> {
    match (name, curve) {
        ("ES256", "P-256") => Some(&signature::ECDSA_P256_SHA256_FIXED),
        ("ES384", "P-384") => Some(&signature::ECDSA_P384_SHA384_FIXED),
        _ => None,
    }
}

fn url_bytes(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}
