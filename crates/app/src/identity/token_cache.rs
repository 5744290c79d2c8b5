//! Registry access tokens that were checked once (design §7).
//!
//! Checking a signature costs more than all the rest of a small pull. What is remembered is that the text of a token was signed by us and what it says: neither changes.
//! Its times, its audience, and its principal's credential and rights are looked at with each request all the same.

use std::sync::Arc;

use moka::sync::Cache;
use sha2::{Digest, Sha256};
use wharf_types::access::Principal;
use wharf_types::oauth::{RegistryAccessClaims, TokenScope};

/// A token whose signature was right.
pub(crate) struct CheckedToken {
    pub(crate) claims: RegistryAccessClaims,
    pub(crate) principal: Principal,
    pub(crate) scopes: Arc<[TokenScope]>,
}

/// Checked tokens by the hash of their text, so that no token itself is kept.
pub(crate) struct TokenCache(Cache<[u8; 32], Arc<CheckedToken>>);

/// About a KiB each.
const MOST_TOKENS: u64 = 20_000;

impl TokenCache {
    pub(crate) fn new() -> Self {
        Self(Cache::new(MOST_TOKENS))
    }

    /// The token, from memory or by `check`.
    pub(crate) fn get(&self, token: &str, check: impl FnOnce() -> Option<CheckedToken>) -> Option<Arc<CheckedToken>> {
        let key: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        if let Some(known) = self.0.get(&key) {
            return Some(known);
        }
        let checked = Arc::new(check()?);
        self.0.insert(key, Arc::clone(&checked));
        Some(checked)
    }
}
