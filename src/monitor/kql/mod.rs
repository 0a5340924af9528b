//! The part of the Kusto query language that reports need: a closed list of tables, operators and
//! functions, executed over what gateways served. Anything else is refused by its name.

mod aggregate;
mod evaluate;
mod expression;
mod function;
mod operator;
mod query;
mod row;
mod table;
mod token;
mod value;

pub(super) use query::run;
pub(super) use row::Tables;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    #[error("A recognition error occurred in the query: {0}")]
    Syntax(String),
    #[error("'{kind}' operator: Failed to resolve {kind} expression named '{name}'")]
    Unknown { kind: &'static str, name: String },
    /// Kusto has it and this has not.
    #[error("the local Azure does not answer {kind} `{name}`; it knows {known}")]
    Unsupported {
        kind: &'static str,
        name: String,
        known: String,
    },
    #[error("{0}")]
    Type(String),
}

impl Problem {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Problem::Syntax(_) => "SyntaxError",
            Problem::Unsupported { .. } => "NotSupportedLocally",
            Problem::Unknown { .. } | Problem::Type(_) => "SemanticError",
        }
    }

    fn unsupported(kind: &'static str, name: &str, known: &[&str]) -> Problem {
        Problem::Unsupported {
            kind,
            name: name.to_owned(),
            known: known.join(", "),
        }
    }
}
