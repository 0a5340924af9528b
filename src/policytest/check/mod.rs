//! From the file as read to the file as meant, with every mistake on the way.

mod expect;
mod steps;

use std::collections::BTreeMap;

use super::model::{
    ApiSpec, Backend, ExpectedDiagnostic, PolicyRef, Scopes, SubscriptionSpec, Test, TestFile,
};
use super::wire::{
    Json, PolicyText, SubscriptionEntry, WireApi, WireDiagnostic, WireFile, WireScopes, WireTest,
};
use crate::base::{Diagnostic, Source, Span, Tier};
use crate::engine::{Backends, Credentials, NamedBackend};
use crate::policy::lint::Platform;
use crate::yaml::{Checks, Entries, Findings, Name, NamedValueName, Placed, Scalar, Text};

/// # Errors
///
/// Every mistake, in the order of the text.
pub(super) fn check(source: &Source, wire: WireFile) -> Result<TestFile, Vec<Diagnostic>> {
    let mut checker = Checker {
        findings: Findings::new(source),
        source: source.clone(),
    };
    let file = checker.file(wire);
    let promise = "a file without problems has all its parts";
    checker.findings.outcome(file.ok_or(promise))
}

struct Checker {
    findings: Findings,
    source: Source,
}

impl Checks for Checker {
    fn findings(&mut self) -> &mut Findings {
        &mut self.findings
    }
}

/// What steps may refer to.
struct Known {
    apis: Vec<ApiSpec>,
    subscriptions: Vec<SubscriptionSpec>,
    backend: Backend,
    answers: Vec<(String, Backend)>,
}

impl Checker {
    fn file(&mut self, wire: WireFile) -> Option<TestFile> {
        let policy = self.present(wire.policy, Span::default(), "a policy test", "policy");
        let policy = policy.and_then(|text| self.policy(&text));
        let platform = self.or(wire.tier, || Platform::Tier(Tier::default()));
        let start = self.or(wire.start, default_start);
        let named_values = self.named_values(wire.named_values);
        let fragments = wire.fragments.map(|map| map.value.0).unwrap_or_default();
        let fragments = fragments
            .iter()
            .filter_map(|(id, text)| Some((self.value(id)?, self.policy(text)?)))
            .collect();
        let scopes = self.scopes(wire.scopes.unwrap_or_default());
        let known = Known {
            apis: self.apis(wire.apis),
            subscriptions: self.subscriptions(wire.subscriptions, scopes.product.is_some()),
            backend: self.backend(wire.backend.unwrap_or_default()),
            answers: self.answers(wire.answers),
        };
        let expected_diagnostics = wire
            .expect_diagnostics
            .map(|list| self.diagnostics(list.value));
        if wire.tests.is_none() && expected_diagnostics.is_none() {
            self.error(
                Span::default(),
                "a policy test needs `tests`",
                "add `tests: …` (or `expect-diagnostics: …`)",
            );
        }
        let credentials = self.credentials(wire.credentials);
        let backends = self.backends(wire.backends, &named_values);
        let tests = self.tests(wire.tests, &known);
        Some(TestFile {
            source: self.source.clone(),
            policy: policy?,
            platform: platform?,
            start: start?,
            named_values,
            fragments,
            scopes,
            apis: known.apis,
            subscriptions: known.subscriptions,
            credentials,
            backends,
            tests,
            expected_diagnostics,
        })
    }

    fn credentials(&mut self, wire: Option<Placed<Json>>) -> Credentials {
        let Some(Placed { value, span }) = wire else {
            return Credentials::default();
        };
        serde_json::from_value(value.0).unwrap_or_else(|error| {
            let hint = "write `issuers: [{ openid-config: URL, issuer: TEXT, keys: [JWK] }]`";
            self.error(span, format!("these are no credentials: {error}"), hint);
            Credentials::default()
        })
    }

    fn backends(
        &mut self,
        wire: Option<Placed<Entries<Name, Placed<Json>>>>,
        values: &BTreeMap<String, String>,
    ) -> Backends {
        let mut backends = Backends::default();
        let Some(Placed { value, span }) = wire else {
            return backends;
        };
        let hint = "write what `properties` of the backend hold in an ARM template";
        for (id, properties) in value.0 {
            let Some(id) = self.value(&id) else { continue };
            match NamedBackend::from_arm(&id, &properties.value.0, values) {
                Ok(named) => backends.add(named),
                Err(mistake) => self.error(properties.span, mistake.to_string(), hint),
            }
        }
        if let Err(mistake) = backends.check() {
            self.error(span, mistake.to_string(), "list it among `backends`");
        }
        backends
    }

    fn policy(&mut self, text: &PolicyText) -> Option<PolicyRef> {
        let written = self.value(text)?;
        Some(if written.trim_start().starts_with('<') {
            PolicyRef::Inline(written)
        } else {
            PolicyRef::Path {
                path: written,
                span: text.span,
            }
        })
    }

    fn named_values(
        &mut self,
        wire: Option<Entries<NamedValueName, Placed<Text<Scalar>>>>,
    ) -> BTreeMap<String, String> {
        let entries = wire.map(|entries| entries.0).unwrap_or_default();
        entries
            .iter()
            .filter_map(|(name, text)| Some((self.value(name)?, self.value(text)?)))
            .collect()
    }

    fn scopes(&mut self, wire: WireScopes) -> Scopes {
        let mut policy = |text: Option<PolicyText>| text.and_then(|text| self.policy(&text));
        Scopes {
            global: policy(wire.global),
            workspace: policy(wire.workspace),
            product: policy(wire.product),
            operation: policy(wire.operation),
        }
    }

    fn apis(&mut self, wire: Option<Placed<Vec<Placed<WireApi>>>>) -> Vec<ApiSpec> {
        let Some(wire) = wire else {
            return vec![ApiSpec {
                name: "openai".to_owned(),
                path: "openai".to_owned(),
                policy: None,
            }];
        };
        if wire.value.is_empty() {
            self.error(wire.span, "no API is listed", "leave `apis` out for one");
        }
        let mut known: Vec<ApiSpec> = Vec::new();
        for Placed { value, span } in wire.value {
            let name = self.required(value.name, span, "an API", "name");
            let path = self.optional(value.path.as_ref()).flatten();
            let policy = value.policy.and_then(|text| self.policy(&text));
            let Some(name) = name else { continue };
            let path = path.unwrap_or_else(|| name.clone());
            if known.iter().any(|api| api.name == name || api.path == path) {
                let hint = "give each a name and a path of its own";
                self.error(span, format!("API `{name}` is there twice"), hint);
                continue;
            }
            known.push(ApiSpec { name, path, policy });
        }
        known
    }

    /// With a product policy, subscriptions that name no product belong to one all the same,
    /// unless some of them name theirs.
    fn subscriptions(
        &mut self,
        wire: Option<Placed<Vec<Placed<SubscriptionEntry>>>>,
        product_policy: bool,
    ) -> Vec<SubscriptionSpec> {
        let mut known: Vec<SubscriptionSpec> = Vec::new();
        match wire {
            None => known.push(subscription("default".to_owned())),
            Some(wire) => {
                if wire.value.is_empty() {
                    let hint = "leave `subscriptions` out for a single one";
                    self.error(wire.span, "no subscription is listed", hint);
                }
                for Placed { value, span } in wire.value {
                    let Some(spec) = self.subscription(value, span) else {
                        continue;
                    };
                    if known.iter().any(|other| other.id == spec.id) {
                        let message = format!("subscription `{}` is there twice", spec.id);
                        self.error(span, message, "give each its own id");
                        continue;
                    }
                    known.push(spec);
                }
            }
        }
        if product_policy && known.iter().all(|known| known.product.is_none()) {
            for subscription in &mut known {
                subscription.product = Some("default".to_owned());
            }
        }
        known
    }

    fn subscription(&mut self, entry: SubscriptionEntry, span: Span) -> Option<SubscriptionSpec> {
        match entry {
            SubscriptionEntry::Id(id) => self.value(&Placed { value: id, span }).map(subscription),
            SubscriptionEntry::Whole(wire) => {
                let id = self.required(wire.id, span, "a subscription", "id");
                let name = self.optional(wire.name.as_ref()).flatten();
                let product = self.optional(wire.product.as_ref()).flatten();
                let id = id?;
                Some(SubscriptionSpec {
                    name: name.unwrap_or_else(|| id.clone()),
                    id,
                    product,
                })
            }
        }
    }

    fn diagnostics(&mut self, list: Vec<Placed<WireDiagnostic>>) -> Vec<ExpectedDiagnostic> {
        let mut read = |Placed { value, span }: Placed<WireDiagnostic>| {
            let code = self.required(value.code, span, "a diagnostic", "code");
            let severity = self.required(value.severity, span, "a diagnostic", "severity");
            let line = self.required(value.line, span, "a diagnostic", "line");
            Some(ExpectedDiagnostic {
                code: code?,
                severity: severity?,
                line: usize::try_from(line?).unwrap_or(usize::MAX),
            })
        };
        list.into_iter().filter_map(&mut read).collect()
    }

    fn tests(&mut self, wire: Option<Placed<Vec<Placed<WireTest>>>>, known: &Known) -> Vec<Test> {
        let Some(wire) = wire else {
            return Vec::new();
        };
        if wire.value.is_empty() {
            self.error(wire.span, "no test is listed", "write at least one");
        }
        let mut tests: Vec<Test> = Vec::new();
        for Placed { value, span } in wire.value {
            let line = self.line(span);
            let name_span = value.name.as_ref().map_or(span, |name| name.span);
            let name = self.required(value.name, span, "a test", "name");
            let steps = self.present(value.steps, span, "a test", "steps");
            let steps = steps.map(|steps| self.steps(steps, known));
            let (Some(name), Some(steps)) = (name, steps) else {
                continue;
            };
            if tests.iter().any(|test| test.name == name) {
                let hint = "give each its own name";
                self.error(name_span, format!("test `{name}` is there twice"), hint);
            }
            tests.push(Test { name, line, steps });
        }
        tests
    }

    fn line(&self, span: Span) -> usize {
        self.source.position(span.start).line
    }
}

fn subscription(id: String) -> SubscriptionSpec {
    SubscriptionSpec {
        name: id.clone(),
        id,
        product: None,
    }
}

fn default_start() -> jiff::Timestamp {
    jiff::Timestamp::new(1_767_225_600, 0).expect("the first second of 2026 is a moment")
}
