//! What an installation holds, counted: for tests that say that nothing came of a request.

use std::collections::BTreeMap;
use std::path::Path;

use secrecy::ExposeSecret;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, SqliteConnection};
use wharf_store::meta::Database;

use crate::TestServer;

impl TestServer {
    /// How many rows each table has, and how many files the blobs are. Every change of content adds a row to the journal, so that equal counts mean that
    /// nothing was changed.
    pub async fn stored(&self) -> BTreeMap<String, i64> {
        let (database, blobs) = self.storage();
        let mut counts = match database {
            Database::Sqlite(path) => sqlite(path).await,
            Database::Postgres(url) => postgres(url.expose_secret()).await,
        };
        counts.insert("files".to_owned(), files(&blobs));
        counts
    }
}

fn count_of(table: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("SELECT count(*) FROM \"{table}\""))
}

async fn sqlite(path: &Path) -> BTreeMap<String, i64> {
    let url = format!("sqlite:{}?mode=ro", path.display());
    let mut connection = SqliteConnection::connect(&url).await.expect("the database opens");
    let tables = sqlx::query("SELECT name FROM sqlite_master WHERE type = 'table'")
        .fetch_all(&mut connection)
        .await
        .expect("the tables can be listed");
    let mut counts = BTreeMap::new();
    for table in tables {
        let name: String = table.get(0);
        let row = sqlx::query(count_of(&name)).fetch_one(&mut connection).await;
        counts.insert(name, row.expect("rows can be counted").get(0));
    }
    counts
}

async fn postgres(url: &str) -> BTreeMap<String, i64> {
    let mut connection = PgConnection::connect(url).await.expect("PostgreSQL answers");
    let tables = sqlx::query("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
        .fetch_all(&mut connection)
        .await
        .expect("the tables can be listed");
    let mut counts = BTreeMap::new();
    for table in tables {
        let name: String = table.get(0);
        let row = sqlx::query(count_of(&name)).fetch_one(&mut connection).await;
        counts.insert(name, row.expect("rows can be counted").get(0));
    }
    counts
}

fn files(folder: &Path) -> i64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => files(&entry.path()),
            _ => 1,
        })
        .sum()
}
