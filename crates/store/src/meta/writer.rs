//! The one writer of an SQLite file, and commits in groups.
//!
//! SQLite has one writer at a time, and a commit costs a sync of the disk however much it makes durable. So transactions that follow each other closely
//! share one: each is a savepoint in an outer transaction. Whoever has ended waits while those that were already queueing have their turns, then all of
//! them are committed and told at once. Nobody is told of success before that commit returned (rule 54), and when it fails, all are told so.
//!
//! Whose transaction is dropped takes back its own changes alone. But some failures, such as a full disk, make SQLite roll the outer transaction back
//! by itself: the savepoint is gone then, its end fails, and with it everybody in the group.
//!
//! Statements that end a transaction run in tasks of their own, since a client that goes away drops its request's future at any await. Whatever is dropped
//! half-way leaves a state that says so, which the next one puts right before its turn.
//!
//! **Invariant:** whoever holds a transaction waits for nothing but the database: others, who have ended, wait for it.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, SqliteConnection};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard, oneshot};
use tokio::time::timeout;

use crate::StoreError;
use crate::meta::generations::{Generations, Stale};

/// A group is committed when so many share it, or when its first member began so long ago, also if others queue: nobody waits without end.
const MOST_MEMBERS: usize = 64;
const LONGEST: Duration = Duration::from_millis(20);

/// Queues for the connection. Cheap to clone.
#[derive(Clone)]
pub(super) struct Writer {
    /// None once closed. The lock is fair: turns come in the order in which they were asked for.
    slot: Arc<Mutex<Option<Slot>>>,
    queue: Arc<AtomicUsize>,
    generations: Arc<Generations>,
}

struct Slot {
    options: SqliteConnectOptions,
    connection: SqliteConnection,
    state: State,
    /// The savepoint holds changes of somebody who has not ended.
    in_use: bool,
    /// Somebody queues who will settle the group.
    settles: bool,
}

/// What is known of the connection's outer transaction.
enum State {
    /// There is none.
    Idle,
    /// A statement that begins or ends one was sent, and how it went is not known. Nobody's changes are in it.
    Unknown,
    /// It is open, with a savepoint for the next one's changes.
    Open(Group),
}

struct Group {
    members: Vec<Member>,
    since: Instant,
}

/// Somebody who has ended, and waits to be told how.
struct Member {
    stale: Vec<Stale>,
    told: oneshot::Sender<Result<(), StoreError>>,
}

/// The connection, for one transaction. Dropped without [`Turn::keep`], it leaves nothing behind.
pub(crate) struct Turn {
    slot: OwnedMappedMutexGuard<Option<Slot>, Slot>,
    // After the lock: fields are dropped in this order.
    leave: Leave,
}

/// Sees to it that a turn that ended otherwise is undone also when nobody comes after it.
struct Leave(Option<Writer>);

impl Drop for Leave {
    fn drop(&mut self) {
        // Without a runtime the next one undoes it.
        if let (Some(writer), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(writer.settle());
        }
    }
}

/// Counts somebody who queues.
struct Queueing<'a>(&'a AtomicUsize);

impl<'a> Queueing<'a> {
    fn enter(queue: &'a AtomicUsize) -> Self {
        queue.fetch_add(1, Ordering::AcqRel);
        Self(queue)
    }
}

impl Drop for Queueing<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Writer {
    pub(super) async fn open(options: SqliteConnectOptions, generations: Arc<Generations>) -> Result<Self, StoreError> {
        let slot = Slot {
            connection: options.connect().await?,
            options,
            state: State::Idle,
            in_use: false,
            settles: false,
        };
        Ok(Self {
            slot: Arc::new(Mutex::new(Some(slot))),
            queue: Arc::default(),
            generations,
        })
    }

    /// The next turn, after at most `patience` in the queue.
    pub(super) async fn begin(&self, patience: Duration) -> Result<Turn, StoreError> {
        let lock = {
            let _queueing = Queueing::enter(&self.queue);
            timeout(patience, Arc::clone(&self.slot).lock_owned()).await
        };
        let lock = lock.map_err(|_| sqlx::Error::PoolTimedOut)?;
        let slot = OwnedMutexGuard::try_map(lock, Option::as_mut).map_err(|_| sqlx::Error::PoolClosed)?;
        let mut turn = Turn {
            slot,
            leave: Leave(Some(self.clone())),
        };
        turn.slot.ready().await?;
        turn.slot.in_use = true;
        Ok(turn)
    }

    /// Undoes what was left, and commits for those who wait.
    async fn settle(self) {
        if let Some(slot) = self.slot.lock().await.as_mut() {
            slot.settle(&self.generations).await;
        }
    }

    /// Ends the connection, after those who wait were told.
    pub(super) async fn close(&self) {
        let slot = self.slot.lock().await.take();
        if let Some(mut slot) = slot {
            slot.settle(&self.generations).await;
            if let Err(error) = slot.connection.close().await {
                tracing::warn!(error = %error, "the database was not closed well: {error}");
            }
        }
    }
}

impl Turn {
    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.slot.connection
    }

    /// Makes the changes durable, moves the generations of what is `stale`, and returns.
    pub(crate) async fn keep(self, stale: Vec<Stale>) -> Result<(), StoreError> {
        let Self { mut slot, mut leave } = self;
        let Some(writer) = leave.0.take() else {
            return Err(lost());
        };
        let (told, outcome) = oneshot::channel();
        tokio::spawn(async move {
            let others_wait = writer.queue.load(Ordering::Acquire) > 0;
            slot.keep(Member { stale, told }, others_wait, &writer.generations)
                .await;
            if slot.has_members() && !mem::replace(&mut slot.settles, true) {
                // It queues after those who wait already: they are this group.
                tokio::spawn(writer.clone().settle());
            }
        });
        outcome.await.unwrap_or_else(|_| Err(lost()))
    }
}

impl Slot {
    async fn run(&mut self, sql: &'static str) -> Result<(), StoreError> {
        self.connection.execute(sqlx::raw_sql(sql)).await?;
        Ok(())
    }

    fn has_members(&self) -> bool {
        matches!(&self.state, State::Open(group) if !group.members.is_empty())
    }

    /// Makes an empty savepoint in an open transaction.
    async fn ready(&mut self) -> Result<(), StoreError> {
        self.undo().await;
        if let State::Open(_) = self.state {
            return Ok(());
        }
        self.reset().await?;
        self.state = State::Unknown;
        // The write lock is taken at once: a reader that turns writer half-way would fail instead of waiting.
        self.run("BEGIN IMMEDIATE; SAVEPOINT tx").await?;
        self.state = State::Open(Group {
            members: Vec::new(),
            since: Instant::now(),
        });
        Ok(())
    }

    /// Takes back what somebody wrote who did not end. Done again when it was dropped half-way.
    async fn undo(&mut self) {
        if self.in_use {
            if self.run("ROLLBACK TO tx").await.is_err() {
                self.fail();
            }
            self.in_use = false;
        }
    }

    /// Takes the changes into the group, and commits it unless others are to share the commit.
    async fn keep(&mut self, member: Member, others_wait: bool, generations: &Arc<Generations>) {
        let State::Open(group) = &mut self.state else {
            let _ = member.told.send(Err(lost()));
            return;
        };
        group.members.push(member);
        let full = group.members.len() >= MOST_MEMBERS || group.since.elapsed() >= LONGEST;
        if !others_wait || full {
            return self.commit(generations).await;
        }
        if self.run("RELEASE tx; SAVEPOINT tx").await.is_err() {
            self.fail();
        }
        self.in_use = false;
    }

    async fn commit(&mut self, generations: &Arc<Generations>) {
        let State::Open(group) = mem::replace(&mut self.state, State::Unknown) else {
            return;
        };
        self.in_use = false;
        let stale = group.members.iter().flat_map(|member| member.stale.iter().copied());
        let committing = generations.committing(stale.collect());
        let done = self.run("COMMIT").await;
        // Before anybody is told: this node's memory must know that it is stale.
        drop(committing);
        match done {
            Ok(()) => {
                self.state = State::Idle;
                for member in group.members {
                    let _ = member.told.send(Ok(()));
                }
            }
            Err(error) => group.fail(&error),
        }
    }

    async fn settle(&mut self, generations: &Arc<Generations>) {
        self.settles = false;
        self.undo().await;
        if self.has_members() {
            self.commit(generations).await;
        } else if !matches!(self.state, State::Idle) {
            self.state = State::Unknown;
            if let Err(error) = self.reset().await {
                tracing::warn!(error = %error, "the database's writer will be opened again: {error}");
            }
        }
    }

    /// The outer transaction was rolled back, for which its members can do nothing: whoever repeats theirs learns why.
    fn fail(&mut self) {
        if let State::Open(group) = mem::replace(&mut self.state, State::Unknown) {
            group.fail(&StoreError::Retry);
        }
    }

    /// Makes sure that no transaction is open; with another connection where this one does not say so.
    async fn reset(&mut self) -> Result<(), StoreError> {
        if !matches!(self.state, State::Unknown) {
            return Ok(());
        }
        let ended = self.connection.execute(sqlx::raw_sql("ROLLBACK")).await;
        if ended.is_err_and(|error| !is_no_transaction(&error)) {
            let fresh = self.options.connect().await?;
            // Closed before the new one begins: it holds the file's lock.
            let _ = mem::replace(&mut self.connection, fresh).close().await;
        }
        self.state = State::Idle;
        Ok(())
    }
}

impl Group {
    fn fail(self, error: &StoreError) {
        for member in self.members {
            let _ = member.told.send(Err(same(error)));
        }
    }
}

/// SQLite's answer to a rollback of nothing.
fn is_no_transaction(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if error.code().as_deref() == Some("1"))
}

/// The error, for another one who shares it.
fn same(error: &StoreError) -> StoreError {
    match error {
        StoreError::Full => StoreError::Full,
        StoreError::Retry => StoreError::Retry,
        other => StoreError::Unavailable(sqlx::Error::Io(std::io::Error::other(other.to_string()))),
    }
}

/// Nobody says how the transaction ended: the process stops.
fn lost() -> StoreError {
    StoreError::Unavailable(sqlx::Error::WorkerCrashed)
}

#[cfg(test)]
mod tests;
