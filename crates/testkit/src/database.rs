//! A database of its own for each server.

use secrecy::SecretString;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::path::Path;
use url::Url;
use wharf_store::meta::Database;

/// A database, gone when this is dropped.
pub(crate) struct TestDatabase {
    pub(crate) database: Database,
    /// The server's address and the name of the database there.
    postgres: Option<(Url, String)>,
}

impl TestDatabase {
    /// A new database: on the PostgreSQL that `TEST_POSTGRES_URL` names, or a file in `folder`.
    pub(crate) async fn create(folder: &Path) -> Self {
        #[expect(clippy::disallowed_methods, reason = "a test has no other configuration")]
        let Ok(server) = std::env::var("TEST_POSTGRES_URL") else {
            return Self {
                database: Database::Sqlite(folder.join("wharf.db")),
                postgres: None,
            };
        };
        let server: Url = server.parse().expect("TEST_POSTGRES_URL is a URL");
        // The process and the folder's random name: no other test run has both.
        let random = folder.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let random: String = random.chars().filter(char::is_ascii_alphanumeric).collect();
        let name = format!("wharf_test_{}_{random}", std::process::id());
        execute(&server, &format!("CREATE DATABASE {name}")).await;
        let mut own = server.clone();
        own.set_path(&name);
        Self {
            database: Database::Postgres(SecretString::from(own.to_string())),
            postgres: Some((server, name)),
        }
    }
}

async fn execute(server: &Url, sql: &str) {
    let mut connection = PgConnection::connect(server.as_str())
        .await
        .expect("PostgreSQL answers");
    connection
        .execute(AssertSqlSafe(sql.to_owned()))
        .await
        .expect("the statement is good");
    connection.close().await.expect("the connection ends");
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some((server, name)) = self.postgres.take() else {
            return;
        };
        // The test's own runtime may be ending: another one does the work, and the test waits for it.
        let work = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            runtime.expect("a runtime starts").block_on(execute(&server, &drop));
        };
        let ended = std::thread::spawn(work).join();
        if !std::thread::panicking() {
            ended.expect("the test's database is dropped");
        }
    }
}
