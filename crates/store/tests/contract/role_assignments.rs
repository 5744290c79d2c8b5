//! Role assignments: unique where they are given, gone with their scope and their principal.

use uuid::Uuid;
use wharf_store::meta::MetaStore;
use wharf_store::meta::role_assignment::RoleAssignment;
use wharf_types::id::{ObjectId, RoleAssignmentId, RoleDefinitionId, SubscriptionId, TenantId};
use wharf_types::resource::{REGISTRY_TYPE, ResourceScope};

use crate::backend::{Place, assert_one_wins};
use crate::directory::registered;
use crate::fixture::{
    World, at, change, commit, entry, group, id, is_conflict, name, registry, tenant_with_subscription,
};

store_contract!(
    an_assignment_reads_back_as_written,
    an_assignment_is_found_by_its_own_tenant_alone,
    a_role_is_given_once_at_a_scope_whatever_its_case,
    one_role_at_one_scope_is_won_by_one_of_two_racers,
    assignments_page_by_id,
    a_scope_goes_with_its_subtree_and_no_namesake,
    a_subscription_goes_with_all_its_groups,
    the_root_goes_with_everything_below,
    a_name_used_again_has_no_old_assignments,
    a_role_at_the_root_counts_while_its_holder_may_sign_in,
    assignments_go_with_their_principal,
);
postgres_contract!(a_role_given_while_the_registry_is_deleted_does_not_outlive_it);

const READER: RoleDefinitionId = RoleDefinitionId(Uuid::from_u128(0xacdd));
const OWNER: RoleDefinitionId = RoleDefinitionId(Uuid::from_u128(0x8e3a));

fn assignment(tenant: TenantId, principal: ObjectId, scope: ResourceScope) -> RoleAssignment {
    RoleAssignment {
        id: RoleAssignmentId(id()),
        tenant,
        principal,
        principal_type: "ServicePrincipal".to_owned(),
        role: READER,
        scope,
        created_by: "system".to_owned(),
        created_at: at(3),
    }
}

fn group_scope(subscription: SubscriptionId, group: &str) -> ResourceScope {
    ResourceScope::ResourceGroup(subscription, name(group))
}

fn registry_scope(subscription: SubscriptionId, group: &str, registry: &str) -> ResourceScope {
    name(&format!(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/{REGISTRY_TYPE}/{registry}"
    ))
}

async fn give(store: &MetaStore, assignment: &RoleAssignment) {
    change!(store, tx => tx.role_assignment_insert(assignment));
}

async fn held(store: &MetaStore, tenant: TenantId, principal: ObjectId) -> Vec<ResourceScope> {
    let found = store
        .read()
        .await
        .unwrap()
        .role_assignment_list_of(tenant, principal)
        .await
        .unwrap();
    found.into_iter().map(|assignment| assignment.scope).collect()
}

async fn an_assignment_reads_back_as_written(store: &MetaStore) {
    let world = World::new(store).await;
    let alice = ObjectId(id());
    for scope in [
        ResourceScope::Root,
        ResourceScope::Subscription(world.subscription),
        group_scope(world.subscription, "PROD"),
        world.registry.resource(),
    ] {
        let made = assignment(world.tenant, alice, scope);
        give(store, &made).await;
        let found = store
            .read()
            .await
            .unwrap()
            .role_assignment_get(world.tenant, made.id)
            .await
            .unwrap();
        assert_eq!(found, Some(made.clone()));
        let listed = store
            .read()
            .await
            .unwrap()
            .role_assignment_list_of(world.tenant, alice)
            .await
            .unwrap();
        assert_eq!(listed.last(), Some(&made));
    }
}

async fn an_assignment_is_found_by_its_own_tenant_alone(store: &MetaStore) {
    let world = World::new(store).await;
    let (fabrikam, _) = tenant_with_subscription(store, "Fabrikam", "main").await;
    let made = assignment(world.tenant, ObjectId(id()), ResourceScope::Root);
    give(store, &made).await;
    let mut tx = store.begin(at(4)).await.unwrap();
    assert_eq!(tx.role_assignment_get(fabrikam, made.id).await.unwrap(), None);
    assert_eq!(tx.role_assignment_list_of(fabrikam, made.principal).await.unwrap(), []);
    assert_eq!(tx.role_assignment_list(fabrikam, Uuid::nil(), 9).await.unwrap(), []);
    assert!(!tx.role_assignment_delete(fabrikam, made.id).await.unwrap());
    assert_eq!(
        tx.role_assignment_delete_within(fabrikam, &ResourceScope::Root)
            .await
            .unwrap(),
        0
    );
    commit(tx).await;
    assert!(change!(store, tx => tx.role_assignment_delete(world.tenant, made.id)));
    assert!(!change!(store, tx => tx.role_assignment_delete(world.tenant, made.id)));
}

async fn a_role_is_given_once_at_a_scope_whatever_its_case(store: &MetaStore) {
    let world = World::new(store).await;
    let made = assignment(world.tenant, ObjectId(id()), group_scope(world.subscription, "prod"));
    give(store, &made).await;
    let again = RoleAssignment {
        id: RoleAssignmentId(id()),
        scope: group_scope(world.subscription, "PROD"),
        ..made.clone()
    };
    let mut tx = store.begin(at(4)).await.unwrap();
    assert!(is_conflict(&tx.role_assignment_insert(&again).await));
    drop(tx);
    for other in [
        RoleAssignment {
            role: OWNER,
            ..again.clone()
        },
        RoleAssignment {
            id: RoleAssignmentId(id()),
            principal: ObjectId(id()),
            ..again.clone()
        },
        RoleAssignment {
            id: RoleAssignmentId(id()),
            scope: world.registry.resource(),
            ..again.clone()
        },
    ] {
        give(store, &other).await;
    }
    let same_id = RoleAssignment {
        principal: ObjectId(id()),
        ..made
    };
    let mut tx = store.begin(at(4)).await.unwrap();
    assert!(is_conflict(&tx.role_assignment_insert(&same_id).await));
}

async fn one_role_at_one_scope_is_won_by_one_of_two_racers(store: &MetaStore) {
    let world = World::new(store).await;
    let alice = ObjectId(id());
    let wanted = || assignment(world.tenant, alice, world.registry.resource());
    assert_one_wins(race!(store, tx => tx.role_assignment_insert(&wanted())));
    assert_eq!(held(store, world.tenant, alice).await.len(), 1);
}

async fn assignments_page_by_id(store: &MetaStore) {
    let world = World::new(store).await;
    let mut made: Vec<_> = (0..5)
        .map(|_| assignment(world.tenant, ObjectId(id()), ResourceScope::Root))
        .collect();
    made[1].id = RoleAssignmentId(Uuid::from_u128(u128::MAX));
    for assignment in &made {
        give(store, assignment).await;
    }
    made.sort_by_key(|assignment| assignment.id);
    let mut read = store.read().await.unwrap();
    assert_eq!(
        read.role_assignment_list(world.tenant, Uuid::nil(), 3).await.unwrap(),
        made[..3]
    );
    assert_eq!(
        read.role_assignment_list(world.tenant, made[2].id.0, 3).await.unwrap(),
        made[3..]
    );
}

/// A world with registries in groups whose names begin alike.
async fn namesakes(store: &MetaStore) -> World {
    let world = World::new(store).await;
    for made in ["prod2", "pro", "prod-", "prod.x", "prod(1)"] {
        group(store, world.subscription, made).await;
    }
    let other = registry(world.tenant, world.subscription, "prod2", "myregistry2");
    change!(store, tx => tx.registry_insert(&other));
    world
}

async fn a_scope_goes_with_its_subtree_and_no_namesake(store: &MetaStore) {
    let world = namesakes(store).await;
    let (subscription, alice) = (world.subscription, ObjectId(id()));
    let within = [
        group_scope(subscription, "PROD"),
        registry_scope(subscription, "Prod", "myregistry"),
    ];
    let beside = [
        ResourceScope::Root,
        ResourceScope::Subscription(subscription),
        group_scope(subscription, "prod2"),
        group_scope(subscription, "pro"),
        group_scope(subscription, "prod-"),
        group_scope(subscription, "prod.x"),
        group_scope(subscription, "prod(1)"),
        registry_scope(subscription, "prod2", "myregistry2"),
    ];
    for scope in within.iter().chain(&beside) {
        give(store, &assignment(world.tenant, alice, scope.clone())).await;
    }
    let gone = change!(store, tx => tx.role_assignment_delete_within(world.tenant, &group_scope(subscription, "prod")));
    assert_eq!(gone, within.len() as u64);
    assert_eq!(held(store, world.tenant, alice).await, beside);
    let registry = registry_scope(subscription, "prod2", "myregistry2");
    assert_eq!(
        change!(store, tx => tx.role_assignment_delete_within(world.tenant, &registry)),
        1
    );
    assert_eq!(held(store, world.tenant, alice).await, beside[..7]);
}

async fn a_subscription_goes_with_all_its_groups(store: &MetaStore) {
    let world = World::new(store).await;
    let (tenant, other) = tenant_with_subscription(store, "Fabrikam", "main").await;
    let alice = ObjectId(id());
    for scope in [
        ResourceScope::Subscription(world.subscription),
        world.registry.resource(),
        ResourceScope::Root,
    ] {
        give(store, &assignment(world.tenant, alice, scope)).await;
    }
    give(store, &assignment(tenant, alice, ResourceScope::Subscription(other))).await;
    let scope = ResourceScope::Subscription(world.subscription);
    assert_eq!(
        change!(store, tx => tx.role_assignment_delete_within(world.tenant, &scope)),
        2
    );
    assert_eq!(held(store, world.tenant, alice).await, [ResourceScope::Root]);
    assert_eq!(held(store, tenant, alice).await.len(), 1);
}

async fn the_root_goes_with_everything_below(store: &MetaStore) {
    let world = World::new(store).await;
    let alice = ObjectId(id());
    for scope in [
        ResourceScope::Root,
        ResourceScope::Subscription(world.subscription),
        world.registry.resource(),
    ] {
        give(store, &assignment(world.tenant, alice, scope)).await;
    }
    assert_eq!(
        change!(store, tx => tx.role_assignment_delete_within(world.tenant, &ResourceScope::Root)),
        3
    );
    assert_eq!(held(store, world.tenant, alice).await, []);
}

async fn a_name_used_again_has_no_old_assignments(store: &MetaStore) {
    let world = World::new(store).await;
    let alice = ObjectId(id());
    give(store, &assignment(world.tenant, alice, world.registry.resource())).await;
    let mut tx = store.begin(at(5)).await.unwrap();
    tx.registry_delete(world.tenant, world.registry.id, at(5))
        .await
        .unwrap();
    tx.role_assignment_delete_within(world.tenant, &world.registry.resource())
        .await
        .unwrap();
    tx.commit(&entry()).await.unwrap();
    let again = registry(world.tenant, world.subscription, "prod", "myregistry");
    change!(store, tx => tx.registry_insert(&again));
    assert_eq!(held(store, world.tenant, alice).await, []);
}

async fn a_role_at_the_root_counts_while_its_holder_may_sign_in(store: &MetaStore) {
    let world = World::new(store).await;
    let (_, principal) = registered(store, world.tenant).await;
    let is_held = async |role| store.read().await.unwrap().role_is_held_at_root(role).await.unwrap();
    give(
        store,
        &RoleAssignment {
            role: OWNER,
            ..assignment(world.tenant, principal.id, world.registry.resource())
        },
    )
    .await;
    give(store, &assignment(world.tenant, principal.id, ResourceScope::Root)).await;
    give(
        store,
        &RoleAssignment {
            role: OWNER,
            ..assignment(world.tenant, ObjectId(id()), ResourceScope::Root)
        },
    )
    .await;
    assert!(!is_held(OWNER).await, "not at the root, or by nobody who exists");
    give(
        store,
        &RoleAssignment {
            role: OWNER,
            ..assignment(world.tenant, principal.id, ResourceScope::Root)
        },
    )
    .await;
    assert!(is_held(OWNER).await);
    change!(store, tx => tx.service_principal_enable(world.tenant, principal.id, false));
    assert!(!is_held(OWNER).await);
}

async fn assignments_go_with_their_principal(store: &MetaStore) {
    let world = World::new(store).await;
    let (_, alice) = registered(store, world.tenant).await;
    let (_, bob) = registered(store, world.tenant).await;
    for principal in [alice.id, bob.id] {
        give(store, &assignment(world.tenant, principal, ResourceScope::Root)).await;
        give(store, &assignment(world.tenant, principal, world.registry.resource())).await;
    }
    change!(store, tx => tx.service_principal_delete(world.tenant, alice.id));
    assert_eq!(held(store, world.tenant, alice.id).await, []);
    assert_eq!(held(store, world.tenant, bob.id).await.len(), 2);
}

/// Else a registry that is made again under the name starts with old rights (rule 36).
async fn a_role_given_while_the_registry_is_deleted_does_not_outlive_it(place: &Place) {
    let store = place.open().await.unwrap();
    let world = World::new(&store).await;
    let alice = ObjectId(id());
    let mut giving = store.begin(at(5)).await.unwrap();
    giving
        .role_assignment_insert(&assignment(world.tenant, alice, world.registry.resource()))
        .await
        .unwrap();
    let deleting = async {
        let mut tx = store.begin(at(5)).await.unwrap();
        tx.registry_delete(world.tenant, world.registry.id, at(5))
            .await
            .unwrap();
        tx.role_assignment_delete_within(world.tenant, &world.registry.resource())
            .await
            .unwrap();
        tx.commit(&entry()).await.unwrap();
    };
    let finishing = async {
        place.until_somebody_waits().await;
        giving.commit(&entry()).await.unwrap();
    };
    tokio::join!(deleting, finishing);
    assert_eq!(held(&store, world.tenant, alice).await, []);
    let mut tx = store.begin(at(6)).await.unwrap();
    let late = assignment(world.tenant, alice, world.registry.resource());
    assert!(
        is_conflict(&tx.role_assignment_insert(&late).await),
        "a registry that is gone takes no roles"
    );
    drop(tx);
    store.close().await;
}
