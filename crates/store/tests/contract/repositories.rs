//! Repositories, and the cursors of lists.

use crate::fixture::{World, at, change, id, is_conflict, manifest_in, name, registry, repository_in};
use wharf_store::meta::MetaStore;
use wharf_types::id::{RegistryId, RepositoryId};
use wharf_types::name::RepositoryName;

store_contract!(
    a_repository_is_made_once,
    two_makers_of_one_repository_agree,
    a_repository_name_is_unique_in_its_registry_alone,
    repositories_that_hold_a_manifest_page_in_byte_order,
    a_cursor_with_a_nul_byte_is_only_a_cursor,
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
