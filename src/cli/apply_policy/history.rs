//! The texts that were replaced, one file each, by target, service and scope.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::azure::PolicyPlace;
use crate::cli::failure::Failure;
use crate::files;

/// Replaced policies of one place, below the folder of all state. Names may hold what names of files may not.
pub(super) fn folder(root: &Path, target: &str, service: &str, place: &PolicyPlace) -> PathBuf {
    let plain = |text: &str| -> String {
        let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        let kept = text
            .chars()
            .map(|letter| if fits(letter) { letter } else { '_' });
        kept.collect::<String>().trim_start_matches('.').to_owned()
    };
    root.join("policies")
        .join(plain(target))
        .join(plain(service))
        .join(plain(&place.to_string()))
}

/// Keeps a text; an empty one says that there was no policy.
pub(super) fn keep(folder: &Path, now: Timestamp, text: &str) -> Result<PathBuf, Failure> {
    let path = folder.join(format!("{}.xml", now.strftime("%Y%m%dT%H%M%S%.9fZ")));
    files::write_private(&path, text)?;
    Ok(path)
}

/// What was replaced last, and the file that holds it.
pub(super) fn last(folder: &Path) -> Result<(PathBuf, String), Failure> {
    let none = || {
        Failure::input(format!("`{}` holds no replaced policy", folder.display()))
            .hint("`apply-policy` keeps what it replaces there, in the folder in which it runs")
    };
    if !files::is_folder(folder) {
        return Err(none());
    }
    let path = files::xml_files(folder)?.pop().ok_or_else(none)?;
    let text = files::read_text(&path)?;
    Ok((path, text))
}
