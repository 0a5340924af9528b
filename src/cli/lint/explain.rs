use super::super::failure::Failure;
use crate::base::nearest;
use crate::policy::lint::Rule;

/// One rule's page, or the list of all rules for `list`.
pub(super) fn explain(id: &str) -> Result<String, Failure> {
    if id == "list" {
        let lines = Rule::all()
            .map(|rule| format!("{} {:<8} {}", rule.id, rule.severity.as_str(), rule.title));
        return Ok(lines.collect::<Vec<_>>().join("\n"));
    }
    match Rule::named(id) {
        Some(rule) => Ok(format!(
            "{}: {} ({})\n\n{}",
            rule.id,
            rule.title,
            rule.severity.as_str(),
            rule.page
        )),
        None => Err(unknown(id)),
    }
}

pub(super) fn unknown(id: &str) -> Failure {
    let failure = Failure::input(format!("there is no rule `{id}`"));
    match nearest(id, Rule::all().map(|rule| rule.id)) {
        Some(near) => failure.hint(format!(
            "did you mean `{near}`? `apimon lint --explain` lists all rules"
        )),
        None => failure.hint("`apimon lint --explain` lists all rules"),
    }
}
