//! Giving and taking roles. Rule 36: nobody gives more than they hold, nor outside the scope in which they hold it.

use serde_json::json;
use uuid::Uuid;
use wharf_store::StoreError;
use wharf_store::meta::role_assignment::RoleAssignment;
use wharf_store::meta::{Read, Tx, Unrecorded};
use wharf_types::access::{Action, PrincipalKind, RoleDefinition, built_in_role, built_in_roles, covers};
use wharf_types::id::{ObjectId, RoleAssignmentId, RoleDefinitionId, TenantId};
use wharf_types::journal::JournalKind;
use wharf_types::resource::ResourceScope;

use crate::identity::principal_kind;
use crate::{App, Error, OpContext};

/// A role that is to be given.
#[derive(Clone, Debug)]
pub struct NewAssignment {
    /// The id that the caller chose for it.
    pub id: RoleAssignmentId,
    /// Where.
    pub scope: ResourceScope,
    /// Which role.
    pub role: RoleDefinitionId,
    /// To whom.
    pub principal: ObjectId,
    /// What kind of principal the caller takes it for, if it says so.
    pub kind: Option<PrincipalKind>,
}

/// Which assignments a list is to hold.
#[derive(Clone, Debug)]
pub struct AssignmentFilter {
    /// The scope that is asked about.
    pub scope: ResourceScope,
    /// Only those at the scope itself and above it (`atScope()`); otherwise those below it as well.
    pub at_scope: bool,
    /// Only this principal's.
    pub principal: Option<ObjectId>,
    /// Those of the groups that the principal is a member of as well (`assignedTo('…')`).
    pub through_groups: bool,
}

impl AssignmentFilter {
    fn admits(&self, assignment: &RoleAssignment, groups: &[ObjectId]) -> bool {
        let above = assignment.scope.contains(&self.scope);
        let below = !self.at_scope && self.scope.contains(&assignment.scope);
        let is_whose = |principal| principal == assignment.principal || groups.contains(&assignment.principal);
        (above || below) && self.principal.is_none_or(is_whose)
    }
}

/// Assignments are read in batches of this size.
const BATCH: usize = 500;

impl App {
    /// The roles that can be given. They are the same in every installation, so whoever is signed in may see them.
    pub fn role_definition_list(&self) -> &'static [RoleDefinition] {
        built_in_roles()
    }

    /// The assignments that the filter admits and the caller may see, after that id; and where the next page starts.
    pub async fn role_assignment_list(
        &self,
        ctx: &OpContext,
        filter: &AssignmentFilter,
        after: Uuid,
        limit: usize,
    ) -> Result<(Vec<RoleAssignment>, Option<Uuid>), Error> {
        let tenant = ctx.subject.tenant;
        let mut read = self.inner.meta.read().await?;
        let groups = match filter.principal.filter(|_| filter.through_groups) {
            Some(principal) => read.group_list_above(principal).await?,
            None => Vec::new(),
        };
        let (mut found, mut after) = (Vec::new(), after);
        loop {
            let batch = read.role_assignment_list(tenant, after, BATCH).await?;
            let last_batch = batch.len() < BATCH;
            for assignment in batch {
                after = assignment.id.0;
                if filter.admits(&assignment, &groups) && ctx.may(Action::RoleAssignmentRead, tenant, &assignment.scope)
                {
                    found.push(assignment);
                    if found.len() == limit {
                        return Ok((found, Some(after)));
                    }
                }
            }
            if last_batch {
                return Ok((found, None));
            }
        }
    }

    /// The assignment of that id, if the caller may see it.
    pub async fn role_assignment_get(&self, ctx: &OpContext, id: RoleAssignmentId) -> Result<RoleAssignment, Error> {
        let tenant = ctx.subject.tenant;
        let found = self.inner.meta.read().await?.role_assignment_get(tenant, id).await?;
        found
            .filter(|found| ctx.may(Action::RoleAssignmentRead, tenant, &found.scope))
            .ok_or_else(|| Error::not_found("role assignment", id))
    }

    /// Gives a role.
    pub async fn role_assignment_put(&self, ctx: &OpContext, new: NewAssignment) -> Result<RoleAssignment, Error> {
        let tenant = ctx.subject.tenant;
        ctx.require(Action::RoleAssignmentWrite, tenant, &new.scope)?;
        let role = built_in_roles().iter().find(|role| role.id == new.role);
        let role = role.ok_or_else(|| Error::not_found("role definition", new.role))?;
        if !covers(&ctx.subject, &new.scope, &role.permissions) {
            ctx.note_refusal(Action::RoleAssignmentWrite, &new.scope);
            return Err(Error::conflict(
                "RoleAssignmentExceedsCaller",
                format!(
                    "the role {} permits more on {} than you hold there yourself: ask somebody who does",
                    role.name, new.scope
                ),
            ));
        }
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        let scope = scope_as_stored(&mut tx, tenant, new.scope).await?;
        let kind = principal_kind(&mut tx, tenant, new.principal).await?.ok_or_else(|| {
            Error::conflict(
                "PrincipalNotFound",
                format!("no principal of this tenant has the object id {}", new.principal),
            )
        })?;
        if let Some(asked) = new.kind.filter(|asked| *asked != kind) {
            let message = format!(
                "the principal {} is a {}, and not a {}",
                new.principal,
                kind.arm_name(),
                asked.arm_name()
            );
            return Err(Error::conflict("UnmatchedPrincipalType", message));
        }
        let assignment = RoleAssignment {
            id: new.id,
            tenant,
            principal: new.principal,
            principal_type: kind.arm_name().to_owned(),
            role: new.role,
            scope,
            created_by: ctx.subject.principal.to_string(),
            created_at: ctx.now,
        };
        tx.role_assignment_insert(&assignment)
            .await
            .map_err(|error| match error {
                StoreError::Conflict(_) => {
                    Error::conflict("RoleAssignmentExists", "the role assignment already exists")
                }
                other => other.into(),
            })?;
        let payload = json!({"assignment": assignment.id, "role": role.name, "principal": assignment.principal});
        let entry = ctx.entry(JournalKind::RoleAssignmentWrite, tenant, &assignment.scope, payload);
        tx.commit(&entry).await?;
        Ok(assignment)
    }

    /// Takes a role away. Returns what it was; nothing when there was no such assignment, which is not an error (ARM answers 204).
    pub async fn role_assignment_delete(
        &self,
        ctx: &OpContext,
        id: RoleAssignmentId,
    ) -> Result<Option<RoleAssignment>, Error> {
        let tenant = ctx.subject.tenant;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        let Some(assignment) = tx.role_assignment_get(tenant, id).await? else {
            tx.commit_unrecorded(Unrecorded::NothingToDo).await?;
            return Ok(None);
        };
        if !ctx.may(Action::RoleAssignmentRead, tenant, &assignment.scope) {
            return Ok(None);
        }
        ctx.require(Action::RoleAssignmentDelete, tenant, &assignment.scope)?;
        tx.role_assignment_delete(tenant, id).await?;
        if is_root_owner(&assignment) {
            owner_must_remain(&mut tx).await?;
        }
        tx.tombstone_put("role_assignment", &id.to_string(), ctx.now).await?;
        let payload = json!({"assignment": id, "role": assignment.role, "principal": assignment.principal});
        tx.commit(&ctx.entry(JournalKind::RoleAssignmentDelete, tenant, &assignment.scope, payload))
            .await?;
        Ok(Some(assignment))
    }
}

fn is_root_owner(assignment: &RoleAssignment) -> bool {
    assignment.scope == ResourceScope::Root && built_in_role("Owner").is_some_and(|owner| owner.id == assignment.role)
}

/// Whether somebody who may sign in still owns everything. Without such a one nobody could ever give access again.
pub(crate) async fn owner_remains(read: &mut Read) -> Result<bool, Error> {
    match built_in_role("Owner") {
        Some(owner) => Ok(read.role_is_held_at_root(owner.id).await?),
        None => Ok(false),
    }
}

/// Goes on if the change so far leaves somebody who may sign in and owns everything. Waits for others who are taking an owner away: each of two would
/// count on the other's.
pub(crate) async fn owner_must_remain(tx: &mut Tx) -> Result<(), Error> {
    if let Some(owner) = built_in_role("Owner") {
        tx.role_at_root_hold(owner.id).await?;
    }
    if owner_remains(tx).await? {
        return Ok(());
    }
    Err(Error::conflict(
        "LastOwner",
        "this would leave the installation without an owner who can sign in: give somebody else the role Owner on / first, or let one of those who hold it choose a password (wharf ad user invite)",
    ))
}

/// The scope, which must exist, with its group's name as it was first written: so it stands in the journal.
async fn scope_as_stored(tx: &mut Tx, tenant: TenantId, scope: ResourceScope) -> Result<ResourceScope, Error> {
    let stored = match &scope {
        ResourceScope::Root => Some(ResourceScope::Root),
        ResourceScope::Subscription(subscription) => tx
            .subscription_get(tenant, *subscription)
            .await?
            .map(|known| ResourceScope::Subscription(known.id)),
        ResourceScope::ResourceGroup(subscription, group) => match tx.subscription_get(tenant, *subscription).await? {
            Some(_) => tx
                .resource_group_get(*subscription, group)
                .await?
                .map(|known| ResourceScope::ResourceGroup(known.subscription, known.name)),
            None => None,
        },
        ResourceScope::Registry(place) => tx
            .registry_by_name(&place.name)
            .await?
            .filter(|known| known.tenant == tenant && known.scope() == *place)
            .map(|known| known.resource()),
        ResourceScope::Repository(..) | ResourceScope::DirectoryObject(_) => {
            return Err(Error::invalid(
                "a role is assigned at /, a subscription, a resource group or a registry",
            ));
        }
    };
    stored.ok_or_else(|| Error::not_found("scope", scope))
}
