//! A finished upload becomes a blob: whole, once or again, or not at all.

use wharf_store::blob::{BlobKey, RunningHash};
use wharf_types::digest::{Algorithm, Digest};
use wharf_types::id::RegistryId;

use super::{BlobPlace, MIB, append, append_in_pieces, content, get, is_corrupt, key, put, put_as, session};
use crate::fixture::id;

blob_contract!(
    a_commit_may_be_repeated,
    a_commit_after_lost_bytes_is_refused,
    an_end_that_a_crash_cut_off_is_found_again_by_the_same_last_bytes,
    a_commit_takes_the_acknowledged_bytes_alone,
    an_upload_without_a_body_is_an_empty_blob,
    a_digest_of_another_algorithm_is_computed_of_the_session,
    the_same_content_may_be_pushed_again,
    a_blob_is_of_one_registry,
    a_discarded_session_has_no_bytes,
);

async fn a_commit_may_be_repeated(place: &dyn BlobPlace) {
    let (content, upload, store) = (content(MIB + 5), session(), place.open());
    put_as(&*store, &upload, &content).await;
    // The process died between the commit and the row: the client closes its upload again.
    let (store, blob) = (place.open(), key(&upload, &content));
    let hold = store.upload_hold(&upload).await.unwrap();
    store.upload_commit(&hold, content.len() as u64, &blob).await.unwrap();
    assert!(get(&*store, &blob, content.len(), None).await.unwrap() == content);
}

async fn an_end_that_a_crash_cut_off_is_found_again_by_the_same_last_bytes(place: &dyn BlobPlace) {
    let (content, upload, store) = (content(MIB + 5), session(), place.open());
    let (first, last) = content.split_at(MIB);
    let hold = store.upload_hold(&upload).await.unwrap();
    let before = append(&*store, &hold, 0, RunningHash::default(), first).await;
    let after = append(&*store, &hold, before.offset, before.hash.clone(), last).await;
    let blob = key(&upload, &content);
    store.upload_commit(&hold, after.offset, &blob).await.unwrap();
    drop(hold);
    // The process died before the row said more than the first part: the client sends the last bytes again.
    let store = place.open();
    let hold = store.upload_hold(&upload).await.unwrap();
    let again = append(&*store, &hold, before.offset, before.hash, last).await;
    assert!(again.moved && !after.moved);
    assert_eq!((again.offset, again.hash.digest()), (content.len() as u64, blob.digest));
    store.upload_commit(&hold, again.offset, &blob).await.unwrap();
    assert!(get(&*store, &blob, content.len(), None).await.unwrap() == content);
}

async fn a_commit_after_lost_bytes_is_refused(place: &dyn BlobPlace) {
    let (upload, store) = (session(), place.open());
    let hold = store.upload_hold(&upload).await.unwrap();
    let blob = key(&upload, b"ten bytes!");
    assert!(
        is_corrupt(&store.upload_commit(&hold, 10, &blob).await),
        "it has no bytes"
    );
    append(&*store, &hold, 0, RunningHash::default(), b"nine byte").await;
    assert!(is_corrupt(&store.upload_commit(&hold, 10, &blob).await));
    assert!(get(&*store, &blob, 10, None).await.is_err());
    assert!(get(&*store, &blob, 9, None).await.is_err());
}

async fn a_commit_takes_the_acknowledged_bytes_alone(place: &dyn BlobPlace) {
    let (upload, store) = (session(), place.open());
    let hold = store.upload_hold(&upload).await.unwrap();
    append(
        &*store,
        &hold,
        0,
        RunningHash::default(),
        b"ten bytes! and some that nobody was told of",
    )
    .await;
    let blob = key(&upload, b"ten bytes!");
    store.upload_commit(&hold, 10, &blob).await.unwrap();
    assert_eq!(get(&*store, &blob, 10, None).await.unwrap(), b"ten bytes!");
}

async fn an_upload_without_a_body_is_an_empty_blob(place: &dyn BlobPlace) {
    let (upload, store) = (session(), place.open());
    let hold = store.upload_hold(&upload).await.unwrap();
    let sum = store.upload_digest(&hold, 0, Algorithm::Sha512).await.unwrap();
    assert_eq!(sum, Digest::of(Algorithm::Sha512, b""));
    let blob = key(&upload, b"");
    store.upload_commit(&hold, 0, &blob).await.unwrap();
    store.upload_commit(&hold, 0, &blob).await.unwrap();
    assert_eq!(get(&*store, &blob, 0, None).await.unwrap(), b"");
}

async fn a_digest_of_another_algorithm_is_computed_of_the_session(place: &dyn BlobPlace) {
    let (content, upload, store) = (content(2 * MIB + 1), session(), place.open());
    let hold = store.upload_hold(&upload).await.unwrap();
    append(&*store, &hold, 0, RunningHash::default(), &content).await;
    for (size, algorithm) in [
        (content.len(), Algorithm::Sha512),
        (content.len(), Algorithm::Sha256),
        (7, Algorithm::Sha512),
    ] {
        let sum = store.upload_digest(&hold, size as u64, algorithm).await.unwrap();
        assert_eq!(sum, Digest::of(algorithm, &content[..size]));
    }
    assert!(
        store
            .upload_digest(&hold, content.len() as u64 + 1, Algorithm::Sha512)
            .await
            .is_err()
    );
    let blob = BlobKey {
        registry: upload.registry,
        digest: Digest::of(Algorithm::Sha512, &content),
    };
    store.upload_commit(&hold, content.len() as u64, &blob).await.unwrap();
    assert!(get(&*store, &blob, content.len(), None).await.unwrap() == content);
    assert!(
        get(&*store, &key(&upload, &content), content.len(), None)
            .await
            .is_err()
    );
}

async fn the_same_content_may_be_pushed_again(place: &dyn BlobPlace) {
    let store = place.open();
    let upload = session();
    for _ in 0..2 {
        put_as(&*store, &upload, b"layer").await;
    }
    assert_eq!(get(&*store, &key(&upload, b"layer"), 5, None).await.unwrap(), b"layer");
}

async fn a_blob_is_of_one_registry(place: &dyn BlobPlace) {
    let store = place.open();
    let ours = put(&*store, b"layer").await;
    let theirs = BlobKey {
        registry: RegistryId(id()),
        ..ours
    };
    assert!(is_corrupt(&get(&*store, &theirs, 5, None).await));
    assert!(get(&*store, &ours, 5, None).await.is_ok());
}

async fn a_discarded_session_has_no_bytes(place: &dyn BlobPlace) {
    let (upload, store) = (session(), place.open());
    let hold = store.upload_hold(&upload).await.unwrap();
    store.upload_discard(&hold).await.unwrap();
    append(&*store, &hold, 0, RunningHash::default(), b"bytes").await;
    store.upload_discard(&hold).await.unwrap();
    store.upload_discard(&hold).await.unwrap();
    assert!(is_corrupt(
        &store.upload_commit(&hold, 5, &key(&upload, b"bytes")).await
    ));
    let more = append_in_pieces(&*store, &hold, 5, RunningHash::default(), b"more", 9).await;
    assert!(more.unwrap().moved, "nothing is written after bytes that are not there");
    append(&*store, &hold, 0, RunningHash::default(), b"new").await;
    store.upload_commit(&hold, 3, &key(&upload, b"new")).await.unwrap();
    assert_eq!(get(&*store, &key(&upload, b"new"), 3, None).await.unwrap(), b"new");
}
