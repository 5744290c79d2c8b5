//! Groups.

use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;
use wharf_store::meta::group::Group;
use wharf_types::access::{Action, Grant, GrantSource, fixed};
use wharf_types::id::ObjectId;
use wharf_types::journal::JournalKind;
use wharf_types::resource::ResourceScope;

use crate::access::{Managed, must_hold_its_roles, owner_must_remain};
use crate::identity::applications::check_name;
use crate::identity::users::starts_with;
use crate::{App, Error, OpContext};

/// A group that is to be made.
#[derive(Clone, Debug)]
pub struct NewGroup {
    /// Its name for people; several may bear one.
    pub display_name: String,
    /// What mail clients call it.
    pub mail_nickname: String,
    /// What it is for.
    pub description: Option<String>,
}

/// What is to change about a group; what is none stays.
#[derive(Clone, Debug, Default)]
pub struct GroupChange {
    /// Its name for people.
    pub display_name: Option<String>,
    /// What mail clients call it.
    pub mail_nickname: Option<String>,
    /// What it is for; nothing, when there is nothing in it.
    pub description: Option<Option<String>>,
}

/// A condition on groups; those of a list meet all that there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupFilter {
    /// The one of this object id.
    Id(String),
    /// Those of this display name.
    DisplayName(String),
    /// Those whose display name begins so.
    DisplayNameStart(String),
    /// Those that mail clients call so.
    MailNickname(String),
    /// Those whose name in mail clients begins so.
    MailNicknameStart(String),
}

impl GroupFilter {
    fn admits(&self, group: &Group) -> bool {
        match self {
            Self::Id(id) => group.id.to_string().eq_ignore_ascii_case(id),
            Self::DisplayName(name) => group.display_name.eq_ignore_ascii_case(name),
            Self::DisplayNameStart(start) => starts_with(&group.display_name, start),
            Self::MailNickname(name) => group.mail_nickname.eq_ignore_ascii_case(name),
            Self::MailNicknameStart(start) => starts_with(&group.mail_nickname, start),
        }
    }
}

/// A group as the scope of an action.
pub(super) fn scope(group: &Group) -> ResourceScope {
    ResourceScope::DirectoryObject(group.id)
}

/// What mail clients call it: 1 to 64 printable characters of ASCII without those that addresses reserve (Graph).
fn check_nickname(nickname: &str) -> Result<(), Error> {
    let allowed = |byte: u8| byte.is_ascii_graphic() && !b"@()\\[]\";:<>,".contains(&byte);
    if (1..=64).contains(&nickname.len()) && nickname.bytes().all(allowed) {
        Ok(())
    } else {
        Err(Error::invalid(
            "a mail nickname is 1 to 64 letters, digits and signs without spaces and any of @ ( ) \\ [ ] \" ; : < > ,",
        ))
    }
}

fn check_description(description: Option<&str>) -> Result<(), Error> {
    let bad = |text: &str| text.len() > 1024 || text.chars().any(char::is_control);
    if description.is_some_and(bad) {
        Err(Error::invalid(
            "a description has at most 1024 bytes and no control characters",
        ))
    } else {
        Ok(())
    }
}

impl OpContext {
    /// The same caller, with what it may do as the one who made `group`, if it is that one.
    pub(super) fn as_owner_of_group(&self, group: &Group) -> OpContext {
        let mut ctx = self.clone();
        if group.owner == self.subject.principal {
            let mut subject = (*self.subject).clone();
            subject.grants.push(Grant {
                source: GrantSource::GroupOwner,
                role: Arc::clone(&fixed::GROUP_OWNER),
                scope: scope(group),
            });
            ctx.subject = Arc::new(subject);
        }
        ctx
    }
}

impl App {
    /// Makes a group, without members and without any right. Whoever does so may manage it.
    pub async fn group_create(&self, ctx: &OpContext, new: NewGroup) -> Result<Group, Error> {
        let tenant = ctx.subject.tenant;
        ctx.require(Action::GroupCreate, tenant, &ResourceScope::Root)?;
        let group = Group {
            id: ObjectId(self.inner.environment.entropy.uuid()),
            tenant,
            display_name: new.display_name,
            mail_nickname: new.mail_nickname,
            description: new.description,
            owner: ctx.subject.principal,
            created_at: ctx.now,
        };
        check(&group)?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        tx.group_insert(&group).await?;
        let payload = json!({"displayName": group.display_name});
        tx.commit(&ctx.entry(JournalKind::GroupCreate, tenant, scope(&group), payload))
            .await?;
        Ok(group)
    }

    /// The group of that object id, if the caller may see it.
    pub async fn group_get(&self, ctx: &OpContext, id: ObjectId) -> Result<Group, Error> {
        let found = self.inner.meta.read().await?.group_get(ctx.subject.tenant, id).await?;
        found
            .filter(|found| may_see(ctx, found))
            .ok_or_else(|| Error::not_found("group", id))
    }

    /// The tenant's groups that meet the conditions and that the caller may see, after that object id, and where the next page starts.
    pub async fn group_list(
        &self,
        ctx: &OpContext,
        filters: &[GroupFilter],
        after: Uuid,
        limit: usize,
    ) -> Result<(Vec<Group>, Option<Uuid>), Error> {
        const BATCH: usize = 500;
        let mut read = self.inner.meta.read().await?;
        let (mut found, mut after) = (Vec::new(), after);
        loop {
            let batch = read.group_list(ctx.subject.tenant, after, BATCH).await?;
            let is_last = batch.len() < BATCH;
            for group in batch {
                after = group.id.0;
                if filters.iter().all(|filter| filter.admits(&group)) && may_see(ctx, &group) {
                    found.push(group);
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

    /// Changes a group's names and description.
    pub async fn group_update(&self, ctx: &OpContext, id: ObjectId, change: GroupChange) -> Result<(), Error> {
        let known = self.group_get(ctx, id).await?;
        let ctx = &ctx.as_owner_of_group(&known);
        ctx.require(Action::GroupUpdate, known.tenant, &scope(&known))?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        let known = tx.group_hold(known.tenant, known.id).await?;
        let known = known.ok_or_else(|| Error::not_found("group", id))?;
        let group = Group {
            display_name: change.display_name.unwrap_or_else(|| known.display_name.clone()),
            mail_nickname: change.mail_nickname.unwrap_or_else(|| known.mail_nickname.clone()),
            description: change.description.unwrap_or_else(|| known.description.clone()),
            ..known
        };
        check(&group)?;
        must_hold_its_roles(&mut tx, ctx, managed(&group, Action::GroupUpdate)).await?;
        tx.group_update(&group).await?;
        let payload = json!({"displayName": group.display_name});
        tx.commit(&ctx.entry(JournalKind::GroupUpdate, group.tenant, scope(&group), payload))
            .await?;
        Ok(())
    }

    /// Deletes a group: what its members held through it ends at once.
    pub async fn group_delete(&self, ctx: &OpContext, id: ObjectId) -> Result<(), Error> {
        let group = self.group_get(ctx, id).await?;
        let ctx = &ctx.as_owner_of_group(&group);
        ctx.require(Action::GroupDelete, group.tenant, &scope(&group))?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        must_hold_its_roles(&mut tx, ctx, managed(&group, Action::GroupDelete)).await?;
        tx.group_delete(group.tenant, group.id).await?;
        owner_must_remain(&mut tx).await?;
        tx.tombstone_put("group", &group.id.to_string(), ctx.now).await?;
        let payload = json!({"displayName": group.display_name});
        tx.commit(&ctx.entry(JournalKind::GroupDelete, group.tenant, scope(&group), payload))
            .await?;
        Ok(())
    }
}

fn check(group: &Group) -> Result<(), Error> {
    check_name(&group.display_name)?;
    check_nickname(&group.mail_nickname)?;
    check_description(group.description.as_deref())
}

pub(super) fn managed(group: &Group, action: Action) -> Managed<'_> {
    Managed {
        id: group.id,
        name: &group.display_name,
        action,
        reserved: "to manage it and to choose its members is",
    }
}

pub(super) fn may_see(ctx: &OpContext, group: &Group) -> bool {
    ctx.as_owner_of_group(group)
        .may(Action::DirectoryRead, group.tenant, &scope(group))
}
