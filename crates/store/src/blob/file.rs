//! Bytes of blobs in files.
//!
//! `blobs/{registry}/{algorithm}/{first two digits}/{hex}` and `uploads/{registry}/{session}` in one file system, so that a finished upload becomes a
//! blob by one rename. Paths are made of parsed ids and digests alone (rule 43).

mod append;

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use sha2::{Digest as _, Sha256, Sha512};
use uuid::Uuid;
use wharf_types::digest::{Algorithm, Digest};

use crate::StoreError;
use crate::blob::{Appended, BlobKey, BlobRead, BlobStore, Body, RunningHash, UploadHold, UploadKey};

/// A folder of blobs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct FileStore {
    root: Arc<PathBuf>,
    busy: append::Busy,
}

const OWNER_FILE: &str = "INSTALLATION";
const HASH_BLOCK_BYTES: usize = 1024 * 1024;

impl FileStore {
    /// The store in the folder `root`, which is made where it does not exist, readable by nobody else.
    pub fn open(root: PathBuf) -> Result<Self, StoreError> {
        for folder in [root.join("blobs"), root.join("uploads")] {
            make_folder(&folder)?;
        }
        Ok(Self {
            root: Arc::new(root),
            busy: append::Busy::default(),
        })
    }

    fn blob_path(&self, blob: &BlobKey) -> PathBuf {
        let hex = blob.digest.hex();
        let mut path = self.root.join("blobs");
        path.push(blob.registry.to_string());
        path.push(blob.digest.algorithm().as_str());
        path.push(&hex[..2]);
        path.push(hex);
        path
    }

    fn upload_path(&self, upload: &UploadKey) -> PathBuf {
        let mut path = self.root.join("uploads");
        path.push(upload.registry.to_string());
        path.push(upload.id.as_str());
        path
    }
}

/// Runs file work off the runtime's threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(StoreError::file("file work ended early", io::Error::other(error))))
}

/// Makes a folder with its parents, and makes durable that they are there (rule 54: "and new parents").
fn make_folder(folder: &Path) -> Result<(), StoreError> {
    let failed = |error| StoreError::file(format!("cannot make the folder {}", folder.display()), error);
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        make_folder(parent)?;
    }
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error)),
        _ => {}
    }
    folder.parent().map_or(Ok(()), sync_folder)
}

fn sync_folder(folder: &Path) -> Result<(), StoreError> {
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

#[async_trait]
impl BlobStore for FileStore {
    async fn owner(&self) -> Result<Option<Uuid>, StoreError> {
        let root = Arc::clone(&self.root);
        blocking(move || {
            let path = root.join(OWNER_FILE);
            match fs::read_to_string(&path) {
                Ok(text) => text
                    .trim()
                    .parse()
                    .map(Some)
                    .map_err(|error| StoreError::corrupt("file", path.display(), error)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let used = fs::read_dir(root.join("blobs")).is_ok_and(|mut entries| entries.next().is_some());
                    if used {
                        Err(StoreError::corrupt(
                            "file",
                            path.display(),
                            "is missing beside a folder of blobs",
                        ))
                    } else {
                        Ok(None)
                    }
                }
                Err(error) => Err(StoreError::file(format!("cannot read {}", path.display()), error)),
            }
        })
        .await
    }

    async fn claim(&self, installation: Uuid) -> Result<(), StoreError> {
        let root = Arc::clone(&self.root);
        blocking(move || {
            let (path, draft) = (root.join(OWNER_FILE), root.join("INSTALLATION.new"));
            let failed = |error| StoreError::file(format!("cannot write {}", path.display()), error);
            fs::write(&draft, format!("{installation}\n")).map_err(failed)?;
            File::open(&draft).and_then(|file| file.sync_all()).map_err(failed)?;
            fs::rename(&draft, &path).map_err(failed)?;
            sync_folder(&root)
        })
        .await
    }

    async fn free_bytes(&self) -> Result<Option<u64>, StoreError> {
        // A question to the kernel that touches no disk; not worth a thread.
        let space = rustix::fs::statvfs(self.root.as_path()).map_err(|error| {
            StoreError::file(
                format!("cannot see the free space of {}", self.root.display()),
                error.into(),
            )
        })?;
        Ok(Some(space.f_bavail.saturating_mul(space.f_frsize)))
    }

    async fn upload_hold(&self, upload: &UploadKey) -> Result<UploadHold, StoreError> {
        Ok(UploadHold::new(upload.clone(), self.busy.enter(upload)?))
    }

    async fn upload_append(
        &self,
        upload: &UploadHold,
        offset: u64,
        hash: RunningHash,
        body: Body<'_>,
    ) -> Result<Appended, StoreError> {
        append::append(upload.clone(), self.upload_path(upload.key()), offset, hash, body).await
    }

    async fn upload_commit(&self, upload: &UploadHold, size_bytes: u64, blob: &BlobKey) -> Result<(), StoreError> {
        let hold = upload.clone();
        let (from, to, digest) = (self.upload_path(upload.key()), self.blob_path(blob), blob.digest);
        blocking(move || {
            let _hold = hold;
            commit(&from, size_bytes, &to, digest)
        })
        .await
    }

    async fn upload_digest(
        &self,
        upload: &UploadHold,
        size_bytes: u64,
        algorithm: Algorithm,
    ) -> Result<Digest, StoreError> {
        let hold = upload.clone();
        let path = self.upload_path(upload.key());
        blocking(move || {
            let _hold = hold;
            // A session that nothing was ever written to has no file.
            if size_bytes == 0 {
                return Ok(Digest::of(algorithm, b""));
            }
            digest_of(&path, size_bytes, algorithm)?
                .ok_or_else(|| StoreError::corrupt("upload", path.display(), "has lost bytes"))
        })
        .await
    }

    async fn upload_discard(&self, upload: &UploadHold) -> Result<(), StoreError> {
        let hold = upload.clone();
        let path = self.upload_path(upload.key());
        blocking(move || {
            let _hold = hold;
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(StoreError::file(format!("cannot remove {}", path.display()), error))
                }
                _ => Ok(()),
            }
        })
        .await
    }

    async fn blob_open(&self, blob: &BlobKey, size_bytes: u64) -> Result<Box<dyn BlobRead>, StoreError> {
        let path = self.blob_path(blob);
        blocking(move || {
            let failed = |error| StoreError::file(format!("cannot open {}", path.display()), error);
            let file = match File::open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Err(StoreError::corrupt("blob", path.display(), "is missing"));
                }
                other => other.map_err(failed)?,
            };
            let found = file.metadata().map_err(failed)?.len();
            if found != size_bytes {
                return Err(StoreError::corrupt(
                    "blob",
                    path.display(),
                    format!("has {found} bytes instead of {size_bytes}"),
                ));
            }
            Ok(Box::new(OpenFile(Arc::new((file, path)))) as Box<dyn BlobRead>)
        })
        .await
    }
}

/// Renames a session's file to its blob's, replacing what may be there: a damaged file is healed by the next push of the same content.
fn commit(from: &Path, size_bytes: u64, to: &Path, digest: Digest) -> Result<(), StoreError> {
    let failed = |error| StoreError::file(format!("cannot move {} to {}", from.display(), to.display()), error);
    match fs::metadata(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return commit_again(from, size_bytes, to, digest),
        Err(error) => return Err(failed(error)),
        Ok(found) if found.len() < size_bytes => {
            return Err(StoreError::corrupt("upload", from.display(), "has lost bytes"));
        }
        Ok(found) if found.len() > size_bytes => {
            // What lies beyond came with a request that was never acknowledged.
            let file = File::options().write(true).open(from).map_err(failed)?;
            file.set_len(size_bytes)
                .and_then(|()| file.sync_all())
                .map_err(failed)?;
        }
        Ok(_) => {}
    }
    let folder = to.parent().unwrap_or(to);
    make_folder(folder)?;
    fs::rename(from, to).map_err(failed)?;
    sync_folder(folder)
}

/// Commits a session that has no file: it has no bytes, or a crash came between its rename and its row. Then the blob is in place, which is believed only
/// after it was read, and was perhaps not made durable.
fn commit_again(from: &Path, size_bytes: u64, to: &Path, digest: Digest) -> Result<(), StoreError> {
    let folder = to.parent().unwrap_or(to);
    if size_bytes == 0 {
        make_folder(folder)?;
        File::create(to)
            .and_then(|file| file.sync_all())
            .map_err(|error| StoreError::file(format!("cannot write {}", to.display()), error))?;
        return sync_folder(folder);
    }
    let found = fs::metadata(to).is_ok_and(|found| found.len() == size_bytes);
    if !found || digest_of(to, size_bytes, digest.algorithm())? != Some(digest) {
        return Err(StoreError::corrupt("upload", from.display(), "has lost its bytes"));
    }
    sync_folder(folder)
}

/// The sum of a file's first bytes; none when it has fewer, or is not there.
fn digest_of(path: &Path, size_bytes: u64, algorithm: Algorithm) -> Result<Option<Digest>, StoreError> {
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

struct OpenFile(Arc<(File, PathBuf)>);

#[async_trait]
impl BlobRead for OpenFile {
    async fn read_at(&self, offset: u64, length: usize) -> Result<Bytes, StoreError> {
        let open = Arc::clone(&self.0);
        blocking(move || {
            let (file, path) = &*open;
            let mut block = BytesMut::zeroed(length);
            match file.read_exact_at(&mut block, offset) {
                Ok(()) => Ok(block.freeze()),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    Err(StoreError::corrupt("blob", path.display(), "ended early"))
                }
                Err(error) => Err(StoreError::file(format!("cannot read {}", path.display()), error)),
            }
        })
        .await
    }
}
