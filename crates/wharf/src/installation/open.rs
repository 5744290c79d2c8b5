//! Opening an installation: its database, its blobs and its master key.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use wharf_app::{App, Environment, Parts, PublicAddress, Settings};
use wharf_client::FetchPolicy;
use wharf_store::blob::{BlobStore, FileStore};
use wharf_store::meta::MetaStore;

use crate::installation::{Config, DataFolder};

/// An installation that is open.
pub(crate) struct Opened {
    pub(crate) app: App,
    pub(crate) data: DataFolder,
}

/// Opens the installation that `config` names, reached at `public`; makes a new one where there is none.
pub(crate) async fn open(config: &Config, data: DataFolder, public: PublicAddress) -> anyhow::Result<Opened> {
    let environment = Environment::system();
    let database = config.database()?;
    let meta = MetaStore::open(&database, environment.clock.now())
        .await
        .context("cannot open the database")?;
    let blobs = FileStore::open(data.path().to_owned()).context("cannot open the folder of blobs")?;
    let blobs = match config.reserved_bytes {
        Some(bytes) => blobs.reserving(bytes),
        None => blobs,
    };
    let vault = match data.master_key()? {
        Some(vault) => vault,
        // A key made now could not open what is there.
        None if meta.read().await?.installation().await?.is_some() => {
            bail!(
                "the master key {}/keys/master.key is missing: restore it from where it is backed up",
                data.path().display()
            )
        }
        None => data.make_master_key(environment.entropy.as_ref())?,
    };
    let mut settings = Settings::new(public);
    settings.trusted_proxies.clone_from(&config.trusted_proxies);
    settings.sparse_images = config.sparse_images;
    settings.device_code = config.device_code;
    settings.issuers = FetchPolicy {
        private_network: config.issuers.private_network,
        ca_file: config.issuers.ca_cert.clone(),
    };
    settings.shared_database = config.database.is_some();
    if let Some(days) = config.scrub_days {
        settings.scrub_period = (days > 0).then(|| Duration::from_secs(days.saturating_mul(24 * 3600)));
    }
    let blobs: Arc<dyn BlobStore> = Arc::new(blobs);
    let app = App::open(Parts {
        environment,
        settings,
        meta,
        blobs,
        vault,
    })
    .await
    .map_err(plain)?;
    Ok(Opened { app, data })
}

/// At the server's host the cause is for the reader.
pub(crate) fn plain(error: wharf_app::Error) -> anyhow::Error {
    match error {
        wharf_app::Error::Internal(source) | wharf_app::Error::Unavailable(source) => source.into(),
        other => other.into(),
    }
}
