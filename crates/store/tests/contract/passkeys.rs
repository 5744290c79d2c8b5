//! Passkeys.

use wharf_store::meta::MetaStore;
use wharf_store::meta::passkey::Passkey;
use wharf_store::meta::user::User;
use wharf_types::id::{KeyId, ObjectId};

use crate::backend::assert_one_wins;
use crate::fixture::{at, change, id, is_conflict};
use crate::sign_in::person;

store_contract!(
    a_passkey_reads_back_as_it_was_enrolled,
    no_two_people_have_one_credential,
    a_count_goes_on_and_never_back,
    of_two_who_bring_one_count_one_is_let_in,
    a_passkey_that_does_not_count_is_used_again,
    a_person_renames_and_removes_their_own_passkeys_alone,
);

pub(crate) fn passkey(user: &User, sign_count: u32) -> Passkey {
    let number = id();
    Passkey {
        id: KeyId(number),
        tenant: user.tenant,
        user: user.id,
        credential_id: number.as_bytes().to_vec(),
        credential: "{\"key\": \"é\"}".to_owned(),
        sign_count,
        name: "Telephone é".to_owned(),
        created_at: at(1),
        last_used_at: None,
    }
}

async fn listed(store: &MetaStore, user: ObjectId) -> Vec<Passkey> {
    store.read().await.unwrap().passkey_list(user).await.unwrap()
}

async fn a_passkey_reads_back_as_it_was_enrolled(store: &MetaStore) {
    let (user, other) = (person(store).await, person(store).await);
    let (one, two) = (passkey(&user, 0), passkey(&user, u32::MAX));
    change!(store, tx => tx.passkey_insert(&one));
    change!(store, tx => tx.passkey_insert(&two));
    assert_eq!(listed(store, user.id).await, [one, two.clone()]);
    assert_eq!(listed(store, other.id).await, []);
    let mut read = store.read().await.unwrap();
    let found = read.passkey_by_credential(&two.credential_id).await.unwrap();
    assert_eq!(found, Some(two));
    assert_eq!(read.passkey_by_credential(b"another").await.unwrap(), None);
}

async fn no_two_people_have_one_credential(store: &MetaStore) {
    let (user, other) = (person(store).await, person(store).await);
    let theirs = passkey(&user, 0);
    change!(store, tx => tx.passkey_insert(&theirs));
    let mut same = passkey(&other, 0);
    same.credential_id.clone_from(&theirs.credential_id);
    let mut tx = store.begin(at(2)).await.unwrap();
    assert!(is_conflict(&tx.passkey_insert(&same).await));
    drop(tx);
    assert_eq!(listed(store, user.id).await, [theirs]);
    assert_eq!(listed(store, other.id).await, []);
}

async fn a_count_goes_on_and_never_back(store: &MetaStore) {
    let user = person(store).await;
    let key = passkey(&user, 5);
    change!(store, tx => tx.passkey_insert(&key));
    for (count, expected) in [(5, false), (4, false), (0, false), (6, true), (6, false), (9, true)] {
        let used = change!(store, tx => tx.passkey_use(key.id, count, "{\"key\": 2}", at(7)));
        assert_eq!(used, expected, "{count}");
    }
    let found = &listed(store, user.id).await[0];
    assert_eq!((found.sign_count, found.last_used_at), (9, Some(at(7))));
    assert_eq!(found.credential, "{\"key\": 2}");
}

async fn of_two_who_bring_one_count_one_is_let_in(store: &MetaStore) {
    let user = person(store).await;
    let key = passkey(&user, 1);
    change!(store, tx => tx.passkey_insert(&key));
    assert_one_wins(race!(store, tx => first!(tx.passkey_use(key.id, 2, "{}", at(7)))));
}

async fn a_passkey_that_does_not_count_is_used_again(store: &MetaStore) {
    let user = person(store).await;
    let key = passkey(&user, 0);
    change!(store, tx => tx.passkey_insert(&key));
    for seconds in [7, 8] {
        assert!(change!(store, tx => tx.passkey_use(key.id, 0, "{}", at(seconds))));
    }
}

async fn a_person_renames_and_removes_their_own_passkeys_alone(store: &MetaStore) {
    let (user, other) = (person(store).await, person(store).await);
    let (one, two) = (passkey(&user, 0), passkey(&user, 0));
    change!(store, tx => tx.passkey_insert(&one));
    change!(store, tx => tx.passkey_insert(&two));
    assert!(!change!(store, tx => tx.passkey_rename(other.id, one.id, "mine")));
    assert!(!change!(store, tx => tx.passkey_delete(other.id, one.id)));
    assert_eq!(change!(store, tx => tx.passkeys_delete(other.id)), 0);
    assert!(change!(store, tx => tx.passkey_rename(user.id, one.id, "Key ring")));
    assert_eq!(listed(store, user.id).await[0].name, "Key ring");
    assert!(change!(store, tx => tx.passkey_delete(user.id, one.id)));
    assert!(!change!(store, tx => tx.passkey_delete(user.id, one.id)));
    assert_eq!(change!(store, tx => tx.passkeys_delete(user.id)), 1);
    assert_eq!(listed(store, user.id).await, []);
}
