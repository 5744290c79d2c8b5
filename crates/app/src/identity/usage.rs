//! When and from where credentials were last used: noted in memory, written in batches (design §4).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use wharf_types::id::KeyId;
use wharf_types::time::Time;

/// What was used since the notes were last written. There are never more of them than credentials.
#[derive(Default)]
pub(crate) struct Usage {
    uses: Mutex<HashMap<KeyId, Use>>,
}

/// One credential's last use.
pub(crate) struct Use {
    pub(crate) at: Time,
    pub(crate) from: String,
    /// An admin account's password, and not an application's secret.
    pub(crate) is_admin: bool,
}

impl Usage {
    pub(crate) fn note(&self, key: KeyId, is_admin: bool, at: Time, address: Option<IpAddr>) {
        let from = address.map(|address| address.to_string()).unwrap_or_default();
        self.uses
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, Use { at, from, is_admin });
    }

    /// Puts back what could not be written; what was noted since is newer.
    pub(crate) fn put_back(&self, uses: HashMap<KeyId, Use>) {
        let mut known = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, used) in uses {
            known.entry(key).or_insert(used);
        }
    }

    pub(crate) fn take(&self) -> HashMap<KeyId, Use> {
        std::mem::take(&mut *self.uses.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
