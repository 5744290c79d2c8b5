//! Tokens that were checked once (design §7).
//!
//! Checking a signature costs more than all the rest of a small pull, or of an exchange. What is remembered is that the text of a token was signed by us and what it says:
//! neither changes. Its times, its audience, and its principal's credential and rights are looked at with each request all the same.

use std::sync::Arc;

use moka::sync::Cache;
use sha2::{Digest, Sha256};
use wharf_types::access::Principal;
use wharf_types::oauth::{DirectoryAccessClaims, RegistryAccessClaims, RegistryRefreshClaims, TokenScope};

/// A registry access token whose signature was right.
pub(crate) struct CheckedToken {
    pub(crate) claims: RegistryAccessClaims,
    pub(crate) principal: Principal,
    pub(crate) scopes: Arc<[TokenScope]>,
}

/// Checked tokens of each kind.
pub(crate) struct TokenCaches {
    pub(crate) registry_access: TokenCache<CheckedToken>,
    pub(crate) registry_refresh: TokenCache<RegistryRefreshClaims>,
    /// Those that were exchanged: some clients exchange the same token for every request.
    pub(crate) directory_access: TokenCache<DirectoryAccessClaims>,
}

impl TokenCaches {
    pub(crate) fn new() -> Self {
        Self {
            registry_access: TokenCache::new(),
            registry_refresh: TokenCache::new(),
            directory_access: TokenCache::new(),
        }
    }
}

/// Checked tokens of one kind by the hash of their text, so that no token itself is kept.
pub(crate) struct TokenCache<T>(Cache<[u8; 32], Arc<T>>);

/// About a KiB each.
const MOST_TOKENS: u64 = 20_000;

impl<T: Send + Sync + 'static> TokenCache<T> {
    fn new() -> Self {
        Self(Cache::new(MOST_TOKENS))
    }

    /// The token, from memory or by `check`.
    pub(crate) fn get(&self, token: &str, check: impl FnOnce() -> Option<T>) -> Option<Arc<T>> {
        let key: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        if let Some(known) = self.0.get(&key) {
            return Some(known);
        }
        let checked = Arc::new(check()?);
        self.0.insert(key, Arc::clone(&checked));
        Some(checked)
    }
}
