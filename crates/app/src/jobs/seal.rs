//! Sealing the journal, and reading it as every other process's news.

use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};
use wharf_store::meta::Unrecorded;
use wharf_store::meta::journal::{GENESIS, Seal, SignedHead};

use crate::identity::hex;
use crate::{App, Error};

/// Rows that are sealed in one transaction.
const BATCH: usize = 1000;

/// The kind of token that a signed head is.
pub(super) const HEAD: &str = "wharf-journal-head+jwt";

/// What is signed of the chain.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) position: i64,
    pub(super) hash: String,
    pub(super) iat: i64,
}

impl App {
    /// Gives the rows that are committed their places in the chain, and signs its end. Then moves this node's memory past what was changed elsewhere.
    pub(super) async fn journal_seal(&self) -> Result<(), Error> {
        while self.seal_batch().await? == BATCH {}
        self.follow_journal().await
    }

    async fn seal_batch(&self) -> Result<usize, Error> {
        let now = self.inner.environment.clock.now();
        // A look first: most of the time there is nothing to do, and a writer need not wait for that.
        if self.inner.meta.read().await?.journal_unsealed(1).await?.is_empty() {
            return Ok(0);
        }
        let mut tx = self.inner.meta.begin(now).await?;
        let mut seal = tx.journal_head().await?.unwrap_or(Seal {
            position: 0,
            hash: GENESIS.to_vec(),
        });
        let rows = tx.journal_unsealed(BATCH).await?;
        for row in &rows {
            let position = seal.position + 1;
            seal = Seal {
                position,
                hash: row.hash(position, &seal.hash),
            };
            tx.journal_seal(row.sequence, &seal).await?;
        }
        let claims = Head {
            position: seal.position,
            hash: hex(&seal.hash),
            iat: now.unix_seconds(),
        };
        let (key, signature) = self.inner.signer.sign_with_key(HEAD, &claims, now)?;
        tx.journal_head_insert(&SignedHead {
            seal,
            signed_at: now,
            key,
            signature,
        })
        .await?;
        tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
        Ok(rows.len())
    }

    /// Reads the rows that were sealed since the last time: changes of other nodes, and of the operator's commands.
    async fn follow_journal(&self) -> Result<(), Error> {
        let now = self.inner.environment.clock.now();
        let mut cursor = self.inner.journal_cursor.load(Ordering::Acquire);
        let mut read = self.inner.meta.read().await?;
        loop {
            let rows = read.journal_after(cursor, BATCH).await?;
            for row in &rows {
                cursor = row.seal.as_ref().map_or(cursor, |seal| seal.position);
                self.inner.meta.observe(row.version);
                self.inner.meta.generations().changed(&row.entry);
            }
            self.inner.journal_cursor.store(cursor, Ordering::Release);
            if rows.len() < BATCH {
                break;
            }
        }
        self.inner.epoch.journal_was_read(now);
        Ok(())
    }
}
