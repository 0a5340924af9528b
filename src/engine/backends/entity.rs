use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use crate::base::Secret;
use crate::policy::message::Url;

/// The backends of a service by id. Ids of API Management do not tell capitals apart.
#[derive(Debug, Default, Clone)]
pub(crate) struct Backends(BTreeMap<String, Arc<Backend>>);

impl Backends {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(in crate::engine) fn find(&self, id: &str) -> Option<&Arc<Backend>> {
        self.0.get(&id.to_ascii_lowercase())
    }

    /// Adds a backend, or puts it in the place of the one with its id.
    pub(super) fn put(&mut self, backend: Backend) {
        let id = backend.id().to_ascii_lowercase();
        self.0.insert(id, Arc::new(backend));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Backend> {
        self.0.values().map(|backend| &**backend)
    }
}

#[derive(Debug)]
pub(in crate::engine) enum Backend {
    Single(Single),
    Pool(Pool),
}

impl Backend {
    pub(in crate::engine) fn id(&self) -> &Arc<str> {
        match self {
            Backend::Single(single) => &single.id,
            Backend::Pool(pool) => &pool.id,
        }
    }
}

/// One service.
#[derive(Debug)]
pub(in crate::engine) struct Single {
    pub(in crate::engine) id: Arc<str>,
    pub(in crate::engine) base: Url,
    /// Credentials that each request for it gets.
    pub(in crate::engine) headers: Vec<(String, Secret)>,
    pub(in crate::engine) query: Vec<(String, Secret)>,
    /// Scheme and parameter of `Authorization`.
    pub(in crate::engine) authorization: Option<Secret>,
    /// Resource for which the gateway's own identity signs in.
    pub(in crate::engine) identity: Option<String>,
    pub(in crate::engine) rules: Vec<Rule>,
}

/// Several services behind one id.
#[derive(Debug)]
pub(in crate::engine) struct Pool {
    pub(in crate::engine) id: Arc<str>,
    pub(in crate::engine) members: Vec<Member>,
}

#[derive(Debug)]
pub(in crate::engine) struct Member {
    /// Id of a single backend.
    pub(in crate::engine) backend: String,
    /// Lower ones are used first.
    pub(in crate::engine) priority: u32,
    /// Share of the requests among members of one priority.
    pub(in crate::engine) weight: u32,
}

/// When a backend is left alone, and for how long.
#[derive(Debug)]
pub(in crate::engine) struct Rule {
    /// As many failures within `interval` trip it.
    pub(in crate::engine) count: usize,
    pub(in crate::engine) interval: Duration,
    pub(in crate::engine) statuses: Vec<RangeInclusive<u16>>,
    /// Values of `LastError.Reason` that count for calls without an answer.
    pub(in crate::engine) reasons: Vec<String>,
    pub(in crate::engine) trip: Duration,
    /// The backend's own `Retry-After` says how long.
    pub(in crate::engine) accept_retry_after: bool,
}
