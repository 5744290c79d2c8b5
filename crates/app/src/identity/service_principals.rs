//! Service principals.

use serde_json::json;
use uuid::Uuid;
use wharf_store::meta::application::Application;
use wharf_store::meta::service_principal::ServicePrincipal;
use wharf_types::access::{Action, Principal};
use wharf_types::id::{AppId, ObjectId};
use wharf_types::journal::JournalKind;
use wharf_types::resource::ResourceScope;

use crate::access::owner_must_remain;
use crate::identity::credentials::must_hold_its_roles;
use crate::{App, Error, OpContext};

/// Which service principals a list is to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrincipalFilter {
    /// All.
    All,
    /// The one of this name.
    DisplayName(String),
    /// Those whose name begins so.
    DisplayNameStartsWith(String),
    /// The one of this application.
    AppId(AppId),
    /// None: a filter that nothing can match, such as a name that is no application id.
    Nothing,
}

impl PrincipalFilter {
    fn admits(&self, principal: &ServicePrincipal) -> bool {
        match self {
            Self::All => true,
            Self::DisplayName(name) => principal.display_name.eq_ignore_ascii_case(name),
            Self::DisplayNameStartsWith(start) => principal
                .display_name
                .get(..start.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(start)),
            Self::AppId(app_id) => principal.app_id == *app_id,
            Self::Nothing => false,
        }
    }
}

fn scope(id: ObjectId) -> ResourceScope {
    ResourceScope::DirectoryObject(id)
}

impl App {
    /// Makes an application's service principal.
    pub async fn service_principal_create(&self, ctx: &OpContext, app_id: AppId) -> Result<ServicePrincipal, Error> {
        let application = self.application_get(ctx, app_id.0).await?;
        let owner = ctx.as_owner_of(&application);
        owner.require(
            Action::ApplicationUpdate,
            application.tenant,
            &super::applications::scope(&application),
        )?;
        let principal = ServicePrincipal {
            id: ObjectId(self.inner.environment.entropy.uuid()),
            tenant: application.tenant,
            app_id,
            display_name: application.display_name,
            enabled: true,
            created_at: ctx.now,
        };
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        tx.service_principal_insert(&principal)
            .await
            .map_err(|error| match error {
                wharf_store::StoreError::Conflict(_) => Error::conflict(
                    "ObjectConflict",
                    format!("the application {app_id} has a service principal already"),
                ),
                other => other.into(),
            })?;
        let payload = json!({"appId": app_id, "displayName": principal.display_name});
        tx.commit(&ctx.entry(
            JournalKind::ServicePrincipalCreate,
            principal.tenant,
            scope(principal.id),
            payload,
        ))
        .await?;
        Ok(principal)
    }

    /// The service principal of that object id or application id, with its application, if the caller may see it. Every one sees itself.
    pub async fn service_principal_get(
        &self,
        ctx: &OpContext,
        id: Uuid,
    ) -> Result<(ServicePrincipal, Application), Error> {
        let tenant = ctx.subject.tenant;
        let mut read = self.inner.meta.read().await?;
        let found = match read.service_principal_get(tenant, ObjectId(id)).await? {
            Some(found) => Some(found),
            None => read
                .service_principal_by_app_id(AppId(id))
                .await?
                .filter(|found| found.tenant == tenant),
        };
        let missing = || Error::not_found("service principal", id);
        let principal = found.ok_or_else(missing)?;
        let application = read
            .application_by_app_id(tenant, principal.app_id)
            .await?
            .ok_or_else(missing)?;
        if may_see(ctx, &principal, &application) {
            Ok((principal, application))
        } else {
            Err(missing())
        }
    }

    /// The tenant's service principals that the filter admits and the caller may see, after that object id, and where the next page starts.
    pub async fn service_principal_list(
        &self,
        ctx: &OpContext,
        filter: &PrincipalFilter,
        after: Uuid,
        limit: usize,
    ) -> Result<(Vec<ServicePrincipal>, Option<Uuid>), Error> {
        const BATCH: usize = 500;
        let tenant = ctx.subject.tenant;
        let mut read = self.inner.meta.read().await?;
        if let PrincipalFilter::AppId(app_id) = filter {
            let found = match read
                .service_principal_by_app_id(*app_id)
                .await?
                .filter(|found| found.tenant == tenant)
            {
                Some(principal) => read
                    .application_by_app_id(tenant, *app_id)
                    .await?
                    .map(|application| (principal, application)),
                None => None,
            };
            let seen = found.filter(|(principal, application)| may_see(ctx, principal, application));
            return Ok((seen.map(|(principal, _)| principal).into_iter().collect(), None));
        }
        let sees_all = ctx.may(Action::DirectoryRead, tenant, &ResourceScope::Root);
        let (mut found, mut after) = (Vec::new(), after);
        loop {
            let batch = read.service_principal_list(tenant, after, BATCH).await?;
            let is_last = batch.len() < BATCH;
            for principal in batch.into_iter() {
                after = principal.id.0;
                if !filter.admits(&principal) {
                    continue;
                }
                let application = if sees_all {
                    None
                } else {
                    read.application_by_app_id(tenant, principal.app_id).await?
                };
                if sees_all || application.is_some_and(|application| may_see(ctx, &principal, &application)) {
                    found.push(principal);
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

    /// Lets a service principal sign in, or no longer: what was issued to it ends at once (rule 26).
    pub async fn service_principal_enable(&self, ctx: &OpContext, id: Uuid, enabled: bool) -> Result<(), Error> {
        let (principal, application) = self.service_principal_get(ctx, id).await?;
        let ctx = &ctx.as_owner_of(&application);
        ctx.require(
            Action::ApplicationUpdate,
            principal.tenant,
            &super::applications::scope(&application),
        )?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        if enabled && !principal.enabled {
            // It gives the rights back to whoever has its secrets, which is giving them (rule 36).
            must_hold_its_roles(&mut tx, ctx, &application).await?;
        }
        tx.service_principal_enable(principal.tenant, principal.id, enabled)
            .await?;
        owner_must_remain(&mut tx).await?;
        let payload = json!({"appId": principal.app_id, "accountEnabled": enabled});
        tx.commit(&ctx.entry(
            JournalKind::ServicePrincipalUpdate,
            principal.tenant,
            scope(principal.id),
            payload,
        ))
        .await?;
        Ok(())
    }

    /// Deletes a service principal: its rights end at once. Its application stays, and can be given a new one, without the old rights.
    pub async fn service_principal_delete(&self, ctx: &OpContext, id: Uuid) -> Result<(), Error> {
        let (principal, application) = self.service_principal_get(ctx, id).await?;
        ctx.as_owner_of(&application).require(
            Action::ApplicationDelete,
            principal.tenant,
            &super::applications::scope(&application),
        )?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        tx.service_principal_delete(principal.tenant, principal.id).await?;
        // What people agreed to was agreed to for this one, and not for one that is made later.
        tx.consents_delete(principal.app_id, None).await?;
        tx.refresh_families_delete_of_client(principal.app_id, None).await?;
        owner_must_remain(&mut tx).await?;
        tx.tombstone_put("service_principal", &principal.id.to_string(), ctx.now)
            .await?;
        let payload = json!({"appId": principal.app_id, "displayName": principal.display_name});
        tx.commit(&ctx.entry(
            JournalKind::ServicePrincipalDelete,
            principal.tenant,
            scope(principal.id),
            payload,
        ))
        .await?;
        Ok(())
    }
}

fn may_see(ctx: &OpContext, principal: &ServicePrincipal, application: &Application) -> bool {
    ctx.subject.principal == Principal::ServicePrincipal(principal.id)
        || ctx.as_owner_of(application).may(
            Action::DirectoryRead,
            principal.tenant,
            &super::applications::scope(application),
        )
}
