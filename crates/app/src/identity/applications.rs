//! Applications.

use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;
use wharf_store::meta::application::{Application, ClientSettings};
use wharf_types::access::{Action, Grant, GrantSource, fixed};
use wharf_types::graph::application::RequiredResourceAccess;
use wharf_types::id::{AppId, ObjectId};
use wharf_types::journal::JournalKind;
use wharf_types::resource::ResourceScope;

use crate::access::owner_must_remain;
use crate::oauth::check_addresses;
use crate::{App, Error, OpContext};

/// An application that is to be registered.
#[derive(Clone, Debug)]
pub struct NewApplication {
    /// Its name for people; several may bear one.
    pub display_name: String,
    /// Other names that it is known under.
    pub identifier_uris: Vec<String>,
    /// What it is to people whom it acts for.
    pub client: ClientSettings,
}

/// What of an application is to be otherwise. What is not said stays.
#[derive(Clone, Debug, Default)]
pub struct ApplicationChange {
    /// Its name, and its service principal's.
    pub display_name: Option<String>,
    /// Its other names.
    pub identifier_uris: Option<Vec<String>>,
    /// What it is to people whom it acts for.
    pub client: Option<ClientSettings>,
}

/// What an application may say that it needs: so many resources, and so many permissions of each.
const MAX_REQUIRED: usize = 50;

fn check_client(client: &ClientSettings) -> Result<(), Error> {
    check_addresses(client)?;
    let required = &client.required_access;
    let too_long = |one: &RequiredResourceAccess| {
        let long = one
            .resource_access
            .iter()
            .any(|access| access.kind.len() > MAX_NAME_BYTES);
        long || one.resource_access.len() > MAX_REQUIRED || one.resource_app_id.len() > MAX_NAME_BYTES
    };
    if required.len() > MAX_REQUIRED || required.iter().any(too_long) {
        return Err(Error::invalid(
            "requiredResourceAccess names at most 50 resources, with 50 permissions each",
        ));
    }
    Ok(())
}

/// The longest display name, in bytes.
const MAX_NAME_BYTES: usize = 256;
/// The most other names, each as long as that at most.
const MAX_URIS: usize = 100;

/// An application as the scope of an action.
pub(super) fn scope(application: &Application) -> ResourceScope {
    ResourceScope::DirectoryObject(application.id)
}

pub(super) fn check_name(display_name: &str) -> Result<(), Error> {
    let bad = display_name.trim().is_empty()
        || display_name.len() > MAX_NAME_BYTES
        || display_name.chars().any(char::is_control);
    if bad {
        Err(Error::invalid(
            "a display name has 1 to 256 bytes and no control characters",
        ))
    } else {
        Ok(())
    }
}

fn check_uris(uris: &[String]) -> Result<(), Error> {
    let bad = |uri: &String| uri.is_empty() || uri.len() > MAX_NAME_BYTES || uri.chars().any(char::is_control);
    if uris.len() > MAX_URIS || uris.iter().any(bad) {
        Err(Error::invalid(
            "there may be 100 identifier URIs, each with 1 to 256 bytes and no control characters",
        ))
    } else {
        Ok(())
    }
}

impl OpContext {
    /// The same caller, with what it may do as the one who registered `application`, if it is that one.
    pub(super) fn as_owner_of(&self, application: &Application) -> OpContext {
        let mut ctx = self.clone();
        if application.owner == self.subject.principal {
            let grant = Grant {
                source: GrantSource::ApplicationOwner,
                role: Arc::clone(&fixed::APPLICATION_OWNER),
                scope: scope(application),
            };
            let mut subject = (*self.subject).clone();
            subject.grants.push(grant);
            ctx.subject = Arc::new(subject);
        }
        ctx
    }
}

impl App {
    /// Registers an application. Whoever does so may manage it.
    pub async fn application_create(&self, ctx: &OpContext, new: NewApplication) -> Result<Application, Error> {
        let tenant = ctx.subject.tenant;
        ctx.require(Action::ApplicationCreate, tenant, &ResourceScope::Root)?;
        check_name(&new.display_name)?;
        check_uris(&new.identifier_uris)?;
        check_client(&new.client)?;
        let entropy = &self.inner.environment.entropy;
        let application = Application {
            id: ObjectId(entropy.uuid()),
            tenant,
            app_id: AppId(entropy.uuid()),
            display_name: new.display_name,
            identifier_uris: new.identifier_uris,
            owner: ctx.subject.principal,
            client: new.client,
            created_at: ctx.now,
        };
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        tx.application_insert(&application).await?;
        let payload = json!({"appId": application.app_id, "displayName": application.display_name});
        tx.commit(&ctx.entry(JournalKind::ApplicationCreate, tenant, scope(&application), payload))
            .await?;
        Ok(application)
    }

    /// The application of that object id or that application id, if the caller may see it.
    pub async fn application_get(&self, ctx: &OpContext, id: Uuid) -> Result<Application, Error> {
        let tenant = ctx.subject.tenant;
        let mut read = self.inner.meta.read().await?;
        let found = match read.application_get(tenant, ObjectId(id)).await? {
            Some(found) => Some(found),
            None => read.application_by_app_id(tenant, AppId(id)).await?,
        };
        found
            .filter(|found| may_see(ctx, found))
            .ok_or_else(|| Error::not_found("application", id))
    }

    /// The tenant's applications that the caller may see, after that object id, and where the next page starts.
    pub async fn application_list(
        &self,
        ctx: &OpContext,
        filter: impl Fn(&Application) -> bool,
        after: Uuid,
        limit: usize,
    ) -> Result<(Vec<Application>, Option<Uuid>), Error> {
        const BATCH: usize = 500;
        let mut read = self.inner.meta.read().await?;
        let (mut found, mut after) = (Vec::new(), after);
        loop {
            let batch = read.application_list(ctx.subject.tenant, after, BATCH).await?;
            let is_last = batch.len() < BATCH;
            for application in batch {
                after = application.id.0;
                if filter(&application) && may_see(ctx, &application) {
                    found.push(application);
                    if found.len() == limit {
                        return Ok((found, Some(after)));
                    }
                }
            }
            if is_last {
                return Ok((found, None));
            }
        }
    }

    /// Changes an application.
    pub async fn application_update(&self, ctx: &OpContext, id: Uuid, change: ApplicationChange) -> Result<(), Error> {
        let application = self.application_get(ctx, id).await?;
        let tenant = application.tenant;
        ctx.as_owner_of(&application)
            .require(Action::ApplicationUpdate, tenant, &scope(&application))?;
        if let Some(name) = &change.display_name {
            check_name(name)?;
        }
        if let Some(uris) = &change.identifier_uris {
            check_uris(uris)?;
        }
        if let Some(client) = &change.client {
            check_client(client)?;
        }
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        if let Some(name) = &change.display_name {
            tx.application_rename(tenant, application.app_id, name).await?;
        }
        let mut payload = json!({"appId": application.app_id, "displayName": change.display_name});
        if change.identifier_uris.is_some() || change.client.is_some() {
            let uris = change.identifier_uris.unwrap_or(application.identifier_uris.clone());
            let client = change.client.unwrap_or(application.client.clone());
            tx.application_set_client(tenant, application.app_id, &uris, &client)
                .await?;
            payload["client"] = json!(client);
        }
        let kind = JournalKind::ApplicationUpdate;
        tx.commit(&ctx.entry(kind, tenant, scope(&application), payload))
            .await?;
        Ok(())
    }

    /// Deletes an application with its secrets, its service principal and that one's roles.
    pub async fn application_delete(&self, ctx: &OpContext, id: Uuid) -> Result<(), Error> {
        let application = self.application_get(ctx, id).await?;
        ctx.as_owner_of(&application)
            .require(Action::ApplicationDelete, application.tenant, &scope(&application))?;
        let tenant = application.tenant;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        if let Some(principal) = tx.service_principal_by_app_id(application.app_id).await? {
            tx.service_principal_delete(tenant, principal.id).await?;
            tx.tombstone_put("service_principal", &principal.id.to_string(), ctx.now)
                .await?;
            owner_must_remain(&mut tx).await?;
        }
        // What it was given for people ends with it.
        tx.refresh_families_delete_of_client(application.app_id, None).await?;
        tx.application_delete(tenant, application.app_id).await?;
        tx.tombstone_put("application", &application.id.to_string(), ctx.now)
            .await?;
        let payload = json!({"appId": application.app_id, "displayName": application.display_name});
        tx.commit(&ctx.entry(JournalKind::ApplicationDelete, tenant, scope(&application), payload))
            .await?;
        Ok(())
    }
}

/// Whoever may see the directory sees all of it; others see what they registered.
fn may_see(ctx: &OpContext, application: &Application) -> bool {
    ctx.as_owner_of(application)
        .may(Action::DirectoryRead, application.tenant, &scope(application))
}
