use std::fs;
use std::path::{Path, PathBuf};

use super::FileError;

pub(crate) fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

/// Every `*.xml` file below a folder, sorted by path. Links to folders are not followed, so that
/// a circle of them ends.
///
/// # Errors
///
/// When a folder cannot be read.
pub(crate) fn xml_files(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let failed = |cause| FileError::Read {
            path: folder.clone(),
            cause,
        };
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            if entry.file_type().map_err(failed)?.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension.eq_ignore_ascii_case("xml"))
            {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
