//! Signing in: which credential, and its tokens.

mod choose;
mod credential;
mod github;
#[cfg(test)]
mod tests;
mod tokens;

pub(crate) use choose::{Auth, Chosen, Method, SignInError, choose};
pub(crate) use tokens::Tokens;
