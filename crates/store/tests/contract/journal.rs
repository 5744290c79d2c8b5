//! The journal: read back as written, sealed in an order of its own, and changed by nobody unseen.

use serde_json::{Value, json};
use uuid::Uuid;
use wharf_store::StoreError;
use wharf_store::meta::journal::{Entry, GENESIS, JournalRow, Seal, SignedHead};
use wharf_store::meta::{MetaStore, Unrecorded};
use wharf_types::id::{RegistryId, TenantId};
use wharf_types::journal::{JournalKind, Outcome};

use crate::backend::{Place, assert_one_wins};
use crate::fixture::{at, change, entry, entry_of, id, is_conflict};

store_contract!(
    rows_read_back_as_written,
    every_kind_reads_back_as_written,
    a_tenant_sees_its_own_rows_below_a_prefix,
    rows_are_listed_with_the_newest_first,
    sealed_rows_form_a_chain_without_gaps,
    a_row_is_sealed_by_one_of_two_sealers,
    a_position_is_given_once,
    signed_heads_read_back_as_written,
);
place_contract!(
    a_deleted_object_leaves_one_mark,
    the_hash_covers_every_column,
    a_row_that_is_no_value_is_an_error_that_names_it
);
postgres_contract!(a_row_that_is_committed_late_is_sealed_and_read_all_the_same);

async fn write(store: &MetaStore, entry: &Entry) {
    store.begin(at(1)).await.unwrap().commit(entry).await.unwrap();
}

/// Seals all rows that are committed, as the product's job does.
async fn seal(store: &MetaStore) -> Result<usize, StoreError> {
    let mut tx = store.begin(at(1)).await?;
    let mut head = tx.journal_head().await?.unwrap_or(Seal {
        position: 0,
        hash: GENESIS.to_vec(),
    });
    let rows = tx.journal_unsealed(100).await?;
    for row in &rows {
        let position = head.position + 1;
        head = Seal {
            position,
            hash: row.hash(position, &head.hash),
        };
        tx.journal_seal(row.sequence, &head).await?;
    }
    tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
    Ok(rows.len())
}

async fn after(store: &MetaStore, position: i64) -> Vec<JournalRow> {
    store.read().await.unwrap().journal_after(position, 100).await.unwrap()
}

fn assert_same(found: &Entry, written: &Entry) {
    assert_eq!(format!("{found:?}"), format!("{written:?}"));
}

async fn rows_read_back_as_written(store: &MetaStore) {
    let full = Entry {
        payload: json!({"tag": "v1", "nested": {"é": [1, 0.1, null]}}),
        ..entry()
    };
    let bare = Entry {
        registry: None,
        address: None,
        outcome: Outcome::Refused,
        payload: Value::Null,
        resource: String::new(),
        actor: "\u{10FFFF}\"'".to_owned(),
        ..entry()
    };
    let sixth = Entry {
        address: Some("2001:db8::1".parse().unwrap()),
        ..entry()
    };
    for written in [&full, &bare, &sixth] {
        let tx = store.begin(at(1)).await.unwrap();
        let version = tx.version();
        tx.commit(written).await.unwrap();
        let rows = store.read().await.unwrap().journal_unsealed(100).await.unwrap();
        let row = rows.last().unwrap();
        assert_same(&row.entry, written);
        assert_eq!((row.version, &row.seal), (version, &None));
    }
    assert!(
        after(store, 0).await.is_empty(),
        "a reader with a cursor sees sealed rows alone"
    );
}

async fn every_kind_reads_back_as_written(store: &MetaStore) {
    let mut tx = store.begin(at(1)).await.unwrap();
    for kind in JournalKind::ALL {
        tx.record(&entry_of(*kind)).await.unwrap();
    }
    tx.commit(&entry()).await.unwrap();
    let rows = store.read().await.unwrap().journal_unsealed(100).await.unwrap();
    let kinds: Vec<_> = rows.iter().map(|row| row.entry.kind).collect();
    assert_eq!(kinds[..JournalKind::ALL.len()], *JournalKind::ALL);
}

async fn a_tenant_sees_its_own_rows_below_a_prefix(store: &MetaStore) {
    let theirs = TenantId(id());
    for (tenant, resource) in [
        (entry().tenant, "/subscriptions/s/registries/web"),
        (entry().tenant, "/subscriptions/s/registries/web/tags/é\u{10FFFF}"),
        (entry().tenant, "/subscriptions/s/registries/weB"),
        (entry().tenant, "/subscriptions/s/registries/we"),
        (theirs, "/subscriptions/s/registries/web"),
    ] {
        write(
            store,
            &Entry {
                tenant,
                resource: resource.to_owned(),
                ..entry()
            },
        )
        .await;
    }
    let list = async |tenant, prefix: &str| {
        let rows = store
            .read()
            .await
            .unwrap()
            .journal_list(tenant, prefix, i64::MAX, 100)
            .await
            .unwrap();
        rows.into_iter().map(|row| row.entry.resource).collect::<Vec<_>>()
    };
    assert_eq!(
        list(entry().tenant, "/subscriptions/s/registries/web").await,
        [
            "/subscriptions/s/registries/web/tags/é\u{10FFFF}",
            "/subscriptions/s/registries/web"
        ]
    );
    assert_eq!(list(entry().tenant, "").await.len(), 4);
    assert_eq!(list(theirs, "").await.len(), 1);
    assert_eq!(list(TenantId(id()), "").await.len(), 0);
}

async fn rows_are_listed_with_the_newest_first(store: &MetaStore) {
    for number in 0..5 {
        write(
            store,
            &Entry {
                resource: number.to_string(),
                ..entry()
            },
        )
        .await;
    }
    let mut read = store.read().await.unwrap();
    let first = read.journal_list(entry().tenant, "", i64::MAX, 3).await.unwrap();
    let names = |rows: &[JournalRow]| rows.iter().map(|row| row.entry.resource.clone()).collect::<Vec<_>>();
    assert_eq!(names(&first), ["4", "3", "2"]);
    let second = read
        .journal_list(entry().tenant, "", first[2].sequence, 3)
        .await
        .unwrap();
    assert_eq!(names(&second), ["1", "0"]);
}

async fn sealed_rows_form_a_chain_without_gaps(store: &MetaStore) {
    assert_eq!(store.read().await.unwrap().journal_head().await.unwrap(), None);
    assert_eq!(seal(store).await.unwrap(), 0);
    for round in 0..3 {
        for number in 0..2 {
            write(
                store,
                &Entry {
                    resource: format!("{round}/{number}"),
                    ..entry()
                },
            )
            .await;
        }
        // What is not committed takes no place.
        let mut lost = store.begin(at(1)).await.unwrap();
        lost.record(&entry()).await.unwrap();
        drop(lost);
        assert_eq!(seal(store).await.unwrap(), 2);
        assert_eq!(seal(store).await.unwrap(), 0);
    }
    let rows = after(store, 0).await;
    let mut previous = GENESIS.to_vec();
    for (row, position) in rows.iter().zip(1..) {
        let seal = row.seal.as_ref().unwrap();
        assert_eq!(seal.position, position);
        assert_eq!(seal.hash, row.hash(position, &previous));
        previous.clone_from(&seal.hash);
    }
    assert_eq!(rows.len(), 6);
    assert_eq!(
        store.read().await.unwrap().journal_head().await.unwrap(),
        Some(Seal {
            position: 6,
            hash: previous
        })
    );
    assert_eq!(after(store, 4).await.len(), 2);
    assert_eq!(store.read().await.unwrap().journal_after(0, 2).await.unwrap().len(), 2);
    assert!(
        store
            .read()
            .await
            .unwrap()
            .journal_unsealed(9)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn a_row_is_sealed_by_one_of_two_sealers(store: &MetaStore) {
    write(store, &entry()).await;
    let row = store.read().await.unwrap().journal_unsealed(1).await.unwrap().remove(0);
    let place = Seal {
        position: 1,
        hash: row.hash(1, &GENESIS),
    };
    assert_one_wins(race!(store, tx => tx.journal_seal(row.sequence, &place)));
    assert_eq!(
        after(store, 0)
            .await
            .iter()
            .filter(|found| found.sequence == row.sequence)
            .count(),
        1
    );
}

async fn a_position_is_given_once(store: &MetaStore) {
    write(store, &entry()).await;
    write(store, &entry()).await;
    let rows = store.read().await.unwrap().journal_unsealed(2).await.unwrap();
    let place = Seal {
        position: 1,
        hash: vec![1; 32],
    };
    change!(store, tx => tx.journal_seal(rows[0].sequence, &place));
    let mut tx = store.begin(at(1)).await.unwrap();
    assert!(is_conflict(&tx.journal_seal(rows[1].sequence, &place).await));
    drop(tx);
    let mut tx = store.begin(at(1)).await.unwrap();
    let moved = Seal {
        position: 2,
        hash: vec![2; 32],
    };
    assert!(
        is_conflict(&tx.journal_seal(rows[0].sequence, &moved).await),
        "a sealed row keeps its place"
    );
    drop(tx);
    assert_eq!(after(store, 0).await[0].seal, Some(place));
}

async fn signed_heads_read_back_as_written(store: &MetaStore) {
    let head = |position| SignedHead {
        seal: Seal {
            position,
            hash: vec![position as u8; 32],
        },
        signed_at: at(position),
        key: "k1".to_owned(),
        signature: "a.b.c".to_owned(),
    };
    for position in [7, 3, 9] {
        change!(store, tx => tx.journal_head_insert(&head(position)));
    }
    let mut tx = store.begin(at(1)).await.unwrap();
    assert!(is_conflict(&tx.journal_head_insert(&head(7)).await));
    drop(tx);
    let mut read = store.read().await.unwrap();
    let found = read.journal_head_list(3, 9).await.unwrap();
    assert_eq!(format!("{found:?}"), format!("{:?}", [head(7), head(9)]));
    assert_eq!(read.journal_head_list(0, 1).await.unwrap()[0].seal.position, 3);
}

async fn a_deleted_object_leaves_one_mark(place: &Place) {
    let store = place.open().await.unwrap();
    for seconds in [1, 2] {
        change!(store, tx => tx.tombstone_put("tag", "registry/web/v1", at(seconds)));
    }
    change!(store, tx => tx.tombstone_put("manifest", "registry/web/v1", at(3)));
    let mut raw = place.raw().await;
    assert_eq!(raw.number("SELECT count(*) FROM tombstones").await, 2);
    let latest = raw
        .number("SELECT deleted_at_us FROM tombstones WHERE kind = 'tag'")
        .await;
    assert_eq!(latest, at(2).as_us());
    store.close().await;
}

/// Whoever changes a stored column by hand is found out: the row's hash is another one.
async fn the_hash_covers_every_column(place: &Place) {
    let store = place.open().await.unwrap();
    write(&store, &entry()).await;
    seal(&store).await.unwrap();
    let sealed = after(&store, 0).await.remove(0);
    let hash = sealed.seal.clone().unwrap().hash;
    let mut raw = place.raw().await;
    let (uuid, registry, request) = (raw.uuid(id()), raw.uuid(id()), raw.uuid(id()));
    let mut forgeries = vec![
        ("time_us", (sealed.entry.time.as_us() + 1).to_string()),
        ("tenant_id", uuid),
        ("registry_id", registry),
        ("registry_id", "NULL".to_owned()),
        ("kind", format!("'{}'", JournalKind::TagDelete.as_str())),
        ("resource", "'/subscriptions/t'".to_owned()),
        ("actor", "'system'".to_owned()),
        ("address", "'192.0.2.2'".to_owned()),
        ("address", "NULL".to_owned()),
        ("request_id", request),
        ("outcome", "'Refused'".to_owned()),
        ("payload", "'{\"a\":\"text\",\"b\":2}'".to_owned()),
        ("version", (sealed.version + 1).to_string()),
        ("position", "2".to_owned()),
        (
            "hash",
            format!("(SELECT hash FROM journal_heads WHERE position = {})", 5),
        ),
    ];
    // PostgreSQL lets nobody set this column.
    if !place.is_postgres() {
        forgeries.push(("sequence", (sealed.sequence + 1).to_string()));
    }
    let head = SignedHead {
        seal: Seal {
            position: 5,
            hash: vec![5; 32],
        },
        signed_at: at(1),
        key: String::new(),
        signature: String::new(),
    };
    change!(store, tx => tx.journal_head_insert(&head));
    raw.execute("CREATE TABLE kept AS SELECT * FROM journal").await;
    for (column, forged) in forgeries {
        assert_eq!(raw.execute(&format!("UPDATE journal SET {column} = {forged}")).await, 1);
        let row = after(&store, 0).await.remove(0);
        let seal = row.seal.clone().unwrap();
        assert_ne!(
            row.hash(seal.position, &GENESIS),
            seal.hash,
            "{column} = {forged} is not seen"
        );
        let restored = format!("UPDATE journal SET {column} = (SELECT {column} FROM kept)");
        assert_eq!(raw.execute(&restored).await, 1);
        let row = after(&store, 0).await.remove(0);
        assert_eq!(row.hash(1, &GENESIS), hash, "{column} is back");
    }
    assert_ne!(sealed.hash(1, &[1; 32]), hash, "and the row before counts");
    store.close().await;
}

async fn a_row_that_is_no_value_is_an_error_that_names_it(place: &Place) {
    let store = place.open().await.unwrap();
    write(&store, &entry()).await;
    let mut raw = place.raw().await;
    raw.execute("CREATE TABLE kept AS SELECT * FROM journal").await;
    for (column, bad) in [
        ("kind", "new/kind"),
        ("outcome", "Perhaps"),
        ("payload", "{"),
        ("address", "here"),
    ] {
        raw.execute(&format!("UPDATE journal SET {column} = '{bad}'")).await;
        let error = store.read().await.unwrap().journal_unsealed(9).await.unwrap_err();
        assert!(
            matches!(&error, StoreError::Corrupt { place: "journal", id, .. } if id == "1"),
            "{error}"
        );
        raw.execute(&format!("UPDATE journal SET {column} = (SELECT {column} FROM kept)"))
            .await;
    }
    assert_eq!(store.read().await.unwrap().journal_unsealed(9).await.unwrap().len(), 1);
    store.close().await;
}

/// On PostgreSQL rows become visible in another order than their sequence numbers'.
async fn a_row_that_is_committed_late_is_sealed_and_read_all_the_same(place: &Place) {
    let store = place.open().await.unwrap();
    let [mut early, mut late] = [store.begin(at(1)).await.unwrap(), store.begin(at(1)).await.unwrap()];
    let recorded = |resource: &str| Entry {
        resource: resource.to_owned(),
        registry: Some(RegistryId(Uuid::nil())),
        ..entry()
    };
    early.record(&recorded("first written")).await.unwrap();
    late.record(&recorded("first committed")).await.unwrap();
    late.commit_unrecorded(Unrecorded::Bookkeeping).await.unwrap();
    assert_eq!(seal(&store).await.unwrap(), 1);
    let seen = after(&store, 0).await;
    let cursor = seen.last().unwrap().seal.as_ref().unwrap().position;
    early.commit_unrecorded(Unrecorded::Bookkeeping).await.unwrap();
    assert_eq!(seal(&store).await.unwrap(), 1);
    let rest = after(&store, cursor).await;
    assert_eq!(
        rest.iter().map(|row| row.entry.resource.as_str()).collect::<Vec<_>>(),
        ["first written"]
    );
    assert!(rest[0].sequence < seen[0].sequence);
    let previous = &seen[0].seal.as_ref().unwrap().hash;
    assert_eq!(rest[0].seal.as_ref().unwrap().hash, rest[0].hash(2, previous));
    store.close().await;
}
