//! People: found by name in any case, gone with all that they were given.

use uuid::Uuid;
use wharf_store::meta::MetaStore;
use wharf_store::meta::user::User;
use wharf_types::id::{ObjectId, TenantId};

use crate::backend::{Place, assert_one_wins};
use crate::fixture::{at, change, entry, id, is_conflict, name, tenant_with_subscription};

store_contract!(
    a_person_reads_back_as_written,
    a_person_is_found_by_name_in_any_case_and_any_tenant,
    a_name_is_taken_once_whatever_its_case,
    one_name_is_won_by_one_of_two_racers,
    a_person_belongs_to_their_own_tenant_alone,
    a_person_is_changed_and_keeps_their_name,
    people_page_by_id,
    a_person_is_held_as_they_are_by_their_own_tenant_alone,
);
postgres_contract!(who_changes_a_person_sees_what_another_just_changed);

pub(crate) fn user(tenant: TenantId, user_principal_name: &str) -> User {
    User {
        id: ObjectId(id()),
        tenant,
        user_principal_name: name(user_principal_name),
        display_name: "Alice \"é\"".to_owned(),
        mail: Some("alice@example.org".to_owned()),
        enabled: true,
        created_at: at(3),
    }
}

async fn a_person_reads_back_as_written(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let alice = user(tenant, "Alice@Example.com");
    let bob = User {
        mail: None,
        enabled: false,
        ..user(tenant, "bob@example.com")
    };
    let mut read = store.read().await.unwrap();
    assert_eq!(read.user_get(tenant, alice.id).await.unwrap(), None);
    for made in [alice, bob] {
        change!(store, tx => tx.user_insert(&made));
        let found = read.user_get(tenant, made.id).await.unwrap().unwrap();
        assert_eq!(found.user_principal_name.as_str(), made.user_principal_name.as_str());
        assert_eq!(found, made);
    }
}

async fn a_person_is_found_by_name_in_any_case_and_any_tenant(store: &MetaStore) {
    let (contoso, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let (fabrikam, _) = tenant_with_subscription(store, "Fabrikam", "main").await;
    let (alice, bob) = (user(contoso, "Alice@Example.com"), user(fabrikam, "bob@example.com"));
    for made in [&alice, &bob] {
        change!(store, tx => tx.user_insert(made));
    }
    let mut read = store.read().await.unwrap();
    for (text, found) in [
        ("alice@example.COM", Some(&alice)),
        ("BOB@example.com", Some(&bob)),
        ("alice@example.co", None),
    ] {
        assert_eq!(read.user_by_name(&name(text)).await.unwrap().as_ref(), found, "{text}");
    }
}

async fn a_name_is_taken_once_whatever_its_case(store: &MetaStore) {
    let (contoso, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let (fabrikam, _) = tenant_with_subscription(store, "Fabrikam", "main").await;
    let alice = user(contoso, "alice@example.com");
    change!(store, tx => tx.user_insert(&alice));
    for tenant in [contoso, fabrikam] {
        let mut tx = store.begin(at(5)).await.unwrap();
        assert!(is_conflict(&tx.user_insert(&user(tenant, "ALICE@example.com")).await));
    }
    change!(store, tx => tx.user_delete(contoso, alice.id));
    change!(store, tx => tx.user_insert(&user(fabrikam, "ALICE@example.com")));
}

async fn one_name_is_won_by_one_of_two_racers(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    assert_one_wins(race!(store, tx => tx.user_insert(&user(tenant, "alice@example.com"))));
}

async fn a_person_belongs_to_their_own_tenant_alone(store: &MetaStore) {
    let (contoso, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let (fabrikam, _) = tenant_with_subscription(store, "Fabrikam", "main").await;
    let alice = user(contoso, "alice@example.com");
    change!(store, tx => tx.user_insert(&alice));
    let foreign = User {
        tenant: fabrikam,
        display_name: "stolen".to_owned(),
        ..alice.clone()
    };
    let mut read = store.read().await.unwrap();
    assert_eq!(read.user_get(fabrikam, alice.id).await.unwrap(), None);
    assert_eq!(read.user_list(fabrikam, Uuid::nil(), 9).await.unwrap(), []);
    let mut tx = store.begin(at(5)).await.unwrap();
    assert!(is_conflict(&tx.user_update(&foreign).await));
    assert!(is_conflict(&tx.user_delete(fabrikam, alice.id).await));
    drop(tx);
    assert_eq!(read.user_get(contoso, alice.id).await.unwrap(), Some(alice));
}

async fn a_person_is_changed_and_keeps_their_name(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let (alice, bob) = (user(tenant, "alice@example.com"), user(tenant, "bob@example.com"));
    for made in [&alice, &bob] {
        change!(store, tx => tx.user_insert(made));
    }
    let changed = User {
        display_name: "Alice B.".to_owned(),
        mail: None,
        enabled: false,
        ..alice.clone()
    };
    change!(store, tx => tx.user_update(&changed));
    let mut read = store.read().await.unwrap();
    assert_eq!(
        read.user_by_name(&alice.user_principal_name).await.unwrap(),
        Some(changed.clone())
    );
    assert_eq!(read.user_get(tenant, bob.id).await.unwrap(), Some(bob));
    change!(store, tx => tx.user_delete(tenant, alice.id));
    assert_eq!(read.user_get(tenant, alice.id).await.unwrap(), None);
    let mut tx = store.begin(at(5)).await.unwrap();
    assert!(is_conflict(&tx.user_update(&changed).await));
    assert!(is_conflict(&tx.user_delete(tenant, alice.id).await));
}

async fn people_page_by_id(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let mut made: Vec<_> = (0..5).map(|n| user(tenant, &format!("user{n}@example.com"))).collect();
    // High first bytes: ids are compared as bytes, not as signed numbers.
    made[0].id = ObjectId(Uuid::from_u128(u128::MAX - 1));
    for user in &made {
        change!(store, tx => tx.user_insert(user));
    }
    made.sort_by_key(|user| user.id);
    let mut read = store.read().await.unwrap();
    assert_eq!(read.user_list(tenant, Uuid::nil(), 3).await.unwrap(), made[..3]);
    assert_eq!(read.user_list(tenant, made[2].id.0, 3).await.unwrap(), made[3..]);
}

async fn a_person_is_held_as_they_are_by_their_own_tenant_alone(store: &MetaStore) {
    let (contoso, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let (fabrikam, _) = tenant_with_subscription(store, "Fabrikam", "main").await;
    let alice = user(contoso, "alice@example.com");
    change!(store, tx => tx.user_insert(&alice));
    let mut tx = store.begin(at(5)).await.unwrap();
    assert_eq!(tx.user_hold(fabrikam, alice.id).await.unwrap(), None);
    assert_eq!(tx.user_hold(contoso, alice.id).await.unwrap(), Some(alice));
}

/// Else whoever renames a person would enable one who was disabled a moment ago.
async fn who_changes_a_person_sees_what_another_just_changed(place: &Place) {
    let store = place.open().await.unwrap();
    let (tenant, _) = tenant_with_subscription(&store, "Contoso", "main").await;
    let alice = user(tenant, "alice@example.com");
    change!(store, tx => tx.user_insert(&alice));
    let mut disabling = store.begin(at(5)).await.unwrap();
    let held = disabling.user_hold(tenant, alice.id).await.unwrap().unwrap();
    disabling.user_update(&User { enabled: false, ..held }).await.unwrap();
    let renaming = async {
        let mut tx = store.begin(at(5)).await.unwrap();
        let held = tx.user_hold(tenant, alice.id).await.unwrap().unwrap();
        assert!(!held.enabled);
    };
    let finishing = async {
        place.until_somebody_waits().await;
        disabling.commit(&entry()).await.unwrap();
    };
    tokio::join!(renaming, finishing);
    store.close().await;
}
