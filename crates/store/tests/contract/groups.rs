//! Groups: members of every kind, groups in groups, and what is held through them.

use uuid::Uuid;
use wharf_store::meta::MetaStore;
use wharf_store::meta::group::{Group, MAX_NESTING};
use wharf_store::meta::role_assignment::RoleAssignment;
use wharf_types::access::{Principal, PrincipalKind};
use wharf_types::id::{ObjectId, RoleAssignmentId, RoleDefinitionId, TenantId};
use wharf_types::resource::ResourceScope;

use crate::backend::{Place, assert_one_wins};
use crate::directory::registered;
use crate::fixture::{at, change, commit, entry, id, is_conflict, tenant_with_subscription};
use crate::users::user;

store_contract!(
    a_group_reads_back_as_written,
    a_group_belongs_to_its_own_tenant_alone,
    groups_page_by_id,
    members_page_by_id_with_their_kinds,
    a_member_is_added_once_by_one_of_two_racers,
    nobody_who_is_not_there_becomes_a_member,
    what_groups_hold_their_members_hold_through_any_number_of_them,
    groups_that_are_members_of_each_other_come_to_an_end,
    a_chain_of_groups_is_counted_from_end_to_end,
    a_member_that_is_deleted_leaves_its_groups_and_a_group_its_members,
    a_role_at_the_root_counts_through_groups_while_a_member_may_sign_in,
);
postgres_contract!(
    a_member_that_is_deleted_while_it_is_added_is_none_afterwards,
    of_two_who_take_an_owner_each_away_the_second_sees_what_the_first_did,
);

const OWNER: RoleDefinitionId = RoleDefinitionId(Uuid::from_u128(0x8e3a));

fn group(tenant: TenantId, display_name: &str) -> Group {
    Group {
        id: ObjectId(id()),
        tenant,
        display_name: display_name.to_owned(),
        mail_nickname: "team".to_owned(),
        description: Some("\"é\"".to_owned()),
        owner: Principal::User(ObjectId(Uuid::from_u128(7))),
        created_at: at(3),
    }
}

async fn made(store: &MetaStore, tenant: TenantId, display_name: &str) -> Group {
    let group = group(tenant, display_name);
    change!(store, tx => tx.group_insert(&group));
    group
}

async fn add(store: &MetaStore, group: &Group, member: ObjectId, kind: PrincipalKind) {
    assert!(change!(store, tx => tx.group_member_insert(group, member, kind, at(4))));
}

async fn give(store: &MetaStore, tenant: TenantId, principal: ObjectId) -> RoleAssignmentId {
    let assignment = RoleAssignment {
        id: RoleAssignmentId(id()),
        tenant,
        principal,
        principal_type: "Group".to_owned(),
        role: OWNER,
        scope: ResourceScope::Root,
        created_by: "system".to_owned(),
        created_at: at(3),
    };
    change!(store, tx => tx.role_assignment_insert(&assignment));
    assignment.id
}

async fn held(store: &MetaStore, tenant: TenantId, principal: ObjectId) -> Vec<RoleAssignmentId> {
    let mut read = store.read().await.unwrap();
    let held = read.role_assignment_list_held(tenant, principal).await.unwrap();
    held.into_iter().map(|assignment| assignment.id).collect()
}

async fn a_group_reads_back_as_written(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let plain = Group {
        description: None,
        ..group(tenant, "plain")
    };
    let mut read = store.read().await.unwrap();
    for group in [group(tenant, "team"), plain] {
        assert_eq!(read.group_get(tenant, group.id).await.unwrap(), None);
        change!(store, tx => tx.group_insert(&group));
        assert_eq!(read.group_get(tenant, group.id).await.unwrap(), Some(group.clone()));
        let changed = Group {
            display_name: "renamed".to_owned(),
            mail_nickname: "other".to_owned(),
            description: None,
            ..group
        };
        let mut tx = store.begin(at(5)).await.unwrap();
        assert_eq!(
            tx.group_hold(tenant, changed.id).await.unwrap().map(|held| held.id),
            Some(changed.id)
        );
        drop(tx);
        change!(store, tx => tx.group_update(&changed));
        assert_eq!(read.group_get(tenant, changed.id).await.unwrap(), Some(changed));
    }
}

async fn a_group_belongs_to_its_own_tenant_alone(store: &MetaStore) {
    let (contoso, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let (fabrikam, _) = tenant_with_subscription(store, "Fabrikam", "main").await;
    let team = made(store, contoso, "team").await;
    let (ours, theirs) = (user(contoso, "alice@example.com"), user(fabrikam, "bob@example.com"));
    for made in [&ours, &theirs] {
        change!(store, tx => tx.user_insert(made));
    }
    add(store, &team, ours.id, PrincipalKind::User).await;
    let stranger = change!(store, tx => tx.group_member_insert(&team, theirs.id, PrincipalKind::User, at(4)));
    assert!(!stranger);
    let mut tx = store.begin(at(5)).await.unwrap();
    assert_eq!(tx.group_get(fabrikam, team.id).await.unwrap(), None);
    assert_eq!(tx.group_list(fabrikam, Uuid::nil(), 9).await.unwrap(), []);
    assert!(is_conflict(
        &tx.group_update(&Group {
            tenant: fabrikam,
            ..team.clone()
        })
        .await
    ));
    assert!(is_conflict(&tx.group_delete(fabrikam, team.id).await));
    commit(tx).await;
    let members = store
        .read()
        .await
        .unwrap()
        .group_member_list(team.id, Uuid::nil(), 9)
        .await
        .unwrap();
    assert_eq!(members, [(ours.id, PrincipalKind::User)]);
}

async fn groups_page_by_id(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let mut groups = Vec::new();
    for name in ["a", "b", "a"] {
        groups.push(made(store, tenant, name).await);
    }
    groups.sort_by_key(|group| group.id);
    let mut read = store.read().await.unwrap();
    assert_eq!(read.group_list(tenant, Uuid::nil(), 2).await.unwrap(), groups[..2]);
    assert_eq!(read.group_list(tenant, groups[1].id.0, 2).await.unwrap(), groups[2..]);
}

async fn members_page_by_id_with_their_kinds(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let (team, inner) = (made(store, tenant, "team").await, made(store, tenant, "inner").await);
    let alice = user(tenant, "alice@example.com");
    change!(store, tx => tx.user_insert(&alice));
    let (_, robot) = registered(store, tenant).await;
    let mut members = [
        (inner.id, PrincipalKind::Group),
        (alice.id, PrincipalKind::User),
        (robot.id, PrincipalKind::ServicePrincipal),
    ];
    for (member, kind) in members {
        add(store, &team, member, kind).await;
    }
    members.sort_by_key(|(id, _)| *id);
    let mut read = store.read().await.unwrap();
    assert_eq!(
        read.group_member_list(team.id, Uuid::nil(), 2).await.unwrap(),
        members[..2]
    );
    assert_eq!(
        read.group_member_list(team.id, members[1].0.0, 2).await.unwrap(),
        members[2..]
    );
    assert!(change!(store, tx => tx.group_member_delete(team.id, alice.id)));
    assert!(!change!(store, tx => tx.group_member_delete(team.id, alice.id)));
    assert_eq!(read.group_list_of(alice.id).await.unwrap(), []);
    assert_eq!(read.group_list_of(robot.id).await.unwrap(), [team.id]);
}

async fn a_member_is_added_once_by_one_of_two_racers(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let team = made(store, tenant, "team").await;
    let alice = user(tenant, "alice@example.com");
    change!(store, tx => tx.user_insert(&alice));
    assert_one_wins(race!(store, tx => tx.group_member_insert(&team, alice.id, PrincipalKind::User, at(4))));
}

async fn nobody_who_is_not_there_becomes_a_member(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let team = made(store, tenant, "team").await;
    let alice = user(tenant, "alice@example.com");
    change!(store, tx => tx.user_insert(&alice));
    // An id of another kind is no id of this one.
    for kind in [PrincipalKind::Group, PrincipalKind::ServicePrincipal] {
        assert!(!change!(store, tx => tx.group_member_insert(&team, alice.id, kind, at(4))));
    }
    for kind in [
        PrincipalKind::User,
        PrincipalKind::Group,
        PrincipalKind::ServicePrincipal,
    ] {
        assert!(!change!(store, tx => tx.group_member_insert(&team, ObjectId(id()), kind, at(4))));
    }
    change!(store, tx => tx.group_delete(tenant, team.id));
    let mut tx = store.begin(at(5)).await.unwrap();
    assert!(is_conflict(
        &tx.group_member_insert(&team, alice.id, PrincipalKind::User, at(4))
            .await
    ));
}

async fn what_groups_hold_their_members_hold_through_any_number_of_them(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let (other, _) = tenant_with_subscription(store, "Fabrikam", "main").await;
    let (outer, inner, left) = (
        made(store, tenant, "outer").await,
        made(store, tenant, "inner").await,
        made(store, tenant, "left").await,
    );
    let (alice, bob) = (user(tenant, "alice@example.com"), user(tenant, "bob@example.com"));
    for made in [&alice, &bob] {
        change!(store, tx => tx.user_insert(made));
    }
    add(store, &outer, inner.id, PrincipalKind::Group).await;
    add(store, &inner, alice.id, PrincipalKind::User).await;
    add(store, &outer, bob.id, PrincipalKind::User).await;
    let own = give(store, tenant, alice.id).await;
    let (by_outer, by_inner) = (give(store, tenant, outer.id).await, give(store, tenant, inner.id).await);
    give(store, tenant, left.id).await;
    let sorted = |mut ids: Vec<RoleAssignmentId>| {
        ids.sort();
        ids
    };
    assert_eq!(
        held(store, tenant, alice.id).await,
        sorted(vec![own, by_outer, by_inner])
    );
    assert_eq!(held(store, tenant, bob.id).await, [by_outer]);
    assert_eq!(held(store, tenant, inner.id).await, sorted(vec![by_outer, by_inner]));
    assert_eq!(held(store, other, alice.id).await, []);
    let mut read = store.read().await.unwrap();
    let mut above = vec![outer.id, inner.id];
    above.sort();
    assert_eq!(read.group_list_above(alice.id).await.unwrap(), above);
    assert_eq!(read.group_list_of(alice.id).await.unwrap(), [inner.id]);
    assert_eq!(read.group_list_above(outer.id).await.unwrap(), []);
}

/// Two who add at the same moment can close a ring, which nobody alone could.
async fn groups_that_are_members_of_each_other_come_to_an_end(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let (one, other) = (made(store, tenant, "one").await, made(store, tenant, "other").await);
    add(store, &one, other.id, PrincipalKind::Group).await;
    add(store, &other, one.id, PrincipalKind::Group).await;
    let given = give(store, tenant, one.id).await;
    assert_eq!(held(store, tenant, other.id).await, [given]);
    let mut read = store.read().await.unwrap();
    assert_eq!(read.group_list_above(one.id).await.unwrap().len(), 2);
    assert!(read.group_nesting(one.id, other.id).await.unwrap() > MAX_NESTING);
    assert!(!read.role_is_held_at_root(OWNER).await.unwrap());
    drop(read);
    change!(store, tx => tx.group_delete(tenant, one.id));
    assert_eq!(held(store, tenant, other.id).await, []);
}

async fn a_chain_of_groups_is_counted_from_end_to_end(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let mut chain = Vec::new();
    for _ in 0..4 {
        chain.push(made(store, tenant, "link").await);
    }
    let alice = user(tenant, "alice@example.com");
    change!(store, tx => tx.user_insert(&alice));
    add(store, &chain[0], chain[1].id, PrincipalKind::Group).await;
    add(store, &chain[2], chain[3].id, PrincipalKind::Group).await;
    add(store, &chain[3], alice.id, PrincipalKind::User).await;
    let mut read = store.read().await.unwrap();
    assert_eq!(read.group_nesting(chain[1].id, chain[2].id).await.unwrap(), 4);
    assert_eq!(read.group_nesting(chain[0].id, chain[3].id).await.unwrap(), 2);
}

async fn a_member_that_is_deleted_leaves_its_groups_and_a_group_its_members(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let (outer, inner) = (made(store, tenant, "outer").await, made(store, tenant, "inner").await);
    let alice = user(tenant, "alice@example.com");
    change!(store, tx => tx.user_insert(&alice));
    let (_, robot) = registered(store, tenant).await;
    add(store, &outer, inner.id, PrincipalKind::Group).await;
    add(store, &outer, alice.id, PrincipalKind::User).await;
    add(store, &outer, robot.id, PrincipalKind::ServicePrincipal).await;
    add(store, &inner, alice.id, PrincipalKind::User).await;
    let by_outer = give(store, tenant, outer.id).await;
    give(store, tenant, inner.id).await;
    give(store, tenant, robot.id).await;
    change!(store, tx => tx.group_delete(tenant, inner.id));
    assert_eq!(held(store, tenant, inner.id).await, []);
    assert_eq!(held(store, tenant, alice.id).await, [by_outer]);
    change!(store, tx => tx.service_principal_delete(tenant, robot.id));
    assert_eq!(held(store, tenant, robot.id).await, []);
    change!(store, tx => tx.user_delete(tenant, alice.id));
    assert_eq!(held(store, tenant, alice.id).await, []);
    let mut read = store.read().await.unwrap();
    assert_eq!(read.group_member_list(outer.id, Uuid::nil(), 9).await.unwrap(), []);
    let mut tx = store.begin(at(5)).await.unwrap();
    assert!(is_conflict(&tx.group_delete(tenant, inner.id).await));
    assert!(is_conflict(&tx.group_update(&inner).await));
}

async fn a_role_at_the_root_counts_through_groups_while_a_member_may_sign_in(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let (outer, inner) = (made(store, tenant, "outer").await, made(store, tenant, "inner").await);
    let alice = user(tenant, "alice@example.com");
    change!(store, tx => tx.user_insert(&alice));
    change!(store, tx => tx.user_password_put(alice.id, "hash", at(1)));
    let is_held = async || store.read().await.unwrap().role_is_held_at_root(OWNER).await.unwrap();
    give(store, tenant, outer.id).await;
    add(store, &outer, inner.id, PrincipalKind::Group).await;
    assert!(!is_held().await, "by groups without members");
    add(store, &inner, alice.id, PrincipalKind::User).await;
    assert!(is_held().await);
    let disabled = wharf_store::meta::user::User {
        enabled: false,
        ..alice.clone()
    };
    change!(store, tx => tx.user_update(&disabled));
    assert!(!is_held().await);
    change!(store, tx => tx.user_update(&alice));
    assert!(is_held().await);
    change!(store, tx => tx.group_member_delete(outer.id, inner.id));
    assert!(!is_held().await);
    give(store, tenant, alice.id).await;
    assert!(is_held().await);
}

async fn a_member_that_is_deleted_while_it_is_added_is_none_afterwards(place: &Place) {
    let store = place.open().await.unwrap();
    let (tenant, _) = tenant_with_subscription(&store, "Contoso", "main").await;
    let team = made(&store, tenant, "team").await;
    let alice = user(tenant, "alice@example.com");
    change!(store, tx => tx.user_insert(&alice));
    let mut adding = store.begin(at(5)).await.unwrap();
    assert!(
        adding
            .group_member_insert(&team, alice.id, PrincipalKind::User, at(5))
            .await
            .unwrap()
    );
    let deleting = async {
        let mut tx = store.begin(at(5)).await.unwrap();
        tx.user_delete(tenant, alice.id).await.unwrap();
        tx.commit(&entry()).await.unwrap();
    };
    let finishing = async {
        place.until_somebody_waits().await;
        adding.commit(&entry()).await.unwrap();
    };
    tokio::join!(deleting, finishing);
    let members = store
        .read()
        .await
        .unwrap()
        .group_member_list(team.id, Uuid::nil(), 9)
        .await
        .unwrap();
    assert_eq!(members, []);
    store.close().await;
}

/// Else each would count on the owner that the other takes away.
async fn of_two_who_take_an_owner_each_away_the_second_sees_what_the_first_did(place: &Place) {
    let store = place.open().await.unwrap();
    let (tenant, _) = tenant_with_subscription(&store, "Contoso", "main").await;
    let (alice, bob) = (user(tenant, "alice@example.com"), user(tenant, "bob@example.com"));
    for made in [&alice, &bob] {
        change!(store, tx => tx.user_insert(made));
        change!(store, tx => tx.user_password_put(made.id, "hash", at(1)));
        give(&store, tenant, made.id).await;
    }
    let disabled = |user: &wharf_store::meta::user::User| wharf_store::meta::user::User {
        enabled: false,
        ..user.clone()
    };
    let mut first = store.begin(at(5)).await.unwrap();
    first.user_update(&disabled(&alice)).await.unwrap();
    first.role_at_root_hold(OWNER).await.unwrap();
    assert!(first.role_is_held_at_root(OWNER).await.unwrap());
    let second = async {
        let mut tx = store.begin(at(5)).await.unwrap();
        tx.user_update(&disabled(&bob)).await.unwrap();
        tx.role_at_root_hold(OWNER).await.unwrap();
        assert!(!tx.role_is_held_at_root(OWNER).await.unwrap());
    };
    let finishing = async {
        place.until_somebody_waits().await;
        first.commit(&entry()).await.unwrap();
    };
    tokio::join!(second, finishing);
    store.close().await;
}
