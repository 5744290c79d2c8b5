//! Upload sessions: bytes arrive in any pieces, over any number of requests and processes.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use wharf_store::StoreError;
use wharf_store::blob::{RunningHash, UploadKey};

use super::{BlobPlace, MIB, append, append_in_pieces, content, get, is_corrupt, key, put_as, session};
use crate::fixture::at;

blob_contract!(
    blobs_of_every_size_read_back_however_they_arrive,
    an_upload_goes_on_in_another_process,
    bytes_that_were_not_acknowledged_are_dropped,
    an_interrupted_body_keeps_what_arrived,
    a_session_that_lost_bytes_takes_no_more,
    a_session_is_held_by_one_at_a_time,
    an_abandoned_request_gives_its_session_back,
    what_waits_in_memory_does_not_grow_with_the_body,
    each_of_many_bodies_at_once_has_its_own_sum,
    what_a_request_left_is_found_by_its_age,
    a_first_request_that_was_dropped_leaves_nothing,
    what_is_kept_is_there_for_the_next_process,
);

async fn blobs_of_every_size_read_back_however_they_arrive(place: &dyn BlobPlace) {
    let store = place.open();
    for size in [0, 1, 65_535, MIB - 1, MIB, MIB + 1, 3 * MIB] {
        let content = content(size);
        for piece in [7_919, MIB - 1, MIB, 2 * MIB] {
            let upload = session();
            let hold = store.upload_hold(&upload).await.unwrap();
            let appended = append_in_pieces(&*store, &hold, 0, RunningHash::default(), &content, piece)
                .await
                .unwrap();
            let blob = key(&upload, &content);
            assert_eq!((appended.offset, appended.hash.digest()), (size as u64, blob.digest));
            assert!(appended.interrupted.is_none());
            assert!(get(&*store, &blob, size, None).await.is_err(), "not before the commit");
            store.upload_commit(&hold, size as u64, &blob).await.unwrap();
            assert!(
                get(&*store, &blob, size, None).await.unwrap() == content,
                "{size} bytes by {piece}"
            );
        }
    }
}

async fn an_upload_goes_on_in_another_process(place: &dyn BlobPlace) {
    let (content, upload) = (content(2 * MIB + 77), session());
    let (mut offset, mut state) = (0, RunningHash::default().state());
    for end in [1, 64, 65, MIB, MIB, MIB + 3, content.len()] {
        let store = place.open();
        let hold = store.upload_hold(&upload).await.unwrap();
        let hash = RunningHash::resume(&state).unwrap();
        let appended = append(&*store, &hold, offset, hash, &content[offset as usize..end]).await;
        assert_eq!(appended.offset, end as u64);
        (offset, state) = (appended.offset, appended.hash.state());
    }
    let (store, blob) = (place.open(), key(&upload, &content));
    assert_eq!(RunningHash::resume(&state).unwrap().digest(), blob.digest);
    let hold = store.upload_hold(&upload).await.unwrap();
    store.upload_commit(&hold, offset, &blob).await.unwrap();
    assert!(get(&*store, &blob, content.len(), None).await.unwrap() == content);
}

async fn bytes_that_were_not_acknowledged_are_dropped(place: &dyn BlobPlace) {
    let upload = session();
    let store = place.open();
    let hold = store.upload_hold(&upload).await.unwrap();
    let first = append(&*store, &hold, 0, RunningHash::default(), b"kept ").await;
    append(
        &*store,
        &hold,
        5,
        first.hash.clone(),
        b"written, and the process died before it said so",
    )
    .await;
    drop(hold);
    let store = place.open();
    let hold = store.upload_hold(&upload).await.unwrap();
    let second = append(&*store, &hold, 5, first.hash, b"again").await;
    let blob = key(&upload, b"kept again");
    assert_eq!((second.offset, second.hash.digest()), (10, blob.digest));
    store.upload_commit(&hold, 10, &blob).await.unwrap();
    assert_eq!(get(&*store, &blob, 10, None).await.unwrap(), b"kept again");
}

async fn an_interrupted_body_keeps_what_arrived(place: &dyn BlobPlace) {
    let (upload, store) = (session(), place.open());
    let hold = store.upload_hold(&upload).await.unwrap();
    let pieces = [
        Ok(Bytes::from_static(b"half")),
        Err(io::Error::other("the client went away")),
        Ok(Bytes::from_static(b"never read")),
    ];
    let appended = store
        .upload_append(&hold, 0, RunningHash::default(), pin!(stream::iter(pieces)))
        .await
        .unwrap();
    assert_eq!(appended.offset, 4);
    assert_eq!(appended.interrupted.unwrap().to_string(), "the client went away");
    let rest = append(&*store, &hold, 4, appended.hash, b" and half").await;
    let blob = key(&upload, b"half and half");
    assert_eq!(rest.hash.digest(), blob.digest);
    store.upload_commit(&hold, 13, &blob).await.unwrap();
    assert_eq!(get(&*store, &blob, 13, None).await.unwrap(), b"half and half");
}

async fn a_session_that_lost_bytes_takes_no_more(place: &dyn BlobPlace) {
    let (upload, store) = (session(), place.open());
    let hold = store.upload_hold(&upload).await.unwrap();
    let more = async |offset| append_in_pieces(&*store, &hold, offset, RunningHash::default(), b"more", 9).await;
    assert!(more(1).await.unwrap().moved, "it has none, and gets none");
    append(&*store, &hold, 0, RunningHash::default(), b"five!").await;
    assert!(is_corrupt(&more(6).await));
    let blob = key(&upload, b"five!");
    store.upload_commit(&hold, 5, &blob).await.unwrap();
    assert_eq!(
        get(&*store, &blob, 5, None).await.unwrap(),
        b"five!",
        "a refusal damages nothing"
    );
}

/// A request that read the session's row before another one wrote would overwrite what was acknowledged to that one: so the row is read by
/// whoever holds the session.
async fn a_session_is_held_by_one_at_a_time(place: &dyn BlobPlace) {
    let (upload, store) = (session(), place.open());
    let hold = store.upload_hold(&upload).await.unwrap();
    assert!(matches!(store.upload_hold(&upload).await, Err(StoreError::Conflict(_))));
    let neighbour = UploadKey {
        id: session().id,
        ..upload.clone()
    };
    drop(store.upload_hold(&neighbour).await.unwrap());
    append(&*store, &hold, 0, RunningHash::default(), b"bytes").await;
    assert!(
        matches!(store.upload_hold(&upload).await, Err(StoreError::Conflict(_))),
        "held between the steps"
    );
    drop(hold);
    drop(store.upload_hold(&upload).await.unwrap());
}

async fn an_abandoned_request_gives_its_session_back(place: &dyn BlobPlace) {
    let (upload, store) = (session(), place.open());
    let hold = store.upload_hold(&upload).await.unwrap();
    let first = append(&*store, &hold, 0, RunningHash::default(), b"kept ").await;
    {
        // The client stalls in the middle of the body, then the request's future is dropped.
        let body = stream::iter([Ok(Bytes::from(content(3 * MIB)))]).chain(stream::pending());
        let mut body = pin!(body);
        let mut request = pin!(store.upload_append(&hold, 5, first.hash.clone(), body.as_mut()));
        for _ in 0..3 {
            assert!(
                request
                    .as_mut()
                    .poll(&mut Context::from_waker(Waker::noop()))
                    .is_pending()
            );
        }
    }
    drop(hold);
    let again = async {
        loop {
            match store.upload_hold(&upload).await {
                Ok(hold) => break hold,
                Err(StoreError::Conflict(_)) => tokio::task::yield_now().await,
                Err(error) => panic!("{error}"),
            }
        }
    };
    let hold = tokio::time::timeout(Duration::from_secs(10), again)
        .await
        .expect("the session is never given back");
    let second = append(&*store, &hold, 5, first.hash, b"again").await;
    store
        .upload_commit(&hold, second.offset, &key(&upload, b"kept again"))
        .await
        .unwrap();
    assert_eq!(
        get(&*store, &key(&upload, b"kept again"), 10, None).await.unwrap(),
        b"kept again"
    );
    put_as(&*store, &session(), b"and the store works on").await;
}

/// A piece of a body that counts itself while it is in memory.
struct Counted(Vec<u8>, Arc<AtomicUsize>);

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.1.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn what_waits_in_memory_does_not_grow_with_the_body(place: &dyn BlobPlace) {
    const PIECES: usize = 400;
    let (upload, store) = (session(), place.open());
    let hold = store.upload_hold(&upload).await.unwrap();
    let (alive, most) = (Arc::new(AtomicUsize::new(0)), AtomicUsize::new(0));
    let pieces = stream::iter(0..PIECES).map(|_| {
        let now = alive.fetch_add(1, Ordering::Relaxed) + 1;
        most.fetch_max(now, Ordering::Relaxed);
        Ok(Bytes::from_owner(Counted(vec![7; 128 * 1024], Arc::clone(&alive))))
    });
    let appended = store
        .upload_append(&hold, 0, RunningHash::default(), pin!(pieces))
        .await
        .unwrap();
    assert_eq!(appended.offset, (PIECES * 128 * 1024) as u64);
    assert_eq!(alive.load(Ordering::Relaxed), 0);
    let most = most.load(Ordering::Relaxed);
    assert!(most <= 20, "{most} of {PIECES} pieces were in memory at once");
}

/// Of a session that holds nothing that was acknowledged there is no row, so that only its bytes say that it was.
async fn each_of_many_bodies_at_once_has_its_own_sum(place: &dyn BlobPlace) {
    let store = place.open();
    let store = &*store;
    let body = async |n: usize| {
        let (content, upload) = (content(3 * MIB + n), session());
        let hold = store.upload_hold(&upload).await.unwrap();
        let appended = append_in_pieces(store, &hold, 0, RunningHash::default(), &content, 100_003).await;
        let blob = key(&upload, &content);
        assert_eq!(appended.unwrap().hash.digest(), blob.digest);
        store.upload_commit(&hold, content.len() as u64, &blob).await.unwrap();
        assert!(get(store, &blob, content.len(), None).await.unwrap() == content);
    };
    join_all((0..20).map(body)).await;
}

async fn what_a_request_left_is_found_by_its_age(place: &dyn BlobPlace) {
    let (upload, store) = (session(), place.open());
    let hold = store.upload_hold(&upload).await.unwrap();
    append(&*store, &hold, 0, RunningHash::default(), b"left").await;
    let left = async |before, limit| store.upload_list_left(at(before), limit).await.unwrap();
    assert_eq!(left(0, 9).await, []);
    assert_eq!(left(FAR_FUTURE, 0).await, []);
    assert_eq!(left(FAR_FUTURE, 9).await, [upload]);
    store.upload_discard(&hold).await.unwrap();
    assert_eq!(left(FAR_FUTURE, 9).await, []);
}

/// Seconds, as [`at`] counts them.
const FAR_FUTURE: i64 = 3_000_000_000;

async fn a_first_request_that_was_dropped_leaves_nothing(place: &dyn BlobPlace) {
    let (upload, store) = (session(), place.open());
    let hold = store.upload_hold(&upload).await.unwrap();
    {
        let body = stream::iter([Ok(Bytes::from(content(3 * MIB)))]).chain(stream::pending());
        let mut body = pin!(body);
        let mut request = pin!(store.upload_append(&hold, 0, RunningHash::default(), body.as_mut()));
        // Until it has written something.
        let written = async {
            while store.upload_list_left(at(FAR_FUTURE), 9).await.unwrap().is_empty() {
                let pending = request.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                assert!(pending.is_pending());
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), written)
            .await
            .expect("nothing is written");
    }
    let removed = async {
        while !store.upload_list_left(at(FAR_FUTURE), 9).await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), removed)
        .await
        .expect("the bytes stay");
}

async fn what_is_kept_is_there_for_the_next_process(place: &dyn BlobPlace) {
    let (upload, content) = (session(), content(2 * MIB + 4097));
    let hash = {
        let store = place.open();
        let hold = store.upload_hold(&upload).await.unwrap();
        let first = append(&*store, &hold, 0, RunningHash::default(), &content[..MIB + 1]).await;
        store.upload_keep(&hold, 0).await.unwrap();
        // Never acknowledged: it is overwritten.
        append(
            &*store,
            &hold,
            first.offset,
            first.hash.clone(),
            b"of a request that broke off",
        )
        .await;
        first.hash
    };
    let store = place.open();
    let hold = store.upload_hold(&upload).await.unwrap();
    let last = append(&*store, &hold, MIB as u64 + 1, hash, &content[MIB + 1..]).await;
    let blob = key(&upload, &content);
    assert_eq!(last.hash.digest(), blob.digest);
    store.upload_commit(&hold, last.offset, &blob).await.unwrap();
    assert_eq!(get(&*store, &blob, content.len(), None).await.unwrap(), content);
}
