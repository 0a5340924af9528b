//! From a scenario file and its flags to everything that a run needs, or to all that is wrong.

use std::path::{Component, Path, PathBuf};

use super::args::{FragmentArguments, ScenarioArguments};
use super::behaviour;
use super::failure::Failure;
use super::terminal::Terminal;
use crate::base::{Live, Seed, Severity, Source, Tier, nearest_hint, render};
use crate::engine::Behaviour;
use crate::files;
use crate::policy::{self, Fragments, NamedValues, Policy};
use crate::prices::Prices;
use crate::results::{HeaderNames, LimitInfo};
use crate::scenario::{Meter, Plan, Scenario};

/// A scenario, ready to be played.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) scenario: Scenario,
    pub(super) source: Source,
    pub(super) plan: Plan,
    /// `None` when the scenario names no policy.
    pub(super) policy: Option<Policy>,
    pub(super) prices: Prices,
    /// Inferred behaviour of the local gateway.
    pub(super) behaviour: Behaviour,
    /// What flags and environment changed, such as `tpm=600`.
    pub(super) overrides: Vec<String>,
}

pub(super) fn prepare(
    terminal: &Terminal,
    arguments: &ScenarioArguments,
) -> Result<Prepared, Failure> {
    // The plan counts prompts; loading the vocabulary takes longest, so it starts first.
    std::thread::spawn(crate::tokens::load);
    let (source, mut scenario) = read_scenario(&arguments.scenario)?;
    let overrides = override_values(&mut scenario, arguments)?;
    let path = match (&arguments.policy, &scenario.policy) {
        (Some(path), _) => Some(path.clone()),
        (None, Some(path)) => Some(beside(&arguments.scenario, path)),
        (None, None) => None,
    };
    let named = arguments.policy.is_none().then(|| {
        format!(
            "`policy` of `{}` names it, from the folder of that file",
            source.name
        )
    });
    let policy = path
        .map(|path| {
            let fragments = arguments.fragments.fragments()?;
            read_policy(terminal, &path, &scenario.named_values, &fragments)
        })
        .transpose();
    let policy = policy.map_err(|failure| match named {
        Some(hint) if failure.is_text() => failure.hint(hint),
        _ => failure,
    })?;
    let plan = scenario.plan();
    let prices = match &arguments.prices {
        Some(path) => Prices::parse(&files::read_source(path)?)?,
        None => Prices::shipped().clone(),
    };
    let adapt = behaviour::adaptation(&arguments.behaviour)?;
    Ok(Prepared {
        behaviour: adapt(Behaviour::of(scenario.tier)),
        scenario,
        source,
        plan,
        policy,
        prices,
        overrides,
    })
}

/// A scenario with everything that its files hold.
pub(super) fn read_scenario(path: &Path) -> Result<(Source, Scenario), Failure> {
    let source = files::read_source(path)?;
    let mut scenario = Scenario::parse(&source)?;
    scenario.complete(&source, |named| {
        files::read_bytes(&beside(path, named)).map_err(|error| error.to_string())
    })?;
    Ok((source, scenario))
}

/// A path as a file names it: from the folder that the file is in.
pub(super) fn beside(file: &Path, path: &str) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(path)
}

/// The path as people would write it, `folder/..` left out. For messages only: a link may make
/// the two paths differ.
pub(super) fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match (part, plain.components().next_back()) {
            (Component::ParentDir, Some(Component::Normal(_))) => {
                plain.pop();
            }
            (Component::CurDir, _) => {}
            _ => plain.push(part),
        }
    }
    plain
}

impl FragmentArguments {
    pub(super) fn fragments(&self) -> Result<Fragments, Failure> {
        match &self.fragments {
            Some(folder) => Ok(files::read_fragments(folder)?),
            None => Ok(Fragments::new()),
        }
    }
}

/// Reads a policy; warnings are shown and do not stop it.
pub(super) fn read_policy(
    terminal: &Terminal,
    path: &Path,
    values: &NamedValues,
    fragments: &Fragments,
) -> Result<Policy, Failure> {
    let source = Source::new(plain(path).display().to_string(), files::read_text(path)?);
    let (policy, diagnostics) = policy::parse_with(&source, values, fragments);
    match policy {
        Some(policy) => {
            if !diagnostics.is_empty() && !terminal.quiet() {
                terminal.complain(&render(&diagnostics, terminal.colour_err()));
            }
            Ok(policy)
        }
        None => {
            debug_assert!(
                diagnostics
                    .iter()
                    .any(|diagnostic| diagnostic.severity == Severity::Error)
            );
            Err(Failure::from(diagnostics))
        }
    }
}

pub(super) fn tier(name: &str) -> Result<Tier, Failure> {
    Tier::from_name(name).ok_or_else(|| {
        let names = Tier::ALL.map(Tier::as_str);
        Failure::input(format!("`{name}` is not a tier with a token limit"))
            .hint(nearest_hint(name, names))
    })
}

/// Puts `NAME=VALUE` texts into the named values.
pub(super) fn set_named_values(values: &mut NamedValues, texts: &[String]) -> Result<(), Failure> {
    for text in texts {
        let Some((name, value)) = text
            .split_once('=')
            .filter(|(name, _)| !name.trim().is_empty())
        else {
            let failure = Failure::input(format!("`--set {text}` has no name and value"));
            return Err(failure.hint("write `--set name=value`, such as `--set tpm=500`"));
        };
        values.insert(name.trim().to_owned(), value.to_owned());
    }
    Ok(())
}

fn override_values(
    scenario: &mut Scenario,
    arguments: &ScenarioArguments,
) -> Result<Vec<String>, Failure> {
    let mut overrides = Vec::new();
    if let Some(seed) = arguments.seed {
        scenario.seed = Seed::new(seed);
        scenario.seed_number = seed;
        overrides.push(format!("seed={seed}"));
    }
    if let Some(name) = &arguments.tier {
        scenario.tier = tier(name)?;
        overrides.push(format!("tier={name}"));
    }
    if let Some(tpm) = arguments.tpm {
        scenario
            .named_values
            .insert("tpm".to_owned(), tpm.to_string());
        overrides.push(format!("tpm={tpm}"));
    }
    set_named_values(&mut scenario.named_values, &arguments.named_values)?;
    overrides.extend(arguments.named_values.iter().cloned());
    overrides.extend(arguments.behaviour.iter().cloned());
    if let Some(path) = &arguments.policy {
        overrides.push(format!("policy={}", path.display()));
    }
    Ok(overrides)
}

impl Prepared {
    /// Names under which the policy reports; APIM's own where there is no policy to read.
    pub(super) fn header_names(&self) -> HeaderNames {
        let Some(policy) = &self.policy else {
            return HeaderNames::default();
        };
        let mut names = HeaderNames {
            reason: policy.reason_header(),
            ..HeaderNames::default()
        };
        if let Some((_, limit)) = policy.token_limits().first() {
            let text = |name: &Option<std::sync::Arc<str>>| name.as_ref().map(ToString::to_string);
            names.retry_after = limit.retry_after_header.to_string();
            names.remaining = text(&limit.remaining_header);
            names.consumed = text(&limit.consumed_header);
        }
        names
    }

    /// The account of the scenario's budget.
    pub(super) fn meter(&self) -> Result<Meter, Failure> {
        Meter::new(&self.scenario, |model| self.prices.of(model)).map_err(|unpriced| {
            let hint = self.prices.hint(&unpriced.model);
            Failure::input(unpriced).hint(hint)
        })
    }

    /// The scenario's rules that end the run early.
    pub(super) fn live(&self) -> Live {
        let limits = self.limits();
        let tightest = limits
            .iter()
            .filter_map(|limit| Some((limit.tokens_per_minute?, limit)))
            .min_by_key(|(tpm, _)| *tpm);
        let apart = tightest.is_some_and(|(_, limit)| limit.counter_key.contains("Subscription"));
        let tpm = tightest.map(|(tpm, _)| tpm);
        Live::new(&self.scenario.aborts, tpm, apart)
    }

    pub(super) fn limits(&self) -> Vec<LimitInfo> {
        let limits = self.policy.iter().flat_map(Policy::token_limits);
        limits
            .map(|(place, limit)| LimitInfo {
                place: place.line(),
                counter_key: limit.counter_key.written().to_owned(),
                tokens_per_minute: limit.tokens_per_minute.map(|tokens| tokens.0),
                quota: limit
                    .quota
                    .as_ref()
                    .map(|quota| format!("{} {}", quota.tokens.written(), quota.period.written())),
            })
            .collect()
    }
}
