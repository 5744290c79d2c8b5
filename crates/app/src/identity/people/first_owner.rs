//! The first owner, whom the operator lets in at the server's host.

use serde_json::json;
use wharf_store::meta::role_assignment::RoleAssignment;
use wharf_store::meta::subscription::Subscription;
use wharf_store::meta::user::User;
use wharf_types::access::built_in_role;
use wharf_types::id::{ObjectId, RoleAssignmentId};
use wharf_types::journal::JournalKind;
use wharf_types::resource::ResourceScope;
use wharf_types::secret::Secret;
use wharf_types::user_name::UserPrincipalName;

use crate::access::owner_remains;
use crate::{App, Error};

/// A person who owns everything, with a link that is good once.
#[derive(Clone, Debug)]
pub struct FirstPerson {
    /// Who.
    pub user: User,
    /// What the link ends with.
    pub invitation: Secret,
    /// The subscription to begin with.
    pub subscription: Subscription,
}

impl App {
    /// Makes a person with the role Owner on everything, and invites them. Refuses when there is such an owner already, unless `another` is meant; somebody
    /// who owns everything is only invited again, which is how the operator helps who lost password and factor.
    pub async fn bootstrap_person(&self, name: &UserPrincipalName, another: bool) -> Result<FirstPerson, Error> {
        let mut read = self.inner.meta.read().await?;
        let tenant = read.tenant_list().await?.into_iter().next();
        let tenant = tenant.ok_or_else(|| Error::not_found("tenant", ""))?.id;
        let subscription = read.subscription_list(tenant).await?.into_iter().next();
        let subscription = subscription.ok_or_else(|| Error::not_found("subscription", ""))?;
        drop(read);
        let ctx = self.system_context(tenant);
        let entropy = &self.inner.environment.entropy;
        let role = built_in_role("Owner").ok_or_else(|| Error::not_found("role definition", "Owner"))?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        let user = match tx.user_by_name(name).await? {
            Some(user) => user,
            None => {
                let user = User {
                    id: ObjectId(entropy.uuid()),
                    tenant,
                    user_principal_name: name.clone(),
                    display_name: name.as_str().to_owned(),
                    mail: None,
                    enabled: true,
                    created_at: ctx.now,
                };
                tx.user_insert(&user).await?;
                let payload = json!({"userPrincipalName": name.as_str()});
                let scope = ResourceScope::DirectoryObject(user.id);
                tx.record(&ctx.entry(JournalKind::UserCreate, tenant, scope, payload))
                    .await?;
                user
            }
        };
        let held = tx.role_assignment_list_of(tenant, user.id).await?;
        let owns = held
            .iter()
            .any(|held| held.role == role.id && held.scope == ResourceScope::Root);
        if !owns {
            if !another && owner_remains(&mut tx).await? {
                return Err(Error::conflict("OwnerExists", "this installation has an owner already"));
            }
            let assignment = RoleAssignment {
                id: RoleAssignmentId(entropy.uuid()),
                tenant,
                principal: user.id,
                principal_type: "User".to_owned(),
                role: role.id,
                scope: ResourceScope::Root,
                created_by: ctx.subject.principal.to_string(),
                created_at: ctx.now,
            };
            tx.role_assignment_insert(&assignment).await?;
            let payload = json!({"assignment": assignment.id, "role": role.name, "principal": user.id});
            tx.record(&ctx.entry(JournalKind::RoleAssignmentWrite, tenant, ResourceScope::Root, payload))
                .await?;
        }
        let invitation = self.invitation_make(&mut tx, &user, ctx.now).await?;
        let scope = ResourceScope::DirectoryObject(user.id);
        tx.commit(&ctx.entry(JournalKind::UserInvite, tenant, scope, json!({})))
            .await?;
        Ok(FirstPerson {
            user,
            invitation,
            subscription,
        })
    }
}
