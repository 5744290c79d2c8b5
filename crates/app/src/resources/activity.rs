//! What was done, by whom, when, with which result.

use wharf_store::meta::journal::JournalRow;
use wharf_types::access::Action;
use wharf_types::resource::ResourceScope;
use wharf_types::time::Time;

use crate::{App, Error, OpContext};

/// Which records are asked for.
#[derive(Clone, Debug)]
pub struct ActivityFilter {
    /// On this and below it.
    pub scope: ResourceScope,
    /// Not before.
    pub since: Option<Time>,
    /// Not after.
    pub until: Option<Time>,
}

impl App {
    /// Records that the filter admits, the newest first, before that sequence number; and where the next page starts.
    pub async fn activity_list(
        &self,
        ctx: &OpContext,
        filter: &ActivityFilter,
        before: i64,
        limit: usize,
    ) -> Result<(Vec<JournalRow>, Option<i64>), Error> {
        const BATCH: usize = 500;
        ctx.require(Action::ActivityRead, ctx.subject.tenant, &filter.scope)?;
        let prefix = filter.scope.to_string();
        let mut read = self.inner.meta.read().await?;
        let (mut found, mut before) = (Vec::new(), before);
        loop {
            let batch = read.journal_list(ctx.subject.tenant, &prefix, before, BATCH).await?;
            let is_last = batch.len() < BATCH;
            for row in batch {
                before = row.sequence;
                if filter.since.is_some_and(|since| row.entry.time < since) {
                    return Ok((found, None));
                }
                // `prod` is a prefix of `prod2`, and not its parent.
                let rest = row.entry.resource.strip_prefix(&prefix);
                let within = prefix == "/" || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
                if within && filter.until.is_none_or(|until| row.entry.time <= until) {
                    found.push(row);
                    if found.len() == limit {
                        return Ok((found, Some(before)));
                    }
                }
            }
            if is_last {
                return Ok((found, None));
            }
        }
    }
}
