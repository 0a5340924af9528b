use std::fmt;

/// Which policy of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PolicyPlace {
    Global,
    Product(String),
    Api(String),
    Operation { api: String, operation: String },
    Fragment(String),
}

impl PolicyPlace {
    /// Such as `api:openai` or `operation:openai/chat`.
    pub(crate) fn parse(text: &str) -> Option<PolicyPlace> {
        if text == "global" {
            return Some(PolicyPlace::Global);
        }
        let (kind, id) = text.split_once(':')?;
        match kind {
            "product" => Some(PolicyPlace::Product(id_of(id)?)),
            "api" => Some(PolicyPlace::Api(id_of(id)?)),
            "fragment" => Some(PolicyPlace::Fragment(id_of(id)?)),
            "operation" => {
                let (api, operation) = id.split_once('/')?;
                Some(PolicyPlace::Operation {
                    api: id_of(api)?,
                    operation: id_of(operation)?,
                })
            }
            _ => None,
        }
    }
}

/// An id as one segment of a path: the crates put it there as it is.
fn id_of(text: &str) -> Option<String> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_.;=".contains(letter);
    let dots = text.chars().all(|letter| letter == '.');
    (!text.is_empty() && !dots && text.chars().all(fits)).then(|| text.to_owned())
}

impl fmt::Display for PolicyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PolicyPlace::Global => f.write_str("global"),
            PolicyPlace::Product(id) => write!(f, "product:{id}"),
            PolicyPlace::Api(id) => write!(f, "api:{id}"),
            PolicyPlace::Operation { api, operation } => write!(f, "operation:{api}/{operation}"),
            PolicyPlace::Fragment(id) => write!(f, "fragment:{id}"),
        }
    }
}
