//! What people agree to: before an application acts for somebody it asks them once, and it gets no more than they, or an owner for everybody, agreed to.
//!
//! A consent is looked at whenever a token is issued; when it is taken back, what the application was given ends with it (rule 26).

use std::collections::BTreeMap;

use serde_json::json;
use uuid::Uuid;
use wharf_store::meta::consent::{Consent, ConsentResource};
use wharf_store::meta::service_principal::ServicePrincipal;
use wharf_store::meta::user::User;
use wharf_store::meta::{Read, Tx};
use wharf_types::access::Action;
use wharf_types::id::{AppId, KeyId, ObjectId};
use wharf_types::journal::JournalKind;
use wharf_types::resource::ResourceScope;
use wharf_types::time::Time;

use super::{Client, GrantError, GrantScope, Permission};
use crate::identity::people::user_entry;
use crate::identity::{Browser, BrowserSession};
use crate::{App, Error, OpContext};

/// An application that somebody agreed to.
#[derive(Clone, Debug)]
pub struct AgreedApplication {
    /// Its id.
    pub id: AppId,
    /// Its name.
    pub display_name: String,
    /// What they agreed to.
    pub permissions: Vec<Permission>,
    /// Since when.
    pub since: Time,
}

/// A consent of everybody that an owner gives.
#[derive(Clone, Debug)]
pub struct NewConsent {
    /// The client's service principal.
    pub client: Uuid,
    /// What it is about.
    pub resource: ConsentResource,
    /// The words.
    pub scope: String,
}

fn words(consent: &Consent) -> impl Iterator<Item = Permission> {
    consent
        .scope
        .split_ascii_whitespace()
        .filter_map(|word| Permission::find(consent.resource, word))
}

/// What of `asked` nobody has agreed to.
async fn missing(
    read: &mut Read,
    client: &Client,
    user: ObjectId,
    asked: &GrantScope,
) -> Result<Vec<Permission>, Error> {
    if client.is_built_in() {
        return Ok(Vec::new());
    }
    let held: Vec<Permission> = read
        .consent_list_held(client.id, user)
        .await?
        .iter()
        .flat_map(words)
        .collect();
    let mut asked = asked.permissions();
    asked.retain(|permission| !held.contains(permission));
    Ok(asked)
}

/// Goes on if all that is asked for was agreed to.
pub(super) async fn must_be_agreed(
    read: &mut Read,
    client: &Client,
    user: ObjectId,
    asked: &GrantScope,
) -> Result<(), GrantError> {
    if missing(read, client, user, asked).await?.is_empty() {
        Ok(())
    } else {
        Err(GrantError::Consent)
    }
}

impl App {
    /// What of an application's request a person has not agreed to, nor anybody for everybody.
    pub async fn consent_missing(
        &self,
        session: &BrowserSession,
        client: &Client,
        asked: &GrantScope,
    ) -> Result<Vec<Permission>, Error> {
        if client.is_built_in() {
            return Ok(Vec::new());
        }
        let mut read = self.inner.meta.read().await?;
        missing(&mut read, client, session.user.id, asked).await
    }

    /// Writes down that a signed-in person lets an application do what it asks for.
    pub async fn consent_give(
        &self,
        browser: &Browser,
        session: &BrowserSession,
        client: &Client,
        asked: &GrantScope,
    ) -> Result<(), Error> {
        if !session.is_complete() || client.tenant.is_some_and(|tenant| tenant != session.user.tenant) {
            return Err(Error::Unauthenticated);
        }
        let mut tx = self.inner.meta.begin(browser.caller.now).await?;
        self.consent_write(&mut tx, browser, &session.user, client, asked)
            .await?;
        let payload = json!({"client": client.id, "scope": asked.granted});
        let entry = user_entry(browser.caller, &session.user, JournalKind::ConsentGrant, payload);
        tx.commit(&entry).await?;
        Ok(())
    }

    /// The same in a transaction that has a record of its own.
    pub(super) async fn consent_write(
        &self,
        tx: &mut Tx,
        browser: &Browser,
        user: &User,
        client: &Client,
        asked: &GrantScope,
    ) -> Result<(), Error> {
        if client.is_built_in() {
            return Ok(());
        }
        let (now, entropy) = (browser.caller.now, &self.inner.environment.entropy);
        if tx.service_principal_by_app_id(client.id).await?.is_none() {
            // As in Entra, an application is somebody in the directory from its first consent on. It holds nothing by that.
            let principal = ServicePrincipal {
                id: ObjectId(entropy.uuid()),
                tenant: user.tenant,
                app_id: client.id,
                display_name: client.display_name.clone(),
                enabled: true,
                created_at: now,
            };
            tx.service_principal_insert(&principal).await?;
        }
        let mut wanted: BTreeMap<ConsentResource, Vec<&str>> = BTreeMap::new();
        let known = tx.consent_list_held(client.id, user.id).await?;
        let known = known.iter().filter(|known| known.user.is_some()).flat_map(words);
        for permission in known.chain(asked.permissions()) {
            let words = wanted.entry(permission.resource).or_default();
            if !words.contains(&permission.word) {
                words.push(permission.word);
            }
        }
        for (resource, words) in wanted {
            let consent = Consent {
                id: KeyId(entropy.uuid()),
                tenant: user.tenant,
                app_id: client.id,
                user: Some(user.id),
                resource,
                scope: words.join(" "),
                created_at: now,
            };
            tx.consent_put(&consent).await?;
        }
        Ok(())
    }

    /// The applications that a person agreed to.
    pub async fn agreed_applications(&self, of: &BrowserSession) -> Result<Vec<AgreedApplication>, Error> {
        let mut read = self.inner.meta.read().await?;
        let mut agreed: Vec<AgreedApplication> = Vec::new();
        for consent in read.consent_list_of_user(of.user.id).await? {
            let permissions: Vec<Permission> = words(&consent).collect();
            if let Some(known) = agreed.iter_mut().find(|known| known.id == consent.app_id) {
                known.permissions.extend(permissions);
                known.since = known.since.min(consent.created_at);
                continue;
            }
            let application = read.application_by_app_id(consent.tenant, consent.app_id).await?;
            agreed.push(AgreedApplication {
                id: consent.app_id,
                display_name: application.map_or_else(|| consent.app_id.to_string(), |known| known.display_name),
                permissions,
                since: consent.created_at,
            });
        }
        for one in &mut agreed {
            one.permissions.sort_by_key(|permission| {
                let place = Permission::ALL.iter().position(|known| known == permission);
                place.unwrap_or(usize::MAX)
            });
        }
        Ok(agreed)
    }

    /// A person takes back what they agreed to, and with it all that the application was given for them. Returns whether there was something.
    pub async fn consent_take_back(&self, browser: &Browser, of: &BrowserSession, app: AppId) -> Result<bool, Error> {
        let mut tx = self.inner.meta.begin(browser.caller.now).await?;
        let consents = tx.consents_delete(app, Some(of.user.id)).await?;
        let sessions = tx.refresh_families_delete_of_client(app, Some(of.user.id)).await?;
        let payload = json!({"client": app, "sessions": sessions});
        tx.commit(&user_entry(
            browser.caller,
            &of.user,
            JournalKind::ConsentRemove,
            payload,
        ))
        .await?;
        Ok(consents + sessions > 0)
    }

    /// The directory's consents after that id, each with its client's service principal, and where the next page starts.
    pub async fn consent_list(
        &self,
        ctx: &OpContext,
        client: Option<Uuid>,
        after: Uuid,
        limit: usize,
    ) -> Result<(Vec<(Consent, ObjectId)>, Option<Uuid>), Error> {
        let tenant = ctx.subject.tenant;
        ctx.require(Action::DirectoryRead, tenant, &ResourceScope::Root)?;
        let mut read = self.inner.meta.read().await?;
        let page = read.consent_list(tenant, after, limit).await?;
        let next = (page.len() == limit)
            .then(|| page.last().map(|last| last.id.0))
            .flatten();
        let mut found = Vec::with_capacity(page.len());
        for consent in page {
            let principal = read.service_principal_by_app_id(consent.app_id).await?;
            if let Some(principal) = principal.filter(|principal| client.is_none_or(|wanted| wanted == principal.id.0))
            {
                found.push((consent, principal.id));
            }
        }
        Ok((found, next))
    }

    /// An owner agrees for everybody of the directory.
    pub async fn consent_create(&self, ctx: &OpContext, new: NewConsent) -> Result<(Consent, ObjectId), Error> {
        let tenant = ctx.subject.tenant;
        ctx.require(Action::RoleAssignmentWrite, tenant, &ResourceScope::Root)?;
        let mut permissions = Vec::new();
        for word in new.scope.split_ascii_whitespace() {
            let shown: String = word.chars().take(100).collect();
            let known = Permission::find(new.resource, word);
            permissions
                .push(known.ok_or_else(|| Error::invalid(format!("'{shown}' is no permission of this resource")))?);
        }
        if permissions.is_empty() {
            return Err(Error::invalid("scope names one permission at least"));
        }
        permissions.sort_unstable();
        permissions.dedup();
        let (principal, _) = self.service_principal_get(ctx, new.client).await?;
        let words: Vec<&str> = permissions.iter().map(|permission| permission.word).collect();
        let consent = Consent {
            id: KeyId(self.inner.environment.entropy.uuid()),
            tenant,
            app_id: principal.app_id,
            user: None,
            resource: new.resource,
            scope: words.join(" "),
            created_at: ctx.now,
        };
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        tx.consent_put(&consent).await?;
        let payload = json!({"client": consent.app_id, "resource": new.resource.as_str(), "scope": consent.scope});
        let scope = ResourceScope::DirectoryObject(principal.id);
        tx.commit(&ctx.entry(JournalKind::ConsentGrant, tenant, scope, payload))
            .await?;
        Ok((consent, principal.id))
    }

    /// Takes a consent back, of one person or of everybody, and ends what the client was given by it.
    pub async fn consent_remove(&self, ctx: &OpContext, id: KeyId) -> Result<(), Error> {
        let tenant = ctx.subject.tenant;
        ctx.require(Action::RoleAssignmentWrite, tenant, &ResourceScope::Root)?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        let found = tx.consent_get(tenant, id).await?;
        let consent = found.ok_or_else(|| Error::not_found("consent", id))?;
        tx.consent_delete(tenant, id).await?;
        let sessions = tx
            .refresh_families_delete_of_client(consent.app_id, consent.user)
            .await?;
        let payload = json!({"client": consent.app_id, "principal": consent.user, "sessions": sessions});
        let scope = consent.user.map_or(ResourceScope::Root, ResourceScope::DirectoryObject);
        tx.commit(&ctx.entry(JournalKind::ConsentRemove, tenant, scope, payload))
            .await?;
        Ok(())
    }
}
