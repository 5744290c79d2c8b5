//! Writing a request's body to an upload session's file.
//!
//! One thread hashes and writes while the runtime receives; a short queue between them bounds what is held in memory.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
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
        let (offset, hash) = written?;
        Ok(Appended {
            offset,
            hash,
            interrupted,
        })
    }

    /// Writes all pieces after `offset` and makes them durable, or leaves none of them.
    fn write(
        &self,
        offset: u64,
        hash: RunningHash,
        pieces: mpsc::Receiver<Bytes>,
    ) -> Result<(u64, RunningHash), StoreError> {
        let mut file = self.open(offset)?;
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

    /// Opens the file with exactly its acknowledged bytes, positioned after them.
    fn open(&self, offset: u64) -> Result<File, StoreError> {
        let path = &self.path;
        let failed = |error| StoreError::file(format!("cannot open {}", path.display()), error);
        if offset == 0 {
            self.folders.make(self.folder())?;
            return File::options()
                .write(true)
                .create(true)
                .truncate(true)
                .open(path)
                .map_err(failed);
        }
        let mut file = match File::options().write(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::corrupt("upload", path.display(), "has lost its bytes"));
            }
            other => other.map_err(failed)?,
        };
        if file.metadata().map_err(failed)?.len() < offset {
            return Err(StoreError::corrupt("upload", path.display(), "has lost bytes"));
        }
        file.set_len(offset)
            .and_then(|()| file.seek(SeekFrom::Start(offset)))
            .map_err(failed)?;
        Ok(file)
    }
}

/// Writes pieces as they come, in large blocks. Returns where they end and the sum of all bytes up to there.
fn write_pieces(
    file: &mut File,
    room: &Room,
    mut offset: u64,
    mut hash: RunningHash,
    mut pieces: mpsc::Receiver<Bytes>,
) -> io::Result<(u64, RunningHash)> {
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
    Ok((offset, hash))
}
