//! The JSON of a request.

use serde_json::{Map, Value, json};

use super::content::{Content, at};
use super::model::{Scenario, Urls};
use super::plan::Arrival;
use super::request::{Image, ImageSource, PromptSource, Prompts, RequestSpec, Route};
use super::template::{Template, write_value};
use crate::base::Seed;
use crate::tokens;

impl Scenario {
    /// The JSON body of an arrival's request, ready to send.
    pub(crate) fn body(&self, arrival: &Arrival) -> String {
        self.body_value(arrival.caller, &arrival.content)
            .to_string()
    }

    pub(super) fn body_value(&self, caller: usize, content: &Content) -> Value {
        let request = &self.callers[caller].request;
        let mut body = Map::new();
        let azure = self.urls == Urls::Azure && request.route != Route::Responses;
        if !azure {
            let model = self.model_name(caller, content);
            body.insert("model".to_owned(), model.into());
        }
        let text = request.text(content);
        match request.route {
            Route::ChatCompletions => request.chat(&text, content, &mut body),
            Route::Responses => request.response(&text, content, &mut body),
            Route::Embeddings => {
                body.insert("input".to_owned(), text.into());
            }
        }
        for (name, value) in &request.parameters {
            body.insert(name.clone(), value.clone());
        }
        Value::Object(body)
    }
}

impl RequestSpec {
    /// True when arrivals have texts of their own, which cannot be counted once for all.
    pub(super) fn has_own_texts(&self) -> bool {
        match self.prompts {
            Prompts::Texts(_) => self.dataset.is_some() || !self.variables.is_empty(),
            Prompts::Generated(_) | Prompts::Rows | Prompts::Traced => true,
        }
    }

    /// How many prompts there are to pick from; at least one.
    pub(super) fn prompt_count(&self) -> u32 {
        match &self.prompts {
            Prompts::Texts(texts) => super::content::narrow(texts.len() as u64).max(1),
            Prompts::Generated(_) | Prompts::Rows | Prompts::Traced => 1,
        }
    }

    /// What the user says; empty where the row has the whole conversation.
    fn text(&self, content: &Content) -> String {
        match &self.prompts {
            Prompts::Generated(_) | Prompts::Traced => {
                let mut lots = Seed::new(content.lot);
                tokens::pieces(&mut lots, u64::from(content.words), true).concat()
            }
            Prompts::Rows => {
                let mut text = String::new();
                if let Some(value) = self.row_value(content, "prompt") {
                    write_value(value, &mut text);
                }
                text
            }
            Prompts::Texts(texts) => match texts.get(at(content.prompt)) {
                Some(PromptSource::Text(template)) => self.fill(template, content),
                // A scenario is complete before it is planned.
                Some(PromptSource::File(_)) | None => String::new(),
            },
        }
    }

    fn row_value(&self, content: &Content, name: &str) -> Option<&Value> {
        let rows = &self.dataset.as_ref()?.rows;
        rows.get(at(content.row))?.get(name)
    }

    fn fill(&self, template: &Template, content: &Content) -> String {
        let lots = Seed::new(content.lot);
        template.fill(|name, text| {
            let choices = self.variables.iter().find(|(known, _)| known == name);
            if let Some((_, choices)) = choices {
                // By name, so that every mention of a variable is the same choice.
                let drawn = lots.derive(name).below(choices.len() as u64);
                text.push_str(&choices[usize::try_from(drawn).unwrap_or_default()]);
            } else if let Some(value) = self.row_value(content, name) {
                write_value(value, text);
            }
        })
    }

    fn system_text(&self, content: &Content) -> Option<String> {
        let template = self.system.as_ref()?;
        Some(self.fill(template, content))
    }

    fn chat(&self, text: &str, content: &Content, body: &mut Map<String, Value>) {
        let mut messages = Vec::new();
        if let Some(system) = self.system_text(content) {
            messages.push(json!({ "role": "system", "content": system }));
        }
        let conversation = self.conversation(content);
        match conversation {
            Some(said) => messages.extend(said.iter().cloned()),
            None => messages.push(json!({ "role": "user", "content": self.said(text, "text") })),
        }
        body.insert("messages".to_owned(), messages.into());
        if let Some(most) = content.max_tokens {
            body.insert("max_tokens".to_owned(), most.into());
        }
        self.streamed(content, body);
        if !self.tools.is_empty() {
            body.insert("tools".to_owned(), self.tools.clone().into());
        }
    }

    fn response(&self, text: &str, content: &Content, body: &mut Map<String, Value>) {
        if let Some(system) = self.system_text(content) {
            body.insert("instructions".to_owned(), system.into());
        }
        let input = match self.conversation(content) {
            Some(said) => said.clone().into(),
            None if self.images.is_empty() => text.into(),
            None => json!([{ "role": "user", "content": self.said(text, "input_text") }]),
        };
        body.insert("input".to_owned(), input);
        if let Some(most) = content.max_tokens {
            body.insert("max_output_tokens".to_owned(), most.into());
        }
        if content.stream {
            body.insert("stream".to_owned(), true.into());
        }
        if !self.tools.is_empty() {
            // The same functions, not wrapped.
            let plain = |tool: &Value| match tool.get("function") {
                Some(Value::Object(function)) => {
                    let mut plain = Map::from_iter([("type".to_owned(), "function".into())]);
                    plain.extend(function.clone());
                    Value::Object(plain)
                }
                _ => tool.clone(),
            };
            body.insert("tools".to_owned(), self.tools.iter().map(plain).collect());
        }
    }

    fn streamed(&self, content: &Content, body: &mut Map<String, Value>) {
        if !content.stream {
            return;
        }
        body.insert("stream".to_owned(), true.into());
        if self.stream_usage {
            let options = json!({ "include_usage": true });
            body.insert("stream_options".to_owned(), options);
        }
    }

    fn conversation(&self, content: &Content) -> Option<&Vec<Value>> {
        match self.prompts {
            Prompts::Rows => self.row_value(content, "messages")?.as_array(),
            _ => None,
        }
    }

    /// A text alone, or a list of a text and its images.
    fn said(&self, text: &str, kind: &str) -> Value {
        if self.images.is_empty() {
            return text.into();
        }
        let mut parts = vec![json!({ "type": kind, "text": text })];
        parts.extend(self.images.iter().map(|image| image.part(kind == "text")));
        parts.into()
    }
}

impl Image {
    fn part(&self, chat: bool) -> Value {
        let url = match &self.source {
            ImageSource::Url(url) => url.as_ref(),
            // A scenario is complete before it is planned.
            ImageSource::File(_) => "",
        };
        let mut detailed = Map::new();
        if let Some(detail) = &self.detail {
            detailed.insert("detail".to_owned(), detail.as_str().into());
        }
        let mut part = Map::new();
        if chat {
            let mut inner = Map::from_iter([("url".to_owned(), Value::from(url))]);
            inner.extend(detailed);
            part.insert("type".to_owned(), "image_url".into());
            part.insert("image_url".to_owned(), inner.into());
        } else {
            part.insert("type".to_owned(), "input_image".into());
            part.insert("image_url".to_owned(), url.into());
            part.extend(detailed);
        }
        part.into()
    }
}
