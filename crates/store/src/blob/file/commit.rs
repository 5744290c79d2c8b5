//! A session's file becomes a blob's.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256, Sha512};
use wharf_types::digest::{Algorithm, Digest};

use super::append::session_file;
use super::folders::{Folders, sync_folder};
use super::keep::sync_bytes;
use crate::StoreError;

const HASH_BLOCK_BYTES: usize = 1024 * 1024;

/// What is to become of a session's bytes.
pub(super) struct Commit {
    pub(super) folders: Folders,
    pub(super) from: PathBuf,
    pub(super) to: PathBuf,
    pub(super) digest: Digest,
    pub(super) size_bytes: u64,
}

impl Commit {
    /// Makes a session's file its blob's, replacing what may be there: a damaged file is healed by the next push of the same content.
    pub(super) fn run(&self) -> Result<(), StoreError> {
        let Self { from, to, .. } = self;
        let failed = |error| StoreError::file(format!("cannot move {} to {}", from.display(), to.display()), error);
        match session_file(from) {
            Ok(None) => return self.run_again(),
            Err(error) => return Err(failed(error)),
            Ok(Some(found)) if found.len() < self.size_bytes => {
                return Err(StoreError::corrupt("upload", from.display(), "has lost bytes"));
            }
            Ok(Some(found)) if found.len() > self.size_bytes => {
                // What lies beyond came with a request that was never acknowledged.
                let file = File::options().write(true).open(from).map_err(failed)?;
                file.set_len(self.size_bytes).map_err(failed)?;
            }
            Ok(Some(_)) => {}
        }
        sync_bytes(from)?;
        self.folders.make(self.folder())?;
        // A rename from folder to folder is two changes, and a power loss may keep the one that takes the name away. So the new name is durable before the
        // old one goes; where something is in its place, it holds the same content, unless it is damaged.
        if fs::hard_link(from, to).is_err() {
            fs::rename(from, to).map_err(failed)?;
            return sync_folder(self.folder());
        }
        sync_folder(self.folder())?;
        fs::remove_file(from).map_err(failed)
    }

    /// Commits a session that has no file: it has no bytes, or a crash came between its rename and its row. Then the blob is in place, which is believed
    /// only after it was read, and was perhaps not made durable.
    fn run_again(&self) -> Result<(), StoreError> {
        let Self { from, to, .. } = self;
        if self.size_bytes == 0 {
            self.folders.make(self.folder())?;
            File::create(to)
                .and_then(|file| file.sync_all())
                .map_err(|error| StoreError::file(format!("cannot write {}", to.display()), error))?;
            return sync_folder(self.folder());
        }
        let found = fs::metadata(to).is_ok_and(|found| found.len() == self.size_bytes);
        if !found || digest_of(to, self.size_bytes, self.digest.algorithm())? != Some(self.digest) {
            return Err(StoreError::corrupt("upload", from.display(), "has lost its bytes"));
        }
        self.folders.make(self.folder())?;
        sync_folder(self.folder())
    }

    fn folder(&self) -> &Path {
        self.to.parent().unwrap_or(&self.to)
    }
}

/// The sum of a file's first bytes; none when it has fewer, or is not there.
pub(super) fn digest_of(path: &Path, size_bytes: u64, algorithm: Algorithm) -> Result<Option<Digest>, StoreError> {
    match File::open(path).and_then(|file| sum(&file, size_bytes, algorithm)) {
        Ok(digest) => Ok(Some(digest)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof) => Ok(None),
        Err(error) => Err(StoreError::file(format!("cannot read {}", path.display()), error)),
    }
}

fn sum(file: &File, size_bytes: u64, algorithm: Algorithm) -> io::Result<Digest> {
    let (mut sha256, mut sha512) = (Sha256::new(), Sha512::new());
    let mut block = vec![0; HASH_BLOCK_BYTES];
    let mut at = 0;
    while at < size_bytes {
        let length = usize::try_from(size_bytes - at).unwrap_or(usize::MAX).min(block.len());
        file.read_exact_at(&mut block[..length], at)?;
        match algorithm {
            Algorithm::Sha256 => sha256.update(&block[..length]),
            Algorithm::Sha512 => sha512.update(&block[..length]),
        }
        at += length as u64;
    }
    Ok(match algorithm {
        Algorithm::Sha256 => Digest::Sha256(sha256.finalize().into()),
        Algorithm::Sha512 => Digest::Sha512(sha512.finalize().into()),
    })
}
