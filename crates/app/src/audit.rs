//! Sign-ins and refusals, summed.
//!
//! They are no changes, and a flood of them must not become a flood of writes: they are counted here, within fixed memory, and a job writes the sums to
//! the journal every few seconds (rule 66).

use std::collections::HashMap;
use std::collections::hash_map::Entry as MapEntry;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use serde_json::json;
use wharf_store::meta::journal::Entry;
use wharf_types::access::Missing;
use wharf_types::id::{RequestId, TenantId};
use wharf_types::journal::{JournalKind, Outcome};
use wharf_types::time::Time;

use crate::OpContext;

/// The most different things that are counted at once; what comes beyond is counted under one heading.
const MOST_KEYS: usize = 4096;

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    kind: JournalKind,
    tenant: TenantId,
    actor: String,
    resource: String,
    detail: &'static str,
    address: Option<IpAddr>,
}

struct Sum {
    count: u64,
    first: Time,
    last: Time,
    request: RequestId,
    /// The first of them with it, so that each that is not one of a flood is found by its id.
    requests: Vec<RequestId>,
}

/// So many requests of a sum are named.
const MOST_REQUESTS: usize = 32;

/// The sums since they were last written.
#[derive(Default)]
pub struct Audit {
    sums: Mutex<HashMap<Key, Sum>>,
}

/// One sign-in, or an attempt at one.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// The directory.
    pub tenant: TenantId,
    /// Who, or as whom.
    pub actor: String,
    /// At what.
    pub resource: String,
    /// From where.
    pub address: Option<IpAddr>,
    /// In which request.
    pub request: RequestId,
    /// When.
    pub at: Time,
}

impl Audit {
    /// Counts a sign-in, or a failed one.
    pub fn signed_in(&self, sign_in: SignIn, success: bool) {
        let kind = if success {
            JournalKind::SignIn
        } else {
            JournalKind::SignInFailure
        };
        let SignIn {
            tenant,
            actor,
            resource,
            address,
            request,
            at,
        } = sign_in;
        self.count(
            Key {
                kind,
                tenant,
                actor,
                resource,
                detail: "",
                address,
            },
            at,
            request,
        );
    }

    /// Counts a refusal.
    pub(crate) fn refused(&self, context: &OpContext, missing: &Missing) {
        let key = Key {
            kind: JournalKind::Refusal,
            tenant: context.subject.tenant,
            actor: context.subject.principal.to_string(),
            resource: missing.scope.to_string(),
            detail: missing.action.name(),
            address: context.address,
        };
        self.count(key, context.now, context.request);
    }

    fn count(&self, key: Key, at: Time, request: RequestId) {
        let one = Sum {
            count: 1,
            first: at,
            last: at,
            request,
            requests: vec![request],
        };
        self.add(key, one);
    }

    fn add(&self, key: Key, more: Sum) {
        let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        let key = if sums.len() < MOST_KEYS || sums.contains_key(&key) {
            key
        } else {
            Key {
                actor: "many".into(),
                resource: "/".into(),
                detail: "",
                address: None,
                ..key
            }
        };
        match sums.entry(key) {
            MapEntry::Vacant(place) => {
                place.insert(more);
            }
            MapEntry::Occupied(mut known) => {
                let known = known.get_mut();
                known.count += more.count;
                known.first = known.first.min(more.first);
                known.last = known.last.max(more.last);
                known.requests.extend(more.requests);
                known.requests.truncate(MOST_REQUESTS);
            }
        }
    }

    /// Takes the sums out.
    pub(crate) fn take(&self) -> Sums {
        Sums(std::mem::take(
            &mut *self.sums.lock().unwrap_or_else(PoisonError::into_inner),
        ))
    }

    /// Puts sums back that could not be written: the next run writes them.
    pub(crate) fn put_back(&self, sums: Sums) {
        for (key, sum) in sums.0 {
            self.add(key, sum);
        }
    }
}

/// Sums that are to be written.
pub(crate) struct Sums(HashMap<Key, Sum>);

impl Sums {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sums as records for the journal.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.0
            .iter()
            .map(|(key, sum)| Entry {
                time: sum.last,
                tenant: key.tenant,
                registry: None,
                kind: key.kind,
                resource: key.resource.clone(),
                actor: key.actor.clone(),
                address: key.address,
                request: sum.request,
                outcome: if key.kind == JournalKind::SignIn {
                    Outcome::Succeeded
                } else {
                    Outcome::Refused
                },
                payload: json!({"count": sum.count, "first": sum.first, "action": key.detail, "requests": sum.requests}),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_written_is_counted_on() {
        let audit = Audit::default();
        let sign_in = |seconds| SignIn {
            tenant: TenantId(uuid::Uuid::nil()),
            actor: "somebody".to_owned(),
            resource: "/".to_owned(),
            address: None,
            request: RequestId(uuid::Uuid::nil()),
            at: Time::from_unix_seconds(seconds),
        };
        audit.signed_in(sign_in(1), false);
        let sums = audit.take();
        assert!(audit.take().is_empty());
        audit.signed_in(sign_in(2), false);
        audit.put_back(sums);
        let entries = audit.take().entries();
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].payload["count"], 2);
        assert_eq!(entries[0].payload["first"], "1970-01-01T00:00:01Z");
        assert_eq!(entries[0].time, Time::from_unix_seconds(2));
    }
}
