use std::fmt;

use serde_json::{Map, Value, json};

use super::value::HIDDEN;

/// An error as Azure Resource Manager answers it: a code that programs act on, a sentence, and
/// the errors inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArmError {
    pub(crate) code: String,
    pub(crate) message: String,
    /// Resource id, output or parameter that the error is about.
    pub(crate) target: Option<String>,
    pub(crate) details: Vec<ArmError>,
    /// Boxed, because most errors have none and every error travels through many results.
    pub(super) spot: Option<Box<Spot>>,
}

/// Where in a request an error is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot {
    /// Place in the body, as `properties.template.resources[0].name`.
    pub(super) path: String,
    /// Position in the expression there, counted in characters from 1.
    pub(super) column: Option<usize>,
}

impl ArmError {
    pub(crate) fn new(code: &str, message: impl Into<String>) -> ArmError {
        ArmError {
            code: code.to_owned(),
            message: message.into(),
            target: None,
            details: Vec::new(),
            spot: None,
        }
    }

    /// Where in the request body, as `properties.template.resources[0].name`.
    #[cfg(test)]
    pub(crate) fn path(&self) -> Option<&str> {
        self.spot.as_ref().map(|spot| spot.path.as_str())
    }

    /// Position in the expression at that path, counted in characters from 1.
    pub(crate) fn column(&self) -> Option<usize> {
        self.spot.as_ref()?.column
    }

    /// What the provider of a resource says before anything is deployed, around its own errors;
    /// `tracking` is the id of the request.
    pub(crate) fn invalid_deployment(name: &str, tracking: &str) -> ArmError {
        ArmError::new(
            "InvalidTemplateDeployment",
            format!(
                "The template deployment '{name}' is not valid according to the validation procedure. The tracking id is '{tracking}'. See inner errors for details."
            ),
        )
    }

    /// `InvalidTemplate` in the wording of a failed validation: the reason stands in quotes.
    pub(crate) fn invalid_template(reason: impl fmt::Display) -> ArmError {
        ArmError::new(
            "InvalidTemplate",
            format!("Deployment template validation failed: '{reason}'."),
        )
    }

    pub(crate) fn at(mut self, path: impl Into<String>) -> ArmError {
        self.spot.get_or_insert_with(|| {
            Box::new(Spot {
                path: path.into(),
                column: None,
            })
        });
        self
    }

    /// The error as seen from around a nested deployment, whose own request is at `base`.
    pub(super) fn below(mut self, base: &str) -> ArmError {
        if let Some(spot) = &mut self.spot {
            let whole = format!("{base}.{}", spot.path);
            self.message = self
                .message
                .replace(&format!("'{}'", spot.path), &format!("'{whole}'"));
            spot.path = whole;
        }
        self.details = self
            .details
            .into_iter()
            .map(|detail| detail.below(base))
            .collect();
        self
    }

    /// At this place, whatever was said of it before; the column stays.
    pub(super) fn place(mut self, path: String) -> ArmError {
        let column = self.column();
        self.spot = Some(Box::new(Spot { path, column }));
        self
    }

    pub(crate) fn target(mut self, target: impl Into<String>) -> ArmError {
        self.target = Some(target.into());
        self
    }

    pub(crate) fn detail(mut self, detail: ArmError) -> ArmError {
        self.details.push(detail);
        self
    }

    /// The error with these texts hidden.
    pub(super) fn without(mut self, secrets: &[String]) -> ArmError {
        for secret in secrets {
            self.message = self.message.replace(secret.as_str(), HIDDEN);
        }
        self.details = self
            .details
            .into_iter()
            .map(|detail| detail.without(secrets))
            .collect();
        self
    }

    /// The value of `error` in an answer. A template's place travels as Azure sends it, in
    /// `additionalInfo`; lines are unknown here because a body is read before we see it.
    pub(crate) fn wire(&self) -> Value {
        let mut object = Map::new();
        object.insert("code".into(), self.code.clone().into());
        if let Some(target) = &self.target {
            object.insert("target".into(), target.clone().into());
        }
        object.insert("message".into(), self.message.clone().into());
        if !self.details.is_empty() {
            let details = self.details.iter().map(ArmError::wire).collect();
            object.insert("details".into(), Value::Array(details));
        }
        if let Some(spot) = &self.spot {
            let info = json!({
                "lineNumber": 0,
                "linePosition": spot.column.unwrap_or(0),
                "path": spot.path,
            });
            let info = json!([{"type": "TemplateViolation", "info": info}]);
            object.insert("additionalInfo".into(), info);
        }
        Value::Object(object)
    }
}

impl fmt::Display for ArmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for ArmError {}

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// It needs what only a running deployment knows: not wrong, just not known yet.
    Deferred,
    /// It is wrong; the place is filled in on the way up.
    Invalid {
        message: String,
        path: Option<String>,
        column: Option<usize>,
    },
    /// A resource or its provider said no, in its own words.
    Failed(Box<ArmError>),
}

impl Fault {
    pub(super) fn invalid(message: impl Into<String>) -> Fault {
        Fault::Invalid {
            message: message.into(),
            path: None,
            column: None,
        }
    }

    /// Remembers the innermost column only.
    pub(super) fn column(mut self, at: usize) -> Fault {
        if let Fault::Invalid { column, .. } = &mut self {
            column.get_or_insert(at);
        }
        self
    }

    pub(super) fn path(mut self, place: &str) -> Fault {
        if let Fault::Invalid { path, .. } = &mut self {
            path.get_or_insert_with(|| place.to_owned());
        }
        self
    }

    /// The fault as an answer; `say` makes Azure's sentence around the message.
    pub(super) fn into_error(self, code: &str, say: impl FnOnce(&str) -> String) -> ArmError {
        match self {
            Fault::Deferred => ArmError::new(
                code,
                say("The value depends on a resource that is not deployed yet."),
            ),
            Fault::Invalid {
                message,
                path,
                column,
            } => {
                let mut error = ArmError::new(code, say(&message));
                let path = path.unwrap_or_default();
                error.spot = Some(Box::new(Spot { path, column }));
                error
            }
            Fault::Failed(error) => *error,
        }
    }
}
