//! Generated secrets that were right once (design §7).
//!
//! Machines bring the same secret for every token. What is remembered is that a secret is that of a credential, which does not change; whether the
//! credential and its principal are still good is asked with each use as for a token (rule 25), and mostly answered from memory too. A secret that people
//! chose is never kept here.

use moka::sync::Cache;
use sha2::{Digest, Sha256};
use wharf_types::id::{AppId, TenantId};
use wharf_types::secret::Secret;

use crate::identity::{Caller, SignedIn};
use crate::{App, Error};

/// By the hash of application and secret: the secret itself is not kept.
pub(crate) struct KnownSecrets(Cache<[u8; 32], SignedIn>);

const MOST_SECRETS: u64 = 10_000;

impl KnownSecrets {
    pub(crate) fn new() -> Self {
        Self(Cache::new(MOST_SECRETS))
    }

    pub(super) fn note(&self, app_id: AppId, secret: &Secret, signed_in: SignedIn) {
        if secret.is_generated() {
            self.0.insert(key(app_id, secret), signed_in);
        }
    }
}

fn key(app_id: AppId, secret: &Secret) -> [u8; 32] {
    let sum = Sha256::new().chain_update(app_id.0.as_bytes());
    sum.chain_update(secret.expose().as_bytes()).finalize().into()
}

impl App {
    /// Whose secret this is, if it was right before and still is. Of all else nothing is said: the long road looks at it.
    pub(super) async fn known_secret(
        &self,
        caller: Caller,
        app_id: AppId,
        tenant: Option<TenantId>,
        secret: &Secret,
    ) -> Result<Option<SignedIn>, Error> {
        let known = self.inner.known_secrets.0.get(&key(app_id, secret));
        let Some(known) = known.filter(|known| tenant.is_none_or(|tenant| tenant == known.tenant)) else {
            return Ok(None);
        };
        match self
            .subject(known.tenant, known.principal, known.credential, caller.now)
            .await
        {
            Ok(_) => Ok(Some(known)),
            Err(Error::Unauthenticated) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
