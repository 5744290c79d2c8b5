//! The first owner, made by the operator at the server's host.

use serde_json::json;
use wharf_store::meta::application::Application;
use wharf_store::meta::role_assignment::RoleAssignment;
use wharf_store::meta::service_principal::ServicePrincipal;
use wharf_store::meta::subscription::Subscription;
use wharf_types::access::built_in_role;
use wharf_types::id::{AppId, ObjectId, RoleAssignmentId};
use wharf_types::journal::JournalKind;
use wharf_types::resource::ResourceScope;
use wharf_types::secret::Secret;

use crate::access::owner_remains;
use crate::identity::NewCredential;
use crate::identity::credentials::insert;
use crate::{App, Error};

/// An owner of everything, with its secret, which is shown this once (rule 12).
#[derive(Clone, Debug)]
pub struct FirstOwner {
    /// The service principal.
    pub principal: ServicePrincipal,
    /// Its secret.
    pub secret: Secret,
    /// The subscription to begin with.
    pub subscription: Subscription,
}

impl App {
    /// Whether somebody who may sign in owns everything.
    pub async fn has_owner(&self) -> Result<bool, Error> {
        owner_remains(&mut self.inner.meta.read().await?).await
    }

    /// Makes a service principal with the role Owner on everything. Refuses when there is such an owner already, unless `another` is meant.
    pub async fn bootstrap(&self, display_name: &str, another: bool) -> Result<FirstOwner, Error> {
        super::applications::check_name(display_name)?;
        let mut read = self.inner.meta.read().await?;
        let tenant = read
            .tenant_list()
            .await?
            .into_iter()
            .next()
            .ok_or_else(|| Error::not_found("tenant", ""))?
            .id;
        let subscription = read
            .subscription_list(tenant)
            .await?
            .into_iter()
            .next()
            .ok_or_else(|| Error::not_found("subscription", ""))?;
        drop(read);
        let ctx = self.system_context(tenant);
        let entropy = &self.inner.environment.entropy;
        let application = Application {
            id: ObjectId(entropy.uuid()),
            tenant,
            app_id: AppId(entropy.uuid()),
            display_name: display_name.to_owned(),
            identifier_uris: Vec::new(),
            owner: ctx.subject.principal,
            client: Default::default(),
            created_at: ctx.now,
        };
        let principal = ServicePrincipal {
            id: ObjectId(entropy.uuid()),
            tenant,
            app_id: application.app_id,
            display_name: display_name.to_owned(),
            enabled: true,
            created_at: ctx.now,
        };
        let role = built_in_role("Owner").ok_or_else(|| Error::not_found("role definition", "Owner"))?;
        let assignment = RoleAssignment {
            id: RoleAssignmentId(entropy.uuid()),
            tenant,
            principal: principal.id,
            principal_type: "ServicePrincipal".to_owned(),
            role: role.id,
            scope: ResourceScope::Root,
            created_by: ctx.subject.principal.to_string(),
            created_at: ctx.now,
        };
        let issued = self
            .credential_make(application.app_id, &application, ctx.now, NewCredential::default())
            .await?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        if !another && owner_remains(&mut tx).await? {
            return Err(Error::conflict("OwnerExists", "this installation has an owner already"));
        }
        tx.application_insert(&application).await?;
        tx.service_principal_insert(&principal).await?;
        insert(&mut tx, &issued.credential).await?;
        tx.role_assignment_insert(&assignment).await?;
        let payload = json!({"appId": application.app_id, "displayName": display_name});
        tx.record(&ctx.entry(
            JournalKind::ServicePrincipalCreate,
            tenant,
            ResourceScope::DirectoryObject(principal.id),
            payload,
        ))
        .await?;
        let payload = json!({"assignment": assignment.id, "role": role.name, "principal": principal.id});
        tx.commit(&ctx.entry(JournalKind::RoleAssignmentWrite, tenant, ResourceScope::Root, payload))
            .await?;
        Ok(FirstOwner {
            principal,
            secret: issued.secret,
            subscription,
        })
    }
}
