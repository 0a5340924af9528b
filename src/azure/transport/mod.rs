//! The one way to Azure: requests, sending again, the trace.

#[cfg(test)]
mod faults;
mod pace;
mod request;
mod retry;
mod send;
mod trace;

#[cfg(test)]
pub(crate) use faults::Faults;
pub(crate) use pace::Pace;
pub(crate) use request::{Answer, PlainHttp, Repeat, Request, is_loopback};
pub(crate) use retry::{RetryPolicy, retry_after};
pub(crate) use send::Transport;
pub(crate) use trace::Trace;
