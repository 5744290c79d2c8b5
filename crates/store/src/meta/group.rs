//! Groups of people, service principals and groups.

use sqlx::FromRow;
use uuid::Uuid;
use wharf_types::access::{Principal, PrincipalKind};
use wharf_types::id::{ObjectId, TenantId};
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::{Read, Tx, stored};

/// A group: what it holds, its members hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its object id, which role assignments and other groups name.
    pub id: ObjectId,
    /// The directory.
    pub tenant: TenantId,
    /// Its name for people; several may bear one.
    pub display_name: String,
    /// What mail clients call it.
    pub mail_nickname: String,
    /// What it is for.
    pub description: Option<String>,
    /// Who made it, and may manage it.
    pub owner: Principal,
    /// When it was made.
    pub created_at: Time,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    tenant_id: Uuid,
    display_name: String,
    mail_nickname: String,
    description: Option<String>,
    owner: String,
    created_at_us: i64,
}

impl TryFrom<Row> for Group {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: ObjectId(row.id),
            tenant: TenantId(row.tenant_id),
            display_name: row.display_name,
            mail_nickname: row.mail_nickname,
            description: row.description,
            owner: stored("groups", row.id, &row.owner)?,
            created_at: Time::from_us(row.created_at_us),
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, tenant_id, display_name, mail_nickname, description, owner, created_at_us FROM groups WHERE ",
            $rest
        )
    };
}

/// The longest chain of groups of which each is a member of the next. What a principal holds is found by walking it.
pub const MAX_NESTING: i64 = 16;

impl Read {
    /// The group of that object id.
    pub async fn group_get(&mut self, tenant: TenantId, id: ObjectId) -> Result<Option<Group>, StoreError> {
        let row = fetch_optional!(Row, self, select!("tenant_id = $1 AND id = $2"), tenant.0, id.0);
        row.map(Group::try_from).transpose()
    }

    /// The tenant's groups after that object id, in the order of their ids, at most `limit`.
    pub async fn group_list(&mut self, tenant: TenantId, after: Uuid, limit: usize) -> Result<Vec<Group>, StoreError> {
        const SQL: &str = select!("tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3");
        fetch_all!(Row, self, SQL, tenant.0, after, limit as i64)
            .into_iter()
            .map(Group::try_from)
            .collect()
    }

    /// A group's own members after that object id, in the order of their ids, at most `limit`.
    pub async fn group_member_list(
        &mut self,
        group: ObjectId,
        after: Uuid,
        limit: usize,
    ) -> Result<Vec<(ObjectId, PrincipalKind)>, StoreError> {
        const SQL: &str = "SELECT member_id, member_type FROM group_members WHERE group_id = $1 AND member_id > $2
            ORDER BY member_id LIMIT $3";
        fetch_all!((Uuid, String), self, SQL, group.0, after, limit as i64)
            .into_iter()
            .map(|(id, kind)| Ok((ObjectId(id), stored("group_members", id, &kind)?)))
            .collect()
    }

    /// The groups that the object itself is a member of, in the order of their ids.
    pub async fn group_list_of(&mut self, member: ObjectId) -> Result<Vec<ObjectId>, StoreError> {
        const SQL: &str = "SELECT group_id FROM group_members WHERE member_id = $1 ORDER BY group_id";
        Ok(fetch_all!((Uuid,), self, SQL, member.0)
            .into_iter()
            .map(|(id,)| ObjectId(id))
            .collect())
    }

    /// The groups that the object is a member of, by itself or by way of other groups, in the order of their ids.
    pub async fn group_list_above(&mut self, member: ObjectId) -> Result<Vec<ObjectId>, StoreError> {
        const SQL: &str = "WITH RECURSIVE above (id) AS (
                SELECT group_id FROM group_members WHERE member_id = $1
                UNION SELECT group_id FROM group_members JOIN above ON member_id = above.id
            )
            SELECT id FROM above ORDER BY id";
        Ok(fetch_all!((Uuid,), self, SQL, member.0)
            .into_iter()
            .map(|(id,)| ObjectId(id))
            .collect())
    }

    /// How many groups the longest chain has that `member` would be in as a member of `group`; no more than one above [`MAX_NESTING`] are counted.
    pub async fn group_nesting(&mut self, group: ObjectId, member: ObjectId) -> Result<i64, StoreError> {
        const ABOVE: &str = "WITH RECURSIVE above (id, height) AS (
                SELECT $1, CAST(1 AS BIGINT)
                UNION SELECT group_id, height + 1 FROM group_members JOIN above ON member_id = above.id WHERE height <= $2
            )
            SELECT max(height) FROM above";
        const BELOW: &str = "WITH RECURSIVE below (id, depth) AS (
                SELECT $1, CAST(1 AS BIGINT)
                UNION SELECT member_id, depth + 1 FROM group_members JOIN below ON group_id = below.id
                    WHERE member_type = 'group' AND depth <= $2
            )
            SELECT max(depth) FROM below";
        let above = fetch_optional!((Option<i64>,), self, ABOVE, group.0, MAX_NESTING);
        let below = fetch_optional!((Option<i64>,), self, BELOW, member.0, MAX_NESTING);
        let count = |row: Option<(Option<i64>,)>| row.and_then(|(count,)| count).unwrap_or(0);
        Ok(count(above) + count(below))
    }
}

impl Tx {
    /// Makes a group.
    pub async fn group_insert(&mut self, group: &Group) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO groups (id, tenant_id, display_name, mail_nickname, description, owner, created_at_us, version)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let version = self.version();
        let Group {
            id,
            tenant,
            display_name,
            mail_nickname,
            description,
            owner,
            created_at,
        } = group;
        execute!(
            self,
            SQL,
            id.0,
            tenant.0,
            display_name,
            mail_nickname,
            description.as_deref(),
            owner.to_string(),
            created_at.as_us(),
            version
        );
        Ok(())
    }

    /// The group of that object id, which nobody else changes until this transaction ends.
    pub async fn group_hold(&mut self, tenant: TenantId, id: ObjectId) -> Result<Option<Group>, StoreError> {
        const LOCK: &str = "SELECT 1 FROM groups WHERE tenant_id = $1 AND id = $2 FOR UPDATE";
        lock!(self, LOCK, tenant.0, id.0);
        self.group_get(tenant, id).await
    }

    /// Changes a group's names and description.
    pub async fn group_update(&mut self, group: &Group) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE groups SET display_name = $3, mail_nickname = $4, description = $5, version = $6
            WHERE tenant_id = $1 AND id = $2";
        let version = self.version();
        let rows = execute!(
            self,
            SQL,
            group.tenant.0,
            group.id.0,
            &group.display_name,
            &group.mail_nickname,
            group.description.as_deref(),
            version
        );
        if rows == 1 { Ok(()) } else { Err(GONE) }
    }

    /// Removes a group with its memberships and every role that it was given. Its members stay, without what they held through it.
    pub async fn group_delete(&mut self, tenant: TenantId, id: ObjectId) -> Result<(), StoreError> {
        const LOCK: &str = "SELECT 1 FROM groups WHERE tenant_id = $1 AND id = $2 FOR UPDATE";
        const MEMBERS: &str = "DELETE FROM group_members WHERE group_id = $1
            AND EXISTS (SELECT 1 FROM groups WHERE groups.id = group_id AND tenant_id = $2)";
        // Whoever adds a member meanwhile waits, and then finds no group.
        lock!(self, LOCK, tenant.0, id.0);
        execute!(self, MEMBERS, id.0, tenant.0);
        if execute!(
            self,
            "DELETE FROM groups WHERE tenant_id = $1 AND id = $2",
            tenant.0,
            id.0
        ) != 1
        {
            return Err(GONE);
        }
        self.role_assignment_delete_of(tenant, id).await?;
        self.group_member_forget(id).await
    }

    /// Adds a member, also one that is there because an identity provider said so: from now on it stays. Fails when somebody added it already, or when the
    /// group is gone. Returns whether the member, which is of the group's tenant, is there.
    pub async fn group_member_insert(
        &mut self,
        group: &Group,
        member: ObjectId,
        kind: PrincipalKind,
        now: Time,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "INSERT INTO group_members (group_id, member_id, member_type, created_at_us, version) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (group_id, member_id) DO UPDATE SET provider_id = NULL, version = excluded.version WHERE group_members.provider_id IS NOT NULL";
        if !self.principal_hold(group.tenant, member, kind).await? {
            return Ok(false);
        }
        let version = self.version();
        if execute!(self, SQL, group.id.0, member.0, kind.as_str(), now.as_us(), version) == 1 {
            Ok(true)
        } else {
            Err(StoreError::Conflict("it is a member already"))
        }
    }

    /// Takes a member out. Returns whether it was one.
    pub async fn group_member_delete(&mut self, group: ObjectId, member: ObjectId) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM group_members WHERE group_id = $1 AND member_id = $2";
        Ok(execute!(self, SQL, group.0, member.0) == 1)
    }

    /// Holds a principal for this transaction: until the commit nobody can delete it, so that no row is left that names nobody.
    async fn principal_hold(
        &mut self,
        tenant: TenantId,
        id: ObjectId,
        kind: PrincipalKind,
    ) -> Result<bool, StoreError> {
        let (find, lock) = match kind {
            PrincipalKind::User => (
                "SELECT 1 FROM users WHERE tenant_id = $1 AND id = $2",
                "SELECT 1 FROM users WHERE tenant_id = $1 AND id = $2 FOR SHARE",
            ),
            PrincipalKind::Group => (
                "SELECT 1 FROM groups WHERE tenant_id = $1 AND id = $2",
                "SELECT 1 FROM groups WHERE tenant_id = $1 AND id = $2 FOR SHARE",
            ),
            PrincipalKind::ServicePrincipal => (
                "SELECT 1 FROM service_principals WHERE tenant_id = $1 AND id = $2",
                "SELECT 1 FROM service_principals WHERE tenant_id = $1 AND id = $2 FOR SHARE",
            ),
        };
        lock!(self, lock, tenant.0, id.0);
        Ok(fetch_optional!((i32,), self, find, tenant.0, id.0).is_some())
    }

    /// Takes a principal that is deleted out of every group. To be called after the deletion itself, which waits for those who are adding it to one.
    pub(crate) async fn group_member_forget(&mut self, member: ObjectId) -> Result<(), StoreError> {
        execute!(self, "DELETE FROM group_members WHERE member_id = $1", member.0);
        Ok(())
    }
}

const GONE: StoreError = StoreError::Conflict("the group is gone");
