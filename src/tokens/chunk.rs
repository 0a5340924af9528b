//! What one event of a model's stream says.

use memchr::memchr;
use serde::Deserialize;
use serde_json::Value;

use super::usage::{Usage, WireUsage};

/// An error that arrived inside a stream whose status was 200.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StreamError {
    /// `None` when the event gives none.
    pub(crate) code: Option<String>,
    pub(crate) message: String,
    /// A limit was met; the request counts as throttled and not as failed.
    pub(crate) throttled: bool,
}

/// One event, read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) content: String,
    /// What the model wrote beside the content: reasoning, a refusal, tool calls.
    pub(super) aside: String,
    pub(super) usage: Option<Usage>,
    pub(super) error: Option<StreamError>,
    /// The event that ends a responses stream.
    pub(super) last: bool,
}

impl Chunk {
    /// Reads an event in full. `named_error` says that the event came as `event: error`.
    /// `None` when it is not JSON of a shape known here.
    pub(super) fn parse(data: &[u8], named_error: bool) -> Option<Chunk> {
        let wire: WireChunk = serde_json::from_slice(data).ok()?;
        let mut chunk = Chunk::default();
        for choice in wire.choices.into_iter().flatten() {
            chunk.content.extend(choice.text);
            if let Some(delta) = choice.delta {
                delta.append_to(&mut chunk);
            }
        }
        let kind = wire.kind.as_deref().unwrap_or_default();
        if let Some(Value::String(delta)) = &wire.delta {
            match kind {
                "response.output_text.delta" => chunk.content.push_str(delta),
                _ => chunk.aside.push_str(delta),
            }
        }
        chunk.last = matches!(
            kind,
            "response.completed" | "response.incomplete" | "response.failed"
        );
        let (nested_usage, nested_error) = wire
            .response
            .map_or((None, None), |inner| (inner.usage, inner.error));
        chunk.usage = wire.usage.or(nested_usage).and_then(WireUsage::into_usage);
        chunk.error = wire.error.or(nested_error).as_ref().map(StreamError::read);
        if chunk.error.is_none() && (named_error || kind == "error") {
            chunk.error = Some(StreamError::read(&serde_json::from_slice(data).ok()?));
        }
        Some(chunk)
    }
}

impl StreamError {
    fn read(error: &Value) -> StreamError {
        let field = |name: &str| match error.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let message =
            field("message").unwrap_or_else(|| error.as_str().unwrap_or_default().to_owned());
        let code = field("code")
            .or_else(|| field("statusCode"))
            .or_else(|| field("status"));
        let throttled = is_throttling(code.as_deref(), field("type").as_deref(), &message);
        StreamError {
            code,
            message,
            throttled,
        }
    }
}

/// The code is `429` on Azure and `rate_limit_exceeded` elsewhere; relays often keep nothing but the
/// message.
fn is_throttling(code: Option<&str>, kind: Option<&str>, message: &str) -> bool {
    const NAMES: [&str; 6] = [
        "429",
        "toomanyrequests",
        "ratelimitreached",
        "ratelimitexceeded",
        "ratelimiterror",
        "insufficientquota",
    ];
    const PHRASES: [&str; 3] = ["rate limit", "token limit is exceeded", "too many requests"];
    let plain = |name: &str| name.replace('_', "").to_ascii_lowercase();
    let message = message.to_ascii_lowercase();
    [code, kind]
        .into_iter()
        .flatten()
        .any(|name| NAMES.contains(&plain(name).as_str()))
        || PHRASES.iter().any(|phrase| message.contains(phrase))
}

/// Reads an event of the layout that nearly every event has, without parsing it: compact JSON, at
/// most one text in `delta.content`, nothing escaped, nothing else of interest. `None` sends the
/// caller to [`Chunk::parse`].
///
/// With no backslash in the event every second quotation mark ends a string, so strings, and thus
/// keys, are found without knowing what is around them.
pub(super) fn skim(data: &[u8]) -> Option<&str> {
    if data.first() != Some(&b'{') || data.last() != Some(&b'}') || memchr(b'\\', data).is_some() {
        return None;
    }
    let mut content: Option<&[u8]> = None;
    let mut in_delta = false;
    let mut rest = data;
    while let Some((_, string_on)) = cut(rest) {
        let (string, after) = cut(string_on)?;
        rest = after;
        match string {
            // Keys whose value, unless `null`, may be text of the model, a count or an error.
            b"content" | b"delta" | b"usage" | b"error" | b"reasoning_content" | b"reasoning"
            | b"refusal" | b"tool_calls" | b"function_call" | b"text" | b"response" | b"type"
            | b"code" => {}
            _ => continue,
        }
        let value = after.strip_prefix(b":")?;
        match string {
            _ if value.starts_with(b"null") => {}
            b"delta" if value.starts_with(b"{") => in_delta = true,
            b"content" if in_delta && content.is_none() => {
                let (text, after) = cut(value.strip_prefix(b"\"")?)?;
                (content, rest) = (Some(text), after);
            }
            _ => return None,
        }
    }
    std::str::from_utf8(content.unwrap_or_default()).ok()
}

/// What is before and after the next quotation mark.
fn cut(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let quote = memchr(b'"', bytes)?;
    Some((&bytes[..quote], &bytes[quote + 1..]))
}

#[derive(Deserialize)]
struct WireChunk {
    choices: Option<Vec<WireChoice>>,
    usage: Option<WireUsage>,
    error: Option<Value>,
    /// Responses streams: what the event is, the text it adds, the answer it ends with.
    #[serde(rename = "type")]
    kind: Option<String>,
    delta: Option<Value>,
    response: Option<WireResponse>,
}

#[derive(Deserialize)]
struct WireResponse {
    usage: Option<WireUsage>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct WireChoice {
    delta: Option<WireDelta>,
    /// Older completions put their text here.
    text: Option<String>,
}

#[derive(Deserialize)]
struct WireDelta {
    content: Option<String>,
    reasoning_content: Option<String>,
    reasoning: Option<String>,
    refusal: Option<String>,
    tool_calls: Option<Vec<WireToolCall>>,
    function_call: Option<WireFunction>,
}

#[derive(Deserialize)]
struct WireToolCall {
    function: Option<WireFunction>,
}

#[derive(Deserialize)]
struct WireFunction {
    name: Option<String>,
    arguments: Option<String>,
}

impl WireDelta {
    fn append_to(self, chunk: &mut Chunk) {
        chunk.content.extend(self.content);
        let calls = self
            .tool_calls
            .into_iter()
            .flatten()
            .filter_map(|call| call.function);
        let calls = calls
            .chain(self.function_call)
            .flat_map(|function| [function.name, function.arguments]);
        // Servers that send both names for reasoning send the same text twice.
        let thoughts = self.reasoning_content.or(self.reasoning);
        let texts = [thoughts, self.refusal].into_iter().chain(calls);
        chunk.aside.extend(texts.flatten());
    }
}
