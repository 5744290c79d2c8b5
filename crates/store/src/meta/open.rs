//! Opening the database, and taking connections to it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, PgConnection, PgPool, SqlitePool};
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::connection::{Connection, Read, Tx};
use crate::meta::generations::Generations;
use crate::meta::migrate::migrate;
use crate::meta::writer::Writer;

/// Which database.
#[derive(Clone, Debug)]
pub enum Database {
    /// A file of the embedded SQLite.
    Sqlite(PathBuf),
    /// A PostgreSQL server, 15 or newer. The URL holds its password.
    Postgres(SecretString),
}

#[derive(Clone)]
enum Pools {
    /// SQLite has one writer at a time: writers queue here, in order, and not in the file's lock.
    Sqlite {
        writer: Writer,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

/// The database, opened and migrated. Cheap to clone.
#[derive(Clone)]
pub struct MetaStore {
    pools: Pools,
    generations: Arc<Generations>,
    clock: Arc<AtomicI64>,
}

const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 16;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a writer waits for another process (`wharf admin`) that writes to the same file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const BUSY_PAUSE: Duration = Duration::from_millis(20);

impl MetaStore {
    /// Opens the database, making it where it does not exist, and brings its schema up to date.
    pub async fn open(database: &Database, now: Time) -> Result<Self, StoreError> {
        let generations = Arc::default();
        let pools = match database {
            Database::Sqlite(path) => open_sqlite(path, &generations).await?,
            Database::Postgres(url) => open_postgres(url).await?,
        };
        let store = Self {
            pools,
            generations,
            clock: Arc::default(),
        };
        migrate(&store, now).await?;
        let newest = store.read().await?.journal_newest_version().await?;
        store.clock.store(newest, Ordering::Release);
        Ok(store)
    }

    /// A connection to read from.
    pub async fn read(&self) -> Result<Read, StoreError> {
        let connection = match &self.pools {
            Pools::Sqlite { readers, .. } => Connection::Sqlite(readers.acquire().await?),
            Pools::Postgres(pool) => Connection::Postgres(pool.acquire().await?),
        };
        Ok(Read::new(connection))
    }

    /// A write transaction.
    pub async fn begin(&self, now: Time) -> Result<Tx, StoreError> {
        let connection = match &self.pools {
            Pools::Sqlite { writer, .. } => Connection::SqliteTx(writer.begin(ACQUIRE_TIMEOUT).await?),
            Pools::Postgres(pool) => Connection::PostgresTx(pool.begin().await?),
        };
        let version = self.tick(now);
        Ok(Tx {
            read: Read::new(connection),
            generations: Arc::clone(&self.generations),
            version,
            stale: Vec::new(),
        })
    }

    /// The counters that say when memory is stale.
    pub fn generations(&self) -> &Arc<Generations> {
        &self.generations
    }

    /// Takes note of a version that another node wrote: ours go on above it.
    pub fn observe(&self, version: i64) {
        self.clock.fetch_max(version, Ordering::AcqRel);
    }

    /// The next hybrid-logical-clock version: milliseconds, and 16 bits that count within one.
    fn tick(&self, now: Time) -> i64 {
        let physical = (now.as_us() / 1000) << 16;
        let next = |last: i64| physical.max(last + 1);
        self.clock
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |last| Some(next(last)))
            .map_or(physical, next)
    }

    /// Ends all connections. The file's log is folded into the file.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

async fn open_sqlite(path: &PathBuf, generations: &Arc<Generations>) -> Result<Pools, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A commit that was reported is on the disk (rule 54).
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("journal_size_limit", "67108864");
    let deadline = Instant::now() + BUSY_TIMEOUT;
    // What a transaction changed so far is kept in memory for its undoing.
    let writing = options.clone().pragma("temp_store", "memory");
    let writer = loop {
        match Writer::open(writing.clone(), Arc::clone(generations)).await {
            // SQLite does not wait when it changes a new file's journal mode while another process writes the first tables.
            Err(StoreError::Retry) if Instant::now() < deadline => tokio::time::sleep(BUSY_PAUSE).await,
            other => break other?,
        }
    };
    let readers = SqlitePoolOptions::new()
        .max_connections(SQLITE_READERS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // The file is here: a connection to it does not break while nobody uses it.
        .test_before_acquire(false)
        .connect_with(options.read_only(true).create_if_missing(false))
        .await?;
    Ok(Pools::Sqlite { writer, readers })
}

async fn open_postgres(url: &SecretString) -> Result<Pools, StoreError> {
    let options: PgConnectOptions = url.expose_secret().parse()?;
    let options = options
        .application_name("wharf")
        .options([("synchronous_commit", "on")]);
    // One connection by itself first: a pool would say that it waited in vain, and not why.
    PgConnection::connect_with(&options).await?.close().await?;
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(options)
        .await?;
    Ok(Pools::Postgres(pool))
}
