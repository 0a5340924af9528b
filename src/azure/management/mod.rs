//! API Management and Azure OpenAI through Microsoft's management crates. What they read is turned
//! into types of ours at once; what they would write is written by [`ArmClient`](super::ArmClient)
//! instead, but for policies, whose model loses nothing. None of their long-running operations is
//! awaited: they send the request again instead of asking how far it is.

mod apim;
mod named;
mod openai;
mod pages;
mod place;

pub(crate) use apim::{Apim, LivePolicy, ServiceInfo, Subscription};
pub(crate) use named::NamedValue;
pub(crate) use openai::{ModelOffer, OpenAi, Quota};
pub(crate) use place::PolicyPlace;
