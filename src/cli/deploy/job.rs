//! Template and parameters, from files and arguments.

use serde_json::Value;

use super::arguments::DeployArguments;
use crate::azure::GroupId;
use crate::base::{Source, Span};
use crate::cli::bicep::compiler::{Built, shipped, template};
use crate::cli::failure::Failure;
use crate::cli::terminal::{Terminal, variable};
use crate::deployer::Job;
use crate::files;
use crate::provision::{Assignment, Given, ParameterProblem, bind, digest_of, read_file};

/// Environment variables that set a parameter of that name, when the template has it.
const ENVIRONMENT: [(&str, &str); 2] = [
    ("TPM_LIMIT", "tpm"),
    ("AZURE_APIM_NAME", "apiManagementName"),
];

/// Compiles the template and binds its parameters: everything that can be wrong without asking
/// Azure is told here.
///
/// # Errors
///
/// What does not compile, and parameters that do not fit.
pub(super) fn job(
    terminal: &Terminal,
    arguments: &DeployArguments,
    group: GroupId,
) -> Result<Job, Failure> {
    let built = match &arguments.template {
        Some(file) => template(terminal, file, arguments.bicep_compiler)?,
        None => shipped()?,
    };
    let given = given(arguments, &built)?;
    let parameters = bind(&built.template, &given, &variable).map_err(problem)?;
    Ok(Job {
        group,
        location: arguments.location.clone(),
        name: arguments.deployment_name.clone(),
        digest: digest_of(&built.template, &parameters),
        template: built.template,
        parameters,
    })
}

/// Environment, then files, then flags: the later counts.
fn given(arguments: &DeployArguments, built: &Built) -> Result<Vec<Assignment>, Failure> {
    let mut given = Vec::new();
    for (name, parameter) in ENVIRONMENT {
        let value = variable(name).filter(|value| !value.trim().is_empty());
        if let Some(value) = value
            && !built.template["parameters"][parameter].is_null()
        {
            given.push(of_environment(name, parameter, &value));
        }
    }
    for path in &arguments.parameter_files {
        given.extend(read_file(&files::read_source(path)?)?);
    }
    for text in &arguments.parameters {
        let one = Assignment::of_flag(text).map_err(|error| {
            Failure::input(format!("--parameter: {error}")).hint("such as `-p tpm=500`")
        })?;
        given.push(one);
    }
    Ok(given)
}

fn of_environment(name: &str, parameter: &str, value: &str) -> Assignment {
    Assignment {
        name: parameter.to_owned(),
        given: Given::Text(value.trim().to_owned()),
        source: Source::new(format!("environment variable {name}"), value),
        name_span: Span::new(0, value.len()),
        span: Span::new(0, value.len()),
    }
}

fn problem(problem: ParameterProblem) -> Failure {
    let ParameterProblem { wrong, missing } = problem;
    let named = |(name, about): &(String, String)| match about.as_str() {
        "" => format!("`{name}`"),
        about => format!("`{name}`: {about}"),
    };
    let missing: Vec<String> = missing.iter().map(named).collect();
    let mut failure = if wrong.is_empty() {
        Failure::input("the template has parameters without a value")
    } else {
        Failure::from(wrong)
    };
    for one in &missing {
        failure = failure.hint(format!("give a value for {one}"));
    }
    failure
}

/// Sets a parameter of the template that is a switch; false when it has none of that name.
pub(super) fn switch(job: &mut Job, name: &str, on: bool) -> bool {
    let declared = &job.template["parameters"][name]["type"];
    let is_switch = declared
        .as_str()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("bool"));
    if is_switch {
        job.parameters
            .insert(name.to_owned(), serde_json::json!({"value": on}));
        job.digest = digest_of(&job.template, &job.parameters);
    }
    is_switch
}

/// Does the parameter have this value?
pub(super) fn is_on(job: &Job, name: &str) -> bool {
    job.parameters
        .get(name)
        .is_some_and(|value| value["value"] == Value::Bool(true))
}
