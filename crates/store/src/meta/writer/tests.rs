//! Groups of transactions, on a file whose tables can be made to fail where a case wants it.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use super::*;
use crate::meta::ContentShard;

struct Fixture {
    writer: Writer,
    generations: Arc<Generations>,
    options: SqliteConnectOptions,
    _folder: tempfile::TempDir,
}

const PATIENCE: Duration = Duration::from_secs(10);

impl Fixture {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join("test.db"))
            .create_if_missing(true)
            .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
            .foreign_keys(true);
        let mut setup = options.connect().await.unwrap();
        // `orphans` is looked at by the commit alone.
        let tables = "CREATE TABLE notes (text TEXT PRIMARY KEY);
            CREATE TABLE orphans (parent TEXT REFERENCES notes (text) DEFERRABLE INITIALLY DEFERRED)";
        setup.execute(sqlx::raw_sql(tables)).await.unwrap();
        setup.close().await.unwrap();
        let generations = Arc::default();
        Self {
            writer: Writer::open(options.clone(), Arc::clone(&generations)).await.unwrap(),
            generations,
            options,
            _folder: folder,
        }
    }

    async fn begin(&self) -> Turn {
        self.writer.begin(PATIENCE).await.unwrap()
    }

    /// What another connection sees.
    async fn notes(&self) -> Vec<String> {
        let mut other = self.options.connect().await.unwrap();
        let notes = sqlx::query_scalar("SELECT text FROM notes ORDER BY text")
            .fetch_all(&mut other)
            .await;
        other.close().await.unwrap();
        notes.unwrap()
    }

    /// Returns when so many queue for the connection.
    async fn until_queueing(&self, count: usize) {
        let queueing = async {
            while self.writer.queue.load(Ordering::Acquire) != count {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, queueing).await.expect("nobody queues");
    }

    fn changes_of_content(&self) -> u64 {
        let changes = self.generations.content(shard());
        changes.expect("no commit is under way")
    }

    /// A task that writes a note in a transaction of its own.
    fn write(&self, text: &'static str) -> tokio::task::JoinHandle<Result<(), StoreError>> {
        let writer = self.writer.clone();
        tokio::spawn(async move {
            let mut turn = writer.begin(PATIENCE).await?;
            note(&mut turn, text).await?;
            turn.keep(vec![content()]).await
        })
    }
}

fn shard() -> ContentShard {
    ContentShard::of(&["/a"])
}

fn content() -> Stale {
    Stale::Content(shard())
}

async fn note(turn: &mut Turn, text: &str) -> Result<(), sqlx::Error> {
    let insert = sqlx::query("INSERT INTO notes VALUES ($1)").bind(text);
    insert.execute(turn.connection()).await.map(drop)
}

/// Polls once, which is what remains of a request whose client goes away then.
fn poll_once(future: std::pin::Pin<&mut impl Future>) {
    let _ = future.poll(&mut Context::from_waker(Waker::noop()));
}

#[tokio::test]
async fn those_who_queue_share_the_commit_of_the_first() {
    let fixture = Fixture::new().await;
    let mut first = fixture.begin().await;
    note(&mut first, "first").await.unwrap();
    let (second, third) = (fixture.write("second"), fixture.write("third"));
    fixture.until_queueing(2).await;
    // Until the others had their turns nothing of it is there for anybody, and the first one waits.
    let mut kept = pin!(first.keep(vec![Stale::Access]));
    poll_once(kept.as_mut());
    assert_eq!(fixture.generations.access(), 0);
    kept.await.unwrap();
    assert_eq!(fixture.generations.access(), 1);
    second.await.unwrap().unwrap();
    third.await.unwrap().unwrap();
    assert_eq!(fixture.changes_of_content(), 2);
    assert_eq!(fixture.notes().await, ["first", "second", "third"]);
}

#[tokio::test]
async fn a_group_sees_what_its_members_wrote_and_others_do_not() {
    let fixture = Fixture::new().await;
    let mut first = fixture.begin().await;
    note(&mut first, "first").await.unwrap();
    let writer = fixture.writer.clone();
    let second = tokio::spawn(async move { writer.begin(PATIENCE).await });
    fixture.until_queueing(1).await;
    let kept = tokio::spawn(first.keep(Vec::new()));
    let mut second = second.await.unwrap().unwrap();
    let seen = note(&mut second, "first").await;
    assert!(seen.is_err(), "the note of the member before is there");
    assert!(!kept.is_finished() && fixture.notes().await.is_empty());
    // Who gives up takes nobody along.
    drop(second);
    kept.await.unwrap().unwrap();
    assert_eq!(fixture.notes().await, ["first"]);
}

#[tokio::test]
async fn a_commit_that_fails_fails_for_the_whole_group() {
    let fixture = Fixture::new().await;
    let mut first = fixture.begin().await;
    sqlx::query("INSERT INTO orphans VALUES ('nobody')")
        .execute(first.connection())
        .await
        .unwrap();
    let second = fixture.write("second");
    fixture.until_queueing(1).await;
    assert!(first.keep(vec![content()]).await.is_err());
    assert!(second.await.unwrap().is_err());
    assert!(fixture.notes().await.is_empty());
    fixture.write("later").await.unwrap().unwrap();
    assert_eq!(fixture.notes().await, ["later"]);
}

/// As a full disk makes it.
#[tokio::test]
async fn when_the_database_rolls_back_by_itself_the_whole_group_fails() {
    let fixture = Fixture::new().await;
    for seen in [true, false] {
        let mut first = fixture.begin().await;
        note(&mut first, "first").await.unwrap();
        let writer = fixture.writer.clone();
        let second = tokio::spawn(async move { writer.begin(PATIENCE).await });
        fixture.until_queueing(1).await;
        let kept = tokio::spawn(first.keep(vec![Stale::Access]));
        let mut second = second.await.unwrap().unwrap();
        let third = fixture.write("third");
        fixture.until_queueing(1).await;
        {
            let end = sqlx::query("INSERT OR ROLLBACK INTO notes VALUES ('first')");
            let mut end = pin!(end.execute(second.connection()));
            if seen {
                end.await.unwrap_err();
            } else {
                poll_once(end.as_mut());
            }
        }
        if seen {
            drop(second);
        } else {
            assert!(second.keep(Vec::new()).await.is_err(), "it has no savepoint any more");
        }
        let end = kept.await.unwrap();
        assert!(matches!(end, Err(StoreError::Retry)), "it can be done again: {end:?}");
        assert_eq!(fixture.generations.access(), 0);
        // Who comes after it is in another group.
        third.await.unwrap().unwrap();
        assert_eq!(fixture.notes().await, ["third"]);
        let mut clean = fixture.begin().await;
        sqlx::query("DELETE FROM notes")
            .execute(clean.connection())
            .await
            .unwrap();
        clean.keep(Vec::new()).await.unwrap();
    }
}

#[tokio::test]
async fn who_is_dropped_at_any_await_takes_nobody_along() {
    let fixture = Fixture::new().await;
    for polls in 0..8 {
        let others = [fixture.write("one"), fixture.write("two")];
        {
            let abandoned = async {
                let mut turn = fixture.begin().await;
                note(&mut turn, "abandoned").await.unwrap();
                // It does not come to its commit.
                std::future::pending::<()>().await;
            };
            let mut abandoned = pin!(abandoned);
            for _ in 0..polls {
                poll_once(abandoned.as_mut());
                tokio::task::yield_now().await;
                let _ = fixture.notes().await;
            }
        }
        for other in others {
            timeout(PATIENCE, other)
                .await
                .expect("the group is lost")
                .unwrap()
                .unwrap();
        }
        assert_eq!(fixture.notes().await, ["one", "two"], "after {polls} polls");
        let mut clean = fixture.begin().await;
        sqlx::query("DELETE FROM notes")
            .execute(clean.connection())
            .await
            .unwrap();
        clean.keep(Vec::new()).await.unwrap();
    }
}

#[tokio::test]
async fn a_commit_whose_client_went_away_is_whole_and_others_are_told() {
    let fixture = Fixture::new().await;
    let mut first = fixture.begin().await;
    note(&mut first, "first").await.unwrap();
    let second = fixture.write("second");
    fixture.until_queueing(1).await;
    {
        let mut kept = pin!(first.keep(vec![Stale::Access]));
        poll_once(kept.as_mut());
    }
    second.await.unwrap().unwrap();
    assert_eq!(fixture.notes().await, ["first", "second"]);
    assert_eq!((fixture.generations.access(), fixture.changes_of_content()), (1, 1));
}

#[tokio::test]
async fn after_a_transaction_that_was_dropped_the_file_is_free() {
    let fixture = Fixture::new().await;
    let mut turn = fixture.begin().await;
    note(&mut turn, "dropped").await.unwrap();
    drop(turn);
    // Another process, which waits for the file's lock as long as it is told to.
    let mut other = fixture.options.clone().busy_timeout(PATIENCE).connect().await.unwrap();
    other.execute(sqlx::raw_sql("BEGIN IMMEDIATE; COMMIT")).await.unwrap();
    other.close().await.unwrap();
    assert!(fixture.notes().await.is_empty());
}

#[tokio::test]
async fn nobody_waits_longer_than_a_full_group_takes() {
    const WRITERS: usize = 3 * MOST_MEMBERS;
    let fixture = Fixture::new().await;
    let mut first = fixture.begin().await;
    note(&mut first, "first").await.unwrap();
    let ended = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..WRITERS)
        .map(|_| {
            let (writer, ended) = (fixture.writer.clone(), Arc::clone(&ended));
            tokio::spawn(async move {
                let turn = writer.begin(PATIENCE).await.unwrap();
                turn.keep(Vec::new()).await.unwrap();
                ended.fetch_add(1, Ordering::AcqRel);
            })
        })
        .collect();
    fixture.until_queueing(WRITERS).await;
    first.keep(Vec::new()).await.unwrap();
    let before_the_first = ended.load(Ordering::Acquire);
    assert!(
        before_the_first <= MOST_MEMBERS,
        "{before_the_first} were told before the one that began"
    );
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn who_queues_too_long_is_told_and_a_closed_writer_takes_nobody() {
    let fixture = Fixture::new().await;
    let turn = fixture.begin().await;
    let impatient = fixture.writer.begin(Duration::from_millis(1)).await;
    assert!(matches!(
        impatient,
        Err(StoreError::Unavailable(sqlx::Error::PoolTimedOut))
    ));
    drop(turn);
    fixture.writer.close().await;
    let late = fixture.writer.begin(PATIENCE).await;
    assert!(matches!(late, Err(StoreError::Unavailable(sqlx::Error::PoolClosed))));
}
