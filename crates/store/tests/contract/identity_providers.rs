//! Identity providers, who comes by them, and what they give.

use serde_json::json;
use uuid::Uuid;
use wharf_store::meta::MetaStore;
use wharf_store::meta::external_identity::ExternalIdentity;
use wharf_store::meta::group::Group;
use wharf_store::meta::identity_provider::IdentityProvider;
use wharf_store::meta::role_assignment::RoleAssignment;
use wharf_store::meta::upstream_attempt::UpstreamAttempt;
use wharf_store::meta::user::User;
use wharf_store::meta::web_session::{WebSession, WebSessionStage};
use wharf_types::access::{Principal, PrincipalKind};
use wharf_types::id::{KeyId, ObjectId, RoleAssignmentId, RoleDefinitionId, TenantId};
use wharf_types::identity_provider::{GroupMapping, ProviderKind, SecondFactor};
use wharf_types::resource::ResourceScope;

use crate::fixture::{at, change, id, is_conflict, name, tenant_with_subscription};

store_contract!(
    a_provider_reads_back_as_written_with_its_mappings,
    a_provider_belongs_to_its_own_tenant_alone,
    a_subject_is_one_account_and_an_account_has_one_identity_at_a_provider,
    what_a_provider_gives_it_takes_away_and_what_was_given_by_hand_it_leaves,
    a_provider_that_ends_takes_memberships_sessions_and_attempts_with_it,
    an_owner_without_another_way_in_is_one_by_the_provider_alone,
    an_answer_is_taken_once_by_its_own_browser_for_its_own_provider_in_time,
    a_group_that_is_deleted_is_mapped_no_more,
);

fn provider(tenant: TenantId) -> IdentityProvider {
    IdentityProvider {
        id: ObjectId(id()),
        tenant,
        kind: ProviderKind::OpenIdConnect,
        display_name: "Corp é".to_owned(),
        enabled: true,
        domains: vec!["corp.example".to_owned(), "other.example".to_owned()],
        second_factor: SecondFactor::Trusted,
        create_users: true,
        settings: json!({"issuer": "https://id.example", "clientId": "wharf"}),
        secret: Some(vec![0, 1, 255]),
        groups: Vec::new(),
        created_at: at(3),
    }
}

async fn made(store: &MetaStore) -> IdentityProvider {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let made = provider(tenant);
    change!(store, tx => tx.identity_provider_insert(&made));
    made
}

async fn person(store: &MetaStore, tenant: TenantId) -> User {
    let number = id();
    let user = User {
        id: ObjectId(number),
        tenant,
        user_principal_name: name(&format!("u{}@corp.example", number.simple())),
        display_name: "Somebody".to_owned(),
        mail: None,
        enabled: true,
        created_at: at(0),
    };
    change!(store, tx => tx.user_insert(&user));
    user
}

async fn team(store: &MetaStore, tenant: TenantId) -> Group {
    let group = Group {
        id: ObjectId(id()),
        tenant,
        display_name: "team".to_owned(),
        mail_nickname: "team".to_owned(),
        description: None,
        owner: Principal::System,
        created_at: at(1),
    };
    change!(store, tx => tx.group_insert(&group));
    group
}

fn identity(provider: &IdentityProvider, user: &User, subject: Option<&str>) -> ExternalIdentity {
    ExternalIdentity {
        provider: provider.id,
        user: user.id,
        subject: subject.map(str::to_owned),
        created_at: at(4),
        last_used_at: None,
    }
}

fn mapping(value: &str, group: &Group) -> GroupMapping {
    GroupMapping {
        value: value.to_owned(),
        group: group.id,
    }
}

async fn a_provider_reads_back_as_written_with_its_mappings(store: &MetaStore) {
    let first = made(store).await;
    let mut read = store.read().await.unwrap();
    let found = read.identity_provider_get(first.tenant, first.id).await.unwrap();
    assert_eq!(found, Some(first.clone()));
    let (one, two) = (team(store, first.tenant).await, team(store, first.tenant).await);
    let changed = IdentityProvider {
        display_name: "renamed".to_owned(),
        enabled: false,
        domains: vec!["third.example".to_owned()],
        second_factor: SecondFactor::Here,
        create_users: false,
        settings: json!({"issuer": "https://other.example", "clientId": "x"}),
        secret: None,
        groups: vec![mapping("a", &one), mapping("b=c", &two)],
        ..first.clone()
    };
    change!(store, tx => tx.identity_provider_update(&changed));
    let found = read.identity_provider_by_id(first.id).await.unwrap();
    assert_eq!(found, Some(changed.clone()));
    let held = change!(store, tx => tx.identity_provider_hold(first.tenant, first.id));
    assert_eq!(held, Some(changed.clone()));
    let used = change!(store, tx => tx.identity_provider_use(first.tenant, first.id));
    assert_eq!(used, Some(changed));
    let mut tx = store.begin(at(9)).await.unwrap();
    let gone = IdentityProvider {
        id: ObjectId(id()),
        ..first
    };
    assert!(is_conflict(&tx.identity_provider_update(&gone).await));
}

async fn a_provider_belongs_to_its_own_tenant_alone(store: &MetaStore) {
    let ours = made(store).await;
    let theirs = made(store).await;
    let mut read = store.read().await.unwrap();
    assert_eq!(
        read.identity_provider_list(ours.tenant).await.unwrap(),
        std::slice::from_ref(&ours)
    );
    assert_eq!(read.identity_provider_get(ours.tenant, theirs.id).await.unwrap(), None);
    assert!(!change!(store, tx => tx.identity_provider_delete(ours.tenant, theirs.id)));
    let off = IdentityProvider {
        enabled: false,
        ..theirs
    };
    change!(store, tx => tx.identity_provider_update(&off));
    let offered = read.identity_provider_list_enabled().await.unwrap();
    assert!(offered.contains(&ours) && offered.iter().all(|offered| offered.id != off.id));
}

async fn a_subject_is_one_account_and_an_account_has_one_identity_at_a_provider(store: &MetaStore) {
    let provider = made(store).await;
    let (alice, bob) = (
        person(store, provider.tenant).await,
        person(store, provider.tenant).await,
    );
    // Several may wait for whoever comes under their name.
    let waits = identity(&provider, &alice, None);
    change!(store, tx => tx.external_identity_put(&waits));
    change!(store, tx => tx.external_identity_put(&identity(&provider, &bob, None)));
    let mut read = store.read().await.unwrap();
    let found = read.external_identity_get(provider.id, alice.id).await.unwrap();
    assert_eq!(found, Some(waits));
    let known = identity(&provider, &alice, Some("1"));
    change!(store, tx => tx.external_identity_put(&known));
    let mut tx = store.begin(at(5)).await.unwrap();
    let taken = tx.external_identity_put(&identity(&provider, &bob, Some("1"))).await;
    assert!(is_conflict(&taken));
    drop(tx);
    change!(store, tx => tx.external_identity_used(provider.id, alice.id, at(8)));
    let used = ExternalIdentity {
        last_used_at: Some(at(8)),
        ..known
    };
    let found = read.external_identity_by_subject(provider.id, "1").await.unwrap();
    assert_eq!(found, Some(used.clone()));
    assert_eq!(
        read.external_identity_by_subject(ObjectId(id()), "1").await.unwrap(),
        None
    );
    assert_eq!(read.external_identity_list(alice.id).await.unwrap(), [used]);
    assert!(change!(store, tx => tx.external_identity_delete(provider.id, alice.id)));
    assert!(!change!(store, tx => tx.external_identity_delete(provider.id, alice.id)));
    change!(store, tx => tx.user_delete(bob.tenant, bob.id));
    assert_eq!(read.external_identity_list(bob.id).await.unwrap(), []);
}

async fn what_a_provider_gives_it_takes_away_and_what_was_given_by_hand_it_leaves(store: &MetaStore) {
    let provider = made(store).await;
    let tenant = provider.tenant;
    let alice = person(store, tenant).await;
    let (given, by_hand) = (team(store, tenant).await, team(store, tenant).await);
    assert!(change!(store, tx => tx.group_member_insert(&by_hand, alice.id, PrincipalKind::User, at(4))));
    assert!(change!(store, tx => tx.provider_group_join(tenant, provider.id, given.id, alice.id, at(5))));
    for group in [&given, &by_hand] {
        assert!(!change!(store, tx => tx.provider_group_join(tenant, provider.id, group.id, alice.id, at(5))));
    }
    let nowhere = ObjectId(id());
    assert!(!change!(store, tx => tx.provider_group_join(tenant, provider.id, nowhere, alice.id, at(5))));
    let mut read = store.read().await.unwrap();
    assert_eq!(
        read.provider_group_list(provider.id, alice.id).await.unwrap(),
        [given.id]
    );
    let members = read.group_member_list(given.id, Uuid::nil(), 9).await.unwrap();
    assert_eq!(members, [(alice.id, PrincipalKind::User)]);
    assert!(!change!(store, tx => tx.provider_group_leave(provider.id, by_hand.id, alice.id)));
    assert!(change!(store, tx => tx.provider_group_leave(provider.id, given.id, alice.id)));
    // Given by hand after the provider gave it, it is nothing of the provider's any more; and it is not given twice.
    change!(store, tx => tx.provider_group_join(tenant, provider.id, given.id, alice.id, at(5)));
    assert!(change!(store, tx => tx.group_member_insert(&given, alice.id, PrincipalKind::User, at(6))));
    assert!(!change!(store, tx => tx.provider_group_leave(provider.id, given.id, alice.id)));
    let mut tx = store.begin(at(7)).await.unwrap();
    let twice = tx
        .group_member_insert(&given, alice.id, PrincipalKind::User, at(7))
        .await;
    assert!(is_conflict(&twice));
    drop(tx);
    // A mapping that is taken away takes what it gave.
    let (kept, lost) = (team(store, tenant).await, team(store, tenant).await);
    for group in [&kept, &lost] {
        change!(store, tx => tx.provider_group_join(tenant, provider.id, group.id, alice.id, at(5)));
    }
    let mapped = IdentityProvider {
        groups: vec![mapping("k", &kept)],
        ..provider.clone()
    };
    change!(store, tx => tx.identity_provider_update(&mapped));
    assert_eq!(change!(store, tx => tx.identity_provider_unmap(provider.id)), 1);
    assert_eq!(
        read.provider_group_list(provider.id, alice.id).await.unwrap(),
        [kept.id]
    );
}

fn session(user: &User, provider: Option<ObjectId>) -> WebSession {
    let mut token_hash = [0; 32];
    token_hash[..16].copy_from_slice(id().as_bytes());
    WebSession {
        id: KeyId(id()),
        tenant: user.tenant,
        user: user.id,
        token_hash,
        stage: WebSessionStage::Complete,
        invitation: None,
        new_password: None,
        new_seed: None,
        created_at: at(1),
        seen_at: at(2),
        expires_at: at(100),
        authenticated_at: Some(at(1)),
        factor_at: None,
        user_agent: "browser".to_owned(),
        address: "192.0.2.1".to_owned(),
        provider,
    }
}

async fn a_provider_that_ends_takes_memberships_sessions_and_attempts_with_it(store: &MetaStore) {
    let provider = made(store).await;
    let (alice, bob) = (
        person(store, provider.tenant).await,
        person(store, provider.tenant).await,
    );
    let group = team(store, provider.tenant).await;
    change!(store, tx => tx.external_identity_put(&identity(&provider, &alice, Some("1"))));
    change!(store, tx => tx.provider_group_join(alice.tenant, provider.id, group.id, alice.id, at(5)));
    change!(store, tx => tx.group_member_insert(&group, bob.id, PrincipalKind::User, at(5)));
    let (hers, his) = (session(&alice, Some(provider.id)), session(&bob, None));
    for session in [&hers, &his] {
        change!(store, tx => tx.web_session_insert(session));
    }
    let attempt = attempt(&provider);
    change!(store, tx => tx.upstream_attempt_insert(&attempt));
    let mut read = store.read().await.unwrap();
    assert_eq!(
        read.web_session_get(alice.id, hers.id).await.unwrap(),
        Some(hers.clone())
    );
    assert_eq!(change!(store, tx => tx.identity_provider_end(provider.id)), (1, 1));
    assert_eq!(read.web_session_get(alice.id, hers.id).await.unwrap(), None);
    assert_eq!(read.web_session_get(bob.id, his.id).await.unwrap(), Some(his));
    let members = read.group_member_list(group.id, Uuid::nil(), 9).await.unwrap();
    assert_eq!(members, [(bob.id, PrincipalKind::User)]);
    let taken =
        change!(store, tx => tx.upstream_attempt_take(&attempt.state_hash, provider.id, &attempt.browser, at(6)));
    assert_eq!(taken, None);
    assert!(change!(store, tx => tx.identity_provider_delete(provider.tenant, provider.id)));
    assert_eq!(read.external_identity_list(alice.id).await.unwrap(), []);
}

async fn an_owner_without_another_way_in_is_one_by_the_provider_alone(store: &MetaStore) {
    let provider = made(store).await;
    let alice = person(store, provider.tenant).await;
    let role = RoleDefinitionId(id());
    let assignment = RoleAssignment {
        id: RoleAssignmentId(id()),
        tenant: alice.tenant,
        principal: alice.id,
        principal_type: "User".to_owned(),
        role,
        scope: ResourceScope::Root,
        created_by: "system".to_owned(),
        created_at: at(3),
    };
    change!(store, tx => tx.role_assignment_insert(&assignment));
    let mut read = store.read().await.unwrap();
    assert!(!read.role_is_held_at_root(role).await.unwrap());
    change!(store, tx => tx.external_identity_put(&identity(&provider, &alice, Some("1"))));
    assert!(read.role_is_held_at_root(role).await.unwrap());
    let off = IdentityProvider {
        enabled: false,
        ..provider
    };
    change!(store, tx => tx.identity_provider_update(&off));
    assert!(!read.role_is_held_at_root(role).await.unwrap());
    change!(store, tx => tx.user_password_put(alice.id, "hash", at(4)));
    assert!(read.role_is_held_at_root(role).await.unwrap());
}

fn attempt(provider: &IdentityProvider) -> UpstreamAttempt {
    let mut state_hash = [1; 32];
    state_hash[..16].copy_from_slice(id().as_bytes());
    UpstreamAttempt {
        state_hash,
        provider: provider.id,
        browser: [2; 32],
        sealed: vec![0, 255],
        created_at: at(1),
        expires_at: at(60),
    }
}

async fn an_answer_is_taken_once_by_its_own_browser_for_its_own_provider_in_time(store: &MetaStore) {
    let provider = made(store).await;
    let made = attempt(&provider);
    change!(store, tx => tx.upstream_attempt_insert(&made));
    let (state, browser) = (&made.state_hash, &made.browser);
    let other = ObjectId(id());
    assert_eq!(
        change!(store, tx => tx.upstream_attempt_take(&[9; 32], provider.id, browser, at(2))),
        None
    );
    assert_eq!(
        change!(store, tx => tx.upstream_attempt_take(state, other, browser, at(2))),
        None
    );
    assert_eq!(
        change!(store, tx => tx.upstream_attempt_take(state, provider.id, &[3; 32], at(2))),
        None
    );
    assert_eq!(
        change!(store, tx => tx.upstream_attempt_take(state, provider.id, browser, at(60))),
        None
    );
    let taken = change!(store, tx => tx.upstream_attempt_take(state, provider.id, browser, at(59)));
    assert_eq!(taken, Some(made.clone()));
    assert_eq!(
        change!(store, tx => tx.upstream_attempt_take(state, provider.id, browser, at(59))),
        None
    );
    change!(store, tx => tx.upstream_attempt_insert(&made));
    assert_eq!(change!(store, tx => tx.upstream_attempts_expire(at(59), 9)), 0);
    assert_eq!(change!(store, tx => tx.upstream_attempts_expire(at(60), 9)), 1);
}

async fn a_group_that_is_deleted_is_mapped_no_more(store: &MetaStore) {
    let provider = made(store).await;
    let group = team(store, provider.tenant).await;
    let mapped = IdentityProvider {
        groups: vec![mapping("a", &group)],
        ..provider.clone()
    };
    change!(store, tx => tx.identity_provider_update(&mapped));
    change!(store, tx => tx.group_delete(group.tenant, group.id));
    let mut read = store.read().await.unwrap();
    let found = read.identity_provider_get(provider.tenant, provider.id).await.unwrap();
    assert_eq!(found, Some(provider));
}
