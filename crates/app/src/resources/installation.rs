//! Opening an installation, or naming a new one (rule 57).

use serde_json::json;
use wharf_store::StoreError;
use wharf_store::blob::BlobStore;
use wharf_store::meta::MetaStore;
use wharf_store::meta::installation::Installation;
use wharf_store::meta::journal::Entry;
use wharf_store::meta::subscription::{Subscription, Tenant};
use wharf_types::access::Principal;
use wharf_types::id::{RequestId, SubscriptionId, TenantId};
use wharf_types::journal::{JournalKind, Outcome};
use wharf_types::resource::ResourceScope;

use crate::identity::Vault;
use crate::{Environment, Error};

const KEY_CHECK_PLACE: &str = "installation";
const KEY_CHECK: &[u8] = b"wharf";

/// Checks that database, blobs and master key belong together. A new database gets a name, a tenant and a subscription, and marks the blobs as its own;
/// never over blobs that belong to another.
pub(crate) async fn installation_open(
    environment: &Environment,
    meta: &MetaStore,
    blobs: &dyn BlobStore,
    vault: &Vault,
) -> Result<(), Error> {
    let stored = meta.read().await?.installation().await?;
    let owner = blobs.owner().await?;
    match (stored, owner) {
        (Some(stored), Some(owner)) if stored.id == owner => check_key(vault, &stored),
        // Killed between the database's row and the mark: the folder is still empty.
        (Some(stored), None) => {
            check_key(vault, &stored)?;
            blobs.claim(stored.id).await?;
            Ok(())
        }
        (None, None) => {
            let installation = create(environment, meta, vault).await?;
            blobs.claim(installation.id).await?;
            Ok(())
        }
        (Some(stored), Some(owner)) => Err(foreign(format!(
            "the database is of installation {}, the blobs are of {owner}",
            stored.id
        ))),
        (None, Some(owner)) => Err(foreign(format!(
            "the database is new, the blobs are of installation {owner}"
        ))),
    }
}

fn foreign(problem: String) -> Error {
    let advice =
        "point the program at the database and the data folder that belong together, or restore the missing one";
    Error::Internal(StoreError::Mismatch(format!("{problem}: {advice}")))
}

fn check_key(vault: &Vault, stored: &Installation) -> Result<(), Error> {
    vault
        .open(KEY_CHECK_PLACE, &stored.key_check)
        .map(|_| ())
        .map_err(|_| foreign("the master key is not the one that this database was made with".to_owned()))
}

async fn create(environment: &Environment, meta: &MetaStore, vault: &Vault) -> Result<Installation, Error> {
    let (now, entropy) = (environment.clock.now(), environment.entropy.as_ref());
    let key_check = vault.seal(entropy, KEY_CHECK_PLACE, KEY_CHECK)?;
    let installation = Installation {
        id: entropy.uuid(),
        key_check,
    };
    let tenant = Tenant {
        id: TenantId(entropy.uuid()),
        display_name: "Default Directory".to_owned(),
    };
    let subscription = Subscription {
        id: SubscriptionId(entropy.uuid()),
        tenant: tenant.id,
        alias: "default".to_owned(),
        display_name: "Default".to_owned(),
    };
    let mut tx = meta.begin(now).await?;
    match tx.installation_insert(&installation, now).await {
        // Another node of a new cluster was first.
        Err(StoreError::Conflict(_)) => {
            drop(tx);
            let stored = meta.read().await?.installation().await?;
            return stored.ok_or(Error::Busy);
        }
        other => other?,
    }
    tx.tenant_insert(&tenant, now).await?;
    tx.subscription_insert(&subscription, now).await?;
    let entry = Entry {
        time: now,
        tenant: tenant.id,
        registry: None,
        kind: JournalKind::TenantCreate,
        resource: ResourceScope::Root.to_string(),
        actor: Principal::System.to_string(),
        address: None,
        request: RequestId(entropy.uuid()),
        outcome: Outcome::Succeeded,
        payload: json!({"installation": installation.id, "subscription": subscription.id}),
    };
    tx.commit(&entry).await?;
    tracing::info!(installation.id = %installation.id, "a new installation was made");
    Ok(installation)
}
