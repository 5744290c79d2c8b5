//! Sign-ins and refusals, summed.
//!
//! They are no changes, and a flood of them must not become a flood of writes: they are counted here, within fixed memory, and a job writes the sums to
//! the journal every few seconds (rule 66).

use std::collections::HashMap;
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
}

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
        let sum = sums.entry(key).or_insert(Sum {
            count: 0,
            first: at,
            last: at,
            request,
        });
        sum.count += 1;
        sum.last = at;
    }

    /// Takes the sums out, as records for the journal.
    pub(crate) fn drain(&self) -> Vec<Entry> {
        let sums = std::mem::take(&mut *self.sums.lock().unwrap_or_else(PoisonError::into_inner));
        sums.into_iter()
            .map(|(key, sum)| Entry {
                time: sum.last,
                tenant: key.tenant,
                registry: None,
                kind: key.kind,
                resource: key.resource,
                actor: key.actor,
                address: key.address,
                request: sum.request,
                outcome: if key.kind == JournalKind::SignIn {
                    Outcome::Succeeded
                } else {
                    Outcome::Refused
                },
                payload: json!({"count": sum.count, "first": sum.first, "action": key.detail}),
            })
            .collect()
    }
}
