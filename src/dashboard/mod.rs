//! What `watch` shows: the last minute of a gateway, drawn into a terminal's buffer, as one line,
//! or as a small page that refreshes itself.
//!
//! Pure: it is told what the gateway said and draws it. It reads no clock, no key and no socket.

mod draw;
mod line;
mod page;
mod parts;
mod state;

#[cfg(test)]
mod tests;

pub(crate) use draw::draw;
pub(crate) use line::line;
pub(crate) use page::page;
pub(crate) use state::{Source, State};
