//! Manifests of a repository.

use crate::backend::Place;
use crate::fixture::{World, at, blob_in, change, entry, is_conflict, manifest, manifest_in, name, repository_in};
use wharf_store::meta::MetaStore;
use wharf_store::meta::manifest::{NewManifest, StoredManifest};
use wharf_types::digest::{Algorithm, Digest};
use wharf_types::manifest::MediaType;

store_contract!(
    a_manifest_reads_back_as_it_was_sent,
    a_manifest_is_visible_in_its_own_repository_alone,
    a_manifest_pushed_again_changes_nothing,
    a_manifest_may_name_a_blob_twice,
    a_manifest_takes_its_tags_along,
    content_shared_between_repositories_survives_in_the_other,
);
postgres_contract!(
    a_manifest_pushed_while_its_twin_is_deleted_is_there,
    a_manifest_deleted_while_its_twin_is_pushed_leaves_the_content,
    a_manifest_deleted_while_it_is_tagged_takes_the_tag_along,
);

async fn a_manifest_reads_back_as_it_was_sent(store: &MetaStore) {
    let world = World::new(store).await;
    let content = [&b"{\"a\":\"\xc3\xa9\0\xff"[..], &vec![b'x'; 4 * 1024 * 1024][..]].concat();
    for media_type in MediaType::ALL {
        let content = [&content[..], media_type.as_str().as_bytes()].concat();
        let sent = NewManifest {
            digest: Digest::of(Algorithm::Sha256, &content),
            media_type,
            content: &content,
            ..manifest("", &[])
        };
        assert!(change!(store, tx => tx.manifest_insert(world.registry.id, world.repository_id, &sent, at(1))));
        let stored = StoredManifest {
            digest: sent.digest,
            media_type,
            content: content.clone().into(),
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
    assert_eq!(found.content, &b"shared"[..]);
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
    assert_eq!(found.unwrap().content, &b"twin"[..]);
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
