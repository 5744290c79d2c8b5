//! Folders that are still there after the power was lost.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::StoreError;

/// The folders below a root, and which of them this process knows to be durable.
///
/// That a folder is there does not say that it stays: another thread may have made it and not yet synced its parent, or a process that was killed in
/// between. So the parent of each is synced once before anything in it is acknowledged (rule 54: "and new parents").
#[derive(Clone, Debug)]
pub(super) struct Folders {
    root: Arc<PathBuf>,
    durable: Arc<Mutex<HashSet<PathBuf>>>,
}

/// What is beyond is synced again: 65,536 paths of about 150 bytes.
const MOST_KNOWN: usize = 65_536;

impl Folders {
    /// The folders below `root`, which is made where it does not exist.
    pub(super) fn new(root: PathBuf) -> Result<Self, StoreError> {
        make_root(&root)?;
        Ok(Self {
            root: Arc::new(root),
            durable: Arc::default(),
        })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Makes a folder below the root with its parents. When this returns, all of them are durable.
    pub(super) fn make(&self, folder: &Path) -> Result<(), StoreError> {
        if folder == self.root() || self.known().contains(folder) {
            return Ok(());
        }
        if let Some(parent) = folder.parent() {
            self.make(parent)?;
            make_one(folder)?;
            // Without the lock: another one who makes it at the same time syncs it too, before it is known to be durable.
            sync_folder(parent)?;
        }
        let mut durable = self.known();
        if durable.len() >= MOST_KNOWN {
            durable.clear();
        }
        durable.insert(folder.to_owned());
        Ok(())
    }

    fn known(&self) -> MutexGuard<'_, HashSet<PathBuf>> {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the root, wherever the operator wants it: folders above it that exist are not ours to open.
fn make_root(folder: &Path) -> Result<(), StoreError> {
    if folder.is_dir() {
        return Ok(());
    }
    let Some(parent) = folder.parent() else { return Ok(()) };
    if !parent.as_os_str().is_empty() {
        make_root(parent)?;
    }
    make_one(folder)?;
    sync_folder(parent)
}

fn make_one(folder: &Path) -> Result<(), StoreError> {
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        other => other.map_err(|error| StoreError::file(format!("cannot make the folder {}", folder.display()), error)),
    }
}

/// Makes durable which files are in a folder.
pub(super) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    // An empty path is the current folder of a relative one.
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    File::open(folder)
        .and_then(|file| file.sync_all())
        .map_err(|error| StoreError::file(format!("cannot sync the folder {}", folder.display()), error))
}
