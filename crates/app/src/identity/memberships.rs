//! Who is a member of which group; and directory objects of any kind by their ids.

use serde_json::json;
use uuid::Uuid;
use wharf_store::StoreError;
use wharf_store::meta::Read;
use wharf_store::meta::group::{Group, MAX_NESTING};
use wharf_store::meta::service_principal::ServicePrincipal;
use wharf_store::meta::user::User;
use wharf_types::access::{Action, PrincipalKind};
use wharf_types::id::{ObjectId, TenantId};
use wharf_types::journal::JournalKind;

use crate::access::{must_hold_its_roles, owner_must_remain};
use crate::identity::groups::{managed, scope};
use crate::{App, Error, OpContext};

/// What can be a member of a group, and be given roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirectoryObject {
    /// A person.
    User(User),
    /// A group.
    Group(Group),
    /// A service principal.
    ServicePrincipal(ServicePrincipal),
}

impl App {
    /// The object of that id, if the caller may see it.
    pub async fn directory_object_get(&self, ctx: &OpContext, id: ObjectId) -> Result<DirectoryObject, Error> {
        let mut read = self.inner.meta.read().await?;
        let kind = principal_kind(&mut read, ctx.subject.tenant, id).await?;
        drop(read);
        Ok(match kind.ok_or_else(|| Error::not_found("directory object", id))? {
            PrincipalKind::User => DirectoryObject::User(self.user_get(ctx, &id.to_string()).await?),
            PrincipalKind::Group => DirectoryObject::Group(self.group_get(ctx, id).await?),
            PrincipalKind::ServicePrincipal => {
                DirectoryObject::ServicePrincipal(self.service_principal_get(ctx, id.0).await?.0)
            }
        })
    }

    /// A group's own members that the caller may see, after that object id, and where the next page starts.
    pub async fn group_member_list(
        &self,
        ctx: &OpContext,
        id: ObjectId,
        after: Uuid,
        limit: usize,
    ) -> Result<(Vec<DirectoryObject>, Option<Uuid>), Error> {
        let group = self.group_get(ctx, id).await?;
        let page = self
            .inner
            .meta
            .read()
            .await?
            .group_member_list(group.id, after, limit)
            .await?;
        let next = page.last().filter(|_| page.len() == limit).map(|(id, _)| id.0);
        let ids: Vec<ObjectId> = page.into_iter().map(|(id, _)| id).collect();
        Ok((self.visible(ctx, &ids).await?, next))
    }

    /// Those of the objects that the caller may see.
    pub async fn visible(&self, ctx: &OpContext, ids: &[ObjectId]) -> Result<Vec<DirectoryObject>, Error> {
        let mut seen = Vec::new();
        for &id in ids {
            match self.directory_object_get(ctx, id).await {
                Ok(object) => seen.push(object),
                Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(seen)
    }

    /// Adds a member to a group: what the group holds, it holds from the next request on. So whoever adds it must hold as much (rule 36).
    pub async fn group_member_add(&self, ctx: &OpContext, id: ObjectId, member: ObjectId) -> Result<(), Error> {
        let group = self.group_get(ctx, id).await?;
        let ctx = &ctx.as_owner_of_group(&group);
        ctx.require(Action::GroupMembers, group.tenant, &scope(&group))?;
        let missing = || Error::not_found("directory object", member);
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        let kind = principal_kind(&mut tx, group.tenant, member)
            .await?
            .ok_or_else(missing)?;
        must_hold_its_roles(&mut tx, ctx, managed(&group, Action::GroupMembers)).await?;
        if kind == PrincipalKind::Group {
            must_not_loop(&mut tx, &group, member).await?;
        }
        let inserted = tx.group_member_insert(&group, member, kind, ctx.now).await;
        let is_there = inserted.map_err(|error| match error {
            StoreError::Conflict(_) => Error::conflict(
                "MemberExists",
                format!("{member} is a member of {} already", group.display_name),
            ),
            other => other.into(),
        })?;
        if !is_there {
            return Err(missing());
        }
        let payload = json!({"displayName": group.display_name, "member": member, "memberType": kind.as_str()});
        tx.commit(&ctx.entry(JournalKind::GroupMemberAdd, group.tenant, scope(&group), payload))
            .await?;
        Ok(())
    }

    /// Takes a member out of a group: what it held through the group ends at once (rule 26).
    pub async fn group_member_remove(&self, ctx: &OpContext, id: ObjectId, member: ObjectId) -> Result<(), Error> {
        let group = self.group_get(ctx, id).await?;
        let ctx = &ctx.as_owner_of_group(&group);
        ctx.require(Action::GroupMembers, group.tenant, &scope(&group))?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        must_hold_its_roles(&mut tx, ctx, managed(&group, Action::GroupMembers)).await?;
        if !tx.group_member_delete(group.id, member).await? {
            return Err(Error::not_found("member", member));
        }
        owner_must_remain(&mut tx).await?;
        tx.tombstone_put("group_member", &format!("{}/{member}", group.id), ctx.now)
            .await?;
        let payload = json!({"displayName": group.display_name, "member": member});
        tx.commit(&ctx.entry(JournalKind::GroupMemberRemove, group.tenant, scope(&group), payload))
            .await?;
        Ok(())
    }

    /// The groups that an object is a member of, by itself or by way of other groups. Everybody may ask about themself.
    pub async fn member_groups(&self, ctx: &OpContext, member: ObjectId) -> Result<Vec<ObjectId>, Error> {
        self.directory_object_get(ctx, member).await?;
        Ok(self.inner.meta.read().await?.group_list_above(member).await?)
    }

    /// The groups that an object itself is a member of. Everybody may ask about themself.
    pub async fn member_of(&self, ctx: &OpContext, member: ObjectId) -> Result<Vec<Group>, Error> {
        self.directory_object_get(ctx, member).await?;
        let mut read = self.inner.meta.read().await?;
        let mut groups = Vec::new();
        for id in read.group_list_of(member).await? {
            groups.extend(read.group_get(ctx.subject.tenant, id).await?);
        }
        Ok(groups)
    }
}

/// Nobody would know what a group holds that is a member of itself, and what a principal holds is found by walking its groups.
async fn must_not_loop(read: &mut Read, group: &Group, member: ObjectId) -> Result<(), Error> {
    if member == group.id || read.group_list_above(group.id).await?.contains(&member) {
        let message = format!(
            "{} would be a member of itself: it is a member of {member}, or is that group",
            group.display_name
        );
        return Err(Error::conflict("GroupCycle", message));
    }
    if read.group_nesting(group.id, member).await? > MAX_NESTING {
        let message = format!(
            "groups are members of groups at most {MAX_NESTING} deep: add the members of {member} to {} themselves",
            group.display_name
        );
        return Err(Error::conflict("GroupNestingTooDeep", message));
    }
    Ok(())
}

/// What kind of principal the tenant has under that id, if any.
pub(crate) async fn principal_kind(
    read: &mut Read,
    tenant: TenantId,
    id: ObjectId,
) -> Result<Option<PrincipalKind>, Error> {
    if read.service_principal_get(tenant, id).await?.is_some() {
        return Ok(Some(PrincipalKind::ServicePrincipal));
    }
    if read.user_get(tenant, id).await?.is_some() {
        return Ok(Some(PrincipalKind::User));
    }
    let group = read.group_get(tenant, id).await?;
    Ok(group.map(|_| PrincipalKind::Group))
}
