//! Bytes of blobs in files.
//!
//! `blobs/{registry}/{algorithm}/{first two digits}/{hex}` and `uploads/{registry}/{session}` in one file system, so that a finished upload becomes a
//! blob by one link. Paths are made of parsed ids and digests alone (rule 43).

mod append;
mod batch;
mod commit;
mod direct;
mod folders;
mod keep;
mod left;
mod read;
mod room;
mod sum;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use uuid::Uuid;
use wharf_types::digest::{Algorithm, Digest};
use wharf_types::time::Time;

use self::commit::{Commit, digest_of};
use self::folders::{Folders, sync_folder};
use self::room::Room;
use crate::StoreError;
use crate::blob::{Appended, BlobKey, BlobRead, BlobStore, Body, RunningHash, UploadHold, UploadKey};

/// A folder of blobs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct FileStore {
    folders: Folders,
    room: Room,
    busy: append::Busy,
    memory: batch::Memory,
}

const OWNER_FILE: &str = "INSTALLATION";

impl FileStore {
    /// The store in the folder `root`, which is made where it does not exist, readable by nobody else.
    pub fn open(root: PathBuf) -> Result<Self, StoreError> {
        let folders = Folders::new(root)?;
        for folder in ["blobs", "uploads"] {
            folders.make(&folders.root().join(folder))?;
        }
        Ok(Self {
            room: Room::new(folders.root()),
            folders,
            busy: append::Busy::default(),
            memory: batch::Memory::default(),
        })
    }

    /// The same store, which refuses uploads when they would leave less than `bytes` free, instead of the default.
    #[must_use]
    pub fn reserving(mut self, bytes: u64) -> Self {
        self.room.reserve(bytes);
        self
    }

    fn blob_path(&self, blob: &BlobKey) -> PathBuf {
        let hex = blob.digest.hex();
        let mut path = self.folders.root().join("blobs");
        path.push(blob.registry.to_string());
        path.push(blob.digest.algorithm().as_str());
        path.push(&hex[..2]);
        path.push(hex);
        path
    }

    fn upload_path(&self, upload: &UploadKey) -> PathBuf {
        let mut path = self.folders.root().join("uploads");
        path.push(upload.registry.to_string());
        path.push(upload.id.to_string());
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

#[async_trait]
impl BlobStore for FileStore {
    async fn owner(&self) -> Result<Option<Uuid>, StoreError> {
        let folders = self.folders.clone();
        blocking(move || owner_of(folders.root())).await
    }

    async fn claim(&self, installation: Uuid) -> Result<(), StoreError> {
        let folders = self.folders.clone();
        blocking(move || match owner_of(folders.root())? {
            None => write_owner(folders.root(), installation),
            Some(owner) if owner == installation => Ok(()),
            Some(_) => Err(StoreError::Conflict("the folder belongs to another installation")),
        })
        .await
    }

    async fn must_have_room(&self, more_bytes: u64) -> Result<(), StoreError> {
        // A question to the kernel that touches no disk; not worth a thread.
        self.room
            .check(more_bytes)
            .map_err(|error| StoreError::file("cannot see how much room is left", error))
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
        let file = append::SessionFile {
            path: self.upload_path(upload.key()),
            folders: self.folders.clone(),
            room: self.room.clone(),
            memory: self.memory.clone(),
            hold: upload.clone(),
        };
        file.append(offset, hash, body).await
    }

    async fn upload_keep(&self, upload: &UploadHold, offset: u64) -> Result<(), StoreError> {
        let hold = upload.clone();
        let path = self.upload_path(upload.key());
        blocking(move || {
            let _hold = hold;
            keep::keep(&path, offset)
        })
        .await
    }

    async fn upload_commit(&self, upload: &UploadHold, size_bytes: u64, blob: &BlobKey) -> Result<(), StoreError> {
        let hold = upload.clone();
        let commit = Commit {
            folders: self.folders.clone(),
            from: self.upload_path(upload.key()),
            to: self.blob_path(blob),
            digest: blob.digest,
            size_bytes,
        };
        blocking(move || {
            let _hold = hold;
            commit.run()
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

    async fn upload_list_left(&self, before: Time, limit: usize) -> Result<Vec<UploadKey>, StoreError> {
        let uploads = self.folders.root().join("uploads");
        blocking(move || {
            left::list(&uploads, before, limit)
                .map_err(|error| StoreError::file(format!("cannot look through {}", uploads.display()), error))
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
            let about = file.metadata().map_err(failed)?;
            let found = about.len();
            if found != size_bytes {
                return Err(StoreError::corrupt(
                    "blob",
                    path.display(),
                    format!("has {found} bytes instead of {size_bytes}"),
                ));
            }
            Ok(Box::new(read::OpenFile::new(file, path, &about)) as Box<dyn BlobRead>)
        })
        .await
    }
}

fn owner_of(root: &Path) -> Result<Option<Uuid>, StoreError> {
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
                let problem = "is missing beside a folder of blobs";
                return Err(StoreError::corrupt("file", path.display(), problem));
            }
            Ok(None)
        }
        Err(error) => Err(StoreError::file(format!("cannot read {}", path.display()), error)),
    }
}

fn write_owner(root: &Path, installation: Uuid) -> Result<(), StoreError> {
    let (path, draft) = (root.join(OWNER_FILE), root.join("INSTALLATION.new"));
    let failed = |error| StoreError::file(format!("cannot write {}", path.display()), error);
    fs::write(&draft, format!("{installation}\n")).map_err(failed)?;
    File::open(&draft).and_then(|file| file.sync_all()).map_err(failed)?;
    fs::rename(&draft, &path).map_err(failed)?;
    sync_folder(root)
}
