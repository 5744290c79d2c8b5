//! Registries, their admin passwords, and what becomes of a name.

use wharf_store::meta::MetaStore;
use wharf_store::meta::admin_password::{AdminPassword, AdminSlot};
use wharf_store::meta::registry::Registry;
use wharf_types::id::{KeyId, RegistryId};

use crate::backend::{Place, assert_one_wins};
use crate::fixture::{
    World, at, blob_in, change, digest, entry, group, id, is_conflict, manifest_in, name, registry, repository_in,
    tenant_with_subscription, used,
};

store_contract!(
    a_registry_reads_back_as_written,
    a_registry_is_found_by_its_own_tenant_alone,
    a_registry_name_is_unique_across_tenants,
    a_registry_name_is_won_by_one_of_two_racers,
    a_registry_needs_its_resource_group,
    settings_change_and_the_name_does_not,
    registries_page_in_byte_order,
    a_deleted_registry_is_seen_nowhere,
    a_deleted_registrys_name_is_held_back_for_others_and_free_for_its_subscription,
    a_name_used_again_starts_with_a_new_id_and_no_content,
    a_registry_weighs_each_blob_and_manifest_once,
    one_admin_password_is_regenerated_and_the_other_stays,
    an_admin_password_remembers_its_latest_use,
    admin_passwords_go_with_their_registry,
);
postgres_contract!(
    a_name_given_up_while_another_waits_for_it_is_held_back,
    a_resource_group_is_not_deleted_under_a_registry_that_is_being_made,
    whoever_changes_a_registry_sees_the_change_before,
);

async fn by_name(store: &MetaStore, registry: &str) -> Option<Registry> {
    store
        .read()
        .await
        .unwrap()
        .registry_by_name(&name(registry))
        .await
        .unwrap()
}

async fn a_registry_reads_back_as_written(store: &MetaStore) {
    let world = World::new(store).await;
    assert_eq!(by_name(store, "MyRegistry").await, Some(world.registry.clone()));
    assert_eq!(by_name(store, "myregistry2").await, None);
    let found = store
        .read()
        .await
        .unwrap()
        .registry_get(world.tenant, world.registry.id)
        .await
        .unwrap();
    assert_eq!(found, Some(world.registry));
}

async fn a_registry_is_found_by_its_own_tenant_alone(store: &MetaStore) {
    let world = World::new(store).await;
    let (fabrikam, theirs) = tenant_with_subscription(store, "Fabrikam", "main").await;
    let mut read = store.read().await.unwrap();
    assert_eq!(read.registry_get(fabrikam, world.registry.id).await.unwrap(), None);
    assert_eq!(
        read.registry_list(fabrikam, world.subscription, "", 10).await.unwrap(),
        []
    );
    assert_eq!(read.registry_list(fabrikam, theirs, "", 10).await.unwrap(), []);
    assert_eq!(
        read.registry_list_in_group(theirs, &name("prod"), "", 10)
            .await
            .unwrap(),
        []
    );
    drop(read);
    let mut tx = store.begin(at(1)).await.unwrap();
    let stolen = Registry {
        tenant: fabrikam,
        admin_enabled: true,
        ..world.registry.clone()
    };
    assert!(is_conflict(&tx.registry_update(&stolen, at(1)).await));
    assert!(is_conflict(
        &tx.registry_delete(fabrikam, world.registry.id, at(1)).await
    ));
    drop(tx);
    assert_eq!(by_name(store, "myregistry").await, Some(world.registry));
}

async fn a_registry_name_is_unique_across_tenants(store: &MetaStore) {
    let world = World::new(store).await;
    let (fabrikam, theirs) = tenant_with_subscription(store, "Fabrikam", "main").await;
    group(store, theirs, "prod").await;
    let namesake = registry(fabrikam, theirs, "prod", "MYREGISTRY");
    let mut tx = store.begin(at(1)).await.unwrap();
    assert!(is_conflict(&tx.registry_insert(&namesake).await));
    drop(tx);
    assert_eq!(by_name(store, "myregistry").await, Some(world.registry));
}

async fn a_registry_name_is_won_by_one_of_two_racers(store: &MetaStore) {
    let world = World::new(store).await;
    let wanted = || registry(world.tenant, world.subscription, "prod", "wanted");
    assert_one_wins(race!(store, tx => tx.registry_insert(&wanted())));
    let all = store
        .read()
        .await
        .unwrap()
        .registry_list(world.tenant, world.subscription, "", 10)
        .await
        .unwrap();
    assert_eq!(all.len(), 2);
}

async fn a_registry_needs_its_resource_group(store: &MetaStore) {
    let (tenant, subscription) = tenant_with_subscription(store, "Contoso", "main").await;
    let mut tx = store.begin(at(1)).await.unwrap();
    assert!(is_conflict(
        &tx.registry_insert(&registry(tenant, subscription, "prod", "myregistry"))
            .await
    ));
}

async fn settings_change_and_the_name_does_not(store: &MetaStore) {
    let world = World::new(store).await;
    let mut changed = Registry {
        name: name("another"),
        sku: "Premium".to_owned(),
        admin_enabled: true,
        anonymous_pull: false,
        ..world.registry.clone()
    };
    changed.tags.clear();
    change!(store, tx => tx.registry_update(&changed, at(9)));
    let expected = Registry {
        name: name("myregistry"),
        ..changed
    };
    assert_eq!(by_name(store, "myregistry").await, Some(expected));
    assert_eq!(by_name(store, "another").await, None);
}

async fn registries_page_in_byte_order(store: &MetaStore) {
    let world = World::new(store).await;
    group(store, world.subscription, "other").await;
    for (made_in, made) in [
        ("prod", "zebra"),
        ("other", "abcde"),
        ("prod", "1zebra"),
        ("PROD", "a0000"),
    ] {
        let made = registry(world.tenant, world.subscription, made_in, made);
        change!(store, tx => tx.registry_insert(&made));
    }
    let mut read = store.read().await.unwrap();
    let names = |page: Vec<Registry>| page.into_iter().map(|found| found.name.to_string()).collect::<Vec<_>>();
    let page = read
        .registry_list(world.tenant, world.subscription, "", 3)
        .await
        .unwrap();
    assert_eq!(names(page), ["1zebra", "a0000", "abcde"]);
    let page = read
        .registry_list(world.tenant, world.subscription, "abcde", 3)
        .await
        .unwrap();
    assert_eq!(names(page), ["myregistry", "zebra"]);
    let page = read
        .registry_list_in_group(world.subscription, &name("Prod"), "", 2)
        .await
        .unwrap();
    assert_eq!(names(page), ["1zebra", "a0000"]);
    let page = read
        .registry_list_in_group(world.subscription, &name("Prod"), "a0000", 9)
        .await
        .unwrap();
    assert_eq!(names(page), ["myregistry", "zebra"]);
}

async fn a_deleted_registry_is_seen_nowhere(store: &MetaStore) {
    let world = World::new(store).await;
    change!(store, tx => tx.registry_delete(world.tenant, world.registry.id, at(2)));
    assert_eq!(by_name(store, "myregistry").await, None);
    let mut read = store.read().await.unwrap();
    assert_eq!(read.registry_get(world.tenant, world.registry.id).await.unwrap(), None);
    assert_eq!(
        read.registry_list(world.tenant, world.subscription, "", 10)
            .await
            .unwrap(),
        []
    );
    assert_eq!(
        read.registry_list_in_group(world.subscription, &name("prod"), "", 10)
            .await
            .unwrap(),
        []
    );
    drop(read);
    let mut tx = store.begin(at(3)).await.unwrap();
    assert!(is_conflict(&tx.registry_update(&world.registry, at(3)).await));
    assert!(is_conflict(
        &tx.registry_delete(world.tenant, world.registry.id, at(3)).await
    ));
}

async fn a_deleted_registrys_name_is_held_back_for_others_and_free_for_its_subscription(store: &MetaStore) {
    let world = World::new(store).await;
    let (_, theirs) = tenant_with_subscription(store, "Fabrikam", "main").await;
    let held = async |registry: &str, subscription, since| {
        store
            .read()
            .await
            .unwrap()
            .registry_name_is_held(&name(registry), subscription, since)
            .await
            .unwrap()
    };
    assert!(
        !held("myregistry", theirs, at(0)).await,
        "a living registry's name is taken, not held"
    );
    change!(store, tx => tx.registry_delete(world.tenant, world.registry.id, at(100)));
    assert!(held("MyRegistry", theirs, at(99)).await);
    assert!(!held("myregistry", world.subscription, at(99)).await);
    assert!(!held("myregistry", theirs, at(100)).await, "the time has passed");
    assert!(!held("myregistry2", theirs, at(99)).await);
}

async fn a_name_used_again_starts_with_a_new_id_and_no_content(store: &MetaStore) {
    let world = World::new(store).await;
    manifest_in(store, world.registry.id, world.repository_id, "old").await;
    change!(store, tx => tx.tag_put(world.registry.id, world.repository_id, &name("v1"), &digest("old"), at(1)));
    change!(store, tx => tx.registry_delete(world.tenant, world.registry.id, at(2)));
    let again = Registry {
        id: RegistryId(id()),
        ..world.registry.clone()
    };
    change!(store, tx => tx.registry_insert(&again));
    let found = by_name(store, "myregistry").await.unwrap();
    assert_ne!(found.id, world.registry.id);
    let mut read = store.read().await.unwrap();
    assert_eq!(read.repository_list(found.id, "", 10).await.unwrap(), []);
    assert_eq!(
        read.manifest_by_tag(found.id, &world.repository, &name("v1"))
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        read.manifest_by_digest(found.id, &world.repository, &digest("old"))
            .await
            .unwrap(),
        None
    );
    assert_eq!(read.registry_size_bytes(found.id).await.unwrap(), 0);
}

async fn a_registry_weighs_each_blob_and_manifest_once(store: &MetaStore) {
    let world = World::new(store).await;
    let size = async |registry| store.read().await.unwrap().registry_size_bytes(registry).await.unwrap();
    assert_eq!(size(world.registry.id).await, 0);
    let other = repository_in(store, &world.registry, "team/api").await;
    for repository in [world.repository_id, other] {
        blob_in(store, world.registry.id, repository, "twelve bytes").await;
        manifest_in(store, world.registry.id, repository, "{\"a\":\"\\u0000é\"}").await;
    }
    blob_in(store, world.registry.id, other, "7 bytes").await;
    assert_eq!(size(world.registry.id).await, 12 + 7 + 16);
    assert_eq!(size(RegistryId(id())).await, 0);
}

fn password(slot: AdminSlot, text: &[u8]) -> AdminPassword {
    AdminPassword {
        slot,
        key: KeyId(id()),
        ciphertext: text.to_vec(),
        created_at: at(1),
        last_used: None,
    }
}

async fn passwords(store: &MetaStore, registry: RegistryId) -> Vec<AdminPassword> {
    store.read().await.unwrap().admin_password_list(registry).await.unwrap()
}

async fn one_admin_password_is_regenerated_and_the_other_stays(store: &MetaStore) {
    let world = World::new(store).await;
    let registry = world.registry.id;
    assert!(passwords(store, registry).await.is_empty());
    let (second, first) = (
        password(AdminSlot::Second, b"\0two"),
        password(AdminSlot::First, b"one"),
    );
    change!(store, tx => tx.admin_password_put(registry, &second));
    change!(store, tx => tx.admin_password_put(registry, &first));
    change!(store, tx => tx.credential_used(second.key, &used(5, "192.0.2.1")));
    change!(store, tx => tx.credential_used(first.key, &used(5, "192.0.2.1")));
    let renewed = password(AdminSlot::Second, b"new");
    change!(store, tx => tx.admin_password_put(registry, &renewed));
    let found = passwords(store, registry).await;
    assert_eq!(found.iter().map(|found| found.slot).collect::<Vec<_>>(), AdminSlot::ALL);
    assert_eq!((found[0].key, &found[0].ciphertext[..]), (first.key, &b"one"[..]));
    assert!(found[0].last_used.is_some());
    assert_eq!((found[1].key, &found[1].ciphertext[..]), (renewed.key, &b"new"[..]));
    assert_eq!(found[1].last_used, None, "the new password was not used yet");
}

async fn an_admin_password_remembers_its_latest_use(store: &MetaStore) {
    let world = World::new(store).await;
    let made = password(AdminSlot::First, b"one");
    change!(store, tx => tx.admin_password_put(world.registry.id, &made));
    for (seconds, from) in [(10, "192.0.2.1"), (20, "192.0.2.2"), (15, "192.0.2.3")] {
        change!(store, tx => tx.credential_used(made.key, &used(seconds, from)));
    }
    let found = passwords(store, world.registry.id).await;
    assert_eq!(found[0].last_used, Some(used(20, "192.0.2.2")));
    assert_eq!(found[0].created_at, at(1));
}

async fn admin_passwords_go_with_their_registry(store: &MetaStore) {
    let world = World::new(store).await;
    let other = registry(world.tenant, world.subscription, "prod", "another");
    change!(store, tx => tx.registry_insert(&other));
    for registry in [world.registry.id, other.id] {
        change!(store, tx => tx.admin_password_put(registry, &password(AdminSlot::First, b"one")));
    }
    change!(store, tx => tx.registry_delete(world.tenant, world.registry.id, at(2)));
    assert_eq!(passwords(store, world.registry.id).await.len(), 0);
    assert_eq!(passwords(store, other.id).await.len(), 1);
}

/// Whoever waits for a name gets it the moment it is deleted: the question whether it is held back has to come after the insert.
async fn a_name_given_up_while_another_waits_for_it_is_held_back(place: &Place) {
    let store = place.open().await.unwrap();
    let world = World::new(&store).await;
    let (fabrikam, theirs) = tenant_with_subscription(&store, "Fabrikam", "main").await;
    group(&store, theirs, "prod").await;
    let mut deleting = store.begin(at(10)).await.unwrap();
    deleting
        .registry_delete(world.tenant, world.registry.id, at(10))
        .await
        .unwrap();
    let taking = async {
        let mut tx = store.begin(at(11)).await.unwrap();
        tx.registry_insert(&registry(fabrikam, theirs, "prod", "myregistry"))
            .await
            .unwrap();
        tx.registry_name_is_held(&name("myregistry"), theirs, at(0))
            .await
            .unwrap()
    };
    let releasing = async {
        place.until_somebody_waits().await;
        deleting.commit(&entry()).await.unwrap();
    };
    let (held, ()) = tokio::join!(taking, releasing);
    assert!(held);
    store.close().await;
}

async fn a_resource_group_is_not_deleted_under_a_registry_that_is_being_made(place: &Place) {
    let store = place.open().await.unwrap();
    let (tenant, subscription) = tenant_with_subscription(&store, "Contoso", "main").await;
    group(&store, subscription, "prod").await;
    let mut making = store.begin(at(1)).await.unwrap();
    making
        .registry_insert(&registry(tenant, subscription, "prod", "myregistry"))
        .await
        .unwrap();
    let deleting = async { change!(store, tx => tx.resource_group_delete(subscription, &name("prod"))) };
    let finishing = async {
        place.until_somebody_waits().await;
        making.commit(&entry()).await.unwrap();
    };
    let (deleted, ()) = tokio::join!(deleting, finishing);
    assert!(!deleted);
    let kept = store
        .read()
        .await
        .unwrap()
        .resource_group_get(subscription, &name("prod"))
        .await
        .unwrap();
    assert!(kept.is_some());
    store.close().await;
}

async fn whoever_changes_a_registry_sees_the_change_before(place: &Place) {
    let store = place.open().await.unwrap();
    let (tenant, subscription) = tenant_with_subscription(&store, "Contoso", "main").await;
    group(&store, subscription, "prod").await;
    let made = registry(tenant, subscription, "prod", "myregistry");
    change!(store, tx => tx.registry_insert(&made));
    let mut first = store.begin(at(1)).await.unwrap();
    let mut held = first.registry_hold(tenant, made.id).await.unwrap().unwrap();
    assert_eq!(held.admin_enabled, made.admin_enabled);
    held.admin_enabled = !made.admin_enabled;
    first.registry_update(&held, at(1)).await.unwrap();
    let second = async {
        let mut tx = store.begin(at(2)).await.unwrap();
        tx.registry_hold(tenant, made.id).await.unwrap().unwrap()
    };
    let finishing = async {
        place.until_somebody_waits().await;
        first.commit(&entry()).await.unwrap();
    };
    let (seen, ()) = tokio::join!(second, finishing);
    assert_eq!(seen.admin_enabled, held.admin_enabled);
    store.close().await;
}
