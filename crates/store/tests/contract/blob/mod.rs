//! Bytes of blobs: what every place for them must do, and what files must do besides.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use wharf_store::StoreError;
use wharf_store::blob::{
    Appended, BlobContent, BlobKey, BlobReader, BlobStore, FileStore, RunningHash, UploadHold, UploadKey,
};
use wharf_types::digest::{Algorithm, Digest};
use wharf_types::id::{RegistryId, UploadId};
use wharf_types::range::ByteRange;

use crate::fixture::id;

/// Makes each case, an `async fn(place: &dyn BlobPlace)`, a test on every place for bytes.
macro_rules! blob_contract {
    ($($case:ident),+ $(,)?) => {
        blob_cases!(on_files, $crate::blob::Files::new(); $($case),+);
    };
}

macro_rules! blob_cases {
    ($module:ident, $place:expr; $($case:ident),+) => {
        mod $module {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let place = $place;
                if let Err(panic) = $crate::backend::bounded(super::$case(&place)).await {
                    std::panic::resume_unwind(panic);
                }
            })+
        }
    };
}

mod appending;
mod committing;
mod damage;
mod downloads;
mod full;
mod owner;

/// Somewhere to keep bytes, which outlives the process that opens it.
pub(crate) trait BlobPlace {
    /// Opens it, as a process does that starts.
    fn open(&self) -> Arc<dyn BlobStore>;
}

/// A folder.
pub(crate) struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    /// The file of a blob.
    fn blob(&self, blob: &BlobKey) -> PathBuf {
        let hex = blob.digest.hex();
        let folder = self.root().join("blobs").join(blob.registry.to_string());
        folder.join(blob.digest.algorithm().as_str()).join(&hex[..2]).join(hex)
    }

    /// The file of an upload session.
    fn upload(&self, upload: &UploadKey) -> PathBuf {
        self.root()
            .join("uploads")
            .join(upload.registry.to_string())
            .join(upload.id.as_str())
    }
}

impl BlobPlace for Files {
    fn open(&self) -> Arc<dyn BlobStore> {
        Arc::new(FileStore::open(self.root().to_owned()).unwrap())
    }
}

const MIB: usize = 1024 * 1024;

fn session() -> UploadKey {
    UploadKey {
        registry: RegistryId(id()),
        id: UploadId::new(id().into_bytes()),
    }
}

/// Bytes in which no two blocks are alike.
fn content(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut content: Vec<u8> = (0..length.div_ceil(8)).flat_map(|_| next()).collect();
    content.truncate(length);
    content
}

fn key(upload: &UploadKey, content: &[u8]) -> BlobKey {
    BlobKey {
        registry: upload.registry,
        digest: Digest::of(Algorithm::Sha256, content),
    }
}

/// Appends bytes that arrive in pieces of `piece` bytes.
async fn append_in_pieces(
    store: &dyn BlobStore,
    hold: &UploadHold,
    offset: u64,
    hash: RunningHash,
    bytes: &[u8],
    piece: usize,
) -> Result<Appended, StoreError> {
    let pieces: Vec<_> = bytes
        .chunks(piece)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    store
        .upload_append(hold, offset, hash, pin!(stream::iter(pieces)))
        .await
}

async fn append(store: &dyn BlobStore, hold: &UploadHold, offset: u64, hash: RunningHash, bytes: &[u8]) -> Appended {
    append_in_pieces(store, hold, offset, hash, bytes, 65_536)
        .await
        .unwrap()
}

/// Uploads a whole blob to a registry of its own.
async fn put(store: &dyn BlobStore, content: &[u8]) -> BlobKey {
    let upload = session();
    put_as(store, &upload, content).await;
    key(&upload, content)
}

async fn put_as(store: &dyn BlobStore, upload: &UploadKey, content: &[u8]) {
    let hold = store.upload_hold(upload).await.unwrap();
    let appended = append(store, &hold, 0, RunningHash::default(), content).await;
    let blob = key(upload, content);
    assert_eq!(
        (appended.offset, appended.hash.digest()),
        (content.len() as u64, blob.digest)
    );
    store.upload_commit(&hold, appended.offset, &blob).await.unwrap();
}

/// Downloads as a process does that has not read the blob before.
async fn get(
    store: &dyn BlobStore,
    blob: &BlobKey,
    size: usize,
    part: Option<ByteRange>,
) -> Result<Vec<u8>, StoreError> {
    get_with(store, &BlobReader::default(), blob, size, part).await
}

async fn get_with(
    store: &dyn BlobStore,
    reader: &BlobReader,
    blob: &BlobKey,
    size: usize,
    part: Option<ByteRange>,
) -> Result<Vec<u8>, StoreError> {
    let mut blocks = match reader.download(store, *blob, size as u64, part).await? {
        BlobContent::Whole(bytes) => return Ok(bytes.to_vec()),
        BlobContent::Blocks(blocks) => blocks,
    };
    let mut whole = Vec::new();
    while let Some(block) = blocks.next().await {
        whole.extend_from_slice(&block?);
    }
    Ok(whole)
}

fn is_corrupt<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Corrupt { .. }))
}
