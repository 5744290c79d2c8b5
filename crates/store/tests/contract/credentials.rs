//! Secrets of applications, failed sign-ins, signing keys.

use wharf_store::StoreError;
use wharf_store::meta::MetaStore;
use wharf_store::meta::application::Application;
use wharf_store::meta::credential::{Credential, MAX_CREDENTIALS};
use wharf_store::meta::sign_in_failure::SignInFailures;
use wharf_store::meta::signing_key::SigningKey;
use wharf_types::id::{AppId, KeyId, TenantId, TokenId};

use crate::backend::assert_one_wins;
use crate::directory::{application, registered};
use crate::fixture::{at, change, commit, entry, id, is_conflict, tenant_with_subscription, used};

store_contract!(
    secrets_are_listed_with_the_newest_first,
    a_secret_is_found_by_its_own_tenant_and_application_alone,
    an_application_has_no_more_secrets_than_are_tried,
    the_last_place_for_a_secret_is_won_by_one_of_two_racers,
    a_secret_needs_its_application,
    a_secret_remembers_its_latest_use,
    a_deleted_secret_is_gone_and_the_others_stay,
    secrets_go_with_their_application,
    failures_at_one_moment_all_count,
    a_success_forgets_the_failures_of_its_account_alone,
    old_failures_are_forgotten_a_few_at_a_time,
    signing_keys_are_read_until_they_are_retired,
    a_signing_key_is_retired_once,
    a_token_is_revoked_once_in_its_own_tenant_and_forgotten_in_time,
);

fn secret(application: &Application, made_at: i64) -> Credential {
    Credential {
        key: KeyId(id()),
        tenant: application.tenant,
        app_id: application.app_id,
        display_name: None,
        hint: "abc".to_owned(),
        secret_hash: "sha256:00".to_owned(),
        starts_at: at(made_at),
        ends_at: at(made_at + 100),
        created_at: at(made_at),
        last_used: None,
    }
}

async fn with_application(store: &MetaStore) -> Application {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    registered(store, tenant).await.0
}

async fn secrets(store: &MetaStore, of: &Application) -> Vec<Credential> {
    store
        .read()
        .await
        .unwrap()
        .credential_list(of.tenant, of.app_id)
        .await
        .unwrap()
}

async fn secrets_are_listed_with_the_newest_first(store: &MetaStore) {
    let robot = with_application(store).await;
    let older = Credential {
        display_name: Some("laptop é".to_owned()),
        ..secret(&robot, 1)
    };
    let newer = secret(&robot, 2);
    change!(store, tx => tx.credential_insert(&older));
    change!(store, tx => tx.credential_insert(&newer));
    assert_eq!(secrets(store, &robot).await, [newer, older]);
}

async fn a_secret_is_found_by_its_own_tenant_and_application_alone(store: &MetaStore) {
    let robot = with_application(store).await;
    let (fabrikam, _) = tenant_with_subscription(store, "Fabrikam", "main").await;
    let made = secret(&robot, 1);
    change!(store, tx => tx.credential_insert(&made));
    let mut tx = store.begin(at(2)).await.unwrap();
    assert_eq!(tx.credential_list(fabrikam, robot.app_id).await.unwrap(), []);
    assert!(!tx.credential_delete(fabrikam, robot.app_id, made.key).await.unwrap());
    assert!(!tx.credential_delete(robot.tenant, AppId(id()), made.key).await.unwrap());
    commit(tx).await;
    assert_eq!(secrets(store, &robot).await, [made]);
}

async fn an_application_has_no_more_secrets_than_are_tried(store: &MetaStore) {
    let robot = with_application(store).await;
    for made_at in 1..=MAX_CREDENTIALS as i64 {
        change!(store, tx => tx.credential_insert(&secret(&robot, made_at)));
    }
    let mut tx = store.begin(at(2)).await.unwrap();
    assert!(is_conflict(&tx.credential_insert(&secret(&robot, 99)).await));
    drop(tx);
    let found = secrets(store, &robot).await;
    assert_eq!(found.len(), MAX_CREDENTIALS);
    // Another application is not concerned.
    let other = registered(store, robot.tenant).await.0;
    change!(store, tx => tx.credential_insert(&secret(&other, 1)));
    // One that goes makes room.
    assert!(change!(store, tx => tx.credential_delete(robot.tenant, robot.app_id, found[0].key)));
    change!(store, tx => tx.credential_insert(&secret(&robot, 99)));
}

async fn the_last_place_for_a_secret_is_won_by_one_of_two_racers(store: &MetaStore) {
    let robot = with_application(store).await;
    for made_at in 1..MAX_CREDENTIALS as i64 {
        change!(store, tx => tx.credential_insert(&secret(&robot, made_at)));
    }
    assert_one_wins(race!(store, tx => tx.credential_insert(&secret(&robot, 99))));
}

async fn a_secret_needs_its_application(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let mut tx = store.begin(at(2)).await.unwrap();
    assert!(is_conflict(
        &tx.credential_insert(&secret(&application(tenant), 1)).await
    ));
}

async fn a_secret_remembers_its_latest_use(store: &MetaStore) {
    let robot = with_application(store).await;
    let (known, unused) = (secret(&robot, 2), secret(&robot, 1));
    change!(store, tx => tx.credential_insert(&known));
    change!(store, tx => tx.credential_insert(&unused));
    for (seconds, from) in [(10, "192.0.2.1"), (30, "192.0.2.2"), (20, "192.0.2.3")] {
        change!(store, tx => tx.credential_used(known.key, &used(seconds, from)));
    }
    let found = secrets(store, &robot).await;
    assert_eq!(found[0].last_used, Some(used(30, "192.0.2.2")));
    assert_eq!(found[1].last_used, None);
}

async fn a_deleted_secret_is_gone_and_the_others_stay(store: &MetaStore) {
    let robot = with_application(store).await;
    let (one, other) = (secret(&robot, 1), secret(&robot, 2));
    change!(store, tx => tx.credential_insert(&one));
    change!(store, tx => tx.credential_insert(&other));
    assert!(change!(store, tx => tx.credential_delete(robot.tenant, robot.app_id, one.key)));
    assert!(!change!(store, tx => tx.credential_delete(robot.tenant, robot.app_id, one.key)));
    assert_eq!(secrets(store, &robot).await, [other]);
}

async fn secrets_go_with_their_application(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let (robot, principal) = registered(store, tenant).await;
    let (other, _) = registered(store, tenant).await;
    for application in [&robot, &other] {
        change!(store, tx => tx.credential_insert(&secret(application, 1)));
    }
    change!(store, tx => tx.service_principal_delete(tenant, principal.id));
    change!(store, tx => tx.application_delete(tenant, robot.app_id));
    assert_eq!(secrets(store, &robot).await, []);
    assert_eq!(secrets(store, &other).await.len(), 1);
}

async fn failures(store: &MetaStore, account: &str) -> Option<SignInFailures> {
    store.read().await.unwrap().sign_in_failures(account).await.unwrap()
}

async fn failures_at_one_moment_all_count(store: &MetaStore) {
    assert_eq!(failures(store, "robot").await, None);
    let fail = async || {
        let mut tx = store.begin(at(7)).await?;
        tx.sign_in_failed("robot", at(7)).await?;
        tx.commit(&entry()).await?;
        Ok::<_, StoreError>(())
    };
    let ends = tokio::join!(fail(), fail(), fail(), fail());
    assert!(matches!(ends, (Ok(()), Ok(()), Ok(()), Ok(()))), "{ends:?}");
    assert_eq!(
        failures(store, "robot").await,
        Some(SignInFailures {
            count: 4,
            last_at: at(7)
        })
    );
}

async fn a_success_forgets_the_failures_of_its_account_alone(store: &MetaStore) {
    for account in ["robot", "Robot"] {
        change!(store, tx => tx.sign_in_failed(account, at(7)));
    }
    change!(store, tx => tx.sign_in_succeeded("robot"));
    assert_eq!(failures(store, "robot").await, None);
    assert_eq!(failures(store, "Robot").await.unwrap().count, 1);
}

async fn old_failures_are_forgotten_a_few_at_a_time(store: &MetaStore) {
    for (account, seconds) in [("a", 1), ("b", 2), ("c", 3), ("d", 10)] {
        change!(store, tx => tx.sign_in_failed(account, at(seconds)));
    }
    assert_eq!(change!(store, tx => tx.sign_in_failures_expire(at(10), 2)), 2);
    assert_eq!(change!(store, tx => tx.sign_in_failures_expire(at(10), 2)), 1);
    assert_eq!(change!(store, tx => tx.sign_in_failures_expire(at(10), 2)), 0);
    assert!(failures(store, "d").await.is_some());
}

fn key(name: &str, signs_from: i64) -> SigningKey {
    SigningKey {
        id: name.to_owned(),
        ciphertext: vec![0, 1, 255],
        signs_from: at(signs_from),
    }
}

async fn keys(store: &MetaStore, now: i64) -> Vec<String> {
    let found = store.read().await.unwrap().signing_key_list(at(now)).await.unwrap();
    assert!(found.iter().all(|key| key.ciphertext == [0, 1, 255]));
    found.into_iter().map(|key| key.id).collect()
}

async fn signing_keys_are_read_until_they_are_retired(store: &MetaStore) {
    change!(store, tx => tx.signing_key_insert(&key("next", 20), at(1)));
    change!(store, tx => tx.signing_key_insert(&key("now", 10), at(1)));
    change!(store, tx => tx.signing_key_retire("now", at(30)));
    assert_eq!(keys(store, 29).await, ["now", "next"]);
    assert_eq!(keys(store, 30).await, ["next"]);
    let mut tx = store.begin(at(2)).await.unwrap();
    assert!(is_conflict(&tx.signing_key_insert(&key("now", 99), at(2)).await));
}

async fn a_signing_key_is_retired_once(store: &MetaStore) {
    change!(store, tx => tx.signing_key_insert(&key("now", 10), at(1)));
    change!(store, tx => tx.signing_key_retire("now", at(30)));
    change!(store, tx => tx.signing_key_retire("now", at(99)));
    assert_eq!(
        keys(store, 31).await,
        Vec::<String>::new(),
        "a later call does not prolong its life"
    );
}

async fn a_token_is_revoked_once_in_its_own_tenant_and_forgotten_in_time(store: &MetaStore) {
    let (tenant, _) = tenant_with_subscription(store, "Contoso", "main").await;
    let (token, other) = (TokenId(id()), TokenId(id()));
    let is_revoked = async |tenant: TenantId, token| {
        let mut read = store.read().await.unwrap();
        read.token_is_revoked(tenant, token).await.unwrap()
    };
    for first in [true, false] {
        let now = change!(store, tx => tx.token_revoke(tenant, token, at(50), at(1)));
        assert_eq!(now, first);
    }
    assert!(is_revoked(tenant, token).await);
    assert!(!is_revoked(TenantId(id()), token).await);
    assert!(!is_revoked(tenant, other).await);
    change!(store, tx => tx.token_revoke(tenant, other, at(60), at(1)));
    assert_eq!(change!(store, tx => tx.revoked_tokens_expire(at(49), 10)), 0);
    assert_eq!(change!(store, tx => tx.revoked_tokens_expire(at(90), 1)), 1);
    assert_eq!(change!(store, tx => tx.revoked_tokens_expire(at(90), 10)), 1);
    assert!(!is_revoked(tenant, token).await);
}
