//! How people prove who they are, and what clients were given on their behalf.

use wharf_store::meta::MetaStore;
use wharf_store::meta::authorization_code::AuthorizationCode;
use wharf_store::meta::device_code::{DeviceCode, DeviceCodeState};
use wharf_store::meta::invitation::Invitation;
use wharf_store::meta::refresh_family::{ClientKind, RefreshFamily};
use wharf_store::meta::user::User;
use wharf_store::meta::user_secret::UserFactor;
use wharf_store::meta::web_session::{WebSession, WebSessionStage};
use wharf_types::id::{AppId, KeyId, ObjectId};

use crate::backend::assert_one_wins;
use crate::fixture::{at, change, commit, id, is_conflict, name, tenant_with_subscription};
use crate::passkeys::passkey;

store_contract!(
    a_password_reads_back_as_it_was_set_last,
    a_time_step_is_used_up_with_those_before_it,
    of_many_who_bring_one_code_at_once_one_is_let_in,
    a_recovery_code_is_good_once_and_new_ones_replace_the_old,
    an_invitation_is_used_by_one_of_two_racers,
    an_invitation_ends_and_a_newer_one_replaces_it,
    a_session_is_found_by_what_its_cookie_holds_now,
    of_two_steps_of_one_cookie_one_is_taken,
    a_person_ends_their_own_sessions_alone,
    sessions_that_ended_or_are_idle_are_forgotten,
    a_code_reads_back_with_all_that_it_is_bound_to,
    a_code_is_redeemed_by_one_of_two_racers,
    a_code_that_has_ended_is_not_redeemed,
    a_family_is_rotated_by_one_of_two_racers,
    a_persons_families_are_listed_and_ended,
    a_device_code_is_redeemed_by_one_of_two_racers,
    a_device_code_is_decided_once,
    a_device_that_was_told_to_slow_down_is_remembered,
    no_two_devices_have_one_user_code,
    whatever_opens_something_goes_with_its_person,
);

pub(crate) async fn person(store: &MetaStore) -> User {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let number = id();
    let user = User {
        id: ObjectId(number),
        tenant,
        user_principal_name: name(&format!("u{}@example.com", number.simple())),
        display_name: "Somebody é".to_owned(),
        mail: None,
        enabled: true,
        created_at: at(0),
    };
    change!(store, tx => tx.user_insert(&user));
    user
}

fn sum(text: &str) -> [u8; 32] {
    let mut sum = [7; 32];
    let bytes = [text.as_bytes(), id().as_bytes()].concat();
    for (at, byte) in bytes.iter().enumerate() {
        sum[at % 32] ^= byte.rotate_left(u32::try_from(at / 32).unwrap());
    }
    sum
}

fn session(user: &User) -> WebSession {
    WebSession {
        id: KeyId(id()),
        tenant: user.tenant,
        user: user.id,
        token_hash: sum("cookie"),
        stage: WebSessionStage::Complete,
        invitation: Some(sum("invitation")),
        new_password: Some("$argon2id$".to_owned()),
        new_seed: Some(vec![0, 255]),
        created_at: at(1),
        seen_at: at(2),
        expires_at: at(100),
        authenticated_at: Some(at(1)),
        factor_at: None,
        user_agent: "browser é".to_owned(),
        address: "192.0.2.1".to_owned(),
        provider: None,
    }
}

pub(crate) fn family(user: &User) -> RefreshFamily {
    RefreshFamily {
        id: KeyId(id()),
        tenant: user.tenant,
        user: user.id,
        client: AppId(id()),
        salt: vec![1, 0, 2],
        generation: 0,
        rotated_at: at(1),
        authenticated_at: at(1),
        created_at: at(1),
        expires_at: at(100),
        user_agent: "az".to_owned(),
        address: "192.0.2.1".to_owned(),
        scope: "openid offline_access".to_owned(),
        kind: ClientKind::Web,
    }
}

fn code(user: &User) -> AuthorizationCode {
    AuthorizationCode {
        code_hash: sum("code"),
        tenant: user.tenant,
        user: user.id,
        session: KeyId(id()),
        client: AppId(id()),
        redirect_uri: "http://localhost:1".to_owned(),
        challenge: "challenge".to_owned(),
        nonce: Some("nonce".to_owned()),
        scope: "openid".to_owned(),
        authenticated_at: at(1),
        expires_at: at(60),
        family: None,
    }
}

fn device(user: &User, user_code: &str) -> DeviceCode {
    DeviceCode {
        code_hash: sum("device"),
        user_code: user_code.to_owned(),
        tenant: user.tenant,
        client: AppId(id()),
        scope: "openid".to_owned(),
        state: DeviceCodeState::Pending,
        interval_s: 5,
        polled_at: None,
        user_agent: "toaster".to_owned(),
        address: "192.0.2.9".to_owned(),
        created_at: at(1),
        expires_at: at(60),
    }
}

async fn a_password_reads_back_as_it_was_set_last(store: &MetaStore) {
    let user = person(store).await;
    assert_eq!(store.read().await.unwrap().user_password(user.id).await.unwrap(), None);
    change!(store, tx => tx.user_password_put(user.id, "one", at(1)));
    change!(store, tx => tx.user_password_put(user.id, "two", at(2)));
    let found = store.read().await.unwrap().user_password(user.id).await.unwrap();
    assert_eq!(found, Some(("two".to_owned(), at(2))));
}

fn factor(last_step: i64) -> UserFactor {
    UserFactor {
        ciphertext: vec![0, 1, 255],
        last_step,
        enrolled_at: at(3),
    }
}

async fn a_time_step_is_used_up_with_those_before_it(store: &MetaStore) {
    let user = person(store).await;
    assert!(!change!(store, tx => tx.user_factor_step(user.id, 10)));
    change!(store, tx => tx.user_factor_put(user.id, &factor(9)));
    let found = store.read().await.unwrap().user_factor(user.id).await.unwrap();
    assert_eq!(found, Some(factor(9)));
    assert!(change!(store, tx => tx.user_factor_step(user.id, 11)));
    for used in [11, 10, 9] {
        assert!(!change!(store, tx => tx.user_factor_step(user.id, used)), "{used}");
    }
    assert!(change!(store, tx => tx.user_factor_step(user.id, 12)));
    // Another authenticator starts where it starts.
    change!(store, tx => tx.user_factor_put(user.id, &factor(5)));
    assert!(change!(store, tx => tx.user_factor_step(user.id, 6)));
    assert!(change!(store, tx => tx.user_factor_delete(user.id)));
    assert!(!change!(store, tx => tx.user_factor_delete(user.id)));
    assert!(!change!(store, tx => tx.user_factor_step(user.id, 7)));
}

async fn of_many_who_bring_one_code_at_once_one_is_let_in(store: &MetaStore) {
    let user = person(store).await;
    change!(store, tx => tx.user_factor_put(user.id, &factor(1)));
    assert_one_wins(race!(store, tx => first!(tx.user_factor_step(user.id, 2))));
}

async fn a_recovery_code_is_good_once_and_new_ones_replace_the_old(store: &MetaStore) {
    let user = person(store).await;
    let (old, new) = ([sum("a"), sum("b")], [sum("c")]);
    change!(store, tx => tx.recovery_codes_put(user.id, &old));
    assert_eq!(
        store.read().await.unwrap().recovery_code_count(user.id).await.unwrap(),
        2
    );
    assert!(change!(store, tx => tx.recovery_code_use(user.id, &old[0])));
    assert!(!change!(store, tx => tx.recovery_code_use(user.id, &old[0])));
    let other = person(store).await;
    assert!(!change!(store, tx => tx.recovery_code_use(other.id, &old[1])));
    change!(store, tx => tx.recovery_codes_put(user.id, &new));
    assert!(!change!(store, tx => tx.recovery_code_use(user.id, &old[1])));
    assert_one_wins(race!(store, tx => first!(tx.recovery_code_use(user.id, &new[0]))));
}

fn invitation(user: &User) -> Invitation {
    Invitation {
        token_hash: sum("link"),
        tenant: user.tenant,
        user: user.id,
        created_at: at(1),
        expires_at: at(50),
    }
}

async fn an_invitation_is_used_by_one_of_two_racers(store: &MetaStore) {
    let invitation = invitation(&person(store).await);
    change!(store, tx => tx.invitation_put(&invitation));
    assert_one_wins(race!(store, tx => tx.invitation_use(&invitation.token_hash, at(2))));
}

async fn an_invitation_ends_and_a_newer_one_replaces_it(store: &MetaStore) {
    let user = person(store).await;
    let (older, newer) = (invitation(&user), invitation(&user));
    change!(store, tx => tx.invitation_put(&older));
    change!(store, tx => tx.invitation_put(&newer));
    let mut read = store.read().await.unwrap();
    assert_eq!(read.invitation_get(&older.token_hash, at(2)).await.unwrap(), None);
    assert_eq!(
        read.invitation_get(&newer.token_hash, at(49)).await.unwrap(),
        Some(newer.clone())
    );
    assert_eq!(read.invitation_get(&newer.token_hash, at(50)).await.unwrap(), None);
    drop(read);
    let mut tx = store.begin(at(50)).await.unwrap();
    assert!(is_conflict(&tx.invitation_use(&newer.token_hash, at(50)).await));
    drop(tx);
    assert_eq!(change!(store, tx => tx.invitations_expire(at(49), 10)), 0);
    assert_eq!(change!(store, tx => tx.invitations_expire(at(50), 10)), 1);
}

async fn a_session_is_found_by_what_its_cookie_holds_now(store: &MetaStore) {
    let made = session(&person(store).await);
    change!(store, tx => tx.web_session_insert(&made));
    let next = WebSession {
        token_hash: sum("next"),
        stage: WebSessionStage::Password,
        invitation: None,
        new_password: None,
        new_seed: None,
        seen_at: at(9),
        factor_at: Some(at(9)),
        ..made.clone()
    };
    change!(store, tx => tx.web_session_step(&made.token_hash, &next));
    change!(store, tx => tx.web_session_seen(made.id, "192.0.2.2", at(8)));
    let mut read = store.read().await.unwrap();
    assert_eq!(read.web_session_by_token(&made.token_hash).await.unwrap(), None);
    assert_eq!(
        read.web_session_by_token(&next.token_hash).await.unwrap(),
        Some(next.clone())
    );
    assert_eq!(read.web_session_get(made.user, made.id).await.unwrap(), Some(next));
    assert_eq!(read.web_session_get(ObjectId(id()), made.id).await.unwrap(), None);
}

async fn of_two_steps_of_one_cookie_one_is_taken(store: &MetaStore) {
    let made = session(&person(store).await);
    change!(store, tx => tx.web_session_insert(&made));
    let next = WebSession {
        token_hash: sum("next"),
        ..made.clone()
    };
    assert_one_wins(race!(store, tx => tx.web_session_step(&made.token_hash, &next)));
}

async fn a_person_ends_their_own_sessions_alone(store: &MetaStore) {
    let (user, stranger) = (person(store).await, person(store).await);
    let sessions = [session(&user), session(&user), session(&user)];
    let theirs = session(&stranger);
    for made in sessions.iter().chain([&theirs]) {
        change!(store, tx => tx.web_session_insert(made));
    }
    assert!(!change!(store, tx => tx.web_session_delete(user.id, theirs.id)));
    assert!(change!(store, tx => tx.web_session_delete(user.id, sessions[0].id)));
    assert_eq!(
        change!(store, tx => tx.web_sessions_delete(user.id, Some(sessions[1].id))),
        1
    );
    let mut read = store.read().await.unwrap();
    assert_eq!(
        read.web_session_list(user.id, at(2)).await.unwrap(),
        [sessions[1].clone()]
    );
    assert_eq!(read.web_session_list(user.id, at(100)).await.unwrap(), []);
    drop(read);
    assert_eq!(change!(store, tx => tx.web_sessions_delete(user.id, None)), 1);
    assert_eq!(
        store
            .read()
            .await
            .unwrap()
            .web_session_list(stranger.id, at(2))
            .await
            .unwrap(),
        [theirs]
    );
}

async fn sessions_that_ended_or_are_idle_are_forgotten(store: &MetaStore) {
    let made = session(&person(store).await);
    change!(store, tx => tx.web_session_insert(&made));
    assert_eq!(change!(store, tx => tx.web_sessions_expire(at(99), at(1), 10)), 0);
    assert_eq!(change!(store, tx => tx.web_sessions_expire(at(99), at(2), 10)), 1);
    change!(store, tx => tx.web_session_insert(&made));
    assert_eq!(change!(store, tx => tx.web_sessions_expire(at(100), at(1), 10)), 1);
}

async fn a_code_reads_back_with_all_that_it_is_bound_to(store: &MetaStore) {
    let made = code(&person(store).await);
    change!(store, tx => tx.authorization_code_insert(&made));
    assert_eq!(
        change!(store, tx => tx.authorization_code_hold(&made.code_hash)),
        Some(made.clone())
    );
    let family = KeyId(id());
    change!(store, tx => tx.authorization_code_redeem(&made.code_hash, family, at(2)));
    let held = change!(store, tx => tx.authorization_code_hold(&made.code_hash));
    assert_eq!(held.unwrap().family, Some(family));
    change!(store, tx => tx.authorization_code_delete(&made.code_hash));
    assert_eq!(change!(store, tx => tx.authorization_code_hold(&made.code_hash)), None);
}

async fn a_code_is_redeemed_by_one_of_two_racers(store: &MetaStore) {
    let made = code(&person(store).await);
    change!(store, tx => tx.authorization_code_insert(&made));
    assert_one_wins(race!(store, tx => tx.authorization_code_redeem(&made.code_hash, KeyId(id()), at(2))));
}

async fn a_code_that_has_ended_is_not_redeemed(store: &MetaStore) {
    let made = code(&person(store).await);
    change!(store, tx => tx.authorization_code_insert(&made));
    let mut tx = store.begin(at(60)).await.unwrap();
    assert!(is_conflict(
        &tx.authorization_code_redeem(&made.code_hash, KeyId(id()), at(60)).await
    ));
    drop(tx);
    assert_eq!(change!(store, tx => tx.authorization_codes_expire(at(59), 10)), 0);
    assert_eq!(change!(store, tx => tx.authorization_codes_expire(at(60), 10)), 1);
}

async fn a_family_is_rotated_by_one_of_two_racers(store: &MetaStore) {
    let made = family(&person(store).await);
    change!(store, tx => tx.refresh_family_insert(&made));
    assert_one_wins(race!(store, tx => first!(tx.refresh_family_rotate(made.id, 0, "192.0.2.2", at(5)))));
    let found = store.read().await.unwrap().refresh_family_get(made.id).await.unwrap();
    let expected = RefreshFamily {
        generation: 1,
        rotated_at: at(5),
        address: "192.0.2.2".to_owned(),
        ..made.clone()
    };
    assert_eq!(found, Some(expected));
    assert!(!change!(store, tx => tx.refresh_family_rotate(made.id, 1, "", at(100))));
}

async fn a_persons_families_are_listed_and_ended(store: &MetaStore) {
    let (user, stranger) = (person(store).await, person(store).await);
    let (mine, other, theirs) = (family(&user), family(&user), family(&stranger));
    for made in [&mine, &other, &theirs] {
        change!(store, tx => tx.refresh_family_insert(made));
    }
    let mut read = store.read().await.unwrap();
    assert_eq!(read.refresh_family_list(user.id, at(2)).await.unwrap().len(), 2);
    assert_eq!(read.refresh_family_list(user.id, at(100)).await.unwrap(), []);
    drop(read);
    assert!(!change!(store, tx => tx.refresh_family_delete(user.id, theirs.id)));
    assert!(change!(store, tx => tx.refresh_family_delete(user.id, mine.id)));
    assert_eq!(change!(store, tx => tx.refresh_families_delete(user.id)), 1);
    assert_eq!(change!(store, tx => tx.refresh_families_expire(at(100), 10)), 1);
}

async fn a_device_code_is_redeemed_by_one_of_two_racers(store: &MetaStore) {
    let user = person(store).await;
    let made = device(&user, "BCDFGHJK");
    change!(store, tx => tx.device_code_insert(&made));
    assert!(!change!(store, tx => tx.device_code_redeem(&made.code_hash, at(2))));
    assert!(change!(store, tx => tx.device_code_approve("BCDFGHJK", user.id, at(1), at(2))));
    let held = change!(store, tx => tx.device_code_hold(&made.code_hash)).unwrap();
    assert_eq!(
        held.state,
        DeviceCodeState::Approved {
            user: user.id,
            authenticated_at: at(1)
        }
    );
    assert!(!change!(store, tx => tx.device_code_redeem(&made.code_hash, at(60))));
    assert_one_wins(race!(store, tx => first!(tx.device_code_redeem(&made.code_hash, at(3)))));
    let held = change!(store, tx => tx.device_code_hold(&made.code_hash)).unwrap();
    assert_eq!(held.state, DeviceCodeState::Redeemed);
}

async fn a_device_code_is_decided_once(store: &MetaStore) {
    let user = person(store).await;
    let made = device(&user, "CDFGHJKL");
    change!(store, tx => tx.device_code_insert(&made));
    let mut read = store.read().await.unwrap();
    assert_eq!(read.device_code_pending("CDFGHJKL", at(60)).await.unwrap(), None);
    assert_eq!(
        read.device_code_pending("CDFGHJKL", at(59)).await.unwrap(),
        Some(made.clone())
    );
    drop(read);
    assert!(!change!(store, tx => tx.device_code_deny("CDFGHJKL", at(60))));
    assert!(change!(store, tx => tx.device_code_deny("CDFGHJKL", at(2))));
    assert!(!change!(store, tx => tx.device_code_approve("CDFGHJKL", user.id, at(1), at(2))));
    let held = change!(store, tx => tx.device_code_hold(&made.code_hash)).unwrap();
    assert_eq!(held.state, DeviceCodeState::Denied);
    assert_eq!(
        store
            .read()
            .await
            .unwrap()
            .device_code_pending("CDFGHJKL", at(2))
            .await
            .unwrap(),
        None
    );
}

async fn a_device_that_was_told_to_slow_down_is_remembered(store: &MetaStore) {
    let made = device(&person(store).await, "DFGHJKLM");
    change!(store, tx => tx.device_code_insert(&made));
    change!(store, tx => tx.device_code_polled(&made.code_hash, 10, at(7)));
    let held = change!(store, tx => tx.device_code_hold(&made.code_hash)).unwrap();
    assert_eq!((held.interval_s, held.polled_at), (10, Some(at(7))));
}

async fn no_two_devices_have_one_user_code(store: &MetaStore) {
    let user = person(store).await;
    change!(store, tx => tx.device_code_insert(&device(&user, "FGHJKLMN")));
    let mut tx = store.begin(at(2)).await.unwrap();
    assert!(is_conflict(&tx.device_code_insert(&device(&user, "FGHJKLMN")).await));
    drop(tx);
    assert_eq!(change!(store, tx => tx.device_codes_expire(at(59), 10)), 0);
    assert_eq!(change!(store, tx => tx.device_codes_expire(at(60), 10)), 1);
    change!(store, tx => tx.device_code_insert(&device(&user, "FGHJKLMN")));
}

async fn whatever_opens_something_goes_with_its_person(store: &MetaStore) {
    let user = person(store).await;
    let (browser, client, login, link) = (session(&user), family(&user), code(&user), invitation(&user));
    let mut tx = store.begin(at(1)).await.unwrap();
    tx.user_password_put(user.id, "hash", at(1)).await.unwrap();
    tx.user_factor_put(user.id, &factor(1)).await.unwrap();
    tx.passkey_insert(&passkey(&user, 0)).await.unwrap();
    tx.recovery_codes_put(user.id, &[sum("a")]).await.unwrap();
    tx.web_session_insert(&browser).await.unwrap();
    tx.refresh_family_insert(&client).await.unwrap();
    tx.authorization_code_insert(&login).await.unwrap();
    tx.invitation_put(&link).await.unwrap();
    commit(tx).await;
    change!(store, tx => tx.user_delete(user.tenant, user.id));
    let mut tx = store.begin(at(2)).await.unwrap();
    assert_eq!(tx.user_password(user.id).await.unwrap(), None);
    assert_eq!(tx.user_factor(user.id).await.unwrap(), None);
    assert_eq!(tx.passkey_list(user.id).await.unwrap(), []);
    assert_eq!(tx.recovery_code_count(user.id).await.unwrap(), 0);
    assert_eq!(tx.web_session_by_token(&browser.token_hash).await.unwrap(), None);
    assert_eq!(tx.refresh_family_get(client.id).await.unwrap(), None);
    assert_eq!(tx.authorization_code_hold(&login.code_hash).await.unwrap(), None);
    assert_eq!(tx.invitation_get(&link.token_hash, at(2)).await.unwrap(), None);
    commit(tx).await;
}
