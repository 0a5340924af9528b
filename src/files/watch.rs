use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::FileError;

/// The files below a folder, at any depth, whose names end so; a file stands for itself.
///
/// # Errors
///
/// When a folder cannot be read.
pub(crate) fn find(path: &Path, ending: &str) -> Result<BTreeSet<PathBuf>, FileError> {
    let failed = |path: &Path, cause| FileError::Read {
        path: path.to_owned(),
        cause,
    };
    let metadata = fs::metadata(path).map_err(|cause| failed(path, cause))?;
    if !metadata.is_dir() {
        return Ok(BTreeSet::from([path.to_owned()]));
    }
    let mut found = BTreeSet::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|cause| failed(&folder, cause))? {
            let entry = entry.map_err(|cause| failed(&folder, cause))?;
            let kind = entry.file_type().map_err(|cause| failed(&folder, cause))?;
            // A link to a folder above would never end, so links are not followed.
            if kind.is_dir() {
                folders.push(entry.path());
            } else if entry.file_name().to_string_lossy().ends_with(ending) {
                found.insert(entry.path());
            }
        }
    }
    Ok(found)
}

/// How a file stands: equal stamps mean that nobody changed it in between. A file that is not
/// there has a stamp as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp(Option<(std::time::SystemTime, u64)>);

pub(crate) fn stamp(path: &Path) -> Stamp {
    let metadata = fs::metadata(path).ok();
    Stamp(metadata.and_then(|metadata| Some((metadata.modified().ok()?, metadata.len()))))
}
