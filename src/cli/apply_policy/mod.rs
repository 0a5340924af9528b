//! `apimon apply-policy`: a policy file, its named values and fragments, onto a live service.

mod arguments;
mod conflict;
mod history;
mod place;
mod probe;
mod push;
mod run;
mod show;
#[cfg(test)]
mod tests;
mod wanted;

pub(super) use arguments::ApplyPolicyArguments;
pub(super) use run::run;
