//! What was done, by whom, when, with which result.

use serde_json::Value;
use wharf_store::meta::Read;
use wharf_store::meta::journal::JournalRow;
use wharf_types::access::Action;
use wharf_types::id::RequestId;
use wharf_types::resource::{RegistryScope, ResourceScope};
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
    /// Only what this request did.
    pub request: Option<RequestId>,
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
        let mut read = self.inner.meta.read().await?;
        let prefix = as_stored(&mut read, &filter.scope).await?.to_string();
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
                let in_time = filter.until.is_none_or(|until| row.entry.time <= until);
                if within && in_time && filter.request.is_none_or(|request| is_of(&row, request)) {
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

/// Whether a record is of that request, or sums it with others.
fn is_of(row: &JournalRow, request: RequestId) -> bool {
    let named = row.entry.payload.get("requests").and_then(Value::as_array);
    let mut named = named.into_iter().flatten().filter_map(Value::as_str);
    row.entry.request == request || named.any(|named| named.parse() == Ok(request))
}

/// The scope with its group's name as it was first written, since the journal writes it so.
async fn as_stored(read: &mut Read, scope: &ResourceScope) -> Result<ResourceScope, Error> {
    let (ResourceScope::ResourceGroup(subscription, name)
    | ResourceScope::Registry(RegistryScope {
        subscription,
        group: name,
        ..
    })) = scope
    else {
        return Ok(scope.clone());
    };
    let Some(known) = read.resource_group_get(*subscription, name).await? else {
        return Ok(scope.clone());
    };
    Ok(match scope {
        ResourceScope::Registry(registry) => ResourceScope::Registry(RegistryScope {
            group: known.name,
            ..registry.clone()
        }),
        _ => ResourceScope::ResourceGroup(*subscription, known.name),
    })
}
