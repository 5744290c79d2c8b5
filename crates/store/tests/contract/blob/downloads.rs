//! Downloads: the whole or a part, no more in memory than a few blocks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt;
use uuid::Uuid;
use wharf_store::StoreError;
use wharf_store::blob::{
    Appended, BlobKey, BlobRead, BlobStore, Body, RunningHash, UploadHold, UploadKey, Verified, download,
};
use wharf_types::digest::{Algorithm, Digest};
use wharf_types::id::RegistryId;
use wharf_types::range::ByteRange;
use wharf_types::time::Time;

use super::{BlobPlace, MIB, content, get, get_with, put};
use crate::fixture::id;

blob_contract!(
    any_part_reads_back_whether_the_blob_was_read_before_or_not,
    a_transfer_may_be_abandoned
);

async fn any_part_reads_back_whether_the_blob_was_read_before_or_not(place: &dyn BlobPlace) {
    let (content, store) = (content(2 * MIB + 9), place.open());
    let blob = put(&*store, &content).await;
    let (size, last) = (content.len(), content.len() as u64 - 1);
    let known = Verified::default();
    get_with(&*store, &known, &blob, size, None).await.unwrap();
    for (start, end) in [
        (0, 0),
        (last, last),
        (0, last),
        (5, 99),
        (MIB as u64 - 1, MIB as u64),
        (7, last - 1),
    ] {
        let expected = &content[start as usize..=end as usize];
        let part = Some(ByteRange { start, end });
        assert!(
            get(&*store, &blob, size, part).await.unwrap() == expected,
            "{start}-{end}"
        );
        assert!(
            get_with(&*store, &known, &blob, size, part).await.unwrap() == expected,
            "{start}-{end}"
        );
    }
}

async fn a_transfer_may_be_abandoned(place: &dyn BlobPlace) {
    let (content, store) = (content(3 * MIB), place.open());
    let blob = put(&*store, &content).await;
    let verified = Verified::default();
    let mut blocks = download(&*store, &verified, blob, content.len() as u64, None)
        .await
        .unwrap();
    blocks.next().await.unwrap().unwrap();
    drop(blocks);
    assert!(get_with(&*store, &verified, &blob, content.len(), None).await.unwrap() == content);
}

/// A place that holds one endless blob of zeros and counts what is read of it.
#[derive(Clone, Default)]
struct Zeros(Arc<AtomicUsize>);

#[async_trait]
impl BlobRead for Zeros {
    async fn read_at(&self, _offset: u64, length: usize) -> Result<Bytes, StoreError> {
        self.0.fetch_add(length, Ordering::Relaxed);
        Ok(Bytes::from(vec![0; length]))
    }
}

const UNUSED: Result<(), StoreError> = Err(StoreError::Conflict("this place can only be read"));

#[async_trait]
impl BlobStore for Zeros {
    async fn owner(&self) -> Result<Option<Uuid>, StoreError> {
        UNUSED.map(|()| None)
    }
    async fn claim(&self, _: Uuid) -> Result<(), StoreError> {
        UNUSED
    }
    async fn must_have_room(&self, _: u64) -> Result<(), StoreError> {
        UNUSED
    }
    async fn upload_hold(&self, upload: &UploadKey) -> Result<UploadHold, StoreError> {
        UNUSED.map(|()| UploadHold::new(upload.clone(), ()))
    }
    async fn upload_append(
        &self,
        _: &UploadHold,
        offset: u64,
        hash: RunningHash,
        _: Body<'_>,
    ) -> Result<Appended, StoreError> {
        UNUSED.map(|()| Appended {
            offset,
            hash,
            interrupted: None,
        })
    }
    async fn upload_keep(&self, _: &UploadHold, _: u64) -> Result<(), StoreError> {
        UNUSED
    }
    async fn upload_commit(&self, _: &UploadHold, _: u64, _: &BlobKey) -> Result<(), StoreError> {
        UNUSED
    }
    async fn upload_digest(&self, _: &UploadHold, _: u64, algorithm: Algorithm) -> Result<Digest, StoreError> {
        UNUSED.map(|()| Digest::of(algorithm, b""))
    }
    async fn upload_discard(&self, _: &UploadHold) -> Result<(), StoreError> {
        UNUSED
    }
    async fn upload_list_left(&self, _: Time, _: usize) -> Result<Vec<UploadKey>, StoreError> {
        UNUSED.map(|()| Vec::new())
    }
    async fn blob_open(&self, _: &BlobKey, _: u64) -> Result<Box<dyn BlobRead>, StoreError> {
        Ok(Box::new(self.clone()))
    }
}

#[tokio::test]
async fn no_more_is_read_than_is_soon_sent() {
    const SIZE: u64 = 1 << 40;
    let blob = BlobKey {
        registry: RegistryId(id()),
        digest: Digest::of(Algorithm::Sha256, b""),
    };
    for part in [
        None,
        Some(ByteRange {
            start: 0,
            end: SIZE - 1,
        }),
    ] {
        let (zeros, verified) = (Zeros::default(), Verified::default());
        if part.is_some() {
            // A part of a blob that was never read as a whole is preceded by a look at all of it, which nobody wants of so many bytes.
            let empty = BlobKey { ..blob };
            download(&zeros, &verified, empty, 0, None).await.unwrap().next().await;
        }
        let mut blocks = download(&zeros, &verified, blob, SIZE, part).await.unwrap();
        for sent in 1..=5 {
            let block = blocks.next().await.unwrap().unwrap();
            assert!(block.len() <= MIB);
            let read = zeros.0.load(Ordering::Relaxed);
            assert!(read <= (sent + 4) * MIB, "{read} bytes were read for {sent} blocks");
        }
    }
}
