//! The only reader and writer of disk.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "edge: disk is read and written here, and times of files are compared"
)]

mod append;
mod disk;
mod run_dir;
mod tree;
mod watch;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) use append::Appender;
pub(crate) use disk::Disk;
pub(crate) use run_dir::{RunDir, RunWriter, read_run, runs_in};
pub(crate) use tree::{is_folder, xml_files};
pub(crate) use watch::{Stamp, find, stamp};

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

/// # Errors
///
/// When the file cannot be read.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, FileError> {
    fs::read(path).map_err(|cause| FileError::Read {
        path: path.to_owned(),
        cause,
    })
}

/// Every `ID.xml` of a folder, by id.
///
/// # Errors
///
/// When the folder or a file in it cannot be read.
pub(crate) fn read_fragments(folder: &Path) -> Result<BTreeMap<String, Source>, FileError> {
    let failed = |cause| FileError::Read {
        path: folder.to_owned(),
        cause,
    };
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let id = path.file_stem().and_then(|stem| stem.to_str());
        if let (Some(id), true) = (id, path.extension().is_some_and(|kind| kind == "xml")) {
            found.insert(id.to_owned(), read_source(&path)?);
        }
    }
    Ok(found)
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

/// Adds to the end of a file, which is made when it does not exist.
///
/// # Errors
///
/// When the file cannot be written to.
pub(crate) fn append(path: &Path, text: &str) -> Result<(), FileError> {
    use std::io::Write as _;
    let open = fs::OpenOptions::new().append(true).create(true).open(path);
    open.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|cause| FileError::Write {
            path: path.to_owned(),
            cause,
        })
}
