//! Secrets of applications: made, listed, removed.

use std::time::Duration;

use serde_json::json;
use wharf_store::StoreError;
use wharf_store::meta::application::Application;
use wharf_store::meta::credential::{Credential, MAX_CREDENTIALS};
use wharf_store::meta::{Read, Tx};
use wharf_types::access::Action;
use wharf_types::id::{AppId, KeyId};
use wharf_types::journal::JournalKind;
use wharf_types::secret::{Secret, SecretKind};
use wharf_types::time::Time;

use crate::access::{self, Managed};
use crate::identity::common_secrets;
use crate::identity::hex;
use crate::{App, Error, OpContext};

/// What a new secret is to be.
#[derive(Clone, Debug, Default)]
pub struct NewCredential {
    /// A note.
    pub display_name: Option<String>,
    /// Valid from then on; now when it is not said.
    pub starts_at: Option<Time>,
    /// Valid until then; a year after its start when it is not said.
    pub ends_at: Option<Time>,
    /// A secret that the caller chose; a random one is made when there is none.
    pub chosen: Option<Secret>,
}

/// A new secret: the only time that it is seen in clear (rule 3).
#[derive(Clone, Debug)]
pub struct IssuedCredential {
    /// What is stored of it.
    pub credential: Credential,
    /// The secret.
    pub secret: Secret,
}

const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

impl App {
    /// An application's secrets, without the secrets. Who may see neither the directory nor this application sees none: a service principal that looks
    /// itself up is shown without them.
    pub async fn credential_list(&self, ctx: &OpContext, application: &Application) -> Result<Vec<Credential>, Error> {
        let scope = super::applications::scope(application);
        if !ctx
            .as_owner_of(application)
            .may(Action::DirectoryRead, application.tenant, &scope)
        {
            return Ok(Vec::new());
        }
        Ok(self
            .inner
            .meta
            .read()
            .await?
            .credential_list(application.tenant, application.app_id)
            .await?)
    }

    /// Makes a secret for an application.
    ///
    /// Whoever holds it is the application, with every role of its service principal. So the caller must hold what these roles permit (rule 36), unless
    /// it is the application itself.
    pub async fn credential_add(
        &self,
        ctx: &OpContext,
        application: &Application,
        new: NewCredential,
    ) -> Result<IssuedCredential, Error> {
        let ctx = ctx.as_owner_of(application);
        ctx.require(
            Action::ApplicationCredentials,
            application.tenant,
            &super::applications::scope(application),
        )?;
        let issued = self
            .credential_make(application.app_id, application, ctx.now, new)
            .await?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        must_hold_its_roles(&mut tx, &ctx, application).await?;
        insert(&mut tx, &issued.credential).await?;
        let payload =
            json!({"appId": application.app_id, "keyId": issued.credential.key, "endsAt": issued.credential.ends_at});
        let resource = super::applications::scope(application);
        tx.commit(&ctx.entry(JournalKind::CredentialAdd, application.tenant, resource, payload))
            .await?;
        Ok(issued)
    }

    /// Removes a secret: what was issued for it ends with it (rule 26).
    pub async fn credential_remove(&self, ctx: &OpContext, application: &Application, key: KeyId) -> Result<(), Error> {
        let ctx = ctx.as_owner_of(application);
        ctx.require(
            Action::ApplicationCredentials,
            application.tenant,
            &super::applications::scope(application),
        )?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        if !tx
            .credential_delete(application.tenant, application.app_id, key)
            .await?
        {
            return Err(Error::not_found("credential", key));
        }
        tx.tombstone_put("credential", &key.to_string(), ctx.now).await?;
        let payload = json!({"appId": application.app_id, "keyId": key});
        let resource = super::applications::scope(application);
        tx.commit(&ctx.entry(JournalKind::CredentialRemove, application.tenant, resource, payload))
            .await?;
        Ok(())
    }

    /// A secret with what is to be stored of it.
    pub(crate) async fn credential_make(
        &self,
        app_id: AppId,
        application: &Application,
        now: Time,
        new: NewCredential,
    ) -> Result<IssuedCredential, Error> {
        let entropy = self.inner.environment.entropy.as_ref();
        if let Some(name) = new.display_name.as_deref().filter(|name| !name.is_empty()) {
            super::applications::check_name(name)?;
        }
        if new.chosen.as_ref().is_some_and(Secret::is_generated) {
            // Its form promises that nobody can guess it, and nothing proves that of a secret that came from outside.
            return Err(Error::invalid(
                "a chosen secret must not have the form of a generated one: leave it out, and one is made",
            ));
        }
        let starts_at = new.starts_at.unwrap_or(now);
        let ends_at = new.ends_at.unwrap_or(starts_at + YEAR);
        if ends_at <= starts_at || ends_at <= now {
            return Err(Error::invalid(
                "the secret would never be valid: its end must lie after its start and after now",
            ));
        }
        let secret = new
            .chosen
            .unwrap_or_else(|| Secret::generate(SecretKind::ClientSecret, entropy));
        let secret_hash = if secret.is_generated() {
            format!("sha256:{}", hex(&secret.sha256()))
        } else {
            let context = [application.display_name.as_str(), &app_id.to_string()];
            if let Some(weakness) = common_secrets::weakness(secret.expose(), &context) {
                return Err(Error::invalid(weakness));
            }
            self.inner.hasher.hash(entropy, &secret).await?
        };
        let credential = Credential {
            key: KeyId(entropy.uuid()),
            tenant: application.tenant,
            app_id,
            display_name: new.display_name,
            // Of a chosen secret not even the beginning is kept (rule 67).
            hint: if secret.is_generated() {
                secret.hint()
            } else {
                String::new()
            },
            secret_hash,
            starts_at,
            ends_at,
            created_at: now,
            last_used: None,
        };
        Ok(IssuedCredential { credential, secret })
    }
}

pub(crate) async fn insert(tx: &mut Tx, credential: &Credential) -> Result<(), Error> {
    tx.credential_insert(credential).await.map_err(|error| match error {
        StoreError::Conflict(_) => Error::conflict(
            "TooManyCredentials",
            format!("an application has at most {MAX_CREDENTIALS} secrets: remove one first"),
        ),
        other => other.into(),
    })
}

/// See [`App::credential_add`].
pub(crate) async fn must_hold_its_roles(
    read: &mut Read,
    ctx: &OpContext,
    application: &Application,
) -> Result<(), Error> {
    let Some(principal) = read.service_principal_by_app_id(application.app_id).await? else {
        return Ok(());
    };
    let managed = Managed {
        id: principal.id,
        name: &principal.display_name,
        action: Action::ApplicationCredentials,
        reserved: "its secrets are",
    };
    access::must_hold_its_roles(read, ctx, managed).await
}
