//! Repositories, blobs and manifests.

use wharf_store::meta::MetaStore;
use wharf_store::meta::manifest::{NewManifest, StoredManifest};
use wharf_types::id::{RegistryId, RepositoryId};
use wharf_types::manifest::MediaType;
use wharf_types::name::RepositoryName;

use crate::backend::Place;
use crate::fixture::{
    World, at, blob_in, change, digest, entry, id, is_conflict, manifest, manifest_in, name, registry, repository_in,
};

store_contract!(
    a_repository_is_made_once,
    two_makers_of_one_repository_agree,
    a_repository_name_is_unique_in_its_registry_alone,
    repositories_that_hold_a_manifest_page_in_byte_order,
    a_blob_is_visible_in_its_own_repository_alone,
    a_blob_stored_again_keeps_its_size,
    a_link_needs_its_blob,
    a_blob_is_held_by_a_repository_that_has_it,
    a_blob_that_a_manifest_needs_cannot_be_taken_away,
    a_blob_taken_from_one_repository_stays_in_the_other,
    a_manifest_reads_back_as_it_was_sent,
    a_manifest_is_visible_in_its_own_repository_alone,
    a_manifest_pushed_again_changes_nothing,
    a_manifest_may_name_a_blob_twice,
    a_manifest_takes_its_tags_along,
    content_shared_between_repositories_survives_in_the_other,
    a_cursor_with_a_nul_byte_is_only_a_cursor,
);
postgres_contract!(
    a_blob_taken_away_meanwhile_is_not_held,
    a_blob_held_meanwhile_is_not_taken_away,
    a_manifest_pushed_while_its_twin_is_deleted_is_there,
    a_manifest_deleted_while_its_twin_is_pushed_leaves_the_content,
    a_manifest_deleted_while_it_is_tagged_takes_the_tag_along,
);

async fn a_repository_is_made_once(store: &MetaStore) {
    let world = World::new(store).await;
    let mut read = store.read().await.unwrap();
    assert_eq!(
        read.repository_get(world.registry.id, &world.repository).await.unwrap(),
        Some(world.repository_id)
    );
    assert_eq!(
        read.repository_get(world.registry.id, &name("team/we")).await.unwrap(),
        None
    );
    drop(read);
    assert_eq!(
        repository_in(store, &world.registry, "team/web").await,
        world.repository_id
    );
}

async fn two_makers_of_one_repository_agree(store: &MetaStore) {
    let world = World::new(store).await;
    let make = async || repository_in(store, &world.registry, "new").await;
    let (one, other) = tokio::join!(make(), make());
    assert_eq!(one, other);
}

async fn a_repository_name_is_unique_in_its_registry_alone(store: &MetaStore) {
    let world = World::new(store).await;
    let other = registry(world.tenant, world.subscription, "prod", "another");
    change!(store, tx => tx.registry_insert(&other));
    let theirs = repository_in(store, &other, "team/web").await;
    assert_ne!(theirs, world.repository_id);
    let mut tx = store.begin(at(1)).await.unwrap();
    let nowhere = tx
        .repository_ensure(RegistryId(id()), &name("a"), RepositoryId(id()), at(1))
        .await;
    assert!(is_conflict(&nowhere));
}

async fn repositories_that_hold_a_manifest_page_in_byte_order(store: &MetaStore) {
    let world = World::new(store).await;
    let ordered = ["1a", "a", "a-b", "a.b", "a/b", "a0", "a_b", "aa", "b"];
    for made in ["b", "aa", "a_b", "a0", "a/b", "a.b", "a-b", "a", "1a"] {
        let made = repository_in(store, &world.registry, made).await;
        manifest_in(store, world.registry.id, made, "{}").await;
    }
    let mut read = store.read().await.unwrap();
    let (mut after, mut seen) = (String::new(), Vec::new());
    loop {
        let page = read.repository_list(world.registry.id, &after, 2).await.unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = last.to_string();
        seen.extend(page.iter().map(RepositoryName::to_string));
    }
    assert_eq!(seen, ordered, "and not team/web, which is empty");
    assert_eq!(read.repository_list(RegistryId(id()), "", 9).await.unwrap(), []);
}

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

async fn a_manifest_reads_back_as_it_was_sent(store: &MetaStore) {
    let world = World::new(store).await;
    let content = [&b"{\"a\":\"\xc3\xa9\0\xff"[..], &vec![b'x'; 4 * 1024 * 1024][..]].concat();
    for media_type in MediaType::ALL {
        let sent = NewManifest {
            digest: digest(media_type.as_str()),
            media_type,
            content: &content,
            ..manifest("", &[])
        };
        assert!(change!(store, tx => tx.manifest_insert(world.registry.id, world.repository_id, &sent, at(1))));
        let stored = StoredManifest {
            digest: sent.digest,
            media_type,
            content: content.clone(),
        };
        let mut read = store.read().await.unwrap();
        let found = read
            .manifest_by_digest(world.registry.id, &world.repository, &sent.digest)
            .await
            .unwrap();
        assert!(found == Some(stored));
        assert!(
            read.manifest_exists(world.registry.id, world.repository_id, &sent.digest)
                .await
                .unwrap()
        );
    }
}

async fn a_manifest_is_visible_in_its_own_repository_alone(store: &MetaStore) {
    let world = World::new(store).await;
    let registry = world.registry.id;
    let other = repository_in(store, &world.registry, "team/api").await;
    let theirs = manifest_in(store, registry, other, "theirs").await;
    let mut tx = store.begin(at(2)).await.unwrap();
    assert_eq!(
        tx.manifest_by_digest(registry, &world.repository, &theirs)
            .await
            .unwrap(),
        None
    );
    assert!(
        !tx.manifest_exists(registry, world.repository_id, &theirs)
            .await
            .unwrap()
    );
    assert_eq!(
        tx.manifest_delete(registry, world.repository_id, &theirs)
            .await
            .unwrap(),
        None
    );
    assert!(tx.manifest_exists(registry, other, &theirs).await.unwrap());
    assert!(is_conflict(
        &tx.tag_put(registry, world.repository_id, &name("v1"), &theirs, at(2))
            .await
    ));
}

async fn a_manifest_pushed_again_changes_nothing(store: &MetaStore) {
    let world = World::new(store).await;
    let registry = world.registry.id;
    let layer = blob_in(store, registry, world.repository_id, "layer").await;
    let pushed = manifest("m", &[layer]);
    assert!(change!(store, tx => tx.manifest_insert(registry, world.repository_id, &pushed, at(1))));
    change!(store, tx => tx.tag_put(registry, world.repository_id, &name("v1"), &pushed.digest, at(1)));
    let again = NewManifest {
        media_type: MediaType::DockerManifest,
        blobs: Vec::new(),
        ..manifest("m", &[])
    };
    assert!(!change!(store, tx => tx.manifest_insert(registry, world.repository_id, &again, at(2))));
    let found = store
        .read()
        .await
        .unwrap()
        .manifest_by_tag(registry, &world.repository, &name("v1"))
        .await
        .unwrap();
    assert_eq!(found.unwrap().media_type, MediaType::OciManifest);
    let mut tx = store.begin(at(2)).await.unwrap();
    assert!(is_conflict(
        &tx.blob_unlink(registry, world.repository_id, &layer, at(2)).await
    ));
}

async fn a_manifest_may_name_a_blob_twice(store: &MetaStore) {
    let world = World::new(store).await;
    let layer = blob_in(store, world.registry.id, world.repository_id, "layer").await;
    let child = manifest_in(store, world.registry.id, world.repository_id, "child").await;
    let pushed = NewManifest {
        manifests: vec![child, child],
        ..manifest("m", &[layer, layer])
    };
    assert!(change!(store, tx => tx.manifest_insert(world.registry.id, world.repository_id, &pushed, at(1))));
    let gone = change!(store, tx => tx.manifest_delete(world.registry.id, world.repository_id, &pushed.digest));
    assert_eq!(gone, Some(Vec::new()));
}

async fn a_manifest_takes_its_tags_along(store: &MetaStore) {
    let world = World::new(store).await;
    let registry = world.registry.id;
    let doomed = manifest_in(store, registry, world.repository_id, "doomed").await;
    let kept = manifest_in(store, registry, world.repository_id, "kept").await;
    for (tag, digest) in [("v1", doomed), ("latest", doomed), ("v2", kept)] {
        change!(store, tx => tx.tag_put(registry, world.repository_id, &name(tag), &digest, at(1)));
    }
    let tags = change!(store, tx => tx.manifest_delete(registry, world.repository_id, &doomed));
    let mut tags = tags.unwrap();
    tags.sort();
    assert_eq!(tags, [name("latest"), name("v1")]);
    let mut read = store.read().await.unwrap();
    assert_eq!(
        read.tag_list(registry, &world.repository, "", 9).await.unwrap(),
        Some(vec![name("v2")])
    );
    assert_eq!(
        read.manifest_by_tag(registry, &world.repository, &name("v1"))
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        read.manifest_by_digest(registry, &world.repository, &doomed)
            .await
            .unwrap(),
        None
    );
    assert!(
        read.manifest_by_digest(registry, &world.repository, &kept)
            .await
            .unwrap()
            .is_some()
    );
    drop(read);
    assert_eq!(
        change!(store, tx => tx.manifest_delete(registry, world.repository_id, &doomed)),
        None
    );
}

async fn content_shared_between_repositories_survives_in_the_other(store: &MetaStore) {
    let world = World::new(store).await;
    let registry = world.registry.id;
    let other = repository_in(store, &world.registry, "team/api").await;
    let shared = manifest_in(store, registry, world.repository_id, "shared").await;
    manifest_in(store, registry, other, "shared").await;
    assert!(change!(store, tx => tx.manifest_delete(registry, world.repository_id, &shared)).is_some());
    let mut read = store.read().await.unwrap();
    let found = read
        .manifest_by_digest(registry, &name("team/api"), &shared)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.content, b"shared");
    assert_eq!(
        read.manifest_by_digest(registry, &world.repository, &shared)
            .await
            .unwrap(),
        None
    );
    drop(read);
    assert!(change!(store, tx => tx.manifest_delete(registry, other, &shared)).is_some());
    assert_eq!(
        store.read().await.unwrap().registry_size_bytes(registry).await.unwrap(),
        0
    );
}

/// A cursor is whatever a client sent. PostgreSQL refuses texts with this byte, which no name holds.
async fn a_cursor_with_a_nul_byte_is_only_a_cursor(store: &MetaStore) {
    let world = World::new(store).await;
    let registry = world.registry.id;
    let pushed = manifest_in(store, registry, world.repository_id, "m").await;
    for tag in ["a", "ab", "b"] {
        change!(store, tx => tx.tag_put(registry, world.repository_id, &name(tag), &pushed, at(1)));
    }
    let mut read = store.read().await.unwrap();
    let tags = read.tag_list(registry, &world.repository, "a\0z", 9).await.unwrap();
    assert_eq!(tags, Some(vec![name("ab"), name("b")]));
    assert_eq!(
        read.repository_list(registry, "team\0", 9).await.unwrap(),
        std::slice::from_ref(&world.repository)
    );
    assert_eq!(
        read.referrer_list(registry, &world.repository, &pushed, None, "\0", 9)
            .await
            .unwrap(),
        []
    );
    let filtered = read
        .referrer_list(registry, &world.repository, &pushed, Some("a\0"), "", 9)
        .await;
    assert_eq!(filtered.unwrap(), []);
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

async fn a_manifest_pushed_while_its_twin_is_deleted_is_there(place: &Place) {
    let store = place.open().await.unwrap();
    let world = World::new(&store).await;
    let registry = world.registry.id;
    let other = repository_in(&store, &world.registry, "team/api").await;
    let twin = manifest_in(&store, registry, world.repository_id, "twin").await;
    let mut deleting = store.begin(at(2)).await.unwrap();
    assert!(
        deleting
            .manifest_delete(registry, world.repository_id, &twin)
            .await
            .unwrap()
            .is_some()
    );
    let pushing = async { manifest_in(&store, registry, other, "twin").await };
    let finishing = async {
        place.until_somebody_waits().await;
        deleting.commit(&entry()).await.unwrap();
    };
    tokio::join!(pushing, finishing);
    let found = store
        .read()
        .await
        .unwrap()
        .manifest_by_digest(registry, &name("team/api"), &twin)
        .await
        .unwrap();
    assert_eq!(found.unwrap().content, b"twin");
    store.close().await;
}

async fn a_manifest_deleted_while_its_twin_is_pushed_leaves_the_content(place: &Place) {
    let store = place.open().await.unwrap();
    let world = World::new(&store).await;
    let registry = world.registry.id;
    let other = repository_in(&store, &world.registry, "team/api").await;
    let twin = manifest_in(&store, registry, world.repository_id, "twin").await;
    let mut pushing = store.begin(at(2)).await.unwrap();
    assert!(
        pushing
            .manifest_insert(registry, other, &manifest("twin", &[]), at(2))
            .await
            .unwrap()
    );
    let deleting = async { change!(store, tx => tx.manifest_delete(registry, world.repository_id, &twin)) };
    let finishing = async {
        place.until_somebody_waits().await;
        pushing.commit(&entry()).await.unwrap();
    };
    let (deleted, ()) = tokio::join!(deleting, finishing);
    assert_eq!(deleted, Some(Vec::new()));
    let mut read = store.read().await.unwrap();
    assert!(
        read.manifest_by_digest(registry, &name("team/api"), &twin)
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(
        read.manifest_by_digest(registry, &world.repository, &twin)
            .await
            .unwrap(),
        None
    );
    drop(read);
    store.close().await;
}

async fn a_manifest_deleted_while_it_is_tagged_takes_the_tag_along(place: &Place) {
    let store = place.open().await.unwrap();
    let world = World::new(&store).await;
    let (registry, repository) = (world.registry.id, world.repository_id);
    let doomed = manifest_in(&store, registry, repository, "doomed").await;
    let mut tagging = store.begin(at(2)).await.unwrap();
    tagging
        .tag_put(registry, repository, &name("v1"), &doomed, at(2))
        .await
        .unwrap();
    let deleting = async { change!(store, tx => tx.manifest_delete(registry, repository, &doomed)) };
    let finishing = async {
        place.until_somebody_waits().await;
        tagging.commit(&entry()).await.unwrap();
    };
    let (deleted, ()) = tokio::join!(deleting, finishing);
    assert_eq!(deleted, Some(vec![name("v1")]));
    store.close().await;
}
