//! What is sent.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::request::{Route, RowOrder};
use super::{
    AmountEntry, Entries, Field, HeaderName, HeaderValue, ImageEntry, Name, Placed, Prose, Scalar,
    StreamShare, Text,
};

/// Names of variables and their values.
pub(in super::super) type Variables = Entries<Name, Placed<Vec<Placed<Text<Scalar>>>>>;

/// What is sent. What the user says is one of `prompt`, `prompts`, `prompt-file`, `prompt-files`,
/// `prompt-tokens`, or comes from the rows of `dataset`.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Request")]
pub(in super::super) struct WireRequest {
    /// `chat-completions`, `responses` or `embeddings`; default `chat-completions`.
    pub(in super::super) route: Field<Route>,
    /// Model deployment, instead of the scenario's.
    pub(in super::super) deployment: Field<Name>,
    /// Text of the user's message; `{{ name }}` is a variable.
    pub(in super::super) prompt: Field<Prose>,
    /// Several texts; each arrival picks one.
    pub(in super::super) prompts: Option<Placed<Vec<Placed<Text<Prose>>>>>,
    /// File that holds the text, relative to this file.
    pub(in super::super) prompt_file: Field<Prose>,
    /// Several files; each arrival picks one.
    pub(in super::super) prompt_files: Option<Placed<Vec<Placed<Text<Prose>>>>>,
    /// A text without meaning that makes the whole prompt this long, in tokens.
    pub(in super::super) prompt_tokens: Option<Placed<AmountEntry>>,
    /// JSON objects, one a line, relative to this file: rows whose fields are variables of the
    /// prompt; without one, rows with `messages` or `prompt`.
    pub(in super::super) dataset: Field<Prose>,
    /// `in-order` or `random`; default `in-order`.
    pub(in super::super) dataset_order: Field<RowOrder>,
    /// Values of variables; each arrival picks one of each.
    pub(in super::super) variables: Option<Placed<Variables>>,
    /// Text of the system message, or of the instructions of `responses`.
    pub(in super::super) system: Field<Prose>,
    /// Longest answer to ask for.
    pub(in super::super) max_tokens: Option<Placed<AmountEntry>>,
    /// How long answers are expected to be, for plans, budgets and rates in tokens; the simulated
    /// model makes them that long. Default: the simulated model's length.
    pub(in super::super) completion_tokens: Option<Placed<AmountEntry>>,
    /// Ask for the answer as a stream: `true`, `false`, or the share of arrivals that does, such
    /// as `30%`; default false.
    pub(in super::super) stream: Field<StreamShare>,
    /// Ask for a usage chunk at the end of streams; default false.
    pub(in super::super) stream_usage: Option<Placed<bool>>,
    /// Functions that the model may call, as they go into the body.
    pub(in super::super) tools: Option<Placed<Vec<Placed<Value>>>>,
    /// URLs of images, or files relative to this file.
    pub(in super::super) images: Option<Placed<Vec<Placed<ImageEntry>>>>,
    /// Further fields of the body, such as `temperature`.
    pub(in super::super) parameters: Option<Placed<Map<String, Value>>>,
    /// Further request headers.
    pub(in super::super) headers: Option<Entries<HeaderName, Placed<Text<HeaderValue>>>>,
}
