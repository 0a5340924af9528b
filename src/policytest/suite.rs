//! A file with its policies read: the service that each test gets, new.

use std::sync::Arc;

use super::coverage::Coverage;
use super::judge::{Judge, Judged};
use super::model::{DIAGNOSTICS, PolicyRef, TestFile};
use super::run::{self, Outcome};
use crate::base::{Diagnostic, Secret, Seed, Source};
use crate::engine::{ApiConfig, Behaviour, Engine, OperationConfig, ProductConfig, Service};
use crate::policy::Policy;
use crate::policy::context::{Api, Deployment, Product, Subscription};
use crate::policy::lint::PolicyScope;

/// A test file, ready to run.
#[derive(Debug)]
pub(crate) struct Suite {
    file: TestFile,
    service: Service,
    /// What the reader and lint say of the policy under test, where the file expects something.
    diagnostics: Vec<Diagnostic>,
    /// Every policy document once.
    policies: Vec<Policy>,
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
        let mut reader = Reader::new(&file, load);
        let (under_test, diagnostics) = reader.under_test();
        let scopes = &file.scopes;
        let global = reader.optional(scopes.global.as_ref(), PolicyScope::Global);
        let around = Around {
            workspace: reader.optional(scopes.workspace.as_ref(), PolicyScope::Workspace),
            operation: reader.optional(scopes.operation.as_ref(), PolicyScope::Operation),
        };
        let product = reader.optional(scopes.product.as_ref(), PolicyScope::Product);
        let apis = file.apis.iter().map(|spec| {
            let policy = match &spec.policy {
                Some(policy) => reader.policy(policy, PolicyScope::Api),
                None => under_test.clone(),
            };
            api(&spec.name, &spec.path, policy, &around)
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
            behaviour: adapt(Behaviour::of(file.tier())),
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

/// Policies that every API of the file shares.
struct Around {
    workspace: Option<Policy>,
    operation: Option<Policy>,
}

fn api(name: &str, path: &str, policy: Option<Policy>, around: &Around) -> ApiConfig {
    let mut config = ApiConfig::azure_openai(policy);
    config.workspace.clone_from(&around.workspace);
    config.api = Arc::new(Api {
        id: name.to_owned(),
        path: path.trim_matches('/').to_owned(),
        ..Api::clone(&config.api)
    });
    for OperationConfig { policy, .. } in &mut config.operations {
        policy.clone_from(&around.operation);
    }
    config
}

/// Reads policies and gathers what is wrong with them.
struct Reader<'a> {
    file: &'a TestFile,
    load: &'a mut dyn FnMut(&str) -> Result<Source, String>,
    judge: Judge,
    policies: Vec<Policy>,
    problems: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    /// Reads the fragments, which policies are judged with.
    fn new(
        file: &'a TestFile,
        load: &'a mut dyn FnMut(&str) -> Result<Source, String>,
    ) -> Reader<'a> {
        let mut problems = Vec::new();
        let mut fragments = Vec::new();
        for (id, reference) in &file.fragments {
            match fetch(file, load, reference) {
                Ok(source) => fragments.push((id.clone(), source)),
                Err(problem) => problems.push(problem),
            }
        }
        Reader {
            file,
            load,
            judge: Judge::new(file, fragments),
            policies: Vec::new(),
            problems,
        }
    }

    /// The policy under test. Its mistakes are problems only when tests need it.
    fn under_test(&mut self) -> (Option<Policy>, Vec<Diagnostic>) {
        let Some(source) = self.source(&self.file.policy) else {
            return (None, Vec::new());
        };
        let Judged { policy, errors } = self.judge.read(&source, PolicyScope::Api);
        if !self.file.tests.is_empty() {
            self.problems.extend(errors);
        }
        self.policies.extend(policy.clone());
        let diagnostics = match self.file.expected_diagnostics {
            Some(_) => self.judge.diagnostics(&source),
            None => Vec::new(),
        };
        (policy, diagnostics)
    }

    fn optional(&mut self, policy: Option<&PolicyRef>, scope: PolicyScope) -> Option<Policy> {
        policy.and_then(|policy| self.policy(policy, scope))
    }

    fn policy(&mut self, reference: &PolicyRef, scope: PolicyScope) -> Option<Policy> {
        let source = self.source(reference)?;
        let Judged { policy, errors } = self.judge.read(&source, scope);
        self.problems.extend(errors);
        self.policies.extend(policy.clone());
        policy
    }

    fn source(&mut self, reference: &PolicyRef) -> Option<Source> {
        match fetch(self.file, self.load, reference) {
            Ok(source) => Some(source),
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }
}

/// The text of a policy or fragment.
fn fetch(
    file: &TestFile,
    load: &mut dyn FnMut(&str) -> Result<Source, String>,
    reference: &PolicyRef,
) -> Result<Source, Diagnostic> {
    match reference {
        PolicyRef::Inline(text) => {
            let name = format!("{} (policy)", file.source.name);
            Ok(Source::new(name, text.as_str()))
        }
        PolicyRef::Path { path, span } => load(path).map_err(|why| {
            let problem = Diagnostic::error(&file.source, *span, why);
            problem.hint("the path counts from the folder of this file")
        }),
    }
}
