//! Tags.

use wharf_store::meta::MetaStore;
use wharf_types::digest::Digest;
use wharf_types::id::RepositoryId;
use wharf_types::name::TagName;

use crate::backend::Place;
use crate::fixture::{
    World, at, change, commit, digest, entry, id, is_conflict, manifest_in, name, registry, repository_in,
};

store_contract!(
    a_tag_reads_back_as_written,
    a_tag_moves_and_tells_where_it_was,
    a_tag_needs_its_manifest,
    a_tag_is_of_one_repository_and_one_registry,
    a_removed_tag_leaves_its_manifest,
    tags_page_in_byte_order,
    an_unknown_repository_has_no_list_and_an_empty_one_an_empty_list,
);
postgres_contract!(
    two_movers_of_one_tag_each_tell_where_it_was,
    two_makers_of_one_tag_each_tell_where_it_was
);

async fn put(store: &MetaStore, world: &World, tag: &str, digest: &Digest) -> Option<Digest> {
    change!(store, tx => tx.tag_put(world.registry.id, world.repository_id, &name(tag), digest, at(1)))
}

async fn manifests<const N: usize>(store: &MetaStore, world: &World, texts: [&str; N]) -> [Digest; N] {
    for text in texts {
        manifest_in(store, world.registry.id, world.repository_id, text).await;
    }
    texts.map(digest)
}

async fn a_tag_reads_back_as_written(store: &MetaStore) {
    let world = World::new(store).await;
    let [one] = manifests(store, &world, ["one"]).await;
    assert_eq!(put(store, &world, "v1", &one).await, None);
    let mut read = store.read().await.unwrap();
    assert_eq!(
        read.tag_get(world.registry.id, world.repository_id, &name("v1"))
            .await
            .unwrap(),
        Some(one)
    );
    assert_eq!(
        read.tag_get(world.registry.id, world.repository_id, &name("V1"))
            .await
            .unwrap(),
        None
    );
    let found = read
        .manifest_by_tag(world.registry.id, &world.repository, &name("v1"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((found.digest, &found.content[..]), (one, &b"one"[..]));
    assert_eq!(
        read.manifest_by_tag(world.registry.id, &world.repository, &name("V1"))
            .await
            .unwrap(),
        None
    );
}

async fn a_tag_moves_and_tells_where_it_was(store: &MetaStore) {
    let world = World::new(store).await;
    let [one, two] = manifests(store, &world, ["one", "two"]).await;
    assert_eq!(put(store, &world, "v1", &one).await, None);
    assert_eq!(put(store, &world, "v1", &two).await, Some(one));
    assert_eq!(put(store, &world, "v1", &two).await, Some(two));
    let mut read = store.read().await.unwrap();
    let found = read
        .manifest_by_tag(world.registry.id, &world.repository, &name("v1"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.digest, two);
    assert!(
        read.manifest_exists(world.registry.id, world.repository_id, &one)
            .await
            .unwrap()
    );
}

async fn a_tag_needs_its_manifest(store: &MetaStore) {
    let world = World::new(store).await;
    let [one] = manifests(store, &world, ["one"]).await;
    put(store, &world, "v1", &one).await;
    for tag in ["v1", "v2"] {
        let mut tx = store.begin(at(1)).await.unwrap();
        let missing = tx
            .tag_put(
                world.registry.id,
                world.repository_id,
                &name(tag),
                &digest("none"),
                at(1),
            )
            .await;
        assert!(is_conflict(&missing));
    }
    let tags = store
        .read()
        .await
        .unwrap()
        .tag_list(world.registry.id, &world.repository, "", 9)
        .await
        .unwrap();
    assert_eq!(tags, Some(vec![name("v1")]));
}

async fn a_tag_is_of_one_repository_and_one_registry(store: &MetaStore) {
    let world = World::new(store).await;
    let [one] = manifests(store, &world, ["one"]).await;
    put(store, &world, "v1", &one).await;
    let sibling = repository_in(store, &world.registry, "team/api").await;
    let other = registry(world.tenant, world.subscription, "prod", "another");
    change!(store, tx => tx.registry_insert(&other));
    repository_in(store, &other, "team/web").await;
    let mut tx = store.begin(at(1)).await.unwrap();
    assert_eq!(tx.tag_get(world.registry.id, sibling, &name("v1")).await.unwrap(), None);
    assert_eq!(
        tx.manifest_by_tag(world.registry.id, &name("team/api"), &name("v1"))
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        tx.manifest_by_tag(other.id, &world.repository, &name("v1"))
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        tx.tag_delete(world.registry.id, sibling, &name("v1")).await.unwrap(),
        None
    );
    assert_eq!(
        tx.tag_delete(other.id, world.repository_id, &name("v1")).await.unwrap(),
        None
    );
    commit(tx).await;
    let found = store
        .read()
        .await
        .unwrap()
        .tag_get(world.registry.id, world.repository_id, &name("v1"))
        .await;
    assert_eq!(found.unwrap(), Some(one));
}

async fn a_removed_tag_leaves_its_manifest(store: &MetaStore) {
    let world = World::new(store).await;
    let [one] = manifests(store, &world, ["one"]).await;
    put(store, &world, "v1", &one).await;
    put(store, &world, "v2", &one).await;
    let remove = async || change!(store, tx => tx.tag_delete(world.registry.id, world.repository_id, &name("v1")));
    assert_eq!(remove().await, Some(one));
    assert_eq!(remove().await, None);
    let mut read = store.read().await.unwrap();
    assert!(
        read.manifest_by_digest(world.registry.id, &world.repository, &one)
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(
        read.tag_list(world.registry.id, &world.repository, "", 9)
            .await
            .unwrap(),
        Some(vec![name("v2")])
    );
}

async fn tags_page_in_byte_order(store: &MetaStore) {
    let world = World::new(store).await;
    let [one] = manifests(store, &world, ["one"]).await;
    let ordered = [
        "0", "1.0", "1.0-rc", "10", "2", "A", "B-1", "B.1", "Z", "_x", "a", "a-b", "a.b", "a_b", "ab", "b",
    ];
    for tag in ordered.iter().rev() {
        put(store, &world, tag, &one).await;
    }
    let mut read = store.read().await.unwrap();
    for size in [1, 3, 16, 100] {
        let (mut after, mut seen) = (String::new(), Vec::<TagName>::new());
        loop {
            let page = read
                .tag_list(world.registry.id, &world.repository, &after, size)
                .await
                .unwrap()
                .unwrap();
            assert!(page.len() <= size);
            let Some(last) = page.last() else { break };
            after = last.to_string();
            seen.extend(page);
        }
        assert_eq!(seen.iter().map(TagName::as_str).collect::<Vec<_>>(), ordered);
    }
    // A cursor need not be a tag that exists.
    let page = read
        .tag_list(world.registry.id, &world.repository, "a.", 1)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(page, [name("a.b")]);
}

async fn an_unknown_repository_has_no_list_and_an_empty_one_an_empty_list(store: &MetaStore) {
    let world = World::new(store).await;
    let mut read = store.read().await.unwrap();
    assert_eq!(
        read.tag_list(world.registry.id, &name("none"), "", 9).await.unwrap(),
        None
    );
    assert_eq!(
        read.tag_list(world.registry.id, &world.repository, "", 9)
            .await
            .unwrap(),
        Some(Vec::new())
    );
    assert_eq!(
        read.tag_list(world.registry.id, &world.repository, "", 0)
            .await
            .unwrap(),
        Some(Vec::new())
    );
    assert_eq!(
        read.tag_get(world.registry.id, RepositoryId(id()), &name("v1"))
            .await
            .unwrap(),
        None
    );
}

/// The journal proves every move of a tag: the second mover must not repeat where the first one found it.
async fn two_movers_of_one_tag_each_tell_where_it_was(place: &Place) {
    tell_where_it_was(place, true).await;
}

async fn two_makers_of_one_tag_each_tell_where_it_was(place: &Place) {
    tell_where_it_was(place, false).await;
}

async fn tell_where_it_was(place: &Place, exists: bool) {
    let store = place.open().await.unwrap();
    let world = World::new(&store).await;
    let [zero, one, two] = manifests(&store, &world, ["zero", "one", "two"]).await;
    if exists {
        put(&store, &world, "v1", &zero).await;
    }
    let mut first = store.begin(at(2)).await.unwrap();
    let before = first
        .tag_put(world.registry.id, world.repository_id, &name("v1"), &one, at(2))
        .await
        .unwrap();
    assert_eq!(before, exists.then_some(zero));
    let second = put(&store, &world, "v1", &two);
    let finishing = async {
        place.until_somebody_waits().await;
        first.commit(&entry()).await.unwrap();
    };
    let (before, ()) = tokio::join!(second, finishing);
    assert_eq!(before, Some(one));
    store.close().await;
}
