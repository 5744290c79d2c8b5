//! What the product does, without a word of HTTP.
//!
//! Every request, whichever way it comes in, goes the same road: a surface finds out who calls ([`identity`]), makes an [`OpContext`], and calls an
//! operation of [`App`]. The operation asks [`OpContext::require`] before it acts, acts in one transaction, and commits it together with its record in the
//! journal. Jobs and the operator's commands go that road too, as the system principal.
//!
//! - [`access`]: what a principal holds now, and giving and taking roles.
//! - [`identity`]: secrets, tokens, sign-in, applications and service principals.
//! - [`oauth`]: what clients are given on a person's behalf.
//! - [`resources`]: subscriptions, resource groups, registries, their admin accounts, and what was done.
//! - [`registry`]: blobs, uploads, manifests, tags.
//! - [`jobs`]: what happens without being asked.

pub mod access;
mod audit;
mod context;
mod environment;
mod error;
pub mod identity;
pub mod jobs;
pub mod oauth;
pub mod registry;
mod repeat;
pub mod resources;
mod settings;

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use wharf_store::blob::{BlobReader, BlobStore};
use wharf_store::meta::MetaStore;

pub use audit::Audit;
pub use context::{Limits, OpContext};
pub use environment::{Environment, SystemClock, SystemEntropy};
pub use error::Error;
pub use repeat::MOST_REPETITIONS;
pub use settings::{DeviceCodeFlow, PublicAddress, Settings};
pub use wharf_client::ldap::LdapLimits;

/// The product, opened: what surfaces and jobs call. Cheap to clone.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    environment: Environment,
    settings: Settings,
    meta: MetaStore,
    blobs: Arc<dyn BlobStore>,
    blob_reader: BlobReader,
    audit: Arc<Audit>,
    vault: identity::Vault,
    signer: identity::Signer,
    hasher: identity::SlowHasher,
    throttle: identity::Throttle,
    /// How often a source asked for device codes lately: anybody may, and each is a row.
    device_code_throttle: identity::Throttle,
    known_secrets: identity::KnownSecrets,
    usage: identity::Usage,
    tokens: identity::TokenCaches,
    revoked_tokens: identity::RevokedTokens,
    issuers: identity::IssuerKeys,
    directories: identity::Directories,
    epoch: access::Epoch,
    subjects: access::SubjectCache,
    registries: registry::RegistryCache,
    content: registry::RememberedContent,
    finished_uploads: registry::Finished,
    suspects: jobs::Suspects,
    /// Up to where this node has read the journal.
    journal_cursor: AtomicI64,
}

/// What an installation is opened with.
pub struct Parts {
    /// Clock and entropy.
    pub environment: Environment,
    /// What the operator chose.
    pub settings: Settings,
    /// The database.
    pub meta: MetaStore,
    /// The place for blobs.
    pub blobs: Arc<dyn BlobStore>,
    /// The key that encrypts what the database must not hold in clear.
    pub vault: identity::Vault,
}

impl App {
    /// Opens the installation: names a new one, refuses a database and a folder that do not belong together, and makes sure that there is a key to
    /// sign with.
    pub async fn open(parts: Parts) -> Result<Self, Error> {
        let Parts {
            environment,
            settings,
            meta,
            blobs,
            vault,
        } = parts;
        resources::installation_open(&environment, &meta, blobs.as_ref(), &vault).await?;
        let signer = identity::Signer::open(&environment, &meta, &vault).await?;
        let generations = Arc::clone(meta.generations());
        // What is in the journal now is in the database too, and this node remembers nothing yet.
        let journal_cursor = meta.read().await?.journal_head().await?.map_or(0, |head| head.position);
        Ok(Self {
            inner: Arc::new(Inner {
                issuers: identity::IssuerKeys::new(&settings.issuers).map_err(Error::setup)?,
                directories: identity::Directories::default(),
                audit: Arc::default(),
                epoch: access::Epoch::new(generations, settings.shared_database, environment.clock.now()),
                hasher: identity::SlowHasher::new(settings.hashing_slots, environment.entropy.as_ref()),
                throttle: identity::Throttle::default(),
                device_code_throttle: identity::Throttle::default(),
                suspects: jobs::Suspects::default(),
                known_secrets: identity::KnownSecrets::new(),
                usage: identity::Usage::default(),
                tokens: identity::TokenCaches::new(),
                revoked_tokens: identity::RevokedTokens::new(),
                subjects: access::SubjectCache::new(),
                registries: registry::RegistryCache::new(),
                content: registry::RememberedContent::new(),
                finished_uploads: registry::Finished::default(),
                journal_cursor: AtomicI64::new(journal_cursor),
                blob_reader: BlobReader::default(),
                environment,
                settings,
                meta,
                blobs,
                vault,
                signer,
            }),
        })
    }

    /// What the operator chose.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Clock and entropy.
    pub fn environment(&self) -> &Environment {
        &self.inner.environment
    }

    /// Ends the connections to the database, after the last request.
    pub async fn close(&self) {
        self.inner.meta.close().await;
    }
}
