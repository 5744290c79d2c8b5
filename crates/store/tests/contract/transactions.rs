//! Transactions: all or nothing, seen when committed and not before.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use wharf_store::meta::subscription::Tenant;
use wharf_store::meta::{ContentShard, MetaStore, Unrecorded};
use wharf_types::id::TenantId;
use wharf_types::journal::JournalKind;

use crate::fixture::{at, change, commit, entry, entry_of, id, is_conflict};

store_contract!(
    an_uncommitted_change_is_seen_by_its_transaction_alone,
    a_dropped_transaction_leaves_nothing,
    a_change_is_committed_together_with_its_record,
    after_a_refused_statement_nothing_is_committed,
    generations_move_on_commit_and_not_on_rollback,
    a_record_that_changes_nothing_moves_no_generation,
    a_commit_that_nobody_waits_for_is_whole,
    of_many_at_once_each_keeps_its_own_changes,
    what_is_told_is_durable_also_when_many_commit_at_once,
);

fn tenant() -> Tenant {
    Tenant {
        id: TenantId(id()),
        display_name: "Contoso".to_owned(),
    }
}

async fn tenants(store: &MetaStore) -> Vec<Tenant> {
    store.read().await.unwrap().tenant_list().await.unwrap()
}

async fn records(store: &MetaStore) -> usize {
    store.read().await.unwrap().journal_unsealed(100).await.unwrap().len()
}

async fn an_uncommitted_change_is_seen_by_its_transaction_alone(store: &MetaStore) {
    let tenant = tenant();
    let mut tx = store.begin(at(1)).await.unwrap();
    tx.tenant_insert(&tenant, at(1)).await.unwrap();
    assert_eq!(tx.tenant_list().await.unwrap(), std::slice::from_ref(&tenant));
    assert_eq!(tenants(store).await, []);
    tx.commit(&entry()).await.unwrap();
    assert_eq!(tenants(store).await, [tenant]);
}

async fn a_dropped_transaction_leaves_nothing(store: &MetaStore) {
    let mut tx = store.begin(at(1)).await.unwrap();
    tx.tenant_insert(&tenant(), at(1)).await.unwrap();
    tx.record(&entry()).await.unwrap();
    drop(tx);
    assert_eq!(tenants(store).await, []);
    assert_eq!(records(store).await, 0);
    // The connection is fit for the next one.
    change!(store, tx => tx.tenant_insert(&tenant(), at(1)));
    assert_eq!(tenants(store).await.len(), 1);
}

async fn a_change_is_committed_together_with_its_record(store: &MetaStore) {
    let mut tx = store.begin(at(1)).await.unwrap();
    tx.tenant_insert(&tenant(), at(1)).await.unwrap();
    tx.record(&entry_of(JournalKind::TenantCreate)).await.unwrap();
    assert_eq!(records(store).await, 0);
    tx.commit(&entry_of(JournalKind::SubscriptionCreate)).await.unwrap();
    assert_eq!(records(store).await, 2);
    assert_eq!(tenants(store).await.len(), 1);
}

/// PostgreSQL answers the commit of a failed transaction with a rollback, and the driver says nothing of it: a change would be reported as durable
/// that is nowhere. SQLite would commit what went well.
async fn after_a_refused_statement_nothing_is_committed(store: &MetaStore) {
    let known = tenant();
    change!(store, tx => tx.tenant_insert(&known, at(1)));
    for recorded in [true, false] {
        let mut tx = store.begin(at(1)).await.unwrap();
        tx.tenant_insert(&tenant(), at(1)).await.unwrap();
        assert!(is_conflict(&tx.tenant_insert(&known, at(1)).await));
        let end = if recorded {
            tx.commit(&entry()).await
        } else {
            tx.commit_unrecorded(Unrecorded::Bookkeeping).await
        };
        assert!(end.is_err());
        assert_eq!(tenants(store).await, std::slice::from_ref(&known));
        assert_eq!(records(store).await, 0);
    }
}

fn content(store: &MetaStore) -> u64 {
    let shard = ContentShard::of(&[&entry().resource]);
    store.generations().content(shard).expect("no commit is under way")
}

async fn generations_move_on_commit_and_not_on_rollback(store: &MetaStore) {
    let seen = || (store.generations().access(), content(store));
    let start = seen();
    let mut tx = store.begin(at(1)).await.unwrap();
    tx.record(&entry_of(JournalKind::RoleAssignmentWrite)).await.unwrap();
    assert_eq!(seen(), start);
    drop(tx);
    assert_eq!(seen(), start);
    let tx = store.begin(at(1)).await.unwrap();
    tx.commit(&entry_of(JournalKind::RoleAssignmentWrite)).await.unwrap();
    assert_eq!(seen(), (start.0 + 1, start.1));
    let tx = store.begin(at(1)).await.unwrap();
    tx.commit(&entry_of(JournalKind::TagWrite)).await.unwrap();
    assert_eq!(seen(), (start.0 + 1, start.1 + 1));
}

async fn a_record_that_changes_nothing_moves_no_generation(store: &MetaStore) {
    let seen = || (store.generations().access(), content(store));
    let start = seen();
    let tx = store.begin(at(1)).await.unwrap();
    tx.commit(&entry_of(JournalKind::SignIn)).await.unwrap();
    let tx = store.begin(at(1)).await.unwrap();
    commit(tx).await;
    assert_eq!(seen(), start);
}

/// A client that goes away takes the future of its request with it, at any await. What is committed all the same must be known to this node's memory.
async fn a_commit_that_nobody_waits_for_is_whole(store: &MetaStore) {
    let start = store.generations().access();
    for polls in 0..6 {
        let mut tx = store.begin(at(1)).await.unwrap();
        tx.tenant_insert(&tenant(), at(1)).await.unwrap();
        let entry = entry_of(JournalKind::TenantCreate);
        {
            let mut commit = pin!(tx.commit(&entry));
            for _ in 0..polls {
                if commit.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                    break;
                }
                // Give the statement the time to be done without anybody looking.
                tenants(store).await;
            }
        }
        // It may still be under way. Once it is not, change, record and generation agree, and stay so.
        let settled = async {
            loop {
                commit_nothing(store).await;
                let changes = tenants(store).await.len();
                if records(store).await == changes && store.generations().access() - start == changes as u64 {
                    break;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), settled)
            .await
            .unwrap_or_else(|_| panic!("after {polls} polls a change is visible and this node does not know of it"));
    }
}

async fn commit_nothing(store: &MetaStore) {
    commit(store.begin(at(1)).await.unwrap()).await;
}

/// On SQLite they share commits: one that fails or is given up takes nothing of the others along.
async fn of_many_at_once_each_keeps_its_own_changes(store: &MetaStore) {
    let known = tenant();
    change!(store, tx => tx.tenant_insert(&known, at(1)));
    let tasks = (0..60).map(|number| {
        let (store, known) = (store.clone(), known.clone());
        tokio::spawn(async move {
            let mut tx = store.begin(at(1)).await.unwrap();
            tx.tenant_insert(&tenant(), at(1)).await.unwrap();
            match number % 3 {
                0 => tx.commit(&entry()).await.unwrap(),
                1 => assert!(is_conflict(&tx.tenant_insert(&known, at(1)).await)),
                _ => drop(tx),
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(tenants(store).await.len(), 1 + 20);
    assert_eq!(records(store).await, 20);
}

async fn what_is_told_is_durable_also_when_many_commit_at_once(store: &MetaStore) {
    let tasks = (0..50).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let (tenant, before) = (tenant(), store.generations().access());
            let mut tx = store.begin(at(1)).await.unwrap();
            tx.tenant_insert(&tenant, at(1)).await.unwrap();
            tx.commit(&entry_of(JournalKind::TenantCreate)).await.unwrap();
            // Another connection sees it as soon as this one was told, and this node's memory knows.
            assert!(tenants(&store).await.contains(&tenant));
            assert!(store.generations().access() > before);
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}
