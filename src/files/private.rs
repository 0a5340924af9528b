use std::fs;
use std::io;
use std::path::Path;

use super::FileError;

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

/// A new file, readable by its owner only, in the place of an old one.
///
/// # Errors
///
/// When it cannot be made.
pub(crate) fn create(path: &Path) -> Result<fs::File, FileError> {
    delete(path)?;
    owned(path).map_err(|cause| FileError::Write {
        path: path.to_owned(),
        cause,
    })
}

/// Deletes a file; one that is not there is deleted already.
///
/// # Errors
///
/// When it is there and cannot be deleted.
pub(crate) fn delete(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(FileError::Write {
            path: path.to_owned(),
            cause,
        }),
        _ => Ok(()),
    }
}
