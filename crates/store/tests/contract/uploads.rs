//! Upload sessions.

use wharf_store::StoreError;
use wharf_store::blob::RunningHash;
use wharf_store::meta::MetaStore;
use wharf_store::meta::upload::{StoredUpload, Upload};
use wharf_types::id::{RegistryId, SessionId};

use crate::backend::assert_one_wins;
use crate::fixture::{World, at, change, entry, id, is_conflict, registry};

store_contract!(
    a_session_reads_back_as_written,
    a_session_is_of_one_registry,
    a_session_advances_from_where_it_stands_alone,
    one_of_two_writers_advances_a_session,
    a_finished_session_is_gone,
    a_cancelled_session_stays_cancelled_until_it_is_forgotten,
    a_session_expires_when_nobody_went_on_with_it,
    idle_and_old_sessions_are_found_and_busy_young_ones_are_not,
    a_session_needs_its_registry,
);

fn session(world: &World, created_at: i64) -> Upload {
    Upload {
        id: SessionId::new(id().into_bytes()),
        registry: world.registry.id,
        repository: world.repository.clone(),
        principal: "system".to_owned(),
        offset: 0,
        hash_state: RunningHash::default().state(),
        created_at: at(created_at),
    }
}

async fn get(store: &MetaStore, session: &Upload) -> Option<Upload> {
    match stored(store, session).await {
        Some(StoredUpload::Open(upload)) => Some(upload),
        Some(StoredUpload::Ended) => panic!("the session has ended"),
        None => None,
    }
}

async fn stored(store: &MetaStore, session: &Upload) -> Option<StoredUpload> {
    let mut read = store.read().await.unwrap();
    read.upload_get(session.registry, session.id).await.unwrap()
}

async fn a_session_reads_back_as_written(store: &MetaStore) {
    let world = World::new(store).await;
    let mut hash = RunningHash::default();
    hash.update(b"some bytes");
    let made = Upload {
        offset: 1 << 40,
        hash_state: hash.state(),
        ..session(&world, 1)
    };
    change!(store, tx => tx.upload_insert(&made, at(1)));
    let found = get(store, &made).await.unwrap();
    assert_eq!(found, made);
    assert_eq!(RunningHash::resume(&found.hash_state).unwrap().digest(), hash.digest());
    let mut tx = store.begin(at(1)).await.unwrap();
    assert!(is_conflict(&tx.upload_insert(&made, at(1)).await), "an id is used once");
}

async fn a_session_is_of_one_registry(store: &MetaStore) {
    let world = World::new(store).await;
    let other = registry(world.tenant, world.subscription, "prod", "another");
    change!(store, tx => tx.registry_insert(&other));
    let made = session(&world, 1);
    change!(store, tx => tx.upload_insert(&made, at(1)));
    let foreign = Upload {
        registry: other.id,
        ..made.clone()
    };
    assert_eq!(get(store, &foreign).await, None);
    let mut tx = store.begin(at(2)).await.unwrap();
    assert!(is_conflict(&tx.upload_advance(&foreign, 5, b"", at(2)).await));
    assert!(!tx.upload_delete(other.id, made.id).await.unwrap());
    drop(tx);
    assert_eq!(get(store, &made).await, Some(made));
}

async fn a_session_advances_from_where_it_stands_alone(store: &MetaStore) {
    let world = World::new(store).await;
    let made = session(&world, 1);
    change!(store, tx => tx.upload_insert(&made, at(1)));
    change!(store, tx => tx.upload_advance(&made, 5, b"five", at(2)));
    let stands = get(store, &made).await.unwrap();
    assert_eq!((stands.offset, &stands.hash_state[..]), (5, &b"five"[..]));
    let mut tx = store.begin(at(3)).await.unwrap();
    assert!(is_conflict(&tx.upload_advance(&made, 9, b"stale", at(3)).await));
    drop(tx);
    assert_eq!(get(store, &made).await, Some(stands.clone()));
    change!(store, tx => tx.upload_advance(&stands, 9, b"nine", at(3)));
    assert_eq!(get(store, &made).await.unwrap().offset, 9);
}

async fn one_of_two_writers_advances_a_session(store: &MetaStore) {
    let world = World::new(store).await;
    let made = session(&world, 1);
    change!(store, tx => tx.upload_insert(&made, at(1)));
    assert_one_wins(race!(store, tx => tx.upload_advance(&made, 5, b"five", at(2))));
    assert_eq!(get(store, &made).await.unwrap().offset, 5);
}

async fn a_finished_session_is_gone(store: &MetaStore) {
    let world = World::new(store).await;
    let (made, other) = (session(&world, 1), session(&world, 1));
    change!(store, tx => tx.upload_insert(&made, at(1)));
    change!(store, tx => tx.upload_insert(&other, at(1)));
    assert!(change!(store, tx => tx.upload_delete(made.registry, made.id)));
    assert!(!change!(store, tx => tx.upload_delete(made.registry, made.id)));
    assert_eq!(get(store, &made).await, None);
    assert_eq!(get(store, &other).await, Some(other));
    let mut tx = store.begin(at(2)).await.unwrap();
    assert!(is_conflict(&tx.upload_advance(&made, 5, b"", at(2)).await));
}

async fn idle_and_old_sessions_are_found_and_busy_young_ones_are_not(store: &MetaStore) {
    let world = World::new(store).await;
    // Idle since 10; started at 5 and busy; young and busy.
    let (idle, old, young) = (session(&world, 10), session(&world, 5), session(&world, 20));
    for made in [&idle, &old, &young] {
        let mut tx = store.begin(made.created_at).await.unwrap();
        tx.upload_insert(made, made.created_at).await.unwrap();
        crate::fixture::commit(tx).await;
    }
    for busy in [&old, &young] {
        change!(store, tx => tx.upload_advance(busy, 1, b"", at(100)));
    }
    let expired = async |idle_since, created_before, limit| {
        let mut read = store.read().await.unwrap();
        let found = read
            .upload_list_expired(at(idle_since), at(created_before), limit)
            .await
            .unwrap();
        found.into_iter().map(|found| found.id).collect::<Vec<_>>()
    };
    assert_eq!(expired(10, 5, 9).await, []);
    assert_eq!(expired(11, 5, 9).await, std::slice::from_ref(&idle.id));
    assert_eq!(expired(11, 6, 9).await, [idle.id, old.id]);
    assert_eq!(expired(11, 6, 1).await, std::slice::from_ref(&idle.id));
}

/// Of a session that holds no bytes there is no row, so that its id would begin it anew.
async fn a_cancelled_session_stays_cancelled_until_it_is_forgotten(store: &MetaStore) {
    let world = World::new(store).await;
    let (without_bytes, with_bytes) = (session(&world, 1), session(&world, 2));
    change!(store, tx => tx.upload_insert(&with_bytes, at(2)));
    for cancelled in [&without_bytes, &with_bytes] {
        for _ in 0..2 {
            change!(store, tx => tx.upload_end(cancelled, at(3)));
            assert_eq!(stored(store, cancelled).await, Some(StoredUpload::Ended));
        }
        let mut tx = store.begin(at(4)).await.unwrap();
        assert!(is_conflict(&tx.upload_insert(cancelled, at(4)).await));
        drop(tx);
        let mut tx = store.begin(at(4)).await.unwrap();
        assert!(is_conflict(&tx.upload_advance(cancelled, 5, b"", at(4)).await));
        drop(tx);
        assert!(!change!(store, tx => tx.upload_delete(cancelled.registry, cancelled.id)));
    }
    let mut read = store.read().await.unwrap();
    assert_eq!(
        read.upload_list_expired(at(99), at(99), 9).await.unwrap(),
        [],
        "they have expired already"
    );
    drop(read);
    assert_eq!(change!(store, tx => tx.uploads_forget_ended(at(2), 9)), 1);
    assert_eq!(stored(store, &without_bytes).await, None);
    assert_eq!(stored(store, &with_bytes).await, Some(StoredUpload::Ended));
    assert_eq!(change!(store, tx => tx.uploads_forget_ended(at(9), 9)), 1);
    assert_eq!(stored(store, &with_bytes).await, None);
}

async fn a_session_expires_when_nobody_went_on_with_it(store: &MetaStore) {
    let world = World::new(store).await;
    let made = session(&world, 10);
    change!(store, tx => tx.upload_insert(&made, at(20)));
    for (idle_since, created_before, expires) in [(20, 10, false), (21, 10, true), (20, 11, true)] {
        let mut tx = store.begin(at(30)).await.unwrap();
        let expired = tx
            .upload_delete_expired(made.registry, made.id, at(idle_since), at(created_before))
            .await
            .unwrap();
        assert_eq!(expired, expires);
        assert_eq!(tx.upload_get(made.registry, made.id).await.unwrap().is_none(), expires);
    }
}

async fn a_session_needs_its_registry(store: &MetaStore) {
    let world = World::new(store).await;
    let nowhere = Upload {
        registry: RegistryId(id()),
        ..session(&world, 1)
    };
    let mut tx = store.begin(at(1)).await.unwrap();
    let end: Result<(), StoreError> = tx.upload_insert(&nowhere, at(1)).await;
    assert!(is_conflict(&end));
    drop(tx);
    let tx = store.begin(at(1)).await.unwrap();
    tx.commit(&entry()).await.unwrap();
}
