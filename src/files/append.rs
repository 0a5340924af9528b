use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::FileError;

/// A text file that grows by whole lines, each of them on disk's way at once.
#[derive(Debug)]
pub(crate) struct Appender {
    path: PathBuf,
    file: File,
}

impl Appender {
    /// Opens the file at its end, or makes it.
    ///
    /// # Errors
    ///
    /// When it cannot be written to.
    pub(crate) fn open(path: &Path) -> Result<Appender, FileError> {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.map_err(|cause| FileError::Write {
            path: path.to_owned(),
            cause,
        })?;
        Ok(Appender {
            path: path.to_owned(),
            file,
        })
    }

    /// # Errors
    ///
    /// When the disk takes no more.
    pub(crate) fn line(&mut self, line: &str) -> Result<(), FileError> {
        let written = self.file.write_all(format!("{line}\n").as_bytes());
        written.map_err(|cause| FileError::Write {
            path: self.path.clone(),
            cause,
        })
    }
}
