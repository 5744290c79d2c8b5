//! Summing a body while it is being received.
//!
//! One body is summed beside, batch by batch on a thread of its own, so that it has the use of two cores. Where more bodies come than there are cores, each
//! is summed as it comes, while the core that received it still has it at hand: that takes a tenth less of it.

use std::io;
use std::mem;
use std::sync::Arc;

use tokio::task::{JoinHandle, spawn_blocking};

use super::batch::{Batch, Share};
use crate::StoreError;
use crate::blob::RunningHash;

/// The sum of a session's bytes.
pub(super) struct Sum {
    /// Without the batch that is being summed.
    hash: RunningHash,
    /// None while nothing is summed beside.
    beside: Option<JoinHandle<RunningHash>>,
    as_it_comes: bool,
}

impl Sum {
    /// Goes on from a sum.
    pub(super) fn new(hash: RunningHash, share: &Share) -> Self {
        Self {
            hash,
            beside: None,
            as_it_comes: share.is_of_a_crowd(),
        }
    }

    /// Bytes that came.
    pub(super) fn piece(&mut self, bytes: &[u8]) {
        if self.as_it_comes {
            self.hash.update(bytes);
        }
    }

    /// A batch of what came, after the one before was waited for ([`Self::settled`]).
    pub(super) fn batch(&mut self, batch: Arc<Batch>) {
        if !self.as_it_comes {
            let mut hash = mem::take(&mut self.hash);
            self.beside = Some(spawn_blocking(move || {
                hash.update(batch.bytes());
                hash
            }));
        }
    }

    /// Waits for the batch that is being summed.
    pub(super) async fn settled(&mut self) -> Result<(), StoreError> {
        if let Some(beside) = self.beside.take() {
            let early = |error| StoreError::file("summing ended early", io::Error::other(error));
            self.hash = beside.await.map_err(early)?;
        }
        Ok(())
    }

    /// The last batch, on this thread.
    pub(super) fn last(mut self, batch: &Batch) -> RunningHash {
        if !self.as_it_comes {
            self.hash.update(batch.bytes());
        }
        self.hash
    }
}
