//! `apimon schema`

use super::Outcome;
use super::args::{SchemaArguments, SchemaName};
use super::failure::Verdict;
use super::terminal::Terminal;
use crate::{policytest, prices, scenario};

#[expect(
    clippy::unnecessary_wraps,
    reason = "every command answers with an outcome"
)]
pub(super) fn run(terminal: &Terminal, arguments: &SchemaArguments) -> Outcome {
    match arguments.of {
        SchemaName::Scenario => terminal.data(&scenario::schema()),
        SchemaName::Prices => terminal.data(&prices::schema()),
        SchemaName::PolicyTest => terminal.data(&policytest::schema()),
    }
    Ok(Verdict::Done)
}
