//! A run as JUnit XML: a case for each threshold, so that a pipeline shows what was missed.

use super::svg::{escape, put};
use super::verdict::{Verdict, sentence};
use super::whole::Report;

/// One suite, named after the scenario. A run without thresholds has one case, which fails when the
/// run is not whole.
pub(crate) fn junit(report: &Report<'_>) -> String {
    let (info, summary) = (report.info, &report.summary);
    let mut cases: Vec<Case> = summary.thresholds.iter().map(Case::of).collect();
    let whole = !info.interrupted && info.duration_us.is_some();
    if cases.is_empty() || !whole {
        cases.push(Case {
            name: "the run is whole".to_owned(),
            failure: (!whole).then(|| {
                format!(
                    "{} of {} planned requests have a record",
                    summary.arrived, summary.planned
                )
            }),
        });
    }
    let failed = cases.iter().filter(|case| case.failure.is_some()).count();
    let counts = format!(
        "tests=\"{}\" failures=\"{failed}\" errors=\"0\"",
        cases.len()
    );
    let seconds = info.duration_us.unwrap_or(0) as f64 / 1e6;
    let scenario = escape(&info.scenario);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    put!(
        out,
        "<testsuites name=\"apimon\" {counts} time=\"{seconds:.3}\">\n  \
         <testsuite name=\"{scenario}\" {counts} skipped=\"0\" time=\"{seconds:.3}\" timestamp=\"{}\">\n",
        escape(&timestamp(&info.started)),
    );
    for case in &cases {
        case.write(&mut out, &scenario);
    }
    put!(
        out,
        "    <system-out>{}</system-out>\n  </testsuite>\n</testsuites>\n",
        escape(&sentence(info, summary))
    );
    out
}

/// The schema wants a date and time without a zone; what is no time stays as it is.
fn timestamp(started: &str) -> String {
    started
        .parse::<jiff::Timestamp>()
        .map_or(started.to_owned(), |moment| {
            moment.strftime("%Y-%m-%dT%H:%M:%S").to_string()
        })
}

struct Case {
    name: String,
    /// Why it failed.
    failure: Option<String>,
}

impl Case {
    fn of(verdict: &Verdict) -> Case {
        let note = verdict.note.as_deref();
        let note = note.map_or(String::new(), |note| format!(" ({note})"));
        let failure = (!verdict.passed).then(|| {
            format!(
                "actual {} over {} samples{note}",
                verdict.shown(),
                verdict.samples
            )
        });
        Case {
            name: verdict.text.clone(),
            failure,
        }
    }

    fn write(&self, out: &mut String, scenario: &str) {
        let name = escape(&self.name);
        put!(
            out,
            "    <testcase name=\"{name}\" classname=\"{scenario}\""
        );
        match &self.failure {
            None => out.push_str(" />\n"),
            Some(failure) => put!(
                out,
                ">\n      <failure type=\"threshold\" message=\"{0}\">{1}: {0}</failure>\n    </testcase>\n",
                escape(failure),
                name
            ),
        }
    }
}
