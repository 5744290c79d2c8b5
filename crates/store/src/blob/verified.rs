//! Which blobs this process has seen whole and right (rule 48).

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use sha2::{Digest as _, Sha256, Sha512};
use tokio::sync::OwnedMutexGuard;
use wharf_types::digest::{Algorithm, Digest};

use crate::StoreError;
use crate::blob::BlobKey;
use crate::blob::block::Block;

/// The blobs that this process has seen whole and right: so many of them at most.
#[derive(Clone, Debug, Default)]
pub(super) struct Verified(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// Each with the stamp of the file that was read ([`crate::blob::BlobRead::stamp`]).
    blobs: HashMap<BlobKey, u64>,
    order: VecDeque<BlobKey>,
    /// Those that are being looked at just now, each by one.
    looked_at: HashMap<BlobKey, Weak<tokio::sync::Mutex<()>>>,
}

/// 100,000 keys of about 100 bytes.
const MOST_KNOWN: usize = 100_000;

impl Verified {
    pub(super) fn contains(&self, blob: &BlobKey, stamp: u64) -> bool {
        self.known(|known| known.blobs.get(blob) == Some(&stamp))
    }

    pub(super) fn insert(&self, blob: BlobKey, stamp: u64) {
        self.known(|known| {
            if known.blobs.insert(blob, stamp).is_none() {
                known.order.push_back(blob);
                if known.order.len() > MOST_KNOWN
                    && let Some(oldest) = known.order.pop_front()
                {
                    known.blobs.remove(&oldest);
                }
            }
        });
    }

    /// The turn to look at all of a blob: whoever waited for it may find that it is known meanwhile.
    pub(super) async fn turn(&self, blob: BlobKey) -> OwnedMutexGuard<()> {
        let turn = self.known(|known| {
            known.looked_at.retain(|_, turn| turn.strong_count() > 0);
            let turn = known.looked_at.get(&blob).and_then(Weak::upgrade).unwrap_or_default();
            known.looked_at.insert(blob, Arc::downgrade(&turn));
            turn
        });
        turn.lock_owned().await
    }

    fn known<T>(&self, act: impl FnOnce(&mut Known) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The sum of a blob as it is read.
pub(super) enum Hasher {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    pub(super) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
            Algorithm::Sha512 => Self::Sha512(Sha512::new()),
        }
    }

    /// Hashing a block takes a good part of a millisecond: off the runtime's threads.
    pub(super) async fn update(mut self, block: Block) -> Result<(Self, Block), StoreError> {
        let work = move || {
            match &mut self {
                Self::Sha256(hash) => hash.update(block.as_ref()),
                Self::Sha512(hash) => hash.update(block.as_ref()),
            }
            (self, block)
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| StoreError::file("hashing ended early", std::io::Error::other(error)))
    }

    /// Whether what was read is the blob.
    pub(super) fn check(self, digest: Digest) -> Result<(), StoreError> {
        let found = match self {
            Self::Sha256(hash) => Digest::Sha256(hash.finalize().into()),
            Self::Sha512(hash) => Digest::Sha512(hash.finalize().into()),
        };
        if found == digest {
            Ok(())
        } else {
            Err(StoreError::corrupt("blob", digest, "its bytes do not have this digest"))
        }
    }
}
