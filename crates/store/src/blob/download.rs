//! Reading a blob so that wrong bytes never pass for right ones (rule 48).
//!
//! The first time that this process reads a blob as a whole, its hash is computed on the way and the last block is held back until it is known to be
//! right: a damaged file ends the transfer early instead of finishing it. A part of a blob that was never read as a whole is sent after a look at all
//! of it. Later reads check that the file is the same and was not written to; what a disk loses without a word is found by the job that looks at all of it.
//!
//! What the kernel has in memory is read at once, without a change of threads; small blobs, which is what images' configurations are, stay in ours.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt};
use moka::sync::Cache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use wharf_types::range::ByteRange;

use crate::StoreError;
use crate::blob::block::{Block, Blocks};
use crate::blob::verified::{Hasher, Verified};
use crate::blob::{BlobKey, BlobRead, BlobStore};

/// The bytes of an answer, as they are read.
pub type BlobStream = BoxStream<'static, Result<Bytes, StoreError>>;

/// The bytes of an answer.
pub enum BlobContent {
    /// All of them.
    Whole(Bytes),
    /// One block after the other; the next is read when the one before has been sent.
    Blocks(BlobStream),
}

/// How blobs are read, with what is remembered of them. Cheap to clone.
#[derive(Clone)]
pub struct BlobReader {
    blocks: Blocks,
    verified: Verified,
    small: Cache<BlobKey, Bytes>,
}

/// Blobs up to this size are kept in memory,
const SMALL_BLOB_BYTES: u64 = 64 * 1024;
/// up to so many bytes in all.
const SMALL_BLOBS_BYTES: u64 = 16 * 1024 * 1024;
/// What an entry takes beside its bytes.
const ENTRY_BYTES: usize = 200;
/// One block is being sent while the one after it is held back and the one after that is looked at; for a client that is not fast, only when it has one.
const CHECKED_IN_FLIGHT: usize = 3;
/// A client that takes longer than this for a block is not fast.
const FAST: Duration = Duration::from_millis(50);

impl Default for BlobReader {
    fn default() -> Self {
        let small = Cache::builder()
            .max_capacity(SMALL_BLOBS_BYTES)
            .weigher(|_, bytes: &Bytes| u32::try_from(bytes.len() + ENTRY_BYTES).unwrap_or(u32::MAX));
        Self {
            blocks: Blocks::default(),
            verified: Verified::default(),
            small: small.build(),
        }
    }
}

impl BlobReader {
    /// A blob of `size_bytes` bytes, or a part of it.
    pub async fn download(
        &self,
        store: &dyn BlobStore,
        blob: BlobKey,
        size_bytes: u64,
        part: Option<ByteRange>,
    ) -> Result<BlobContent, StoreError> {
        if size_bytes <= SMALL_BLOB_BYTES {
            let known = self.small.get(&blob).filter(|known| known.len() as u64 == size_bytes);
            let whole = match known {
                Some(whole) => whole,
                None => Box::pin(self.small_blob(store, blob, size_bytes)).await?,
            };
            return Ok(BlobContent::Whole(match part {
                None => whole,
                Some(part) => whole.slice(part.start as usize..part.end as usize + 1),
            }));
        }
        let file: Arc<dyn BlobRead> = store.blob_open(&blob, size_bytes).await?.into();
        let known = self.verified.contains(&blob, file.stamp());
        let transfer = |start, end, in_flight| Transfer::new(&self.blocks, &file, start..end, in_flight);
        Ok(BlobContent::Blocks(match part {
            None if known => transfer(0, size_bytes, 1).plain(),
            None => transfer(0, size_bytes, CHECKED_IN_FLIGHT).checked(self.verified.clone(), blob),
            Some(part) => {
                Box::pin(self.look_at_all(&file, blob, size_bytes)).await?;
                transfer(part.start, part.end + 1, 1).plain()
            }
        }))
    }

    async fn small_blob(&self, store: &dyn BlobStore, blob: BlobKey, size_bytes: u64) -> Result<Bytes, StoreError> {
        let file = store.blob_open(&blob, size_bytes).await?;
        let mut whole = Vec::new();
        let mut hasher = Hasher::new(blob.digest.algorithm());
        while let left @ 1.. = size_bytes - whole.len() as u64 {
            let block = file.read_at(whole.len() as u64, self.blocks.take(left, false)).await?;
            let (updated, block) = hasher.update(block).await?;
            hasher = updated;
            whole.extend_from_slice(block.as_ref());
        }
        hasher.check(blob.digest)?;
        let whole = Bytes::from(whole);
        self.small.insert(blob, whole.clone());
        Ok(whole)
    }

    /// Reads all of a blob that was never read as a whole: of many who want a part of it, one.
    async fn look_at_all(&self, file: &Arc<dyn BlobRead>, blob: BlobKey, size_bytes: u64) -> Result<(), StoreError> {
        if self.verified.contains(&blob, file.stamp()) {
            return Ok(());
        }
        let _turn = self.verified.turn(blob).await;
        if self.verified.contains(&blob, file.stamp()) {
            return Ok(());
        }
        let whole = Transfer::new(&self.blocks, file, 0..size_bytes, CHECKED_IN_FLIGHT);
        let mut whole = whole.checked(self.verified.clone(), blob);
        while let Some(block) = whole.next().await {
            block?;
        }
        Ok(())
    }
}

/// The bytes of a range of a blob, on their way to a client.
struct Transfer {
    blocks: Blocks,
    file: Arc<dyn BlobRead>,
    at: u64,
    end: u64,
    /// So many blocks may be held: the next one is read when one has been sent, so that a slow client keeps little memory.
    in_flight: Arc<Semaphore>,
    fast: bool,
    /// It may hold the most blocks.
    wide: bool,
}

impl Transfer {
    fn new(blocks: &Blocks, file: &Arc<dyn BlobRead>, range: std::ops::Range<u64>, in_flight: usize) -> Self {
        Self {
            blocks: blocks.clone(),
            file: Arc::clone(file),
            at: range.start,
            end: range.end,
            in_flight: Arc::new(Semaphore::new(in_flight)),
            fast: true,
            wide: in_flight == CHECKED_IN_FLIGHT,
        }
    }

    async fn next(&mut self) -> Result<Option<Block>, StoreError> {
        if self.at == self.end {
            return Ok(None);
        }
        let permit = self.permit().await?;
        let mut block = self.blocks.take(self.end - self.at, self.fast);
        if !self.file.read_now(self.at, block.as_mut_slice()) {
            block = self.file.read_at(self.at, block).await?;
        }
        self.at += block.len() as u64;
        Ok(Some(block.holding(permit)))
    }

    async fn permit(&mut self) -> Result<OwnedSemaphorePermit, StoreError> {
        let ended = |error| StoreError::file("the transfer was ended", std::io::Error::other(error));
        if let Ok(permit) = Arc::clone(&self.in_flight).try_acquire_owned() {
            return Ok(permit);
        }
        let began = Instant::now();
        let mut permit = Arc::clone(&self.in_flight).acquire_owned().await.map_err(ended)?;
        self.fast = began.elapsed() < FAST;
        if !self.fast && self.wide {
            self.wide = false;
            permit.forget();
            permit = Arc::clone(&self.in_flight).acquire_owned().await.map_err(ended)?;
        }
        Ok(permit)
    }

    fn plain(self) -> BlobStream {
        stream::try_unfold(self, |mut transfer| async move {
            let block = transfer.next().await?;
            Ok(block.map(|block| (Bytes::from(block), transfer)))
        })
        .boxed()
    }

    /// The whole blob, its last block only when all of it is right. While a block is being sent, the next one is read and summed.
    fn checked(self, verified: Verified, blob: BlobKey) -> BlobStream {
        struct State {
            ahead: JoinHandle<Result<Ahead, StoreError>>,
            held: Option<Block>,
        }
        let hasher = Hasher::new(blob.digest.algorithm());
        let state = State {
            ahead: tokio::spawn(self.ahead(hasher)),
            held: None,
        };
        stream::try_unfold(Some(state), move |state| {
            let verified = verified.clone();
            async move {
                let Some(mut state) = state else { return Ok(None) };
                loop {
                    let Ahead {
                        transfer,
                        hasher,
                        block,
                    } = (&mut state.ahead).await.map_err(early)??;
                    let Some(block) = block else {
                        hasher.check(blob.digest)?;
                        verified.insert(blob, transfer.file.stamp());
                        return Ok(state.held.map(|last| (last.into(), None)));
                    };
                    state.ahead = tokio::spawn(transfer.ahead(hasher));
                    if let Some(ready) = state.held.replace(block) {
                        return Ok(Some((ready.into(), Some(state))));
                    }
                }
            }
        })
        .boxed()
    }

    async fn ahead(mut self, hasher: Hasher) -> Result<Ahead, StoreError> {
        let (hasher, block) = match self.next().await? {
            Some(block) => {
                let (hasher, block) = hasher.update(block).await?;
                (hasher, Some(block))
            }
            None => (hasher, None),
        };
        Ok(Ahead {
            transfer: self,
            hasher,
            block,
        })
    }
}

/// The next block, read and summed; none at the end.
struct Ahead {
    transfer: Transfer,
    hasher: Hasher,
    block: Option<Block>,
}

fn early(error: tokio::task::JoinError) -> StoreError {
    StoreError::file("reading ended early", std::io::Error::other(error))
}
