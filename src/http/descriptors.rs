//! How many connections this process may hold.

/// Open files that are asked for: enough for ten thousand callers, each with a connection behind.
#[cfg(unix)]
const WANTED: u64 = 1 << 16;

/// Lets this process hold as many connections as the system allows. Systems start programs with a
/// soft limit of about a thousand open files, and a gateway at that limit answers nobody new.
#[cfg(unix)]
pub(crate) fn allow_many_connections() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(WANTED, |most| most.min(WANTED));
    if limit.current.is_some_and(|current| current < wanted) {
        // A system that refuses leaves the limit as it was, which still serves some.
        let _refused = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: Some(wanted),
                maximum: limit.maximum,
            },
        );
    }
}

/// There is no such limit here.
#[cfg(not(unix))]
pub(crate) fn allow_many_connections() {}
