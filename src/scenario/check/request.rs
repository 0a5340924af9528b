use std::sync::Arc;

use serde_json::{Map, Value};

use super::super::request::{
    Dataset, FileReference, Image, ImageSource, PromptSource, Prompts, RequestSpec, Route,
};
use super::super::template::Template;
use super::super::wire::{
    Entries, Field, HeaderName, HeaderValue, ImageEntry, Placed, Prose, Text, Variables,
    WireRequest,
};
use super::Checker;
use crate::base::{Span, nearest_hint};
use crate::yaml::{Checks as _, Choice};

/// Fields of the body that have keys of their own.
const OURS: [&str; 11] = [
    "model",
    "messages",
    "input",
    "instructions",
    "prompt",
    "max_tokens",
    "max_output_tokens",
    "stream",
    "stream_options",
    "tools",
    "n",
];

impl Checker {
    /// `traced` says that a trace tells how long prompts are.
    pub(super) fn request(
        &mut self,
        mut wire: WireRequest,
        span: Span,
        traced: bool,
    ) -> Option<RequestSpec> {
        let route = self.or(wire.route.take(), Route::default);
        let streamed = wire.stream.as_ref().map(|stream| stream.span);
        let stream = self.or(wire.stream.take(), || 0.0);
        self.fits_route(
            &wire,
            route,
            streamed.filter(|_| stream.is_some_and(|share| share > 0.0)),
        );
        let variables = self.variables(wire.variables.take());
        let names: Vec<String> = variables
            .iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .collect();
        let dataset = self.dataset(wire.dataset.take(), wire.dataset_order.take());
        let rows = matches!(dataset, Some(Some(_)));
        let may_use = if rows { None } else { Some(names.as_slice()) };
        let system = self.system(wire.system.take(), may_use);
        let prompts = self.prompts(&mut wire, span, traced, rows, may_use);
        let max_tokens = self.amount(wire.max_tokens);
        let completion_tokens = self.amount(wire.completion_tokens);
        let deployment = self.optional(wire.deployment.as_ref());
        let stream_usage = wire.stream_usage.as_ref().is_some_and(|usage| usage.value);
        if let (Some(usage), true, Some(0.0), false) =
            (&wire.stream_usage, stream_usage, stream, traced)
        {
            self.error(
                usage.span,
                "only a stream has a usage chunk",
                "add `stream: true`",
            );
        }
        let tools = self.tools(wire.tools);
        let images = self.images(wire.images);
        let parameters = self.parameters(wire.parameters);
        let headers = self.headers(wire.headers);
        Some(RequestSpec {
            route: route?,
            deployment: deployment?,
            prompts: prompts?,
            system: system?,
            dataset: dataset?,
            variables: variables?,
            max_tokens: max_tokens?,
            completion_tokens: completion_tokens?,
            stream: stream?,
            stream_usage,
            tools: tools?,
            images: images?,
            parameters: parameters?,
            headers: headers?,
        })
    }

    /// Embeddings have no conversation.
    fn fits_route(&mut self, wire: &WireRequest, route: Option<Route>, streamed: Option<Span>) {
        if route == Some(Route::Responses)
            && let Some(usage) = &wire.stream_usage
        {
            let hint = "leave `stream-usage` out";
            self.error(
                usage.span,
                "streams of `responses` always report usage",
                hint,
            );
        }
        if route != Some(Route::Embeddings) {
            return;
        }
        let parts = [
            ("system", wire.system.as_ref().map(|part| part.span)),
            ("max-tokens", wire.max_tokens.as_ref().map(|part| part.span)),
            (
                "completion-tokens",
                wire.completion_tokens.as_ref().map(|part| part.span),
            ),
            ("tools", wire.tools.as_ref().map(|part| part.span)),
            ("images", wire.images.as_ref().map(|part| part.span)),
        ];
        for (key, place) in parts {
            if let Some(place) = place {
                self.error(
                    place,
                    format!("`embeddings` have no `{key}`"),
                    format!("leave `{key}` out"),
                );
            }
        }
        if let Some(place) = streamed {
            self.error(place, "`embeddings` are no stream", "leave `stream` out");
        }
    }

    /// What the user says, in one of its many forms.
    fn prompts(
        &mut self,
        wire: &mut WireRequest,
        span: Span,
        traced: bool,
        rows: bool,
        may_use: Option<&[String]>,
    ) -> Option<Prompts> {
        let places = [
            ("prompt", wire.prompt.as_ref().map(|part| part.span)),
            ("prompts", wire.prompts.as_ref().map(|part| part.span)),
            (
                "prompt-file",
                wire.prompt_file.as_ref().map(|part| part.span),
            ),
            (
                "prompt-files",
                wire.prompt_files.as_ref().map(|part| part.span),
            ),
            (
                "prompt-tokens",
                wire.prompt_tokens.as_ref().map(|part| part.span),
            ),
        ];
        let given: Vec<(&str, Span)> = places
            .into_iter()
            .filter_map(|(key, place)| Some((key, place?)))
            .collect();
        match given.as_slice() {
            [(first, _), (second, place), ..] => {
                let hint = match (*first, *second) {
                    ("prompt", "prompts") => "put all texts into `prompts`",
                    _ => "keep one of them",
                };
                let message = format!("`{first}` and `{second}` exclude each other");
                self.error(*place, message, hint);
            }
            [(key, place)] if traced => {
                let message = "the trace says how long prompts are";
                self.error(*place, message, format!("leave `{key}` out"));
            }
            _ => {}
        }
        if let Some(text) = wire.prompt.take() {
            return Some(Prompts::Texts(vec![self.template(&text, may_use)?]));
        }
        if let Some(list) = wire.prompts.take() {
            return self.several(&list, |this, text| this.template(text, may_use));
        }
        if let Some(file) = wire.prompt_file.take() {
            return Some(Prompts::Texts(vec![PromptSource::File(self.file(&file)?)]));
        }
        if let Some(list) = wire.prompt_files.take() {
            return self.several(&list, |this, file| this.file(file).map(PromptSource::File));
        }
        if wire.prompt_tokens.is_some() {
            return self
                .amount(wire.prompt_tokens.take())?
                .map(Prompts::Generated);
        }
        match (traced, rows) {
            (true, _) => Some(Prompts::Traced),
            (false, true) => Some(Prompts::Rows),
            (false, false) => self.present(None, span, "a request", "prompt"),
        }
    }

    fn several(
        &mut self,
        list: &Placed<Vec<Placed<Text<Prose>>>>,
        each: impl Fn(&mut Checker, &Placed<Text<Prose>>) -> Option<PromptSource>,
    ) -> Option<Prompts> {
        if list.value.is_empty() {
            self.error(list.span, "no prompt is listed", "write at least one");
            return None;
        }
        let texts: Vec<_> = list.value.iter().map(|text| each(self, text)).collect();
        Some(Prompts::Texts(texts.into_iter().collect::<Option<_>>()?))
    }

    fn file(&mut self, path: &Placed<Text<Prose>>) -> Option<FileReference> {
        let place = path.span;
        self.value(path).map(|path| FileReference { path, place })
    }

    /// A text whose variables are all known; `None` for `may_use` leaves that to the rows.
    fn template(
        &mut self,
        text: &Placed<Text<Prose>>,
        may_use: Option<&[String]>,
    ) -> Option<PromptSource> {
        let written = self.value(text)?;
        let template = match Template::parse(&written) {
            Ok(template) => template,
            Err(error) => {
                let place = self.within(text, Some(error.within));
                let hint = "write `{{ name }}` with the name of a variable";
                self.error(place, error.message, hint);
                return None;
            }
        };
        let known = may_use.unwrap_or_default();
        let unknown = template
            .variables()
            .find(|name| may_use.is_some() && known.iter().all(|known| known != name));
        if let Some(name) = unknown {
            let start = written.find(name).unwrap_or_default();
            let place = self.within(text, Some(Span::new(start, start + name.len())));
            let hint = if known.is_empty() {
                format!(
                    "write its values under `variables: {{ {name}: [one, two] }}`, or name a `dataset` whose rows have it"
                )
            } else {
                nearest_hint(name, known.iter().map(String::as_str))
            };
            self.error(place, format!("there is no variable `{name}`"), hint);
            return None;
        }
        Some(PromptSource::Text(template))
    }

    #[expect(clippy::option_option, reason = "the outer one is `reported`")]
    fn system(
        &mut self,
        wire: Field<Prose>,
        may_use: Option<&[String]>,
    ) -> Option<Option<Template>> {
        let Some(text) = wire else {
            return Some(None);
        };
        match self.template(&text, may_use)? {
            PromptSource::Text(template) => Some(Some(template)),
            PromptSource::File(_) => None,
        }
    }

    #[expect(clippy::option_option, reason = "the outer one is `reported`")]
    fn dataset(
        &mut self,
        wire: Field<Prose>,
        order: Field<super::super::request::RowOrder>,
    ) -> Option<Option<Dataset>> {
        let Some(path) = wire else {
            if let Some(order) = order {
                self.error(
                    order.span,
                    "there is no dataset",
                    "add `dataset: FILE.jsonl`",
                );
            }
            return Some(None);
        };
        let file = self.file(&path);
        let order = self.or(order, Default::default);
        Some(Some(Dataset {
            file: file?,
            order: order?,
            rows: Arc::new([]),
        }))
    }

    fn variables(&mut self, wire: Option<Placed<Variables>>) -> Option<Vec<(String, Vec<String>)>> {
        let entries = wire.map(|wire| wire.value.0).unwrap_or_default();
        let variables = entries.iter().map(|(name, values)| {
            let name = self.value(name);
            if values.value.is_empty() {
                let hint = "write at least one";
                self.error(values.span, "the variable has no values", hint);
            }
            let values: Vec<_> = values.value.iter().map(|text| self.value(text)).collect();
            let values = values.into_iter().collect::<Option<Vec<_>>>();
            Some((name?, values?))
        });
        variables.collect::<Vec<_>>().into_iter().collect()
    }

    fn tools(&mut self, wire: Option<Placed<Vec<Placed<Value>>>>) -> Option<Vec<Value>> {
        let tools = wire.map(|wire| wire.value).unwrap_or_default();
        let checked: Vec<_> = tools
            .into_iter()
            .map(|Placed { value, span }| {
                let name = value.pointer("/function/name").and_then(Value::as_str);
                if name.is_none() {
                    self.error(
                        span,
                        "this tool is no function with a name",
                        "write `{ type: function, function: { name: NAME, parameters: { … } } }`",
                    );
                }
                name.is_some().then_some(value)
            })
            .collect();
        checked.into_iter().collect()
    }

    fn images(&mut self, wire: Option<Placed<Vec<Placed<ImageEntry>>>>) -> Option<Vec<Image>> {
        let entries = wire.map(|wire| wire.value).unwrap_or_default();
        let images: Vec<_> = entries
            .into_iter()
            .map(|Placed { value, span }| self.image(value, span))
            .collect();
        images.into_iter().collect()
    }

    fn image(&mut self, entry: ImageEntry, span: Span) -> Option<Image> {
        let (source, detail) = match entry {
            ImageEntry::Source(value) => (Some(Placed { value, span }), None),
            ImageEntry::Whole(whole) => (whole.source, whole.detail),
        };
        let source = self.present(source, span, "an image", "source");
        let place = source.as_ref().map_or(span, |source| source.span);
        let source = source.and_then(|source| self.value(&source));
        let detail = self.optional(detail.as_ref());
        let source = source?;
        let is_url = ["https://", "http://", "data:"]
            .iter()
            .any(|scheme| source.starts_with(scheme));
        Some(Image {
            source: if is_url {
                ImageSource::Url(source.into())
            } else {
                let path = source;
                ImageSource::File(FileReference { path, place })
            },
            detail: detail?.map(|detail| detail.word().to_owned()),
        })
    }

    fn parameters(
        &mut self,
        wire: Option<Placed<Map<String, Value>>>,
    ) -> Option<Map<String, Value>> {
        let Some(Placed { value, span }) = wire else {
            return Some(Map::new());
        };
        let ours = value.keys().find(|name| OURS.contains(&name.as_str()));
        if let Some(name) = ours {
            let message = format!("`{name}` does not belong in `parameters`");
            let hint = "what the request has keys for is written there: `max-tokens`, `stream`, `tools`, …";
            self.error(span, message, hint);
            return None;
        }
        Some(value)
    }

    fn headers(
        &mut self,
        wire: Option<Entries<HeaderName, Placed<Text<HeaderValue>>>>,
    ) -> Option<Vec<(String, String)>> {
        let entries = wire.map(|entries| entries.0).unwrap_or_default();
        let fields = entries.iter().map(|(name, value)| {
            let (name, value) = (self.value(name), self.value(value));
            Some((name?, value?))
        });
        fields.collect::<Vec<_>>().into_iter().collect()
    }
}
