use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use super::{FileError, read_text, write};
use crate::results::{Record, Run, RunInfo, encode_line};

/// A run directory under way or finished.
#[derive(Debug)]
pub(crate) struct RunDir {
    path: PathBuf,
}

impl RunDir {
    /// Makes `<parent>/<name>`; a number is appended when that exists already.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made.
    pub(crate) fn create(parent: &Path, name: &str) -> Result<RunDir, FileError> {
        let failed = |path: &Path, cause| FileError::Write {
            path: path.to_owned(),
            cause,
        };
        fs::create_dir_all(parent).map_err(|cause| failed(parent, cause))?;
        let mut path = parent.join(name);
        for number in 2.. {
            match fs::create_dir(&path) {
                Ok(()) => break,
                Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
                    path = parent.join(format!("{name}-{number}"));
                }
                Err(cause) => return Err(failed(&path, cause)),
            }
        }
        Ok(RunDir { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), FileError> {
        write(&self.path.join(name), text)
    }

    pub(crate) fn write_info(&self, info: &RunInfo) -> Result<(), FileError> {
        self.write("run.json", &info.encode())
    }

    /// Opens `requests.jsonl` for appending.
    pub(crate) fn records(&self) -> Result<RunWriter, FileError> {
        let path = self.path.join("requests.jsonl");
        match File::create(&path) {
            Ok(file) => Ok(RunWriter {
                path,
                file: BufWriter::new(file),
            }),
            Err(cause) => Err(FileError::Write { path, cause }),
        }
    }
}

/// Writes records as they come.
#[derive(Debug)]
pub(crate) struct RunWriter {
    path: PathBuf,
    file: BufWriter<File>,
}

impl RunWriter {
    pub(crate) fn append(&mut self, record: &Record) -> Result<(), FileError> {
        let line = encode_line(record);
        self.file
            .write_all(line.as_bytes())
            .map_err(|cause| self.failed(cause))
    }

    /// Adds whole lines, and hands them to the operating system at once.
    pub(crate) fn lines(&mut self, lines: &[u8]) -> Result<(), FileError> {
        let written = self.file.write_all(lines).and_then(|()| self.file.flush());
        written.map_err(|cause| self.failed(cause))
    }

    /// Hands everything to the operating system, so that a killed run is readable up to here.
    pub(crate) fn flush(&mut self) -> Result<(), FileError> {
        self.file.flush().map_err(|cause| self.failed(cause))
    }

    fn failed(&self, cause: io::Error) -> FileError {
        FileError::Write {
            path: self.path.clone(),
            cause,
        }
    }
}

/// Reads a run directory back.
///
/// # Errors
///
/// When a file is missing, or is not of this version's format.
pub(crate) fn read_run(path: &Path) -> Result<Run, FileError> {
    let info = read_text(&path.join("run.json"))?;
    let records = read_text(&path.join("requests.jsonl"))?;
    Run::decode(&info, &records).map_err(|cause| FileError::Run {
        path: path.to_owned(),
        cause,
    })
}

/// The run directories in a folder, by name; none when the folder is a run itself.
///
/// # Errors
///
/// When the folder cannot be read.
pub(crate) fn runs_in(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let is_run = |path: &Path| path.join("run.json").exists();
    if is_run(folder) {
        return Ok(Vec::new());
    }
    let failed = |cause| FileError::Read {
        path: folder.to_owned(),
        cause,
    };
    let mut runs = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if is_run(&path) {
            runs.push(path);
        }
    }
    runs.sort();
    Ok(runs)
}
