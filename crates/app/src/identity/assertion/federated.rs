//! Federated credentials: an application accepts the tokens of a build service, a cluster or another directory in the place of a secret.

use serde_json::json;
use url::Url;
use uuid::Uuid;
use wharf_store::meta::application::Application;
use wharf_store::meta::federated_credential::{FederatedCredential, MAX_FEDERATED_CREDENTIALS};
use wharf_store::meta::service_principal::ServicePrincipal;
use wharf_types::access::Action;
use wharf_types::id::KeyId;
use wharf_types::journal::JournalKind;

use super::{AssertionError, Statement};
use crate::identity::Caller;
use crate::identity::applications::scope;
use crate::identity::credentials::must_hold_its_roles;
use crate::{App, Error, OpContext};

/// A federated credential that is to be made.
#[derive(Clone, Debug)]
pub struct NewFederatedCredential {
    /// Its name: 3 to 120 letters, digits, `-` and `_`.
    pub name: String,
    /// `iss` of the tokens.
    pub issuer: String,
    /// `sub` of the tokens.
    pub subject: String,
    /// `aud` of the tokens.
    pub audience: String,
    /// For people.
    pub description: String,
}

const MAX_TEXT_BYTES: usize = 600;

impl App {
    /// An application's federated credentials, if the caller may see it.
    pub async fn federated_credential_list(
        &self,
        ctx: &OpContext,
        application: &Application,
    ) -> Result<Vec<FederatedCredential>, Error> {
        let tenant = application.tenant;
        ctx.as_owner_of(application)
            .require(Action::DirectoryRead, tenant, &scope(application))?;
        let mut read = self.inner.meta.read().await?;
        Ok(read.federated_credential_list(tenant, application.app_id).await?)
    }

    /// One of them, by its id or its name.
    pub async fn federated_credential_get(
        &self,
        ctx: &OpContext,
        application: &Application,
        id: &str,
    ) -> Result<FederatedCredential, Error> {
        let key: Option<Uuid> = id.parse().ok();
        let found = self.federated_credential_list(ctx, application).await?;
        let found = found
            .into_iter()
            .find(|known| Some(known.key.0) == key || known.name == id);
        found.ok_or_else(|| Error::not_found("federated credential", id))
    }

    /// Has an application accept the tokens of an issuer's subject. Who may, and why: [`App::credential_add`].
    pub async fn federated_credential_add(
        &self,
        ctx: &OpContext,
        application: &Application,
        new: NewFederatedCredential,
    ) -> Result<FederatedCredential, Error> {
        let (ctx, tenant) = (ctx.as_owner_of(application), application.tenant);
        ctx.require(Action::ApplicationCredentials, tenant, &scope(application))?;
        self.check_federated(&new)?;
        let NewFederatedCredential {
            name,
            issuer,
            subject,
            audience,
            description,
        } = new;
        let made = FederatedCredential {
            key: KeyId(self.inner.environment.entropy.uuid()),
            tenant,
            app_id: application.app_id,
            name,
            issuer,
            subject,
            audience,
            description,
            created_at: ctx.now,
            last_used: None,
        };
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        must_hold_its_roles(&mut tx, &ctx, application).await?;
        if tx.federated_credential_list(tenant, application.app_id).await?.len() >= MAX_FEDERATED_CREDENTIALS {
            let message = format!(
                "an application has at most {MAX_FEDERATED_CREDENTIALS} federated credentials: remove one first"
            );
            return Err(Error::conflict("TooManyCredentials", message));
        }
        tx.federated_credential_insert(&made)
            .await
            .map_err(|error| match error {
                wharf_store::StoreError::Conflict(_) => Error::conflict(
                    "ObjectConflict",
                    "the application has a federated credential of this name, or of this issuer and subject, already",
                ),
                other => other.into(),
            })?;
        let payload = json!({"appId": made.app_id, "id": made.key, "issuer": made.issuer, "subject": made.subject});
        tx.commit(&ctx.entry(JournalKind::FederatedCredentialAdd, tenant, scope(application), payload))
            .await?;
        Ok(made)
    }

    /// Removes one: what was issued for it ends with it (rule 26).
    pub async fn federated_credential_remove(
        &self,
        ctx: &OpContext,
        application: &Application,
        id: &str,
    ) -> Result<(), Error> {
        let owner = ctx.as_owner_of(application);
        owner.require(Action::ApplicationCredentials, application.tenant, &scope(application))?;
        let known = self.federated_credential_get(ctx, application, id).await?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        if !tx
            .federated_credential_delete(known.tenant, known.app_id, known.key)
            .await?
        {
            return Err(Error::not_found("federated credential", id));
        }
        tx.tombstone_put("federated_credential", &known.key.to_string(), ctx.now)
            .await?;
        let payload = json!({"appId": known.app_id, "id": known.key});
        let kind = JournalKind::FederatedCredentialRemove;
        Ok(tx
            .commit(&owner.entry(kind, known.tenant, scope(application), payload))
            .await?)
    }

    fn check_federated(&self, new: &NewFederatedCredential) -> Result<(), Error> {
        let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if !(3..=120).contains(&new.name.len()) || !new.name.chars().all(letters) {
            return Err(Error::invalid(
                "a name has 3 to 120 letters, digits, dashes and underscores",
            ));
        }
        for text in [&new.issuer, &new.subject, &new.audience] {
            if text.trim().is_empty() || text.len() > MAX_TEXT_BYTES || text.chars().any(char::is_control) {
                return Err(Error::invalid(
                    "issuer, subject and audience have 1 to 600 bytes and no control characters",
                ));
            }
        }
        if new.description.len() > MAX_TEXT_BYTES {
            return Err(Error::invalid("a description has at most 600 bytes"));
        }
        let url = Url::parse(&new.issuer)
            .ok()
            .filter(|url| self.inner.issuers.admits(url));
        match url {
            Some(_) => Ok(()),
            None => Err(Error::invalid(
                "the issuer has to be an https address at the public network; issuers.private_network in the server's configuration permits others",
            )),
        }
    }

    /// The federated credential that a statement is for, if everything about both is right. Only an issuer that stands in one is asked for its keys.
    pub(super) async fn federated_check(
        &self,
        caller: Caller,
        principal: Option<&ServicePrincipal>,
        statement: &Statement<'_>,
    ) -> Result<KeyId, AssertionError> {
        let known = match principal {
            Some(principal) => {
                let mut read = self.inner.meta.read().await.map_err(Error::from)?;
                let list = read.federated_credential_list(principal.tenant, principal.app_id);
                list.await.map_err(Error::from)?
            }
            None => Vec::new(),
        };
        let is_for = |known: &&FederatedCredential| {
            known.issuer == statement.issuer
                && known.subject == statement.subject
                && statement.audiences.contains(&known.audience)
        };
        let Some(found) = known.iter().find(is_for) else {
            let shown = |text: &str| text.chars().take(200).collect::<String>();
            return Err(AssertionError::NoFederatedCredential {
                issuer: shown(&statement.issuer),
                subject: shown(&statement.subject),
                audience: shown(&statement.audiences.join(" ")),
            });
        };
        self.statement_in_time(caller, statement)?;
        self.inner.issuers.check(statement, caller.now).await?;
        Ok(found.key)
    }
}
