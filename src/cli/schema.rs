//! `apimon schema`

use super::Outcome;
use super::args::{SchemaArguments, SchemaName};
use super::failure::Verdict;
use super::terminal::Terminal;
use crate::{plane, policytest, prices, report, scenario};

#[expect(
    clippy::unnecessary_wraps,
    reason = "every command answers with an outcome"
)]
pub(super) fn run(terminal: &Terminal, arguments: &SchemaArguments) -> Outcome {
    match arguments.of {
        SchemaName::Scenario => terminal.data(&scenario::schema()),
        SchemaName::Prices => terminal.data(&prices::schema()),
        SchemaName::Faults => terminal.data(&plane::faults_schema()),
        SchemaName::PolicyTest => terminal.data(&policytest::schema()),
        SchemaName::Report => terminal.data(&report::schema()),
    }
    Ok(Verdict::Done)
}
