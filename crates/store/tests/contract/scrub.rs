//! What was found damaged, and how far the look at all that is stored has come.

use wharf_store::blob::BlobKey;
use wharf_store::meta::MetaStore;
use wharf_store::meta::scrub::{EACH, Scrub, ScrubCursor, ScrubKind};
use wharf_types::digest::Digest;

use crate::fixture::{World, at, blob_in, change, digest, manifest_in, registry, repository_in};

store_contract!(
    a_damaged_blob_is_as_good_as_absent_until_it_is_pushed_again,
    a_blob_that_was_touched_since_it_was_looked_at_is_not_marked,
    a_damaged_blob_can_be_deleted,
    everything_is_listed_once_in_order,
    a_look_is_at_by_one_at_a_time_and_goes_on_where_it_was,
    a_damaged_manifest_is_not_read_and_whole_again_when_it_is_pushed_again,
);

async fn a_damaged_blob_is_as_good_as_absent_until_it_is_pushed_again(store: &MetaStore) {
    let world = World::new(store).await;
    let registry = world.registry.id;
    let layer = blob_in(store, registry, world.repository_id, "layer").await;
    let key = BlobKey {
        registry,
        digest: layer,
    };
    let row = store.read().await.unwrap().blob_row(&key).await.unwrap().unwrap();
    assert!(!row.damaged);
    assert!(change!(store, tx => tx.blob_set_damaged(&row, Some(at(2)))));
    let mut tx = store.begin(at(3)).await.unwrap();
    assert!(tx.blob_row(&key).await.unwrap().unwrap().damaged);
    assert_eq!(tx.blob_size(registry, &world.repository, &layer).await.unwrap(), None);
    let held = tx.blob_hold(registry, world.repository_id, &layer, at(3)).await;
    assert_eq!(held.unwrap(), None);
    drop(tx);
    blob_in(store, registry, world.repository_id, "layer").await;
    let mut read = store.read().await.unwrap();
    assert_eq!(
        read.blob_size(registry, &world.repository, &layer).await.unwrap(),
        Some(5)
    );
    assert!(!read.blob_row(&key).await.unwrap().unwrap().damaged);
}

async fn a_blob_that_was_touched_since_it_was_looked_at_is_not_marked(store: &MetaStore) {
    let world = World::new(store).await;
    let registry = world.registry.id;
    let layer = blob_in(store, registry, world.repository_id, "layer").await;
    let key = BlobKey {
        registry,
        digest: layer,
    };
    let row = store.read().await.unwrap().blob_row(&key).await.unwrap().unwrap();
    change!(store, tx => tx.blob_put(registry, &layer, 5, at(9)));
    assert!(!change!(store, tx => tx.blob_set_damaged(&row, Some(at(10)))));
    let mut read = store.read().await.unwrap();
    assert_eq!(
        read.blob_size(registry, &world.repository, &layer).await.unwrap(),
        Some(5)
    );
}

async fn a_damaged_blob_can_be_deleted(store: &MetaStore) {
    let world = World::new(store).await;
    let registry = world.registry.id;
    let layer = blob_in(store, registry, world.repository_id, "layer").await;
    let key = BlobKey {
        registry,
        digest: layer,
    };
    let row = store.read().await.unwrap().blob_row(&key).await.unwrap().unwrap();
    assert!(change!(store, tx => tx.blob_set_damaged(&row, Some(at(2)))));
    assert!(change!(store, tx => tx.blob_unlink(registry, world.repository_id, &layer, at(3))));
    assert!(!change!(store, tx => tx.blob_unlink(registry, world.repository_id, &layer, at(3))));
}

async fn everything_is_listed_once_in_order(store: &MetaStore) {
    let world = World::new(store).await;
    let other = registry(world.tenant, world.subscription, "prod", "other");
    change!(store, tx => tx.registry_insert(&other));
    let theirs = repository_in(store, &other, "web").await;
    let mut blobs = Vec::new();
    let mut manifests = Vec::new();
    for number in 0..5 {
        for (registry, repository) in [(world.registry.id, world.repository_id), (other.id, theirs)] {
            blobs.push((
                registry,
                blob_in(store, registry, repository, &format!("blob {number}")).await,
            ));
            manifests.push((
                registry,
                manifest_in(store, registry, repository, &format!("manifest {number}")).await,
            ));
        }
    }
    let order = |(registry, digest): &(wharf_types::id::RegistryId, Digest)| (registry.0, digest.to_string());
    blobs.sort_by_key(order);
    manifests.sort_by_key(order);

    let mut read = store.read().await.unwrap();
    let (mut cursor, mut found) = (ScrubCursor::start(ScrubKind::Blob), Vec::new());
    loop {
        let page = read.blob_list_after(&cursor, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        (cursor.registry, cursor.digest) = (last.key.registry, last.key.digest.to_string());
        found.extend(page.iter().map(|row| (row.key.registry, row.key.digest)));
    }
    assert_eq!(found, blobs);
    let listed = read
        .manifest_list_after(&ScrubCursor::start(ScrubKind::Manifest), 100)
        .await
        .unwrap();
    assert_eq!(listed, manifests);
    assert_eq!(read.scrub_total().await.unwrap(), 10 * 6 + 20 * EACH);
    assert_eq!(read.blob_bytes().await.unwrap(), 10 * 6);
    let bytes = read.manifest_bytes(other.id, &digest("manifest 1")).await.unwrap();
    assert_eq!(bytes.as_deref(), Some(b"manifest 1".as_slice()));
    let names = read
        .manifest_repositories(other.id, &digest("manifest 1"))
        .await
        .unwrap();
    assert_eq!(names, [crate::fixture::name("web")]);
    assert_eq!(read.registry_tenant(other.id).await.unwrap(), Some(world.tenant));
}

async fn a_look_is_at_by_one_at_a_time_and_goes_on_where_it_was(store: &MetaStore) {
    assert_eq!(store.read().await.unwrap().scrub_get().await.unwrap(), None);
    let first = Scrub {
        cursor: ScrubCursor::start(ScrubKind::Blob),
        total: 100,
        done: 0,
        started_at: at(1),
        busy_until: at(10),
    };
    assert!(change!(store, tx => tx.scrub_start(None, &first)));
    assert!(
        !change!(store, tx => tx.scrub_start(None, &first)),
        "another node was first"
    );
    assert!(
        !change!(store, tx => tx.scrub_claim(at(5), at(15))),
        "it is being worked on"
    );
    assert!(
        change!(store, tx => tx.scrub_claim(at(10), at(20))),
        "whoever was at it has died"
    );
    let cursor = ScrubCursor {
        kind: ScrubKind::Manifest,
        registry: wharf_types::id::RegistryId(crate::fixture::id()),
        digest: digest("last").to_string(),
    };
    change!(store, tx => tx.scrub_advance(at(10), &cursor, 50, at(12)));
    let stood = store.read().await.unwrap().scrub_get().await.unwrap().unwrap();
    assert_eq!(
        (stood.done, stood.busy_until),
        (0, at(20)),
        "who was thought dead changes nothing"
    );
    change!(store, tx => tx.scrub_advance(at(20), &cursor, 50, at(12)));
    let stands = store.read().await.unwrap().scrub_get().await.unwrap().unwrap();
    assert_eq!((stands.cursor, stands.done, stands.busy_until), (cursor, 50, at(12)));
    let second = Scrub {
        started_at: at(100),
        ..first.clone()
    };
    assert!(!change!(store, tx => tx.scrub_start(Some(at(2)), &second)));
    assert!(change!(store, tx => tx.scrub_start(Some(at(1)), &second)));
    assert_eq!(store.read().await.unwrap().scrub_get().await.unwrap(), Some(second));
}

async fn a_damaged_manifest_is_not_read_and_whole_again_when_it_is_pushed_again(store: &MetaStore) {
    let world = World::new(store).await;
    let registry = world.registry.id;
    // Bytes that are not those of the digest: as if the database's file had been damaged.
    let mut wrong = crate::fixture::manifest("wrong", &[]);
    wrong.digest = digest("right");
    change!(store, tx => tx.manifest_insert(registry, world.repository_id, &wrong, at(1)));
    let mut read = store.read().await.unwrap();
    let found = read
        .manifest_by_digest(registry, &world.repository, &digest("right"))
        .await;
    assert!(
        matches!(found, Err(wharf_store::StoreError::Corrupt { .. })),
        "{found:?}"
    );
    drop(read);
    manifest_in(store, registry, world.repository_id, "right").await;
    let mut read = store.read().await.unwrap();
    let found = read
        .manifest_by_digest(registry, &world.repository, &digest("right"))
        .await;
    assert_eq!(&found.unwrap().unwrap().content[..], b"right");
}
