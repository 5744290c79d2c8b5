//! The installation, tenants, subscriptions and resource groups.

use std::collections::BTreeMap;

use wharf_store::meta::MetaStore;
use wharf_store::meta::installation::Installation;
use wharf_store::meta::resource_group::ResourceGroup;
use wharf_store::meta::subscription::Tenant;
use wharf_types::id::{SubscriptionId, TenantId};
use wharf_types::name::ResourceGroupName;

use crate::backend::assert_one_wins;
use crate::fixture::{
    World, at, change, group, id, is_conflict, name, registry, subscription_of, tenant_with_subscription,
};

store_contract!(
    there_is_one_installation,
    tenants_come_in_the_order_of_their_making,
    an_alias_is_unique_in_its_tenant_and_free_in_another,
    an_alias_is_won_by_one_of_two_racers,
    a_subscription_is_found_by_its_own_tenant_alone,
    a_subscription_needs_its_tenant,
    a_resource_group_is_one_whatever_the_case_of_its_name,
    a_resource_group_that_exists_changes_its_notes_alone,
    resource_groups_page_in_byte_order,
    a_resource_group_with_a_registry_stays,
    a_resource_group_is_deleted_once_its_registries_are,
);

async fn there_is_one_installation(store: &MetaStore) {
    assert_eq!(store.read().await.unwrap().installation().await.unwrap(), None);
    let installation = Installation {
        id: id(),
        key_check: vec![0, 255, 7],
    };
    change!(store, tx => tx.installation_insert(&installation, at(1)));
    let other = Installation {
        id: id(),
        key_check: Vec::new(),
    };
    let mut tx = store.begin(at(1)).await.unwrap();
    assert!(is_conflict(&tx.installation_insert(&other, at(1)).await));
    drop(tx);
    assert_eq!(
        store.read().await.unwrap().installation().await.unwrap(),
        Some(installation)
    );
}

async fn tenants_come_in_the_order_of_their_making(store: &MetaStore) {
    let tenant = |display_name: &str| Tenant {
        id: TenantId(id()),
        display_name: display_name.to_owned(),
    };
    let (second, first) = (tenant("Fabrikam"), tenant("Contoso é"));
    change!(store, tx => tx.tenant_insert(&second, at(2)));
    change!(store, tx => tx.tenant_insert(&first, at(1)));
    assert_eq!(
        store.read().await.unwrap().tenant_list().await.unwrap(),
        [first, second]
    );
}

async fn an_alias_is_unique_in_its_tenant_and_free_in_another(store: &MetaStore) {
    let (contoso, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let (fabrikam, theirs) = tenant_with_subscription(store, "Fabrikam", "main").await;
    let mut tx = store.begin(at(1)).await.unwrap();
    assert!(is_conflict(
        &tx.subscription_insert(&subscription_of(contoso, "main"), at(1)).await
    ));
    drop(tx);
    let second = subscription_of(contoso, "Main");
    change!(store, tx => tx.subscription_insert(&second, at(1)));
    let mut read = store.read().await.unwrap();
    assert_eq!(read.subscription_by_alias(contoso, "Main").await.unwrap(), Some(second));
    assert_eq!(read.subscription_by_alias(contoso, "other").await.unwrap(), None);
    assert_eq!(
        read.subscription_by_alias(fabrikam, "main").await.unwrap().unwrap().id,
        theirs
    );
    assert_eq!(read.subscription_list(contoso).await.unwrap().len(), 2);
}

async fn an_alias_is_won_by_one_of_two_racers(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    assert_one_wins(race!(store, tx => tx.subscription_insert(&subscription_of(tenant, "wanted"), at(1))));
    assert_eq!(
        store
            .read()
            .await
            .unwrap()
            .subscription_list(tenant)
            .await
            .unwrap()
            .len(),
        2
    );
}

async fn a_subscription_is_found_by_its_own_tenant_alone(store: &MetaStore) {
    let (contoso, ours) = tenant_with_subscription(store, "Contoso", "main").await;
    let (fabrikam, theirs) = tenant_with_subscription(store, "Fabrikam", "main").await;
    let mut read = store.read().await.unwrap();
    assert_eq!(
        read.subscription_get(contoso, ours)
            .await
            .unwrap()
            .unwrap()
            .display_name,
        "main for people"
    );
    assert_eq!(read.subscription_get(fabrikam, ours).await.unwrap(), None);
    assert_eq!(read.subscription_get(contoso, theirs).await.unwrap(), None);
    let listed = read.subscription_list(contoso).await.unwrap();
    assert_eq!(listed.iter().map(|found| found.id).collect::<Vec<_>>(), [ours]);
}

async fn a_subscription_needs_its_tenant(store: &MetaStore) {
    let mut tx = store.begin(at(1)).await.unwrap();
    assert!(is_conflict(
        &tx.subscription_insert(&subscription_of(TenantId(id()), "main"), at(1))
            .await
    ));
}

async fn a_resource_group_is_one_whatever_the_case_of_its_name(store: &MetaStore) {
    let (_, subscription) = tenant_with_subscription(store, "Contoso", "main").await;
    let made = group(store, subscription, "Prod-West").await;
    let mut read = store.read().await.unwrap();
    for spelling in ["Prod-West", "prod-west", "PROD-WEST"] {
        let found = read
            .resource_group_get(subscription, &name(spelling))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found, made);
        assert_eq!(found.name.as_str(), "Prod-West", "it is shown as it was first written");
    }
    assert_eq!(
        read.resource_group_get(subscription, &name("prod-wes")).await.unwrap(),
        None
    );
    assert_eq!(
        read.resource_group_get(SubscriptionId(id()), &name("prod-west"))
            .await
            .unwrap(),
        None
    );
}

async fn a_resource_group_that_exists_changes_its_notes_alone(store: &MetaStore) {
    let (_, subscription) = tenant_with_subscription(store, "Contoso", "main").await;
    let mut group = ResourceGroup {
        subscription,
        name: name("Prod"),
        location: name("westus"),
        tags: BTreeMap::new(),
    };
    assert!(change!(store, tx => tx.resource_group_put(&group, at(1))));
    group.tags.insert("cost".to_owned(), "\"7\"".to_owned());
    let again = ResourceGroup {
        name: name("PROD"),
        location: name("eastus"),
        ..group.clone()
    };
    assert!(!change!(store, tx => tx.resource_group_put(&again, at(2))));
    let found = store
        .read()
        .await
        .unwrap()
        .resource_group_get(subscription, &name("prod"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((found.name.as_str(), found.location.as_str()), ("Prod", "westus"));
    assert_eq!(found.tags, group.tags);
}

async fn resource_groups_page_in_byte_order(store: &MetaStore) {
    let (_, subscription) = tenant_with_subscription(store, "Contoso", "main").await;
    let (_, other) = tenant_with_subscription(store, "Fabrikam", "main").await;
    group(store, other, "theirs").await;
    // By the bytes of the small-letter name: '(' '-' '.' digits '_' letters.
    let ordered = ["a(1)", "a-b", "A.b", "a1", "a_b", "ab", "B"];
    for made in ["ab", "B", "a_b", "a1", "A.b", "a-b", "a(1)"] {
        group(store, subscription, made).await;
    }
    let mut read = store.read().await.unwrap();
    let (mut after, mut seen) = (String::new(), Vec::new());
    loop {
        let page = read.resource_group_list(subscription, &after, 2).await.unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = last.name.key();
        seen.extend(page.into_iter().map(|group| group.name.to_string()));
    }
    assert_eq!(seen, ordered);
}

async fn a_resource_group_with_a_registry_stays(store: &MetaStore) {
    let world = World::new(store).await;
    let group: ResourceGroupName = name("PROD");
    assert!(!change!(store, tx => tx.resource_group_delete(world.subscription, &group)));
    assert!(
        store
            .read()
            .await
            .unwrap()
            .resource_group_get(world.subscription, &group)
            .await
            .unwrap()
            .is_some()
    );
}

async fn a_resource_group_is_deleted_once_its_registries_are(store: &MetaStore) {
    let world = World::new(store).await;
    let prod: ResourceGroupName = name("prod");
    group(store, world.subscription, "prod2").await;
    let other = registry(world.tenant, world.subscription, "prod2", "another");
    change!(store, tx => tx.registry_insert(&other));
    change!(store, tx => tx.registry_delete(world.tenant, world.registry.id, at(2)));
    assert!(change!(store, tx => tx.resource_group_delete(world.subscription, &prod)));
    assert!(!change!(store, tx => tx.resource_group_delete(world.subscription, &prod)));
    let left = store
        .read()
        .await
        .unwrap()
        .resource_group_list(world.subscription, "", 10)
        .await
        .unwrap();
    assert_eq!(
        left.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(),
        ["prod2"]
    );
}
