//! Which compiler: the embedded one, or the real one where that is asked for or needed.

use std::path::Path;

use serde_json::Value;

use super::arguments::Choice;
use super::real;
use crate::base::Diagnostic;
use crate::bicep::{STOCK_TEMPLATE, Stock, UNSUPPORTED, compile};
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::files;

/// A template, and the files that it was made of where that is known.
pub(in crate::cli) struct Built {
    pub(in crate::cli) template: Value,
    pub(in crate::cli) files: Vec<String>,
}

/// The template that ships with apimon.
pub(in crate::cli) fn shipped() -> Result<Built, Failure> {
    let compiled = compile(STOCK_TEMPLATE, &Stock)?;
    Ok(Built {
        template: compiled.template,
        files: compiled.files,
    })
}

/// The ARM template of a file. A `.json` file is taken as it is.
///
/// # Errors
///
/// When the file cannot be read or compiled by the compiler of choice.
pub(in crate::cli) fn template(
    terminal: &Terminal,
    file: &Path,
    choice: Choice,
) -> Result<Built, Failure> {
    let alone = |template| Built {
        template,
        files: vec![file.display().to_string()],
    };
    if file.extension().is_some_and(|kind| kind == "json") {
        let text = files::read_text(file)?;
        return serde_json::from_str(&text)
            .map(alone)
            .map_err(|error| Failure::input(format!("`{}` is not JSON: {error}", file.display())));
    }
    if choice == Choice::Bicep {
        let program = real::find().ok_or_else(|| {
            Failure::input("there is no Bicep command line tool").hint(real::INSTALL)
        })?;
        return real::build(&program, file).map(alone);
    }
    let problems = match compile(&file.to_string_lossy(), &files::Disk) {
        Ok(compiled) => {
            return Ok(Built {
                template: compiled.template,
                files: compiled.files,
            });
        }
        Err(problems) => problems,
    };
    let beyond = |problem: &Diagnostic| problem.code == UNSUPPORTED;
    if choice == Choice::Embedded || !problems.iter().all(beyond) {
        return Err(problems.into());
    }
    let Some(program) = real::find() else {
        return Err(Failure::from(problems).hint(real::INSTALL));
    };
    for problem in &problems {
        terminal.note(&format!("note: {}", problem.message));
    }
    terminal.note(&format!("compiling with `{}` instead", program.display()));
    real::build(&program, file).map(alone)
}
