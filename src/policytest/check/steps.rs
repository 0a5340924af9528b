use super::super::model::{Backend, Request, Sender, Step};
use super::super::wire::{self, HeaderName, WireBackend, WireRequest, WireStep};
use super::{Checker, Known};
use crate::base::{Moment, Tokens, nearest_hint};
use crate::yaml::{Checks as _, Choice as _, Entries, Placed, Scalar, Text};

impl Checker {
    pub(super) fn steps(
        &mut self,
        wire: Placed<Vec<Placed<WireStep>>>,
        known: &Known,
    ) -> Vec<Step> {
        if wire.value.is_empty() {
            self.error(wire.span, "no step is listed", "write at least one");
        }
        let mut at = Moment::ZERO;
        let mut steps = Vec::with_capacity(wire.value.len());
        for Placed { value, span } in wire.value {
            let line = self.line(span);
            if let Some(field) = &value.at
                && let Some(time) = self.value(field)
            {
                if Moment::at(time) < at {
                    let hint = "write steps in the order of their times";
                    self.error(field.span, "this step goes back in time", hint);
                }
                at = at.max(Moment::at(time));
            }
            steps.extend(self.step(value, known, (line, at)));
        }
        steps
    }

    fn step(&mut self, wire: WireStep, known: &Known, (line, at): (usize, Moment)) -> Option<Step> {
        let gateway = self.or(wire.gateway, || "gateway-1".to_owned());
        let api = match wire.api {
            None => Some(0),
            Some(field) => {
                let names: Vec<&str> = known.apis.iter().map(|api| api.name.as_str()).collect();
                self.index(&field.value.text, field.span, "API", &names)
            }
        };
        let sender = self.sender(wire.subscription, known);
        let request = self.request(wire.request);
        let (times, concurrent) = match wire.repeat {
            None => (Some(1), false),
            Some(repeat) => {
                let span = repeat.times.as_ref().map(|times| times.span);
                let times =
                    self.required(repeat.times, span.unwrap_or_default(), "a repeat", "times");
                (times, repeat.concurrent)
            }
        };
        let times = usize::try_from(times?).unwrap_or(usize::MAX);
        let backend = self.backend(wire.backend).over(&known.backend);
        let backends = self.answers(wire.backends).into_iter();
        let backends = backends
            .map(|(id, answer)| (id, answer.over(&backend)))
            .collect();
        // The step's own come first, and the first one counts.
        let mut answers = self.answers(wire.answers);
        answers.extend(known.answers.iter().cloned());
        let expect = self.expect(wire.expect, times);
        Some(Step {
            line,
            at,
            gateway: gateway?,
            api: api?,
            sender: sender?,
            request: request?,
            times,
            concurrent,
            backend,
            backends,
            answers,
            expect,
        })
    }

    fn index(
        &mut self,
        name: &str,
        span: crate::base::Span,
        what: &str,
        known: &[&str],
    ) -> Option<usize> {
        let found = known.iter().position(|known| *known == name);
        if found.is_none() {
            let hint = nearest_hint(name, known.iter().copied());
            self.error(span, format!("there is no {what} `{name}`"), hint);
        }
        found
    }

    fn sender(&mut self, wire: Placed<wire::Sender>, known: &Known) -> Option<Sender> {
        match wire.value {
            wire::Sender::First => Some(Sender::Subscription(0)),
            wire::Sender::Nobody => Some(Sender::Nobody),
            wire::Sender::Key(key) => Some(Sender::Key(key)),
            wire::Sender::Subscription(id) => {
                let ids = known.subscriptions.iter().map(|known| known.id.as_str());
                let ids: Vec<&str> = ids.collect();
                self.index(&id, wire.span, "subscription", &ids)
                    .map(Sender::Subscription)
            }
        }
    }

    fn request(&mut self, wire: WireRequest) -> Option<Request> {
        let method = self.or(wire.method, || "POST".to_owned());
        let path = self.optional(wire.path.as_ref());
        let query = self.optional(wire.query.as_ref());
        let headers = self.headers(wire.headers);
        let stream_span = wire.stream.as_ref().map(|stream| stream.span);
        let stream = wire.stream.is_some_and(|stream| stream.value);
        if let (Some(prompt), Some(_)) = (&wire.prompt, &wire.body) {
            let hint = "keep `prompt` or `body`";
            self.error(prompt.span, "the body is given twice", hint);
        }
        if let (Some(span), true, Some(_)) = (stream_span, stream, &wire.body) {
            let hint = "put `stream: true` into the body";
            self.error(span, "a body of your own says itself if it streams", hint);
        }
        let prompt = self.optional(wire.prompt.as_ref());
        let estimate = self.optional(wire.prompt_tokens.as_ref());
        let ip = self.optional(wire.ip.as_ref());
        Some(Request {
            method: method?,
            path: path?,
            query: query?,
            headers,
            prompt: prompt?,
            body: wire.body.map(|body| body.value.0),
            stream,
            estimate: estimate?.map(Tokens),
            ip: ip?,
        })
    }

    fn headers(
        &mut self,
        wire: Option<Entries<HeaderName, Placed<Text<Scalar>>>>,
    ) -> Vec<(String, String)> {
        let entries = wire.map(|entries| entries.0).unwrap_or_default();
        entries
            .iter()
            .filter_map(|(name, value)| Some((self.value(name)?, self.value(value)?)))
            .collect()
    }

    pub(super) fn answers(
        &mut self,
        wire: Option<Entries<Scalar, WireBackend>>,
    ) -> Vec<(String, Backend)> {
        let entries = wire.map(|entries| entries.0).unwrap_or_default();
        let mut answers = Vec::with_capacity(entries.len());
        for (url, answer) in entries {
            let answer = self.backend(answer);
            answers.extend(self.value(&url).map(|url| (url, answer)));
        }
        answers
    }

    pub(super) fn backend(&mut self, wire: WireBackend) -> Backend {
        let status = self.optional(wire.status.as_ref()).flatten();
        Backend {
            status: status.and_then(|status| u16::try_from(status).ok()),
            headers: self.headers(wire.headers),
            body: wire.body.map(|body| body.value.0),
            prompt_tokens: self.optional(wire.prompt_tokens.as_ref()).flatten(),
            completion_tokens: self.optional(wire.completion_tokens.as_ref()).flatten(),
            usage: wire.usage,
            latency: self.optional(wire.latency.as_ref()).flatten(),
            fault: self
                .optional(wire.fault.as_ref())
                .flatten()
                .map(wire::Fault::word),
        }
    }
}

impl Backend {
    /// The answer of a step over the answer of the file.
    fn over(self, default: &Backend) -> Backend {
        let mut headers = default.headers.clone();
        headers.retain(|(name, _)| {
            !self
                .headers
                .iter()
                .any(|(own, _)| own.eq_ignore_ascii_case(name))
        });
        headers.extend(self.headers);
        Backend {
            status: self.status.or(default.status),
            headers,
            body: self.body.or_else(|| default.body.clone()),
            prompt_tokens: self.prompt_tokens.or(default.prompt_tokens),
            completion_tokens: self.completion_tokens.or(default.completion_tokens),
            usage: self.usage.or(default.usage),
            latency: self.latency.or(default.latency),
            fault: self.fault.or(default.fault),
        }
    }
}
