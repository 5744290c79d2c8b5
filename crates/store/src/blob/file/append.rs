//! Writing a request's body to an upload session's file.
//!
//! What arrives is gathered to batches. While one is being summed ([`Sum`]) and written, the next is received: so the disk, the sum and the network work
//! at the same time, and no thread waits for a slow client. How large a batch may be depends on how many bodies are being received
//! ([`Memory`]), so that their number does not decide how much memory they take.
//!
//! Nothing here makes bytes durable: that is what [`super::keep`] and [`super::commit`] do, when somebody is to be told so.

use std::collections::HashSet;
use std::fs::{self, File, Metadata};
use std::io::{self, Seek, SeekFrom};
use std::mem;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt;
use tokio::task::{JoinHandle, spawn_blocking};

use super::batch::{Batch, Memory, Share};
use super::direct::Direct;
use super::folders::Folders;
use super::room::Room;
use super::sum::Sum;
use crate::StoreError;
use crate::blob::{Appended, Body, RunningHash, UploadHold, UploadKey};

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
    pub(super) memory: Memory,
    pub(super) hold: UploadHold,
}

impl SessionFile {
    pub(super) async fn append(
        self,
        offset: u64,
        hash: RunningHash,
        mut body: Body<'_>,
    ) -> Result<Appended, StoreError> {
        let share = self.memory.enter();
        let mut left = Left::new(&self, offset);
        let mut writing = Writing::new(self, offset, Sum::new(hash, &share));
        let received = receive(&mut writing, &share, offset, &mut body).await;
        let ended = match received {
            Ok((last, interrupted)) => writing.finish(last).await.map(|end| (end, interrupted)),
            Err(error) => Err(error),
        };
        left.is_forgotten = false;
        let (Written { offset, hash, moved }, interrupted) = ended?;
        Ok(Appended {
            offset,
            hash,
            interrupted,
            moved,
        })
    }
}

/// Puts what arrives into batches. Returns the last one, and the body's own failure.
async fn receive(
    writing: &mut Writing,
    share: &Share,
    offset: u64,
    body: &mut Body<'_>,
) -> Result<(Batch, Option<io::Error>), StoreError> {
    let mut batch = Batch::first(offset, share);
    loop {
        match body.next().await {
            Some(Ok(piece)) => {
                let mut rest = &piece[..];
                writing.sum.piece(rest);
                while !rest.is_empty() {
                    rest = batch.fill(rest, share);
                    if batch.is_full() {
                        let next = batch.end();
                        writing.put(batch).await?;
                        // In the memory of the one before, which is free now.
                        batch = Batch::next(next, share);
                    }
                }
            }
            Some(Err(error)) => return Ok((batch, Some(error))),
            None => return Ok((batch, None)),
        }
    }
}

/// Removes the file of a session that holds nothing that was acknowledged, when the request's future is dropped.
struct Left {
    path: PathBuf,
    hold: UploadHold,
    is_forgotten: bool,
}

impl Left {
    fn new(file: &SessionFile, offset: u64) -> Self {
        Self {
            path: file.path.clone(),
            hold: file.hold.clone(),
            is_forgotten: offset == 0,
        }
    }
}

impl Drop for Left {
    fn drop(&mut self) {
        if self.is_forgotten && tokio::runtime::Handle::try_current().is_ok() {
            let (path, hold) = (mem::take(&mut self.path), self.hold.clone());
            // What is still being written to it goes away with it. Should this fail, it is found later (`upload_list_left`).
            spawn_blocking(move || {
                let _hold = hold;
                let _ = fs::remove_file(path);
            });
        }
    }
}

/// Sums and writes batches, one after the other.
struct Writing {
    /// None while a batch is being written.
    idle: Option<Output>,
    written: Option<JoinHandle<Result<Output, StoreError>>>,
    sum: Sum,
}

impl Writing {
    fn new(file: SessionFile, offset: u64, sum: Sum) -> Self {
        let output = Output {
            session: file,
            file: None,
            moved: false,
            start: offset,
            position: offset,
            // As much as that was looked for when the request came.
            room_until: offset + ROOM_CHECK_BYTES,
        };
        Self {
            idle: Some(output),
            written: None,
            sum,
        }
    }

    /// Where the one before ended.
    async fn settled(&mut self) -> Result<Output, StoreError> {
        let summed = self.sum.settled().await;
        let early = |error| StoreError::file("writing ended early", io::Error::other(error));
        let output = match (self.written.take(), self.idle.take()) {
            (Some(written), _) => written.await.map_err(early)??,
            (None, Some(idle)) => idle,
            (None, None) => return Err(StoreError::Conflict("an earlier write of the session failed")),
        };
        summed.map(|()| output)
    }

    /// Begins work on a batch, after the one before.
    async fn put(&mut self, batch: Batch) -> Result<(), StoreError> {
        let mut output = self.settled().await?;
        let batch = Arc::new(batch);
        let bytes = Arc::clone(&batch);
        // The disk first: where there is one core, the sum is computed while it works.
        self.written = Some(spawn_blocking(move || output.write(bytes.bytes()).map(|()| output)));
        self.sum.batch(batch);
        Ok(())
    }

    /// Works on what remains.
    async fn finish(mut self, batch: Batch) -> Result<Written, StoreError> {
        let mut output = self.settled().await?;
        super::blocking(move || {
            output.write(batch.bytes())?;
            Ok(Written {
                offset: output.position,
                hash: self.sum.last(&batch),
                moved: output.moved,
            })
        })
        .await
    }
}

/// How far a body came.
struct Written {
    offset: u64,
    hash: RunningHash,
    moved: bool,
}

/// The file as it is being written.
struct Output {
    session: SessionFile,
    file: Option<Direct>,
    /// The file has become a blob's ([`Appended::moved`]): nothing is written.
    moved: bool,
    start: u64,
    position: u64,
    /// Up to there a look was taken.
    room_until: u64,
}

impl Output {
    /// Writes bytes after those before, or leaves none of the request's.
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let file = match self.file.take() {
            Some(file) => Some(file),
            None if self.moved => None,
            None => self.session.open(self.start)?.map(Direct::new),
        };
        let Some(mut file) = file else {
            self.moved = true;
            self.position += bytes.len() as u64;
            return Ok(());
        };
        let written = self
            .room(bytes.len() as u64)
            .and_then(|()| file.write_all(bytes, self.position));
        if let Err(error) = written {
            // Room for others, when the disk is full. Should this fail as well, the next request takes the bytes away.
            if self.start == 0 {
                let _ = fs::remove_file(&self.session.path);
            } else {
                file.cut(self.start);
            }
            return Err(StoreError::file(
                format!("cannot write {}", self.session.path.display()),
                error,
            ));
        }
        self.position += bytes.len() as u64;
        self.file = Some(file);
        Ok(())
    }

    /// Room for all that may come until the next look.
    fn room(&mut self, more: u64) -> io::Result<()> {
        if self.position + more > self.room_until {
            self.session.room.check(ROOM_CHECK_BYTES.max(more))?;
            self.room_until = self.position + ROOM_CHECK_BYTES.max(more);
        }
        Ok(())
    }
}

impl SessionFile {
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
