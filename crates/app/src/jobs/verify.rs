//! Checking the journal: that no row was changed, taken out or put in since it was sealed.

use wharf_store::meta::journal::GENESIS;

use crate::identity::hex;
use crate::jobs::seal::{HEAD, Head};
use crate::{App, Error};

/// What a check of the journal found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalReport {
    /// How many rows are in the chain.
    pub rows: i64,
    /// How many signed heads were compared.
    pub heads: usize,
    /// How many heads name a key that is no longer kept, so that only the chain vouches for them.
    pub unverifiable_heads: usize,
    /// The first thing that is wrong.
    pub problem: Option<Problem>,
}

/// Something that is wrong with the chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A position is missing.
    #[error("the row at position {0} is missing")]
    Gap(i64),
    /// A row has another hash than its content.
    #[error("the row at position {0} was changed after it was sealed")]
    Changed(i64),
    /// A signed head does not fit the chain.
    #[error("the signed head at position {0} does not fit the chain")]
    Head(i64),
}

const BATCH: usize = 1000;

impl App {
    /// Checks the whole chain. `progress` is called with the position after each batch.
    pub async fn journal_verify(&self, mut progress: impl FnMut(i64)) -> Result<JournalReport, Error> {
        let mut read = self.inner.meta.read().await?;
        let mut report = JournalReport {
            rows: 0,
            heads: 0,
            unverifiable_heads: 0,
            problem: None,
        };
        let mut previous = GENESIS.to_vec();
        let mut heads = read.journal_head_list(0, BATCH).await?.into_iter().peekable();
        loop {
            let rows = read.journal_after(report.rows, BATCH).await?;
            let is_last = rows.len() < BATCH;
            for row in rows {
                let Some(seal) = &row.seal else { continue };
                let expected = report.rows + 1;
                if seal.position != expected {
                    report.problem = Some(Problem::Gap(expected));
                    return Ok(report);
                }
                previous = row.hash(expected, &previous);
                if seal.hash != previous {
                    report.problem = Some(Problem::Changed(expected));
                    return Ok(report);
                }
                report.rows = expected;
                if heads.peek().is_none() {
                    heads = read
                        .journal_head_list(expected - 1, BATCH)
                        .await?
                        .into_iter()
                        .peekable();
                }
                if let Some(head) = heads.next_if(|head| head.seal.position == expected) {
                    report.heads += 1;
                    let signed = self.inner.signer.verify::<Head>(HEAD, &head.signature);
                    let fits = signed
                        .as_ref()
                        .is_none_or(|signed| signed.position == expected && signed.hash == hex(&previous));
                    report.unverifiable_heads += usize::from(signed.is_none());
                    if head.seal.hash != previous || !fits {
                        report.problem = Some(Problem::Head(expected));
                        return Ok(report);
                    }
                }
            }
            progress(report.rows);
            if is_last {
                break;
            }
        }
        // Rows cut off at the end leave heads behind that name positions which are gone.
        if let Some(head) = read.journal_head_list(report.rows, 1).await?.first() {
            report.problem = Some(Problem::Gap(head.seal.position));
        }
        Ok(report)
    }
}
