//! Files of a Bicep template, read where they are.

use std::fs;

use crate::bicep::Loader;

/// Paths are as the user gave the first one: relative ones start in the working directory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Disk;

impl Loader for Disk {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        fs::read(path).map_err(|error| error.to_string())
    }
}
