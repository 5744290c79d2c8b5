//! Writing a request's body to an upload session's file.
//!
//! One thread hashes and writes while the runtime receives; a short queue between them bounds what is held in memory.

use std::collections::HashSet;
use std::fs::{self, File, Metadata};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::StreamExt;
use tokio::sync::mpsc;

use super::folders::{Folders, sync_folder};
use super::room::Room;
use crate::StoreError;
use crate::blob::{Appended, Body, RunningHash, UploadHold, UploadKey};

/// How many pieces of a body may wait for the disk.
const QUEUE: usize = 16;
/// Pieces are gathered to blocks of this size before they are written.
const BLOCK_BYTES: usize = 1024 * 1024;

/// After so many bytes a look is taken whether there is still room: a body may be longer than anybody said.
const ROOM_CHECK_BYTES: u64 = 16 * 1024 * 1024;

/// The sessions whose files are being worked on.
#[derive(Clone, Debug, Default)]
pub(super) struct Busy(Arc<Mutex<HashSet<UploadKey>>>);

/// Gives the session's file back.
pub(super) struct BusyGuard {
    busy: Busy,
    upload: UploadKey,
}

impl Busy {
    /// Only one may write to a session: a second request, such as a client's retry, is told to come back.
    pub(super) fn enter(&self, upload: &UploadKey) -> Result<BusyGuard, StoreError> {
        let mut busy = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if busy.insert(upload.clone()) {
            Ok(BusyGuard {
                busy: self.clone(),
                upload: upload.clone(),
            })
        } else {
            Err(StoreError::Conflict("another request is writing to the upload session"))
        }
    }
}

impl Drop for BusyGuard {
    fn drop(&mut self) {
        self.busy
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.upload);
    }
}

/// The file of a session that is held.
pub(super) struct SessionFile {
    pub(super) path: PathBuf,
    pub(super) folders: Folders,
    pub(super) room: Room,
    pub(super) _hold: UploadHold,
}

impl SessionFile {
    pub(super) async fn append(
        self,
        offset: u64,
        hash: RunningHash,
        mut body: Body<'_>,
    ) -> Result<Appended, StoreError> {
        let (queue, pieces) = mpsc::channel(QUEUE);
        let writer = super::blocking(move || self.write(offset, hash, pieces));
        let receive = async move {
            while let Some(piece) = body.next().await {
                match piece {
                    // The writer is gone when it failed; its own error says why.
                    Ok(piece) => {
                        if queue.send(piece).await.is_err() {
                            break;
                        }
                    }
                    Err(error) => return Some(error),
                }
            }
            None
        };
        let (written, interrupted) = tokio::join!(writer, receive);
        let Written { offset, hash, moved } = written?;
        Ok(Appended {
            offset,
            hash,
            interrupted,
            moved,
        })
    }

    /// Writes all pieces after `offset` and makes them durable, or leaves none of them.
    fn write(&self, offset: u64, hash: RunningHash, pieces: mpsc::Receiver<Bytes>) -> Result<Written, StoreError> {
        let Some(mut file) = self.open(offset)? else {
            return Ok(sum_pieces(offset, hash, pieces));
        };
        let written = write_pieces(&mut file, &self.room, offset, hash, pieces).and_then(|written| {
            file.sync_all()?;
            Ok(written)
        });
        let written = written.map_err(|error| {
            // Room for others, when the disk is full. Should this fail as well, the next request takes the bytes away.
            let _ = file.set_len(offset);
            StoreError::file(format!("cannot write {}", self.path.display()), error)
        })?;
        if offset == 0 {
            sync_folder(self.folder())?;
        }
        Ok(written)
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// Opens the file with exactly its acknowledged bytes, positioned after them. None when it has become a blob's: a crash came after the rename, and
    /// before the row that says so.
    fn open(&self, offset: u64) -> Result<Option<File>, StoreError> {
        let path = &self.path;
        let failed = |error| StoreError::file(format!("cannot open {}", path.display()), error);
        let there = session_file(path).map_err(failed)?;
        if offset == 0 {
            self.folders.make(self.folder())?;
            let file = File::options().write(true).create(true).truncate(true).open(path);
            return file.map(Some).map_err(failed);
        }
        let Some(about) = there else { return Ok(None) };
        let mut file = File::options().write(true).open(path).map_err(failed)?;
        if about.len() < offset {
            return Err(StoreError::corrupt("upload", path.display(), "has lost bytes"));
        }
        file.set_len(offset)
            .and_then(|()| file.seek(SeekFrom::Start(offset)))
            .map_err(failed)?;
        Ok(Some(file))
    }
}

/// A session's file, if it has one. A power loss may leave the name of one that has become a blob's: that name is removed, for nobody may write to a
/// blob's bytes.
pub(super) fn session_file(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Ok(about) if about.nlink() > 1 => fs::remove_file(path).map(|()| None),
        other => other.map(Some),
    }
}

/// How far a body came.
struct Written {
    offset: u64,
    hash: RunningHash,
    moved: bool,
}

/// Takes the sum of pieces that need not be written.
fn sum_pieces(mut offset: u64, mut hash: RunningHash, mut pieces: mpsc::Receiver<Bytes>) -> Written {
    while let Some(piece) = pieces.blocking_recv() {
        hash.update(&piece);
        offset += piece.len() as u64;
    }
    Written {
        offset,
        hash,
        moved: true,
    }
}

/// Writes pieces as they come, in large blocks. Returns where they end and the sum of all bytes up to there.
fn write_pieces(
    file: &mut File,
    room: &Room,
    mut offset: u64,
    mut hash: RunningHash,
    mut pieces: mpsc::Receiver<Bytes>,
) -> io::Result<Written> {
    let mut block = Vec::new();
    let mut checked = 0;
    while let Some(piece) = pieces.blocking_recv() {
        hash.update(&piece);
        offset += piece.len() as u64;
        if offset >= checked + ROOM_CHECK_BYTES {
            // Room for all that may come until the next look.
            room.check(ROOM_CHECK_BYTES)?;
            checked = offset;
        }
        if block.is_empty() && piece.len() >= BLOCK_BYTES {
            file.write_all(&piece)?;
            continue;
        }
        block.extend_from_slice(&piece);
        if block.len() >= BLOCK_BYTES {
            file.write_all(&block)?;
            block.clear();
        }
    }
    file.write_all(&block)?;
    Ok(Written {
        offset,
        hash,
        moved: false,
    })
}
