//! Downloads: the whole or a part, no more in memory than a few blocks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures_util::future::join_all;
use futures_util::{FutureExt, StreamExt};
use uuid::Uuid;
use wharf_store::StoreError;
use wharf_store::blob::{
    Appended, BlobContent, BlobKey, BlobRead, BlobReader, BlobStore, BlobStream, Block, Body, RunningHash, UploadHold,
    UploadKey,
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
    let known = BlobReader::default();
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
    let reader = BlobReader::default();
    let mut blocks = blocks(reader.download(&*store, blob, content.len() as u64, None).await);
    blocks.next().await.unwrap().unwrap();
    drop(blocks);
    assert!(get_with(&*store, &reader, &blob, content.len(), None).await.unwrap() == content);
}

/// A place that holds one endless blob of zeros and counts what is read of it.
#[derive(Clone, Default)]
struct Zeros(Arc<AtomicUsize>);

#[async_trait]
impl BlobRead for Zeros {
    async fn read_at(&self, _offset: u64, block: Block) -> Result<Block, StoreError> {
        self.0.fetch_add(block.len(), Ordering::Relaxed);
        Ok(block)
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
            moved: false,
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

fn blocks(content: Result<BlobContent, StoreError>) -> BlobStream {
    match content.unwrap() {
        BlobContent::Blocks(blocks) => blocks,
        BlobContent::Whole(_) => panic!("the blob is not a small one"),
    }
}

/// What was sent is what the client has taken: here nothing of it, so no more is read.
#[tokio::test]
async fn no_more_is_read_than_the_client_takes() {
    const SIZE: u64 = 1 << 40;
    let blob = BlobKey {
        registry: RegistryId(id()),
        digest: Digest::of(Algorithm::Sha256, b""),
    };
    let (zeros, reader) = (Zeros::default(), BlobReader::default());
    let mut blocks = blocks(reader.download(&zeros, blob, SIZE, None).await);
    let (mut sent, mut taken) = (0, Vec::new());
    for _ in 0..5 {
        taken.clear();
        let block = blocks.next().await.unwrap().unwrap();
        assert!(block.len() <= MIB);
        sent += block.len();
        let read = zeros.0.load(Ordering::Relaxed);
        assert!(read <= sent + MIB, "{read} bytes were read and {sent} sent");
        taken.push(block);
    }
    taken.push(blocks.next().await.unwrap().unwrap());
    assert!(
        blocks.next().now_or_never().is_none(),
        "the blocks before have not been sent yet"
    );
    drop(taken);
    assert!(blocks.next().await.unwrap().is_ok());
}

/// Many clients fetch a large blob in parts side by side: it is looked at once.
#[tokio::test]
async fn a_blob_that_many_want_parts_of_is_looked_at_once() {
    let zeros = Zeros::default();
    let content = vec![0; 3 * MIB];
    let blob = BlobKey {
        registry: RegistryId(id()),
        digest: Digest::of(Algorithm::Sha256, &content),
    };
    let reader = BlobReader::default();
    let part = Some(ByteRange { start: 5, end: 9 });
    let wanted = (0..10).map(|_| get_with(&zeros, &reader, &blob, content.len(), part));
    for got in join_all(wanted).await {
        assert_eq!(got.unwrap(), [0; 5]);
    }
    assert_eq!(zeros.0.load(Ordering::Relaxed), content.len() + 10 * 5);
}
