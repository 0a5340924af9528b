//! What a group asks for.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::amount::Amount;
use super::template::Template;
use crate::base::Span;

/// What is sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RequestSpec {
    pub(crate) route: Route,
    /// Model deployment, instead of the scenario's.
    pub(crate) deployment: Option<String>,
    pub(crate) prompts: Prompts,
    pub(crate) system: Option<Template>,
    pub(crate) dataset: Option<Dataset>,
    /// Values by name; each arrival picks one of each.
    pub(crate) variables: Vec<(String, Vec<String>)>,
    pub(crate) max_tokens: Option<Amount>,
    /// How long answers are expected to be; the simulated model makes them that long.
    pub(crate) completion_tokens: Option<Amount>,
    /// The part of the arrivals, from 0 to 1, that asks for a stream.
    pub(crate) stream: f64,
    /// Asks for a usage chunk at the end of streams.
    pub(crate) stream_usage: bool,
    /// As they go into the body.
    pub(crate) tools: Vec<Value>,
    pub(crate) images: Vec<Image>,
    /// Further fields of the body.
    pub(crate) parameters: Map<String, Value>,
    pub(crate) headers: Vec<(String, String)>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    #[default]
    ChatCompletions,
    Responses,
    Embeddings,
}

/// What the user says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Prompts {
    /// Each arrival picks one; at least one once the files are read.
    Texts(Vec<PromptSource>),
    /// A text without meaning, so long that the whole prompt has that many tokens.
    Generated(Amount),
    /// The dataset's rows hold whole conversations, or texts under `prompt`.
    Rows,
    /// As long as the trace says.
    Traced,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PromptSource {
    Text(Template),
    /// Not read yet.
    File(FileReference),
}

/// JSON objects, one a line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Dataset {
    pub(crate) file: FileReference,
    pub(crate) order: RowOrder,
    /// At least one once the file is read.
    pub(crate) rows: Arc<[Map<String, Value>]>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowOrder {
    /// From the first to the last and again.
    #[default]
    InOrder,
    /// By lot.
    Random,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) source: ImageSource,
    /// `low`, `high` or `auto`.
    pub(crate) detail: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ImageSource {
    /// `https:` or `data:`
    Url(Arc<str>),
    /// Not read yet.
    File(FileReference),
}

/// A file that the scenario names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileReference {
    /// As written, relative to the scenario file.
    pub(crate) path: String,
    /// Where the scenario names it.
    pub(crate) place: Span,
}

impl RequestSpec {
    /// Fewest tokens that one request may be taken to cost, for bounds on the size of a plan.
    pub(super) fn least_tokens(&self) -> f64 {
        match self.prompts {
            Prompts::Generated(amount) => amount.mean().max(1.0),
            _ => 8.0,
        }
    }
}

impl Route {
    /// As written in a scenario, and the end of the URL.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Route::ChatCompletions => "chat-completions",
            Route::Responses => "responses",
            Route::Embeddings => "embeddings",
        }
    }
}
