//! A file with its policies read: the service that each test gets, new.

use std::sync::Arc;

use super::coverage::Coverage;
use super::model::{DIAGNOSTICS, PolicyRef, TestFile};
use super::run::{self, Outcome};
use crate::base::{Diagnostic, Secret, Seed, Severity, Source};
use crate::engine::{ApiConfig, Behaviour, Engine, OperationConfig, ProductConfig, Service};
use crate::policy::context::{Api, Deployment, Product, Subscription};
use crate::policy::{self, Fragments, Policy, lint};

/// A test file, ready to run.
#[derive(Debug)]
pub(crate) struct Suite {
    file: TestFile,
    service: Service,
    /// What linting and reading the policy under test gave; empty when nobody expects anything of it.
    diagnostics: Vec<Diagnostic>,
    /// Every policy document once.
    policies: Vec<Policy>,
}

/// What `apimon lint` says of the policy under test, at API scope and for the file's tier.
fn judge(source: &Source, file: &TestFile, fragments: &Fragments) -> Vec<Diagnostic> {
    let mut known = lint::Fragments::default();
    for (id, fragment) in fragments {
        known.insert(id.clone(), fragment.clone());
    }
    let options = lint::Options {
        platform: lint::Platform::Tier(file.tier),
        named_values: file.named_values.clone(),
        fragments: Some(known),
        ..lint::Options::default()
    };
    let findings = lint::lint(source, &options);
    findings
        .into_iter()
        .map(|finding| finding.diagnostic)
        .collect()
}

impl Suite {
    /// Reads the policies that the file names; `load` fetches those in files of their own.
    ///
    /// # Errors
    ///
    /// Everything that keeps the tests from running: policies that are not there or not valid.
    pub(crate) fn prepare(
        file: TestFile,
        load: &mut dyn FnMut(&str) -> Result<Source, String>,
        adapt: &dyn Fn(Behaviour) -> Behaviour,
    ) -> Result<Suite, Vec<Diagnostic>> {
        let mut reader = Reader {
            file: &file,
            load,
            fragments: Fragments::new(),
            policies: Vec::new(),
            problems: Vec::new(),
        };
        reader.fragments();
        let (under_test, diagnostics) = reader.under_test();
        let scopes = &file.scopes;
        let global = reader.optional(scopes.global.as_ref());
        let product = reader.optional(scopes.product.as_ref());
        let operation = reader.optional(scopes.operation.as_ref());
        let workspace = reader.optional(scopes.workspace.as_ref());
        let apis = file.apis.iter().map(|spec| {
            let policy = match &spec.policy {
                Some(policy) => reader.policy(policy),
                None => under_test.clone(),
            };
            let mut config = api(&spec.name, &spec.path, policy, operation.as_ref());
            config.workspace.clone_from(&workspace);
            config
        });
        let apis = apis.collect();
        let Reader {
            policies, problems, ..
        } = reader;
        if !problems.is_empty() {
            return Err(problems);
        }
        let service = Service {
            deployment: Arc::new(Deployment {
                service_name: "test".into(),
                region: "West Europe".into(),
                gateway_id: "managed".into(),
            }),
            behaviour: adapt(Behaviour::of(file.tier)),
            started: file.start,
            seed: Seed::new(1),
            global,
            products: products(&file, product.as_ref()),
            apis,
            subscriptions: subscriptions(&file),
            credentials: file.credentials.clone(),
            backends: file.backends.clone(),
        };
        Ok(Suite {
            file,
            service,
            diagnostics,
            policies,
        })
    }

    pub(crate) fn file(&self) -> &TestFile {
        &self.file
    }

    /// Runs the tests whose names `wanted` accepts; `tracing`: every request asks for its trace.
    pub(crate) fn run(&self, wanted: &dyn Fn(&str) -> bool, tracing: bool) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        if let Some(expected) = &self.file.expected_diagnostics
            && wanted(DIAGNOSTICS)
        {
            outcomes.push(run::diagnostics(expected, &self.diagnostics));
        }
        let tests = self.file.tests.iter().filter(|test| wanted(&test.name));
        outcomes.extend(tests.map(|test| {
            run::test(
                &self.file,
                test,
                &|| Engine::new(self.service.clone()),
                tracing,
            )
        }));
        outcomes
    }

    /// What ran of the policies since they were read.
    pub(crate) fn coverage(&self) -> Coverage {
        Coverage::of(&self.policies)
    }
}

/// The key of a subscription in tests.
pub(super) fn key(id: &str) -> String {
    format!("key-{id}")
}

fn subscriptions(file: &TestFile) -> Vec<Arc<Subscription>> {
    let subscriptions = file.subscriptions.iter().map(|spec| {
        Arc::new(Subscription {
            id: spec.id.clone(),
            name: spec.name.clone(),
            key: Secret::new(key(&spec.id)),
            product: spec.product.clone(),
        })
    });
    subscriptions.collect()
}

/// The products that subscriptions belong to, each with the policy of product scope.
fn products(file: &TestFile, policy: Option<&Policy>) -> Vec<ProductConfig> {
    let mut ids: Vec<&String> = file
        .subscriptions
        .iter()
        .filter_map(|known| known.product.as_ref())
        .collect();
    ids.sort();
    ids.dedup();
    let products = ids.into_iter().map(|id| ProductConfig {
        product: Product {
            id: id.clone(),
            name: id.clone(),
        },
        policy: policy.cloned(),
    });
    products.collect()
}

fn api(name: &str, path: &str, policy: Option<Policy>, operation: Option<&Policy>) -> ApiConfig {
    let mut config = ApiConfig::azure_openai(policy);
    config.api = Arc::new(Api {
        id: name.to_owned(),
        path: path.trim_matches('/').to_owned(),
        ..Api::clone(&config.api)
    });
    for OperationConfig { policy, .. } in &mut config.operations {
        *policy = operation.cloned();
    }
    config
}

/// Reads policies and gathers what is wrong with them.
struct Reader<'a> {
    file: &'a TestFile,
    load: &'a mut dyn FnMut(&str) -> Result<Source, String>,
    fragments: Fragments,
    policies: Vec<Policy>,
    problems: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn fragments(&mut self) {
        for (id, text) in &self.file.fragments {
            if let Some(source) = self.source(text) {
                self.fragments.insert(id.clone(), source);
            }
        }
    }

    /// The policy under test. Its mistakes are problems only when tests need it.
    fn under_test(&mut self) -> (Option<Policy>, Vec<Diagnostic>) {
        let Some(source) = self.source(&self.file.policy) else {
            return (None, Vec::new());
        };
        let (policy, diagnostics) =
            policy::parse_with(&source, &self.file.named_values, &self.fragments);
        if policy.is_none() && !self.file.tests.is_empty() {
            self.problems.extend(errors(&diagnostics));
        }
        self.policies.extend(policy.clone());
        let expected = self.file.expected_diagnostics.is_some();
        if !expected {
            return (policy, Vec::new());
        }
        let mut judged = judge(&source, self.file, &self.fragments);
        // What keeps the local gateway from executing it is an error too, said once.
        let line = |one: &Diagnostic| one.source.position(one.span.start).line;
        let further: Vec<Diagnostic> = errors(&diagnostics)
            .filter(|one| {
                let mut known = judged.iter();
                !known.any(|other| other.code == one.code && line(other) == line(one))
            })
            .collect();
        judged.extend(further);
        judged.sort_by_key(|one| one.span.start);
        (policy, judged)
    }

    fn optional(&mut self, policy: Option<&PolicyRef>) -> Option<Policy> {
        policy.and_then(|policy| self.policy(policy))
    }

    fn policy(&mut self, reference: &PolicyRef) -> Option<Policy> {
        let source = self.source(reference)?;
        let (policy, diagnostics) =
            policy::parse_with(&source, &self.file.named_values, &self.fragments);
        self.problems.extend(errors(&diagnostics));
        self.policies.extend(policy.clone());
        policy
    }

    fn source(&mut self, reference: &PolicyRef) -> Option<Source> {
        match reference {
            PolicyRef::Inline(text) => {
                let name = format!("{} (policy)", self.file.source.name);
                Some(Source::new(name, text.as_str()))
            }
            PolicyRef::Path { path, span } => match (self.load)(path) {
                Ok(source) => Some(source),
                Err(why) => {
                    let problem = Diagnostic::error(&self.file.source, *span, why);
                    let hint = "the path counts from the folder of this file";
                    self.problems.push(problem.hint(hint));
                    None
                }
            },
        }
    }
}

fn errors(diagnostics: &[Diagnostic]) -> impl Iterator<Item = Diagnostic> {
    let errors = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error);
    errors.cloned().collect::<Vec<_>>().into_iter()
}
