//! The files that a scenario names: prompts, datasets, images, traces.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::model::Scenario;
use super::request::{FileReference, ImageSource, PromptSource, Prompts, RequestSpec};
use super::schedule::Schedule;
use super::template::Template;
use super::trace::{self, Known};
use crate::base::{Diagnostic, Source, Span, nearest_hint};

/// A dataset that is wrong from end to end need not say so a million times.
const MOST_MISTAKES: usize = 10;

impl Scenario {
    /// Every file that the scenario names besides policy and keys, in the order of its groups.
    pub(crate) fn files(&self) -> Vec<&FileReference> {
        let mut files = Vec::new();
        for caller in &self.callers {
            let request = &caller.request;
            if let Prompts::Texts(texts) = &request.prompts {
                files.extend(texts.iter().filter_map(|text| match text {
                    PromptSource::File(file) => Some(file),
                    PromptSource::Text(_) => None,
                }));
            }
            files.extend(request.dataset.iter().map(|dataset| &dataset.file));
            files.extend(
                request
                    .images
                    .iter()
                    .filter_map(|image| match &image.source {
                        ImageSource::File(file) => Some(file),
                        ImageSource::Url(_) => None,
                    }),
            );
            if let Schedule::Trace(trace) = &caller.schedule {
                files.push(&trace.file);
            }
        }
        files
    }

    /// Takes over what the scenario's files hold. `read` is asked once for each path as it is
    /// written, relative to the scenario file, and says in words why a file cannot be read.
    /// Needed before [`plan`](Self::plan) whenever [`files`](Self::files) names some.
    ///
    /// # Errors
    ///
    /// Every mistake in every file, with its place there; a file that cannot be read with the
    /// place where the scenario names it.
    pub(crate) fn complete(
        &mut self,
        source: &Source,
        mut read: impl FnMut(&str) -> Result<Vec<u8>, String>,
    ) -> Result<(), Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let mut contents: BTreeMap<String, Option<Vec<u8>>> = BTreeMap::new();
        for file in self.files() {
            if contents.contains_key(&file.path) {
                continue;
            }
            let content = read(&file.path).map_err(|why| {
                let problem = Diagnostic::error(source, file.place, why);
                problems.push(problem.hint("paths count from the folder of the scenario file"));
            });
            contents.insert(file.path.clone(), content.ok());
        }
        let subscriptions: Vec<String> = self
            .subscriptions
            .iter()
            .map(|subscription| subscription.id.clone())
            .collect();
        let mut files = Files {
            scenario: source,
            contents: &contents,
            problems,
        };
        for caller in &mut self.callers {
            files.request(&mut caller.request);
            if let Schedule::Trace(trace) = &mut caller.schedule
                && let Some(source) = files.text(&trace.file)
            {
                let known = Known {
                    subscriptions: &subscriptions,
                    one_model: caller.request.deployment.is_some(),
                };
                if let Err(found) = trace::read(trace, &source, &known) {
                    files.problems.extend(found);
                }
            }
        }
        let problems = files.problems;
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }
}

struct Files<'a> {
    scenario: &'a Source,
    contents: &'a BTreeMap<String, Option<Vec<u8>>>,
    problems: Vec<Diagnostic>,
}

impl Files<'_> {
    fn bytes(&self, file: &FileReference) -> Option<&[u8]> {
        self.contents.get(&file.path)?.as_deref()
    }

    /// A file as text, under its name; without the mark that some editors put before it.
    fn text(&mut self, file: &FileReference) -> Option<Source> {
        let text = std::str::from_utf8(self.bytes(file)?);
        let Ok(text) = text else {
            let message = format!("`{}` is not UTF-8 text", file.path);
            let problem = Diagnostic::error(self.scenario, file.place, message);
            self.problems
                .push(problem.hint("save it again with that encoding"));
            return None;
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Some(Source::new(file.path.as_str(), text))
    }

    fn request(&mut self, request: &mut RequestSpec) {
        // What a text in a file may mention; without anything to mention it is taken as it is.
        let rows = request.dataset.is_some();
        let names: Vec<&str> = request
            .variables
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        if let Prompts::Texts(texts) = &mut request.prompts {
            for text in texts {
                if let PromptSource::File(file) = text
                    && let Some(template) = self.prompt(file, &names, rows)
                {
                    *text = PromptSource::Text(template);
                }
            }
        }
        for image in &mut request.images {
            if let ImageSource::File(file) = &image.source
                && let Some(url) = self.image(file)
            {
                image.source = ImageSource::Url(url);
            }
        }
        let Some(dataset) = request.dataset.take() else {
            return;
        };
        let mut dataset = dataset;
        if let Some(source) = self.text(&dataset.file) {
            let rows = self.rows(&source);
            self.rows_have_variables(request, &source, &rows);
            dataset.rows = rows.into_iter().map(|(_, row)| row).collect();
        }
        request.dataset = Some(dataset);
    }

    /// The text of a file, without the newline at its end.
    fn prompt(&mut self, file: &FileReference, names: &[&str], rows: bool) -> Option<Template> {
        let source = self.text(file)?;
        let text = source.text.trim_end_matches(['\r', '\n']);
        if text.trim().is_empty() {
            self.error(
                &source,
                Span::default(),
                "the prompt is empty",
                "write a text",
            );
            return None;
        }
        if names.is_empty() && !rows {
            return Some(Template::plain(text));
        }
        let template = match Template::parse(text) {
            Ok(template) => template,
            Err(error) => {
                self.error(&source, error.within, error.message, "write `{{ name }}`");
                return None;
            }
        };
        let unknown = template
            .variables()
            .find(|name| !rows && !names.contains(name));
        if let Some(name) = unknown {
            let place = text.find(name).unwrap_or_default();
            let message = format!("there is no variable `{name}`");
            let hint = nearest_hint(name, names.iter().copied());
            self.error(&source, Span::new(place, place + name.len()), message, hint);
            return None;
        }
        Some(template)
    }

    fn image(&mut self, file: &FileReference) -> Option<Arc<str>> {
        let bytes = self.bytes(file)?;
        let Some(kind) = image_kind(bytes) else {
            let message = format!("`{}` is not an image that models take", file.path);
            let problem = Diagnostic::error(self.scenario, file.place, message);
            self.problems
                .push(problem.hint("PNG, JPEG, GIF and WebP are known"));
            return None;
        };
        Some(format!("data:image/{kind};base64,{}", STANDARD.encode(bytes)).into())
    }

    /// The rows of a dataset, each with its place.
    fn rows(&mut self, source: &Source) -> Vec<(Span, Map<String, Value>)> {
        let mut rows = Vec::new();
        let mut at = 0;
        let before = self.problems.len();
        for line in source.text.split_inclusive('\n') {
            let span = Span::new(at, at + line.trim_end().len());
            at += line.len();
            if line.trim().is_empty() || self.problems.len() >= before + MOST_MISTAKES {
                continue;
            }
            match serde_json::from_str(line) {
                Ok(row) => rows.push((span, row)),
                Err(error) => {
                    let start = span.start + error.column().saturating_sub(1);
                    let place = Span::new(start.min(span.end), span.end.min(start + 1));
                    let message = "this line is not a JSON object";
                    self.error(source, place, message, "write one object on each line");
                }
            }
        }
        if rows.is_empty() && self.problems.len() == before {
            let hint = "write one JSON object on each line";
            self.error(source, Span::default(), "the dataset is empty", hint);
        }
        rows
    }

    /// What the scenario itself does not tell, each row has to.
    fn rows_have_variables(
        &mut self,
        request: &RequestSpec,
        source: &Source,
        rows: &[(Span, Map<String, Value>)],
    ) {
        let needed = request.needed_of_rows();
        let mut found = 0;
        for (span, row) in rows {
            for name in needed.iter().filter(|name| !row.contains_key(**name)) {
                let message = format!("this row has no `{name}`, which a prompt asks for");
                self.error(source, *span, message, "give every row the same fields");
                found += 1;
            }
            let whole = matches!(request.prompts, Prompts::Rows);
            if whole && !row_is_a_prompt(row) {
                let message = "this row has neither `messages` nor `prompt`";
                let hint = "write `{\"prompt\": \"…\"}`, or give the request a `prompt` such as `{{ question }}`";
                self.error(source, *span, message, hint);
                found += 1;
            }
            if found >= MOST_MISTAKES {
                break;
            }
        }
    }

    fn error(
        &mut self,
        source: &Source,
        span: Span,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let problem = Diagnostic::error(source, span, message).hint(hint);
        self.problems.push(problem);
    }
}

impl RequestSpec {
    /// Variables of its texts that are not among its own.
    pub(super) fn needed_of_rows(&self) -> Vec<&str> {
        let prompts = match &self.prompts {
            Prompts::Texts(texts) => texts.as_slice(),
            _ => &[],
        };
        let templates = prompts.iter().filter_map(|text| match text {
            PromptSource::Text(template) => Some(template),
            PromptSource::File(_) => None,
        });
        let mut needed: Vec<&str> = templates
            .chain(&self.system)
            .flat_map(Template::variables)
            .filter(|name| self.variables.iter().all(|(known, _)| known != name))
            .collect();
        needed.sort_unstable();
        needed.dedup();
        needed
    }
}

fn row_is_a_prompt(row: &Map<String, Value>) -> bool {
    let messages = row.get("messages").and_then(Value::as_array);
    messages.is_some_and(|messages| !messages.is_empty())
        || row
            .get("prompt")
            .and_then(Value::as_str)
            .is_some_and(|text| !text.is_empty())
}

fn image_kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some("png"),
        [0xff, 0xd8, 0xff, ..] => Some("jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("gif"),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some("webp"),
        _ => None,
    }
}
