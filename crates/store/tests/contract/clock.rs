//! The hybrid logical clock.

use wharf_store::meta::MetaStore;

use crate::backend::Place;
use crate::fixture::{at, entry};

store_contract!(
    the_version_rises_while_the_clock_stands_still_or_goes_back,
    the_version_follows_the_clock,
    the_version_goes_on_above_what_another_node_wrote,
);
place_contract!(the_version_goes_on_above_the_journal_after_a_restart);
postgres_contract!(the_version_goes_on_above_all_rows_and_not_above_the_last_one_alone);

async fn version(store: &MetaStore, seconds: i64) -> i64 {
    store.begin(at(seconds)).await.unwrap().version()
}

async fn the_version_rises_while_the_clock_stands_still_or_goes_back(store: &MetaStore) {
    let mut last = version(store, 100).await;
    for seconds in [100, 100, 99, 0, 100] {
        let next = version(store, seconds).await;
        assert!(next > last, "{next} at {seconds}");
        last = next;
    }
}

async fn the_version_follows_the_clock(store: &MetaStore) {
    let (early, late) = (version(store, 100).await, version(store, 101).await);
    assert_eq!(
        (late - early) >> 16,
        1000,
        "milliseconds, and 16 bits that count within one"
    );
}

async fn the_version_goes_on_above_what_another_node_wrote(store: &MetaStore) {
    let foreign = version(store, 100).await + (1 << 40);
    store.observe(foreign);
    assert!(version(store, 100).await > foreign);
    store.observe(1);
    assert!(version(store, 100).await > foreign, "an old version takes nothing back");
}

async fn the_version_goes_on_above_the_journal_after_a_restart(place: &Place) {
    let store = place.open().await.unwrap();
    let tx = store.begin(at(1_000_000)).await.unwrap();
    let written = tx.version();
    tx.commit(&entry()).await.unwrap();
    store.close().await;
    let store = place.open().await.unwrap();
    assert!(version(&store, 0).await > written);
    store.close().await;
}

/// A transaction that began first may write its record last.
async fn the_version_goes_on_above_all_rows_and_not_above_the_last_one_alone(place: &Place) {
    let store = place.open().await.unwrap();
    let first = store.begin(at(1)).await.unwrap();
    let second = store.begin(at(1_000_000)).await.unwrap();
    let newest = second.version();
    second.commit(&entry()).await.unwrap();
    first.commit(&entry()).await.unwrap();
    let rows = store.read().await.unwrap().journal_unsealed(10).await.unwrap();
    assert_eq!(
        rows.iter().map(|row| row.version == newest).collect::<Vec<_>>(),
        [true, false]
    );
    store.close().await;
    let store = place.open().await.unwrap();
    assert!(version(&store, 0).await > newest);
    store.close().await;
}
