//! Opening a database: new, known, newer, by several at once, and after an interruption.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use wharf_store::StoreError;
use wharf_store::meta::installation::Installation;

use crate::backend::Place;
use crate::fixture::{at, change, id, tenant_with_subscription};

place_contract!(
    a_known_database_is_opened_again_with_what_it_holds,
    a_newer_schema_is_refused_and_left_alone,
    several_may_open_a_new_database_at_once,
    an_opening_may_be_interrupted_anywhere,
    a_migration_that_another_process_rolls_back_starts_again,
);

async fn a_known_database_is_opened_again_with_what_it_holds(place: &Place) {
    let installation = Installation {
        id: id(),
        key_check: b"check".to_vec(),
    };
    let store = place.open().await.unwrap();
    change!(store, tx => tx.installation_insert(&installation, at(1)));
    let second = place.open().await.unwrap();
    assert_eq!(
        second.read().await.unwrap().installation().await.unwrap(),
        Some(installation.clone())
    );
    second.close().await;
    store.close().await;
    let store = place.open().await.unwrap();
    assert_eq!(
        store.read().await.unwrap().installation().await.unwrap(),
        Some(installation)
    );
    store.close().await;
}

async fn a_newer_schema_is_refused_and_left_alone(place: &Place) {
    let store = place.open().await.unwrap();
    tenant_with_subscription(&store, "Contoso", "main").await;
    store.close().await;
    let mut raw = place.raw().await;
    let known = raw.number("SELECT max(version) FROM schema_versions").await;
    raw.execute("INSERT INTO schema_versions (version, applied_at_us) VALUES (999, 0)")
        .await;
    let refused = place.open().await.err();
    assert!(
        matches!(refused, Some(StoreError::Newer { found: 999, known: k }) if k == known),
        "{refused:?}"
    );
    assert_eq!(raw.number("SELECT count(*) FROM tenants").await, 1);
    assert_eq!(raw.number("SELECT count(*) FROM schema_versions").await, known + 1);
    raw.execute("DELETE FROM schema_versions WHERE version = 999").await;
    place.open().await.unwrap().close().await;
}

async fn several_may_open_a_new_database_at_once(place: &Place) {
    let open = async || place.open().await.unwrap();
    let stores = tokio::join!(open(), open(), open(), open());
    for store in [stores.0, stores.1, stores.2, stores.3] {
        assert_eq!(store.read().await.unwrap().tenant_list().await.unwrap(), []);
        store.close().await;
    }
    let applied = place.raw().await.number("SELECT count(*) FROM schema_versions").await;
    assert_eq!(
        applied,
        place
            .raw()
            .await
            .number("SELECT max(version) FROM schema_versions")
            .await
    );
}

async fn an_opening_may_be_interrupted_anywhere(place: &Place) {
    for polls in 0..40 {
        let mut opening = pin!(place.open());
        for _ in 0..polls {
            if opening
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_ready()
            {
                break;
            }
            tokio::task::spawn_blocking(|| ()).await.unwrap();
        }
    }
    let store = place.open().await.unwrap();
    tenant_with_subscription(&store, "Contoso", "main").await;
    store.close().await;
}

async fn a_migration_that_another_process_rolls_back_starts_again(place: &Place) {
    let mut raw = place.raw().await;
    raw.execute(
        "BEGIN; CREATE TABLE schema_versions (version BIGINT PRIMARY KEY, applied_at_us BIGINT NOT NULL);
        CREATE TABLE tenants (id BIGINT); INSERT INTO schema_versions VALUES (1, 0)",
    )
    .await;
    let mut opening = pin!(place.open());
    let early = tokio::time::timeout(Duration::from_millis(200), opening.as_mut()).await;
    assert!(early.is_err(), "it waits for the other one");
    raw.execute("ROLLBACK").await;
    let store = opening.await.unwrap();
    tenant_with_subscription(&store, "Contoso", "main").await;
    store.close().await;
}
