//! `apimon watch`: a gateway's last minute, again and again.

mod arguments;
mod local;
mod run;
mod screen;
mod serve;

pub(super) use arguments::WatchArguments;
pub(super) use run::run;
