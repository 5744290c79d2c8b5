//! Where a case runs: a database of its own, which is gone afterwards, also when the case fails.

use std::any::Any;
use std::future::Future;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use secrecy::SecretString;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, SqliteConnection};
use wharf_store::StoreError;
use wharf_store::meta::{Database, MetaStore};

use crate::fixture::at;

/// Makes each case, an `async fn(store: &MetaStore)`, a test on both databases.
macro_rules! store_contract {
    ($($case:ident),+ $(,)?) => {
        contract!(on_sqlite, sqlite, opened: $($case),+);
        contract!(on_postgres, postgres, opened: $($case),+);
    };
}

/// The same for an `async fn(place: &Place)`, which opens the database itself.
macro_rules! place_contract {
    ($($case:ident),+ $(,)?) => {
        mod places {
            contract!(on_sqlite, sqlite, closed: $($case),+);
            contract!(on_postgres, postgres, closed: $($case),+);
            $(use super::$case;)+
        }
    };
}

/// The same for cases that only make sense where transactions run side by side.
macro_rules! postgres_contract {
    ($($case:ident),+ $(,)?) => {
        mod side_by_side {
            contract!(on_postgres, postgres, closed: $($case),+);
            $(use super::$case;)+
        }
    };
}

macro_rules! contract {
    ($module:ident, $place:ident, opened: $($case:ident),+) => {
        mod $module {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let Some(place) = $crate::backend::Place::$place().await else { return };
                let store = place.open().await.unwrap();
                let end = $crate::backend::bounded(super::$case(&store)).await;
                store.close().await;
                place.finish(end).await;
            })+
        }
    };
    ($module:ident, $place:ident, closed: $($case:ident),+) => {
        mod $module {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let Some(place) = $crate::backend::Place::$place().await else { return };
                let end = $crate::backend::bounded(super::$case(&place)).await;
                place.finish(end).await;
            })+
        }
    };
}

/// Runs the same change in two transactions at once, each with a record, and returns both ends.
macro_rules! race {
    ($store:expr, $tx:ident => $change:expr) => {{
        let racer = async || {
            let mut $tx = $store.begin($crate::fixture::at(1)).await?;
            $change.await?;
            $tx.commit(&$crate::fixture::entry()).await
        };
        let (one, other) = tokio::join!(racer(), racer());
        [one, other]
    }};
}

/// As a step that fails where it was not the first.
macro_rules! first {
    ($done:expr) => {
        async {
            if $done.await? {
                Ok(())
            } else {
                Err(wharf_store::StoreError::Conflict("somebody else was first"))
            }
        }
    };
}

/// Asserts that one of two racers won and that the other was told of a conflict.
pub(crate) fn assert_one_wins(ends: [Result<(), StoreError>; 2]) {
    let won = ends.iter().filter(|end| end.is_ok()).count();
    let refused = ends
        .iter()
        .filter(|end| matches!(end, Err(StoreError::Conflict(_))))
        .count();
    assert_eq!((won, refused), (1, 1), "{ends:?}");
}

/// Longer than any case takes on a busy machine.
const CASE_TIMEOUT: Duration = Duration::from_secs(120);

/// How a case ended: a panic is kept, so that the place is cleaned up before the test fails.
pub(crate) type End = Result<(), Box<dyn Any + Send>>;

pub(crate) async fn bounded(case: impl Future<Output = ()>) -> End {
    let case = tokio::time::timeout(CASE_TIMEOUT, case);
    match AssertUnwindSafe(case).catch_unwind().await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(Box::new("the case did not end in time")),
        Err(panic) => Err(panic),
    }
}

/// A database that nobody else uses.
pub(crate) enum Place {
    Sqlite(tempfile::TempDir),
    Postgres {
        server: Box<PgConnectOptions>,
        name: String,
    },
}

impl Place {
    pub(crate) async fn sqlite() -> Option<Self> {
        Some(Self::Sqlite(tempfile::tempdir().unwrap()))
    }

    /// None when the run has no PostgreSQL, unless the run promised to test everything.
    pub(crate) async fn postgres() -> Option<Self> {
        let Some(url) = variable("TEST_POSTGRES_URL") else {
            assert!(
                variable("CI").is_none() && variable("WHARF_TEST_ALL").is_none(),
                "set TEST_POSTGRES_URL to a superuser's URL of a PostgreSQL server of version 15 or newer, such as postgres://postgres@127.0.0.1:5432/postgres"
            );
            eprintln!("not run: TEST_POSTGRES_URL names no PostgreSQL server");
            return None;
        };
        let server: PgConnectOptions = url.parse().unwrap();
        let name = format!(
            "wharf_test_{}_{:x}",
            std::process::id(),
            RandomState::new().build_hasher().finish()
        );
        // A database that sorts like a dictionary: a column that forgot its byte order is noticed.
        let create =
            format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US'");
        let mut connection = server.connect().await.unwrap();
        connection.execute(AssertSqlSafe(create)).await.unwrap();
        connection.close().await.unwrap();
        Some(Self::Postgres {
            server: Box::new(server),
            name,
        })
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres { .. })
    }

    pub(crate) fn database(&self) -> Database {
        match self {
            Self::Sqlite(folder) => Database::Sqlite(folder.path().join("wharf.db")),
            Self::Postgres { server, name } => {
                let url = PgConnectOptions::clone(server).database(name).to_url_lossy();
                Database::Postgres(SecretString::from(url.to_string()))
            }
        }
    }

    pub(crate) async fn open(&self) -> Result<MetaStore, StoreError> {
        MetaStore::open(&self.database(), at(0)).await
    }

    /// A connection past the store, for what a case does to it or asks of it.
    pub(crate) async fn raw(&self) -> Raw {
        match self {
            Self::Sqlite(folder) => {
                let options = SqliteConnectOptions::new().filename(folder.path().join("wharf.db"));
                Raw::Sqlite(options.create_if_missing(true).connect().await.unwrap())
            }
            Self::Postgres { server, name } => {
                Raw::Postgres(PgConnectOptions::clone(server).database(name).connect().await.unwrap())
            }
        }
    }

    /// Returns when a transaction of this PostgreSQL database waits for another one's lock.
    pub(crate) async fn until_somebody_waits(&self) {
        let mut raw = self.raw().await;
        let waits =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let waiting = async {
            while raw.number(waits).await == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waiting)
            .await
            .expect("nobody waits for a lock");
    }

    /// Removes the database, then lets the test end as the case did.
    pub(crate) async fn finish(self, end: End) {
        if let Self::Postgres { server, name } = self {
            let mut connection = server.connect().await.unwrap();
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            connection.execute(AssertSqlSafe(drop)).await.unwrap();
        }
        if let Err(panic) = end {
            std::panic::resume_unwind(panic);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a test run is configured by its environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A connection without rules.
pub(crate) enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Raw {
    /// Runs statements, of which the test knows what they do.
    pub(crate) async fn execute(&mut self, sql: &str) -> u64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(connection) => connection.execute(sqlx::raw_sql(sql)).await.unwrap().rows_affected(),
            Self::Postgres(connection) => connection.execute(sqlx::raw_sql(sql)).await.unwrap().rows_affected(),
        }
    }

    /// The one number that a query returns.
    pub(crate) async fn number(&mut self, sql: &str) -> i64 {
        let query = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()));
        match self {
            Self::Sqlite(connection) => query.fetch_one(connection).await.unwrap(),
            Self::Postgres(connection) => {
                let query = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()));
                query.fetch_one(connection).await.unwrap()
            }
        }
    }

    /// A UUID as a literal of the dialect.
    pub(crate) fn uuid(&self, id: uuid::Uuid) -> String {
        match self {
            Self::Sqlite(_) => format!("x'{}'", id.simple()),
            Self::Postgres(_) => format!("'{id}'"),
        }
    }
}
