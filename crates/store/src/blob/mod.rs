//! Bytes of blobs.
//!
//! [`BlobStore`] is what a place for bytes must do; [`FileStore`] keeps them in files. Content is addressed by digest within a registry: nothing is shared
//! between registries, so no answer tells one tenant what another has (rule 39).
//!
//! The order that keeps acknowledged content (rules 54 to 56): bytes are written and synced, then renamed to where their digest says, then the directory
//! is synced, and only then is a row committed. Whatever a crash leaves behind is a file without a row, which nobody can see.

mod block;
mod download;
mod examine;
mod file;
mod hash;
mod verified;

use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::Stream;
use uuid::Uuid;
use wharf_types::digest::Digest;
use wharf_types::id::{RegistryId, SessionId};
use wharf_types::time::Time;

use crate::StoreError;

pub use block::Block;
pub use download::{BlobContent, BlobReader, BlobStream};
pub use examine::examine;
pub use file::FileStore;
pub use hash::RunningHash;

/// Where a blob is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlobKey {
    /// The registry.
    pub registry: RegistryId,
    /// The digest of its bytes.
    pub digest: Digest,
}

/// Where the bytes of an upload session are kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UploadKey {
    /// The registry.
    pub registry: RegistryId,
    /// The session.
    pub id: SessionId,
}

/// The right to work on the bytes of an upload session, which nobody else has meanwhile ([`BlobStore::upload_hold`]). Work that outlives the request
/// that started it keeps the right until it has ended.
#[derive(Clone)]
pub struct UploadHold {
    key: UploadKey,
    _guard: Arc<dyn Any + Send + Sync>,
}

impl UploadHold {
    /// For places of bytes: the session, and what gives the right back when the last one drops it.
    pub fn new(key: UploadKey, guard: impl Any + Send + Sync) -> Self {
        Self {
            key,
            _guard: Arc::new(guard),
        }
    }

    /// The session.
    pub fn key(&self) -> &UploadKey {
        &self.key
    }
}

/// The bytes of a request, as they arrive.
pub type Body<'a> = Pin<&'a mut (dyn Stream<Item = Result<Bytes, std::io::Error>> + Send)>;

/// How far an upload came.
#[derive(Debug)]
pub struct Appended {
    /// How many bytes there are now.
    pub offset: u64,
    /// Their hash.
    pub hash: RunningHash,
    /// The body's own failure: the client went away before its end. What arrived is kept all the same.
    pub interrupted: Option<std::io::Error>,
    /// The session's bytes are a blob's by now: its end was begun before, and cut off by a crash. Nothing was written, but for the sum; only the same end
    /// finds them again.
    pub moved: bool,
}

/// A blob that is being read.
#[async_trait]
pub trait BlobRead: Send + Sync {
    /// Fills `bytes` with those from `offset` on, if nobody has to wait for that, and says whether it did. What it could not do, [`Self::read_at`] does.
    fn read_now(&self, _offset: u64, _bytes: &mut [u8]) -> bool {
        false
    }

    /// What is another when the bytes are perhaps others: they were written to since, or the file was replaced.
    fn stamp(&self) -> u64 {
        0
    }

    /// Fills the block with the bytes from `offset` on, which must lie within the blob.
    async fn read_at(&self, offset: u64, block: Block) -> Result<Block, StoreError>;
}

/// A place for bytes.
#[async_trait]
pub trait BlobStore: Send + Sync + 'static {
    /// The installation that the place belongs to; none when it is new and empty.
    async fn owner(&self) -> Result<Option<Uuid>, StoreError>;

    /// Marks the place as the installation's.
    async fn claim(&self, installation: Uuid) -> Result<(), StoreError>;

    /// Goes on if so many more bytes can be written without touching the reserve for what must go on when the place is full; fails with
    /// [`StoreError::Full`] otherwise (rule 58).
    async fn must_have_room(&self, more_bytes: u64) -> Result<(), StoreError>;

    /// Takes the right to work on a session's bytes, before the session's row is read: what the row says is true of the bytes as long as the right is
    /// held. Else a request that read the row before another one wrote would overwrite bytes that were acknowledged. Fails with
    /// [`StoreError::Conflict`] while somebody else has it.
    async fn upload_hold(&self, upload: &UploadKey) -> Result<UploadHold, StoreError>;

    /// Writes `body` to an upload session after its first `offset` bytes, whose hash is `hash`. What lies beyond them was never acknowledged and is
    /// overwritten. When this returns, the bytes up to [`Appended::offset`] are written, and durable only after [`Self::upload_keep`] or
    /// [`Self::upload_commit`]. On an error, none of the new ones is kept (rule 55).
    async fn upload_append(
        &self,
        upload: &UploadHold,
        offset: u64,
        hash: RunningHash,
        body: Body<'_>,
    ) -> Result<Appended, StoreError>;

    /// Makes durable what was appended to the session after its first `offset` bytes, for requests to come.
    async fn upload_keep(&self, upload: &UploadHold, offset: u64) -> Result<(), StoreError>;

    /// Makes durable what was appended to the session, and then the session's `size_bytes` bytes the content of `blob`, which they are known to be. Doing it again after a crash is not an error.
    async fn upload_commit(&self, upload: &UploadHold, size_bytes: u64, blob: &BlobKey) -> Result<(), StoreError>;

    /// The sum of the session's `size_bytes` bytes with the digest's algorithm, for the one that was not computed as they arrived.
    async fn upload_digest(
        &self,
        upload: &UploadHold,
        size_bytes: u64,
        algorithm: wharf_types::digest::Algorithm,
    ) -> Result<Digest, StoreError>;

    /// Throws the session's bytes away, if there are any.
    async fn upload_discard(&self, upload: &UploadHold) -> Result<(), StoreError>;

    /// Sessions that have bytes which nobody wrote to since that time, at most `limit`: those that no row knows are left over from a request that did not
    /// come to its end.
    async fn upload_list_left(&self, before: Time, limit: usize) -> Result<Vec<UploadKey>, StoreError>;

    /// Opens a blob, which must have `size_bytes` bytes.
    async fn blob_open(&self, blob: &BlobKey, size_bytes: u64) -> Result<Box<dyn BlobRead>, StoreError>;
}
