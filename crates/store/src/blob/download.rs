//! Reading a blob so that wrong bytes never pass for right ones (rule 48).
//!
//! The first time that this process reads a blob as a whole, its hash is computed on the way and the last block is held back until it is known to be
//! right: a damaged file ends the transfer early instead of finishing it. A part of a blob that was never read as a whole is sent after a look at all
//! of it. Later reads check the size alone; the scrubbing of stored content is another job.

use std::collections::HashSet;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt};
use sha2::{Digest as _, Sha256, Sha512};
use wharf_types::digest::{Algorithm, Digest};
use wharf_types::range::ByteRange;

use crate::StoreError;
use crate::blob::{BlobKey, BlobRead, BlobStore};

/// The bytes of an answer, as they are read.
pub type BlobStream = BoxStream<'static, Result<Bytes, StoreError>>;

const BLOCK_BYTES: u64 = 1024 * 1024;

/// The blobs that this process has seen whole and right: so many of them at most.
#[derive(Clone, Debug)]
pub struct Verified(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    blobs: HashSet<BlobKey>,
    order: VecDeque<BlobKey>,
}

/// 100,000 keys of about 100 bytes.
const MOST_KNOWN: usize = 100_000;

impl Default for Verified {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Known::default())))
    }
}

impl Verified {
    fn contains(&self, blob: &BlobKey) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .blobs
            .contains(blob)
    }

    fn insert(&self, blob: BlobKey) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.blobs.insert(blob) {
            known.order.push_back(blob);
            if known.order.len() > MOST_KNOWN
                && let Some(oldest) = known.order.pop_front()
            {
                known.blobs.remove(&oldest);
            }
        }
    }
}

/// Streams a blob of `size_bytes` bytes, or a part of it.
pub async fn download(
    store: &dyn BlobStore,
    verified: &Verified,
    blob: BlobKey,
    size_bytes: u64,
    part: Option<ByteRange>,
) -> Result<BlobStream, StoreError> {
    let file: Arc<dyn BlobRead> = store.blob_open(&blob, size_bytes).await?.into();
    let known = verified.contains(&blob);
    match part {
        None if known => Ok(blocks(file, 0, size_bytes)),
        None => Ok(checked(file, verified.clone(), blob, size_bytes)),
        Some(part) => {
            if !known {
                let mut whole = checked(Arc::clone(&file), verified.clone(), blob, size_bytes);
                while let Some(block) = whole.next().await {
                    block?;
                }
            }
            Ok(blocks(file, part.start, part.end + 1))
        }
    }
}

/// The bytes from `start` up to `end`. One block is read ahead while the one before it is being sent.
fn blocks(file: Arc<dyn BlobRead>, start: u64, end: u64) -> BlobStream {
    let count = (end - start).div_ceil(BLOCK_BYTES);
    stream::iter(0..count)
        .map(move |index| {
            let file = Arc::clone(&file);
            let at = start + index * BLOCK_BYTES;
            async move {
                file.read_at(at, usize::try_from((end - at).min(BLOCK_BYTES)).unwrap_or(0))
                    .await
            }
        })
        .buffered(2)
        .boxed()
}

enum Hasher {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
            Algorithm::Sha512 => Self::Sha512(Sha512::new()),
        }
    }

    /// Hashing a block takes about a millisecond: off the runtime's threads.
    async fn update(mut self, block: Bytes) -> Result<Self, StoreError> {
        let work = move || {
            match &mut self {
                Self::Sha256(hash) => hash.update(&block),
                Self::Sha512(hash) => hash.update(&block),
            }
            self
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| StoreError::file("hashing ended early", std::io::Error::other(error)))
    }

    fn digest(self) -> Digest {
        match self {
            Self::Sha256(hash) => Digest::Sha256(hash.finalize().into()),
            Self::Sha512(hash) => Digest::Sha512(hash.finalize().into()),
        }
    }
}

/// The whole blob, its last block only when all of it is right.
fn checked(file: Arc<dyn BlobRead>, verified: Verified, blob: BlobKey, size_bytes: u64) -> BlobStream {
    struct State {
        blocks: BlobStream,
        hasher: Hasher,
        held: Option<Bytes>,
    }
    let state = State {
        blocks: blocks(file, 0, size_bytes),
        hasher: Hasher::new(blob.digest.algorithm()),
        held: None,
    };
    stream::try_unfold(Some(state), move |state| {
        let verified = verified.clone();
        async move {
            let Some(mut state) = state else { return Ok(None) };
            loop {
                match state.blocks.next().await.transpose()? {
                    Some(block) => {
                        state.hasher = state.hasher.update(block.clone()).await?;
                        if let Some(ready) = state.held.replace(block) {
                            return Ok(Some((ready, Some(state))));
                        }
                    }
                    None if state.hasher.digest() == blob.digest => {
                        verified.insert(blob);
                        return Ok(state.held.map(|last| (last, None)));
                    }
                    None => {
                        return Err(StoreError::corrupt(
                            "blob",
                            blob.digest,
                            "its bytes do not have this digest",
                        ));
                    }
                }
            }
        }
    })
    .boxed()
}
