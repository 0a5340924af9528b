//! The only reader and writer of disk.
#![expect(
    clippy::disallowed_methods,
    reason = "edge: disk is read and written here"
)]

mod run_dir;
mod tree;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) use run_dir::{RunDir, RunWriter, read_run};
pub(crate) use tree::{is_folder, xml_files};

use crate::base::Source;

#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("cannot read `{}`: {cause}", path.display())]
    Read { path: PathBuf, cause: io::Error },
    #[error("cannot write `{}`: {cause}", path.display())]
    Write { path: PathBuf, cause: io::Error },
    #[error("`{}` is not a run: {cause}", path.display())]
    Run {
        path: PathBuf,
        cause: crate::results::RunError,
    },
}

/// A text file, under the name that the user gave it.
///
/// # Errors
///
/// When it cannot be read or is not UTF-8.
pub(crate) fn read_source(path: &Path) -> Result<Source, FileError> {
    let text = read_text(path)?;
    Ok(Source::new(path.display().to_string(), text))
}

pub(crate) fn read_text(path: &Path) -> Result<String, FileError> {
    fs::read_to_string(path).map_err(|cause| FileError::Read {
        path: path.to_owned(),
        cause,
    })
}

/// Writes the whole file or leaves the old one: through a neighbour that is renamed into place.
///
/// # Errors
///
/// When the folder does not exist or cannot be written to.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), FileError> {
    let failed = |cause| FileError::Write {
        path: path.to_owned(),
        cause,
    };
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    fs::write(&part, text).map_err(failed)?;
    fs::rename(&part, path).map_err(failed)
}
