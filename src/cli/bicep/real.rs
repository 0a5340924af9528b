//! The Bicep command line tool, as another process.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::cli::failure::Failure;
use crate::cli::terminal::variable;

pub(super) const INSTALL: &str = "install it with `az bicep install`, or name it in the environment: `BICEP_PATH=/path/to/bicep`";

/// `$BICEP_PATH`, then the folders of PATH, then where `az bicep install` puts it.
pub(super) fn find() -> Option<PathBuf> {
    let named = variable("BICEP_PATH").filter(|path| !path.is_empty());
    if let Some(named) = named {
        return Some(PathBuf::from(named));
    }
    let program = if cfg!(windows) { "bicep.exe" } else { "bicep" };
    let path = variable("PATH").unwrap_or_default();
    let home = variable("HOME").or_else(|| variable("USERPROFILE"));
    let azure = home.map(|home| PathBuf::from(home).join(".azure").join("bin"));
    std::env::split_paths(&path)
        .chain(azure)
        .map(|folder| folder.join(program))
        .find(|program| program.is_file())
}

/// `bicep build --stdout FILE`. What it says goes to our stderr.
pub(super) fn build(program: &Path, file: &Path) -> Result<Value, Failure> {
    let output = Command::new(program)
        .arg("build")
        .arg("--stdout")
        .arg(file)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| {
            Failure::input(format!("cannot start `{}`: {error}", program.display())).hint(INSTALL)
        })?;
    if !output.status.success() {
        let message = format!(
            "`{}` did not compile `{}`",
            program.display(),
            file.display()
        );
        return Err(Failure::input(message));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| {
        Failure::input(format!(
            "`{}` did not print a template: {error}",
            program.display()
        ))
    })
}
