use std::fmt;

use serde_json::{Map, Value, json};

/// An error as Azure Resource Manager answers it: a code that programs act on, a sentence, and
/// the errors inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArmError {
    pub(crate) code: String,
    pub(crate) message: String,
    /// Resource id, output or parameter that the error is about.
    pub(crate) target: Option<String>,
    pub(crate) details: Vec<ArmError>,
    /// Where in the request body, as `properties.template.resources[0].name`.
    pub(crate) path: Option<String>,
    /// Position in the expression at that path, counted in characters from 1.
    pub(crate) column: Option<usize>,
}

impl ArmError {
    pub(crate) fn new(code: &str, message: impl Into<String>) -> ArmError {
        ArmError {
            code: code.to_owned(),
            message: message.into(),
            target: None,
            details: Vec::new(),
            path: None,
            column: None,
        }
    }

    /// `InvalidTemplate` in the wording of a failed validation: the reason stands in quotes.
    pub(crate) fn invalid_template(reason: impl fmt::Display) -> ArmError {
        ArmError::new(
            "InvalidTemplate",
            format!("Deployment template validation failed: '{reason}'."),
        )
    }

    pub(crate) fn at(mut self, path: impl Into<String>) -> ArmError {
        self.path.get_or_insert_with(|| path.into());
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
        if let Some(path) = &self.path {
            let mut info = json!({"lineNumber": 0, "linePosition": 0, "path": path});
            if let Some(column) = self.column {
                info["linePosition"] = json!(column);
            }
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
                error.path = path;
                error.column = column;
                error
            }
            Fault::Failed(error) => *error,
        }
    }
}
