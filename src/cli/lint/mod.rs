//! `apimon lint`: its arguments, what it reads, and the forms in which findings are printed.

mod arguments;
mod explain;
mod formats;
mod inputs;
mod run;
mod sarif;

pub(super) use arguments::LintArguments;
pub(super) use inputs::read_named_values;
pub(super) use run::run;
