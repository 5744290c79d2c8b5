//! Blobs of a registry, and the repositories that they may be pulled from.

use crate::backend::Place;
use crate::fixture::{World, at, blob_in, change, digest, entry, id, is_conflict, manifest, name, repository_in};
use wharf_store::meta::MetaStore;
use wharf_types::id::RegistryId;

store_contract!(
    a_blob_is_visible_in_its_own_repository_alone,
    a_blob_stored_again_keeps_its_size,
    a_link_needs_its_blob,
    a_blob_is_held_by_a_repository_that_has_it,
    a_blob_that_a_manifest_needs_cannot_be_taken_away,
    a_blob_taken_from_one_repository_stays_in_the_other,
);
postgres_contract!(
    a_blob_taken_away_meanwhile_is_not_held,
    a_blob_held_meanwhile_is_not_taken_away,
);

async fn a_blob_is_visible_in_its_own_repository_alone(store: &MetaStore) {
    let world = World::new(store).await;
    let registry = world.registry.id;
    let other = repository_in(store, &world.registry, "team/api").await;
    let theirs = blob_in(store, registry, other, "theirs").await;
    let mut tx = store.begin(at(2)).await.unwrap();
    assert_eq!(
        tx.blob_size(registry, &name("team/api"), &theirs).await.unwrap(),
        Some(6)
    );
    assert_eq!(tx.blob_size(registry, &world.repository, &theirs).await.unwrap(), None);
    assert_eq!(
        tx.blob_size(RegistryId(id()), &name("team/api"), &theirs)
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        tx.blob_repositories(registry, &theirs, 10).await.unwrap(),
        [name("team/api")]
    );
    assert_eq!(tx.blob_repositories(registry, &digest("none"), 10).await.unwrap(), []);
    assert_eq!(tx.blob_repositories(RegistryId(id()), &theirs, 10).await.unwrap(), []);
    assert_eq!(
        tx.blob_hold(registry, world.repository_id, &theirs, at(2))
            .await
            .unwrap(),
        None
    );
    assert!(
        !tx.blob_unlink(registry, world.repository_id, &theirs, at(2))
            .await
            .unwrap()
    );
    assert_eq!(
        tx.blob_size(registry, &name("team/api"), &theirs).await.unwrap(),
        Some(6)
    );
}

async fn a_blob_stored_again_keeps_its_size(store: &MetaStore) {
    let world = World::new(store).await;
    for _ in 0..2 {
        blob_in(store, world.registry.id, world.repository_id, "layer").await;
    }
    let size = store
        .read()
        .await
        .unwrap()
        .blob_size(world.registry.id, &world.repository, &digest("layer"))
        .await;
    assert_eq!(size.unwrap(), Some(5));
    assert_eq!(
        store
            .read()
            .await
            .unwrap()
            .registry_size_bytes(world.registry.id)
            .await
            .unwrap(),
        5
    );
    let huge = digest("huge");
    change!(store, tx => tx.blob_put(world.registry.id, &huge, 1 << 50, at(1)));
    change!(store, tx => tx.blob_link(world.registry.id, world.repository_id, &huge, at(1)));
    let mut read = store.read().await.unwrap();
    let size = read.blob_size(world.registry.id, &world.repository, &huge).await;
    assert_eq!(size.unwrap(), Some(1 << 50));
}

async fn a_link_needs_its_blob(store: &MetaStore) {
    let world = World::new(store).await;
    let mut tx = store.begin(at(1)).await.unwrap();
    assert!(is_conflict(
        &tx.blob_link(world.registry.id, world.repository_id, &digest("none"), at(1))
            .await
    ));
}

async fn a_blob_is_held_by_a_repository_that_has_it(store: &MetaStore) {
    let world = World::new(store).await;
    let held = blob_in(store, world.registry.id, world.repository_id, "layer").await;
    let mut tx = store.begin(at(2)).await.unwrap();
    assert_eq!(
        tx.blob_hold(world.registry.id, world.repository_id, &held, at(2))
            .await
            .unwrap(),
        Some(5)
    );
    let absent = digest("none");
    assert_eq!(
        tx.blob_hold(world.registry.id, world.repository_id, &absent, at(2))
            .await
            .unwrap(),
        None
    );
}

async fn a_blob_that_a_manifest_needs_cannot_be_taken_away(store: &MetaStore) {
    let world = World::new(store).await;
    let registry = world.registry.id;
    let layer = blob_in(store, registry, world.repository_id, "layer").await;
    let pushed = manifest("m", &[layer]);
    change!(store, tx => tx.manifest_insert(registry, world.repository_id, &pushed, at(1)));
    let mut tx = store.begin(at(2)).await.unwrap();
    assert!(is_conflict(
        &tx.blob_unlink(registry, world.repository_id, &layer, at(2)).await
    ));
    drop(tx);
    let size = async || {
        store
            .read()
            .await
            .unwrap()
            .blob_size(registry, &world.repository, &layer)
            .await
            .unwrap()
    };
    assert_eq!(size().await, Some(5));
    change!(store, tx => tx.manifest_delete(registry, world.repository_id, &pushed.digest));
    assert!(change!(store, tx => tx.blob_unlink(registry, world.repository_id, &layer, at(2))));
    assert_eq!(size().await, None);
    assert!(!change!(store, tx => tx.blob_unlink(registry, world.repository_id, &layer, at(2))));
}

async fn a_blob_taken_from_one_repository_stays_in_the_other(store: &MetaStore) {
    let world = World::new(store).await;
    let registry = world.registry.id;
    let other = repository_in(store, &world.registry, "team/api").await;
    let layer = blob_in(store, registry, world.repository_id, "layer").await;
    blob_in(store, registry, other, "layer").await;
    // Needed there, not here.
    change!(store, tx => tx.manifest_insert(registry, other, &manifest("m", &[layer]), at(1)));
    assert!(change!(store, tx => tx.blob_unlink(registry, world.repository_id, &layer, at(2))));
    let mut read = store.read().await.unwrap();
    assert_eq!(read.blob_size(registry, &world.repository, &layer).await.unwrap(), None);
    assert_eq!(
        read.blob_size(registry, &name("team/api"), &layer).await.unwrap(),
        Some(5)
    );
}

async fn a_blob_taken_away_meanwhile_is_not_held(place: &Place) {
    let store = place.open().await.unwrap();
    let world = World::new(&store).await;
    let (registry, repository) = (world.registry.id, world.repository_id);
    let layer = blob_in(&store, registry, repository, "layer").await;
    let mut taking = store.begin(at(2)).await.unwrap();
    assert!(taking.blob_unlink(registry, repository, &layer, at(2)).await.unwrap());
    let holding = async { change!(store, tx => tx.blob_hold(registry, repository, &layer, at(3))) };
    let finishing = async {
        place.until_somebody_waits().await;
        taking.commit(&entry()).await.unwrap();
    };
    let (held, ()) = tokio::join!(holding, finishing);
    assert_eq!(held, None);
    store.close().await;
}

async fn a_blob_held_meanwhile_is_not_taken_away(place: &Place) {
    let store = place.open().await.unwrap();
    let world = World::new(&store).await;
    let (registry, repository) = (world.registry.id, world.repository_id);
    let layer = blob_in(&store, registry, repository, "layer").await;
    let mut pushing = store.begin(at(2)).await.unwrap();
    pushing.blob_hold(registry, repository, &layer, at(2)).await.unwrap();
    let taking = async {
        let mut tx = store.begin(at(3)).await.unwrap();
        tx.blob_unlink(registry, repository, &layer, at(3)).await
    };
    let finishing = async {
        place.until_somebody_waits().await;
        pushing
            .manifest_insert(registry, repository, &manifest("m", &[layer]), at(2))
            .await
            .unwrap();
        pushing.commit(&entry()).await.unwrap();
    };
    let (taken, ()) = tokio::join!(taking, finishing);
    assert!(is_conflict(&taken), "{taken:?}");
    store.close().await;
}
