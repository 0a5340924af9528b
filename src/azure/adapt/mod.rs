//! Our transport under the Azure crates: the current generation signs in, the last of the older
//! one manages API Management and Azure OpenAI.

mod identity;
mod management;

pub(crate) use identity::{IdentityPipe, STAND_IN};
pub(crate) use management::{ManagementPipe, NoCredential, error_of};
