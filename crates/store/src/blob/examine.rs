//! Looking whether a blob's bytes are what its digest says, without sending them to anybody.

use std::io;
use std::time::Duration;

use tokio::time::Instant;

use super::block::Blocks;
use super::verified::Hasher;
use crate::StoreError;
use crate::blob::{BlobKey, BlobStore};

/// Reads all of a blob, at most so many bytes a second, within fixed memory. Fails with [`StoreError::Corrupt`] when it is not there, not whole, not what
/// its digest says, or not readable any more.
pub async fn examine(
    store: &dyn BlobStore,
    blob: &BlobKey,
    size_bytes: u64,
    bytes_per_second: u64,
) -> Result<(), StoreError> {
    let (began, blocks) = (Instant::now(), Blocks::default());
    let file = store.blob_open(blob, size_bytes).await?;
    let mut hasher = Hasher::new(blob.digest.algorithm());
    let mut at = 0;
    while at < size_bytes {
        let block = blocks.take(size_bytes - at, true);
        let block = file.read_at(at, block).await.map_err(|error| unreadable(blob, error))?;
        at += block.len() as u64;
        (hasher, _) = hasher.update(block).await?;
        let due = Duration::from_millis(at.saturating_mul(1000) / bytes_per_second.max(1));
        tokio::time::sleep_until(began + due).await;
    }
    hasher.check(blob.digest)
}

/// A disk that cannot give the bytes has lost them. Everything else, such as a want of rights or open files, says nothing of them.
fn unreadable(blob: &BlobKey, error: StoreError) -> StoreError {
    match error {
        StoreError::File { source, .. } if is_lost(&source) => {
            StoreError::corrupt("blob", blob.digest, format!("cannot be read any more: {source}"))
        }
        other => other,
    }
}

fn is_lost(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error())
}
