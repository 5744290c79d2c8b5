//! The directories that were asked lately: each has its bound of connections, and remembers whether it answers.

use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use serde_json::Value;
use wharf_client::ldap::LdapDirectory;
use wharf_store::meta::identity_provider::{IdentityProvider, MAX_IDENTITY_PROVIDERS};
use wharf_types::id::ObjectId;
use wharf_types::identity_provider::{ProviderKind, ProviderSettings};
use wharf_types::ldap::{LdapInput, LdapSettings};
use wharf_types::secret::Secret;
use wharf_types::time::Time;

use crate::{App, Error};

/// A directory that did not answer when somebody was looked at is left alone for so long.
const SILENCE: Duration = Duration::from_secs(60);

/// What is remembered of directories and of whoever is being tried there.
pub(crate) struct Directories {
    known: Cache<ObjectId, Known>,
    trying: Arc<Mutex<HashSet<String>>>,
}

/// A directory, with the settings that it was opened with.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) directory: LdapDirectory,
    settings: Value,
    secret: Option<Vec<u8>>,
    silent_until_us: Arc<AtomicI64>,
}

impl Known {
    /// Whether it did not answer lately.
    pub(super) fn is_silent(&self, now: Time) -> bool {
        now.as_us() < self.silent_until_us.load(Ordering::Relaxed)
    }

    pub(super) fn did_not_answer(&self, now: Time) {
        self.silent_until_us.store((now + SILENCE).as_us(), Ordering::Relaxed);
    }
}

impl Default for Directories {
    fn default() -> Self {
        Self {
            known: Cache::new(MAX_IDENTITY_PROVIDERS as u64),
            trying: Arc::default(),
        }
    }
}

/// The right to try a password of an account, until dropped.
pub(super) struct Turn {
    trying: Arc<Mutex<HashSet<String>>>,
    account: String,
}

fn held(trying: &Mutex<HashSet<String>>) -> MutexGuard<'_, HashSet<String>> {
    trying.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Directories {
    /// The right to try a password of an account, unless another is being tried: many at once would reach the directory before the first of them is counted.
    pub(super) fn turn(&self, account: &str) -> Option<Turn> {
        held(&self.trying).insert(account.to_owned()).then(|| Turn {
            trying: Arc::clone(&self.trying),
            account: account.to_owned(),
        })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        held(&self.trying).remove(&self.account);
    }
}

/// What an LDAP provider is set up with; nothing for a provider of another kind.
pub(super) fn input(provider: &IdentityProvider) -> Option<LdapInput> {
    if provider.kind != ProviderKind::Ldap {
        return None;
    }
    match ProviderSettings::read(provider.kind, provider.settings.clone()) {
        Ok(ProviderSettings::Ldap(input)) => Some(*input),
        _ => None,
    }
}

impl App {
    /// The directory of a provider, as it is set up now.
    pub(super) fn ldap_directory(&self, provider: &IdentityProvider) -> Result<Known, Error> {
        let known = self.inner.directories.known.get(&provider.id);
        let current = known.filter(|known| known.settings == provider.settings && known.secret == provider.secret);
        if let Some(current) = current {
            return Ok(current);
        }
        let input = input(provider).ok_or_else(|| Error::invalid("the provider is no LDAP directory"))?;
        let made = Known {
            directory: self.ldap_open(&input, self.provider_secret(provider)?)?,
            settings: provider.settings.clone(),
            secret: provider.secret.clone(),
            silent_until_us: Arc::default(),
        };
        self.inner.directories.known.insert(provider.id, made.clone());
        Ok(made)
    }

    fn ldap_open(&self, input: &LdapInput, password: Option<Secret>) -> Result<LdapDirectory, Error> {
        let settings = LdapSettings::new(input).map_err(Error::invalid)?;
        LdapDirectory::new(settings, password, self.inner.settings.directories).map_err(Error::invalid)
    }

    /// Whether a provider's settings can be used.
    pub(in crate::identity::upstream) fn ldap_check(
        &self,
        input: &LdapInput,
        domains: &[String],
        has_secret: bool,
    ) -> Result<(), Error> {
        // Whether there is one matters, not which.
        self.ldap_open(input, has_secret.then(|| Secret::new("given")))?;
        if let Some(domain) = &input.default_domain
            && !domains.iter().any(|known| known.eq_ignore_ascii_case(domain))
        {
            return Err(Error::invalid(
                "the defaultDomain has to be one of the provider's domains",
            ));
        }
        Ok(())
    }
}
