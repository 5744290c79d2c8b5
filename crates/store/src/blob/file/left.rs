//! Files of sessions that requests left.

use std::fs::{self, DirEntry};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use wharf_types::time::Time;

use crate::blob::UploadKey;

/// The sessions below the folder whose files nobody wrote to since that time.
pub(super) fn list(uploads: &Path, before: Time, limit: usize) -> io::Result<Vec<UploadKey>> {
    let mut found = Vec::new();
    for registry in fs::read_dir(uploads)? {
        let registry = registry?;
        // What is not named as ours are is not ours.
        let Some(id) = name(&registry) else { continue };
        for file in fs::read_dir(registry.path())? {
            if found.len() == limit {
                return Ok(found);
            }
            let file = file?;
            if let Some(session) = name(&file)
                && is_older(&file, before)?
            {
                found.push(UploadKey {
                    registry: id,
                    id: session,
                });
            }
        }
    }
    Ok(found)
}

fn name<T: std::str::FromStr>(entry: &DirEntry) -> Option<T> {
    entry.file_name().to_str()?.parse().ok()
}

fn is_older(file: &DirEntry, before: Time) -> io::Result<bool> {
    let since = u64::try_from(before.as_us()).unwrap_or(0);
    match file.metadata() {
        // It became a blob meanwhile.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        metadata => Ok(metadata?.modified()? < SystemTime::UNIX_EPOCH + Duration::from_micros(since)),
    }
}
