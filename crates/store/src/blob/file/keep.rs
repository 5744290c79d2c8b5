//! Making durable what a session holds.

use std::fs::File;
use std::io;
use std::path::Path;

use super::folders::sync_folder;
use crate::StoreError;

/// What is in the session's file, and that it is there: once, since whoever kept its first bytes did so.
pub(super) fn keep(path: &Path, offset: u64) -> Result<(), StoreError> {
    sync_bytes(path)?;
    if offset == 0 {
        sync_folder(path.parent().unwrap_or(path))?;
    }
    Ok(())
}

/// What is in the session's file.
pub(super) fn sync_bytes(path: &Path) -> Result<(), StoreError> {
    match File::open(path).and_then(|file| file.sync_all()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(StoreError::corrupt("upload", path.display(), "has lost its bytes"))
        }
        other => other.map_err(|error| StoreError::file(format!("cannot sync {}", path.display()), error)),
    }
}
