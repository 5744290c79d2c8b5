//! Reading and writing halves of a connection.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, Postgres, Sqlite, SqliteConnection, Transaction};

use crate::StoreError;
use crate::meta::generations::{Generations, Stale};
use crate::meta::journal::Entry;
use crate::meta::writer::Turn;

pub(crate) enum Connection {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
    SqliteTx(Turn),
    PostgresTx(Transaction<'static, Postgres>),
}

pub(crate) enum Backend<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

/// A connection that reads. Every method of it is a query.
pub struct Read {
    pub(crate) connection: Connection,
    /// A statement failed, or is under way: the transaction that it belongs to will not be committed. One whose future was dropped stays so, since nobody
    /// saw how it went.
    failed: bool,
}

impl Read {
    pub(crate) fn new(connection: Connection) -> Self {
        Self {
            connection,
            failed: false,
        }
    }

    /// Refuses further statements of a transaction in which one failed. On a full disk SQLite has rolled it back by itself by then: each would be durable at
    /// once, without a record. PostgreSQL refuses them anyway.
    pub(crate) fn usable(&self) -> Result<(), StoreError> {
        match self.connection {
            Connection::SqliteTx(_) | Connection::PostgresTx(_) if self.failed => {
                Err(StoreError::Conflict("an earlier statement of the transaction failed"))
            }
            _ => Ok(()),
        }
    }

    /// Begins a statement, which [`Self::checked`] ends.
    pub(crate) fn start(&mut self) -> Result<(), StoreError> {
        self.usable()?;
        self.failed = true;
        Ok(())
    }

    /// Takes note of how a statement went.
    pub(crate) fn checked<T>(&mut self, result: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        self.failed = result.is_err();
        result.map_err(StoreError::from)
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        matches!(self.connection, Connection::Sqlite(_) | Connection::SqliteTx(_))
    }

    pub(crate) fn backend(&mut self) -> Backend<'_> {
        match &mut self.connection {
            Connection::Sqlite(connection) => Backend::Sqlite(connection),
            Connection::Postgres(connection) => Backend::Postgres(connection),
            Connection::SqliteTx(turn) => Backend::Sqlite(turn.connection()),
            Connection::PostgresTx(transaction) => Backend::Postgres(transaction),
        }
    }
}

/// A write transaction. It reads as well, and sees what it wrote. Dropped without a commit, it leaves nothing behind.
pub struct Tx {
    pub(crate) read: Read,
    pub(crate) generations: Arc<Generations>,
    /// The hybrid-logical-clock version of all rows that this transaction writes.
    pub(crate) version: i64,
    /// What the commit makes stale.
    pub(crate) stale: Vec<Stale>,
}

impl Deref for Tx {
    type Target = Read;

    fn deref(&self) -> &Read {
        &self.read
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Read {
        &mut self.read
    }
}

/// Why a transaction changes nothing that anybody has to know of.
#[derive(Clone, Copy, Debug)]
pub enum Unrecorded {
    /// Where an upload stands: the blob that comes of it is recorded.
    UploadProgress,
    /// The product's own notes: keys, seals, counters, times of last use.
    Bookkeeping,
    /// It wrote nothing: what it found is the answer, which is told only when it is durable. On SQLite it may have seen changes that were about to be
    /// committed.
    NothingToDo,
}

impl Tx {
    /// The version of the rows that this transaction writes.
    pub fn version(&self) -> i64 {
        self.version
    }

    /// Makes the changes durable, together with the record of them. When this returns, they survive a crash (rule 54), and this node's memory
    /// knows that it is stale.
    pub async fn commit(mut self, entry: &Entry) -> Result<(), StoreError> {
        self.record(entry).await?;
        self.finish().await
    }

    /// Makes changes durable that nobody has to know of.
    pub async fn commit_unrecorded(self, _reason: Unrecorded) -> Result<(), StoreError> {
        self.finish().await
    }

    async fn finish(self) -> Result<(), StoreError> {
        // After a failed statement PostgreSQL answers a commit with a rollback, of which the driver says nothing; SQLite would commit the rest. Neither is
        // what the caller means.
        self.usable()?;
        let Self {
            read,
            generations,
            stale,
            ..
        } = self;
        let transaction = match read.connection {
            Connection::SqliteTx(turn) => return turn.keep(stale).await,
            Connection::PostgresTx(transaction) => transaction,
            // A `Tx` is only made of transactions (open.rs); a plain connection has nothing to commit.
            Connection::Sqlite(_) | Connection::Postgres(_) => return Ok(()),
        };
        // A task of its own: a client that goes away drops its request's future at any await, and a change that became durable all the same would be
        // unknown to this node's memory.
        let commit = tokio::spawn(async move {
            let _committing = generations.committing(stale);
            transaction.commit().await?;
            Ok(())
        });
        commit
            .await
            .unwrap_or_else(|error| Err(StoreError::Unavailable(sqlx::Error::Io(std::io::Error::other(error)))))
    }
}
