//! Azure as a client sees it: signing in, Azure Resource Manager, API Management, Azure OpenAI.
//!
//! Every request goes through one transport, with one policy of sending again, one kind of error
//! and one redacted trace. A credential goes to the hosts of its cloud and to no other, and without
//! TLS only within this machine. Models of the management crates are read, and never written back:
//! they drop what they do not know. It never prints and never reads the environment; it is handed
//! what it needs.

mod adapt;
mod arm;
mod cloud;
mod error;
mod management;
mod refusal;
mod session;
mod sign_in;
#[cfg(test)]
pub(crate) mod tests;
mod transport;

pub(crate) use arm::{ArmClient, GroupId, LongRunning, Progress, RESOURCES, segment};
pub(crate) use cloud::Cloud;
pub(crate) use error::AzureError;
pub(crate) use management::{
    Apim, LivePolicy, ModelOffer, NamedValue, OpenAi, PolicyPlace, Quota, ServiceInfo, Subscription,
};
pub(crate) use refusal::{ErrorDetail, Refusal};
pub(crate) use session::Session;
pub(crate) use sign_in::{Auth, Chosen, Method, SignInError, Tokens, choose};
#[cfg(test)]
pub(crate) use transport::Faults;
pub(crate) use transport::{Answer, Pace, Repeat, Request, RetryPolicy, Trace, Transport};
