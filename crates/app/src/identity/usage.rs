//! When, from where and by which program credentials were last used: noted in memory, written in batches (design §4).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use wharf_store::meta::last_use::LastUse;
use wharf_types::id::KeyId;

use crate::identity::Caller;

/// What was used since the notes were last written. There are never more of them than credentials.
#[derive(Default)]
pub(crate) struct Usage {
    uses: Mutex<HashMap<KeyId, LastUse>>,
}

impl Usage {
    pub(crate) fn note(&self, key: KeyId, caller: Caller) {
        let used = LastUse {
            at: caller.now,
            from: caller.address.map(|address| address.to_string()).unwrap_or_default(),
            client: caller.client.as_str().to_owned(),
        };
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        uses.insert(key, used);
    }

    /// Puts back what could not be written; what was noted since is newer.
    pub(crate) fn put_back(&self, uses: HashMap<KeyId, LastUse>) {
        let mut known = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, used) in uses {
            known.entry(key).or_insert(used);
        }
    }

    pub(crate) fn take(&self) -> HashMap<KeyId, LastUse> {
        std::mem::take(&mut *self.uses.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
