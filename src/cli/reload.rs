//! `emulate --watch`: files that are read again when they change, while the gateway goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use super::args::EmulateArguments;
use super::backends;
use super::failure::Failure;
use super::prepare::read_policy;
use super::terminal::Terminal;
use crate::engine::{Backends, Service};
use crate::files::{self, Stamp};
use crate::gateway::Gateway;
use crate::policy::{NamedValues, Policy};

/// Short enough to feel at once, long enough to cost nothing.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(300);

/// What the files of the command line say.
pub(super) struct Content {
    pub(super) policy: Policy,
    pub(super) backends: Backends,
}

pub(super) fn content(
    terminal: &Terminal,
    arguments: &EmulateArguments,
    values: &NamedValues,
) -> Result<Content, Failure> {
    let fragments = arguments.fragments.fragments()?;
    let policy = read_policy(terminal, &arguments.policy, values, &fragments)?;
    let backends = match &arguments.backends {
        Some(path) => backends::read(terminal, path, values)?,
        None => Backends::default(),
    };
    Ok(Content { policy, backends })
}

/// How the files stand.
pub(super) fn stamps(arguments: &EmulateArguments) -> BTreeMap<PathBuf, Stamp> {
    let mut paths = BTreeSet::from([arguments.policy.clone()]);
    let folders = arguments
        .fragments
        .fragments
        .iter()
        .map(|path| (path, ".xml"));
    let backends = arguments.backends.iter();
    let backends = backends.flat_map(|path| backends::ENDINGS.map(|ending| (path, ending)));
    for (path, ending) in folders.chain(backends) {
        // A folder that is gone for a moment has no files for a moment.
        paths.extend(files::find(path, ending).unwrap_or_default());
    }
    paths
        .into_iter()
        .map(|path| (path.clone(), files::stamp(&path)))
        .collect()
}

/// Reads the files again and puts them in place; what is wrong leaves the old in force.
pub(super) fn reload(
    terminal: &Terminal,
    arguments: &EmulateArguments,
    values: &NamedValues,
    gateway: &Gateway,
) {
    match content(terminal, arguments, values) {
        Ok(content) => {
            let mut service = Service::clone(&gateway.service());
            for api in &mut service.apis {
                api.policy = Some(content.policy.clone());
            }
            service.backends = content.backends;
            gateway.reconfigure(service);
            terminal.note("read again; counters go on");
        }
        Err(failure) => {
            failure.report(terminal);
            terminal.note("the old configuration stays in force");
        }
    }
}
