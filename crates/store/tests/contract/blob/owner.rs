//! A place belongs to one installation (rule 57).

use std::fs;

use uuid::Uuid;
use wharf_store::StoreError;

use super::{BlobPlace, Files, is_corrupt, put};
use crate::fixture::id;

blob_contract!(a_new_place_belongs_to_nobody_and_then_to_one);

async fn a_new_place_belongs_to_nobody_and_then_to_one(place: &dyn BlobPlace) {
    let (ours, theirs) = (id(), id());
    assert_eq!(place.open().owner().await.unwrap(), None);
    place.open().claim(ours).await.unwrap();
    assert_eq!(place.open().owner().await.unwrap(), Some(ours));
    place.open().claim(ours).await.unwrap();
    assert!(matches!(place.open().claim(theirs).await, Err(StoreError::Conflict(_))));
    assert_eq!(place.open().owner().await.unwrap(), Some(ours));
}

#[tokio::test]
async fn blobs_without_a_mark_are_not_taken_for_a_new_place() {
    let place = Files::new();
    let store = place.open();
    store.claim(id()).await.unwrap();
    put(&*store, b"layer").await;
    fs::remove_file(place.root().join("INSTALLATION")).unwrap();
    assert!(is_corrupt(&store.owner().await));
    assert!(is_corrupt(&store.claim(id()).await));
}

#[tokio::test]
async fn a_mark_that_names_nobody_is_damage() {
    let place = Files::new();
    for text in ["", "wharf", "11111111"] {
        fs::write(place.root().join("INSTALLATION"), text).unwrap();
        assert!(is_corrupt(&place.open().owner().await), "{text:?}");
        assert!(is_corrupt(&place.open().claim(Uuid::nil()).await), "{text:?}");
    }
}
