use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::FileError;

/// Writes the whole file or leaves the old one, readable by its owner only; its folder is made
/// when it does not exist.
///
/// # Errors
///
/// When the folder cannot be made or written to.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), FileError> {
    let failed = |cause| FileError::Write {
        path: path.to_owned(),
        cause,
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    // One that an ended process left may have other rights.
    let _absent = fs::remove_file(&part);
    owned(&part)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .map_err(failed)?;
    fs::rename(&part, path).map_err(failed)
}

fn owned(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

/// Deletes a file; one that is not there is deleted already.
///
/// # Errors
///
/// When it is there and cannot be deleted.
pub(crate) fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(FileError::Write {
            path: path.to_owned(),
            cause,
        }),
        _ => Ok(()),
    }
}
