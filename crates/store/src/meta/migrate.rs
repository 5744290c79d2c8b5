//! Changes of the schema: run at start, under a lock, each in one transaction (rule 68).
//!
//! A migration only adds: old and new processes share the database while a cluster is rolled over. What is no longer read is removed a release later.
//! Both databases run data definition in transactions, so a process that is killed here leaves either the old schema or the new one.

use sqlx::{AssertSqlSafe, Executor};
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::connection::{Backend, Connection};
use crate::meta::{MetaStore, Tx, Unrecorded};

/// In order; the position, counted from one, is the schema's version.
const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/0001_initial.sql"),
    include_str!("../../migrations/0002_ended_uploads.sql"),
    include_str!("../../migrations/0003_damage.sql"),
    include_str!("../../migrations/0004_people.sql"),
    include_str!("../../migrations/0005_sign_in.sql"),
    include_str!("../../migrations/0006_workloads.sql"),
    include_str!("../../migrations/0007_passkeys.sql"),
    include_str!("../../migrations/0008_identity_providers.sql"),
    include_str!("../../migrations/0009_client_applications.sql"),
    include_str!("../../migrations/0010_directory_looks.sql"),
    include_str!("../../migrations/0011_last_used_by.sql"),
];

/// Any number that other programs on the same PostgreSQL are unlikely to lock.
const POSTGRES_LOCK: i64 = 0x5748_4152_4600_0001;

fn dialect(text: &str, postgres: bool) -> String {
    let words = if postgres {
        [
            ("{uuid}", "UUID"),
            ("{bytes}", "BYTEA"),
            // Byte order, as SQLite has it: lists must come in one order on both.
            ("{text}", "TEXT COLLATE \"C\""),
            ("{sequence}", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
            ("{clustered}", ""),
        ]
    } else {
        [
            ("{uuid}", "BLOB"),
            ("{bytes}", "BLOB"),
            ("{text}", "TEXT"),
            ("{sequence}", "INTEGER PRIMARY KEY AUTOINCREMENT"),
            ("{clustered}", "WITHOUT ROWID"),
        ]
    };
    words
        .iter()
        .fold(text.to_owned(), |text, (word, meaning)| text.replace(word, meaning))
}

/// Brings the schema up to what this program knows. Refuses data that a newer program wrote.
pub(super) async fn migrate(store: &MetaStore, now: Time) -> Result<(), StoreError> {
    let known = MIGRATIONS.len() as i64;
    loop {
        let mut tx = store.begin(now).await?;
        let found = locked_version(&mut tx).await?;
        if found > known {
            return Err(StoreError::Newer { found, known });
        }
        let Some(text) = usize::try_from(found).ok().and_then(|found| MIGRATIONS.get(found)) else {
            return Ok(());
        };
        let postgres = matches!(tx.connection, Connection::PostgresTx(_));
        let statements = AssertSqlSafe(dialect(text, postgres));
        on_backend!(tx, connection => { connection.execute(sqlx::raw_sql(statements)).await?; });
        execute!(
            tx,
            "INSERT INTO schema_versions (version, applied_at_us) VALUES ($1, $2)",
            found + 1,
            now.as_us()
        );
        tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
        tracing::info!(
            schema.version = found + 1,
            "database schema is now version {}",
            found + 1
        );
    }
}

/// Takes the lock that lasts until the transaction ends, and reads the version. SQLite's `BEGIN IMMEDIATE` is that lock already.
async fn locked_version(tx: &mut Tx) -> Result<i64, StoreError> {
    if let Backend::Postgres(connection) = tx.backend() {
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(POSTGRES_LOCK)
            .execute(connection)
            .await?;
    }
    execute!(
        tx,
        "CREATE TABLE IF NOT EXISTS schema_versions (version BIGINT PRIMARY KEY, applied_at_us BIGINT NOT NULL)"
    );
    let row = fetch_optional!((Option<i64>,), tx, "SELECT max(version) FROM schema_versions");
    Ok(row.and_then(|(version,)| version).unwrap_or(0))
}
