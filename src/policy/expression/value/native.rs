//! Objects of .NET classes that are made once and then only asked.

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::Value;

pub(crate) enum Native {
    Hasher(Hasher),
    Regex(fancy_regex::Regex),
    Match(Found),
    Group(Capture),
    Groups(Vec<Capture>),
    /// Members of an enumeration joined by `|`.
    Flags(&'static str, Vec<&'static str>),
}

/// A match with what is needed to go on behind it.
pub(crate) struct Found {
    pub(crate) groups: Vec<Capture>,
    pub(crate) regex: Value,
    pub(crate) text: std::sync::Arc<str>,
    /// Byte offset at which the next match may start.
    pub(crate) next: usize,
}

#[derive(Clone)]
pub(crate) struct Capture {
    /// Number or name.
    pub(crate) name: String,
    /// `None`: the group took no part.
    pub(crate) range: Option<(usize, usize)>,
    pub(crate) value: String,
    /// In UTF-16 units.
    pub(crate) index: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// `SHA256` and its like; with a key, `HMACSHA256`.
pub(crate) struct Hasher {
    pub(crate) class: &'static str,
    pub(crate) hash: Hash,
    pub(crate) key: Option<Vec<u8>>,
}

impl Hasher {
    /// The algorithm that a class of that name computes, and whether it takes a key.
    pub(crate) fn named(class: &str) -> Option<(Hash, bool)> {
        let keyed = class.strip_prefix("HMAC");
        let name = keyed.unwrap_or(class);
        let name = name
            .strip_suffix("Managed")
            .or_else(|| name.strip_suffix("CryptoServiceProvider"))
            .unwrap_or(name);
        let hash = match name {
            "MD5" => Hash::Md5,
            "SHA1" => Hash::Sha1,
            "SHA256" => Hash::Sha256,
            "SHA384" => Hash::Sha384,
            "SHA512" => Hash::Sha512,
            _ => return None,
        };
        Some((hash, keyed.is_some()))
    }

    pub(crate) fn compute(&self, bytes: &[u8]) -> Vec<u8> {
        let key = self.key.as_deref();
        match (self.hash, key) {
            (Hash::Md5, None) => Md5::digest(bytes).to_vec(),
            (Hash::Sha1, None) => Sha1::digest(bytes).to_vec(),
            (Hash::Sha256, None) => Sha256::digest(bytes).to_vec(),
            (Hash::Sha384, None) => Sha384::digest(bytes).to_vec(),
            (Hash::Sha512, None) => Sha512::digest(bytes).to_vec(),
            (Hash::Md5, Some(key)) => keyed::<Hmac<Md5>>(key, bytes),
            (Hash::Sha1, Some(key)) => keyed::<Hmac<Sha1>>(key, bytes),
            (Hash::Sha256, Some(key)) => keyed::<Hmac<Sha256>>(key, bytes),
            (Hash::Sha384, Some(key)) => keyed::<Hmac<Sha384>>(key, bytes),
            (Hash::Sha512, Some(key)) => keyed::<Hmac<Sha512>>(key, bytes),
        }
    }
}

fn keyed<M: Mac + KeyInit>(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(bytes);
    mac.finalize().into_bytes().to_vec()
}

impl Native {
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Native::Hasher(hasher) => hasher.class,
            Native::Regex(_) => "System.Text.RegularExpressions.Regex",
            Native::Match(_) => "System.Text.RegularExpressions.Match",
            Native::Group(_) => "System.Text.RegularExpressions.Group",
            Native::Groups(_) => "System.Text.RegularExpressions.GroupCollection",
            Native::Flags(class, _) => class,
        }
    }

    pub(crate) fn to_text(&self) -> String {
        match self {
            Native::Regex(regex) => regex.as_str().to_owned(),
            Native::Match(found) => found.groups[0].value.clone(),
            Native::Group(group) => group.value.clone(),
            Native::Flags(_, members) => members.join(", "),
            Native::Hasher(_) | Native::Groups(_) => self.type_name().to_owned(),
        }
    }

    /// True for an object of the class, given by its name without namespace.
    pub(crate) fn is(&self, class: &str) -> bool {
        let own = self.type_name().rsplit('.').next().unwrap_or_default();
        own == class
            || match self {
                Native::Hasher(hasher) => {
                    class == "HashAlgorithm"
                        || own.strip_suffix("Managed") == Some(class)
                        || (hasher.key.is_some() && matches!(class, "HMAC" | "KeyedHashAlgorithm"))
                }
                Native::Match(_) => class == "Group",
                _ => false,
            }
    }
}
