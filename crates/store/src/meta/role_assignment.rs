//! Role assignments.

use sqlx::FromRow;
use uuid::Uuid;
use wharf_types::id::{ObjectId, RoleAssignmentId, RoleDefinitionId, TenantId};
use wharf_types::resource::ResourceScope;
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::{Read, Tx, stored};

/// A principal holds a role at a scope, and everywhere below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleAssignment {
    /// Its id.
    pub id: RoleAssignmentId,
    /// The directory.
    pub tenant: TenantId,
    /// Who.
    pub principal: ObjectId,
    /// `User`, `Group` or `ServicePrincipal`, as ARM says.
    pub principal_type: String,
    /// Which role.
    pub role: RoleDefinitionId,
    /// Where.
    pub scope: ResourceScope,
    /// Who gave it.
    pub created_by: String,
    /// When.
    pub created_at: Time,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    tenant_id: Uuid,
    principal_id: Uuid,
    principal_type: String,
    role_definition_id: Uuid,
    scope: String,
    created_by: String,
    created_at_us: i64,
}

impl TryFrom<Row> for RoleAssignment {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: RoleAssignmentId(row.id),
            tenant: TenantId(row.tenant_id),
            principal: ObjectId(row.principal_id),
            principal_type: row.principal_type,
            role: RoleDefinitionId(row.role_definition_id),
            scope: stored("role_assignments", row.id, &row.scope)?,
            created_by: row.created_by,
            created_at: Time::from_us(row.created_at_us),
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, tenant_id, principal_id, principal_type, role_definition_id, scope, created_by, created_at_us
             FROM role_assignments WHERE ",
            $rest
        )
    };
}

impl Read {
    /// Everything that the principal was given.
    pub async fn role_assignment_list_of(
        &mut self,
        tenant: TenantId,
        principal: ObjectId,
    ) -> Result<Vec<RoleAssignment>, StoreError> {
        const SQL: &str = select!("tenant_id = $1 AND principal_id = $2 ORDER BY id");
        fetch_all!(Row, self, SQL, tenant.0, principal.0)
            .into_iter()
            .map(RoleAssignment::try_from)
            .collect()
    }

    /// Everything that the principal was given, and every group that it is a member of, by itself or by way of other groups.
    pub async fn role_assignment_list_held(
        &mut self,
        tenant: TenantId,
        principal: ObjectId,
    ) -> Result<Vec<RoleAssignment>, StoreError> {
        // UNION leaves out what it found already, so that groups which are members of each other come to an end.
        const SQL: &str = concat!(
            "WITH RECURSIVE holders (holder) AS (
                SELECT $2 UNION SELECT group_id FROM group_members JOIN holders ON member_id = holder
            ) ",
            select!("tenant_id = $1 AND principal_id IN (SELECT holder FROM holders) ORDER BY id")
        );
        fetch_all!(Row, self, SQL, tenant.0, principal.0)
            .into_iter()
            .map(RoleAssignment::try_from)
            .collect()
    }

    /// The assignment of that id.
    pub async fn role_assignment_get(
        &mut self,
        tenant: TenantId,
        id: RoleAssignmentId,
    ) -> Result<Option<RoleAssignment>, StoreError> {
        let row = fetch_optional!(Row, self, select!("tenant_id = $1 AND id = $2"), tenant.0, id.0);
        row.map(RoleAssignment::try_from).transpose()
    }

    /// The tenant's assignments after that id, in the order of their ids, at most `limit`.
    pub async fn role_assignment_list(
        &mut self,
        tenant: TenantId,
        after: Uuid,
        limit: usize,
    ) -> Result<Vec<RoleAssignment>, StoreError> {
        const SQL: &str = select!("tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3");
        fetch_all!(Row, self, SQL, tenant.0, after, limit as i64)
            .into_iter()
            .map(RoleAssignment::try_from)
            .collect()
    }

    /// Whether somebody holds the role at the root, by themself or as a member of a group, and has a way to sign in: a service principal, or a person with a
    /// password, a passkey, an invitation, or an identity at a provider that is switched on.
    pub async fn role_is_held_at_root(&mut self, role: RoleDefinitionId) -> Result<bool, StoreError> {
        const SQL: &str = "WITH RECURSIVE holders (id) AS (
                SELECT principal_id FROM role_assignments WHERE role_definition_id = $1 AND scope_key = '/'
                UNION SELECT member_id FROM group_members JOIN holders ON group_id = holders.id
            )
            SELECT 1 FROM holders WHERE EXISTS (SELECT 1 FROM service_principals WHERE service_principals.id = holders.id AND enabled)
                OR EXISTS (SELECT 1 FROM users WHERE users.id = holders.id AND enabled AND (
                    EXISTS (SELECT 1 FROM user_passwords WHERE user_id = users.id)
                    OR EXISTS (SELECT 1 FROM passkeys WHERE user_id = users.id)
                    OR EXISTS (SELECT 1 FROM invitations WHERE user_id = users.id)
                    OR EXISTS (SELECT 1 FROM external_identities JOIN identity_providers ON identity_providers.id = provider_id
                        WHERE user_id = users.id AND identity_providers.enabled))) LIMIT 1";
        Ok(fetch_optional!((i32,), self, SQL, role.0).is_some())
    }
}

impl Tx {
    /// Gives the role. Fails when the principal holds it there already, the id is taken, or the resource group or registry is gone.
    pub async fn role_assignment_insert(&mut self, assignment: &RoleAssignment) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO role_assignments (id, tenant_id, principal_id, principal_type, role_definition_id, scope, scope_key,
            created_by, created_at_us, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let version = self.version();
        let RoleAssignment {
            id,
            tenant,
            principal,
            principal_type,
            role,
            scope,
            created_by,
            created_at,
        } = assignment;
        if !self.scope_hold(scope).await? {
            return Err(StoreError::Conflict("the scope is gone"));
        }
        let (text, key) = (scope.to_string(), scope.key());
        execute!(
            self,
            SQL,
            id.0,
            tenant.0,
            principal.0,
            principal_type,
            role.0,
            text,
            key,
            created_by,
            created_at.as_us(),
            version
        );
        Ok(())
    }

    /// Holds what a scope names for this transaction: until the commit nobody can delete it. A role given while its registry is deleted would
    /// hold for the next one of that name (rule 36). Returns whether it is there.
    async fn scope_hold(&mut self, scope: &ResourceScope) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT 1 FROM registries WHERE subscription_id = $1 AND group_key = $2 AND name = $3 AND deleted_at_us IS NULL";
        const LOCK: &str = "SELECT 1 FROM registries WHERE subscription_id = $1 AND group_key = $2 AND name = $3 AND deleted_at_us IS NULL
            FOR SHARE";
        match scope {
            ResourceScope::ResourceGroup(subscription, group) => self.resource_group_hold(*subscription, group).await,
            ResourceScope::Registry(registry) | ResourceScope::Repository(registry, _) => {
                let (subscription, group, name) =
                    (registry.subscription.0, registry.group.key(), registry.name.as_str());
                lock!(self, LOCK, subscription, &group, name);
                Ok(fetch_optional!((i32,), self, SQL, subscription, &group, name).is_some())
            }
            ResourceScope::Root | ResourceScope::Subscription(_) | ResourceScope::DirectoryObject(_) => Ok(true),
        }
    }

    /// Holds the assignments of a role at the root for this transaction, so that one of several that take holders away comes after the other.
    pub async fn role_at_root_hold(&mut self, role: RoleDefinitionId) -> Result<(), StoreError> {
        const LOCK: &str =
            "SELECT 1 FROM role_assignments WHERE role_definition_id = $1 AND scope_key = '/' ORDER BY id FOR UPDATE";
        lock!(self, LOCK, role.0);
        Ok(())
    }

    /// Takes the role away. Returns whether it was there.
    pub async fn role_assignment_delete(&mut self, tenant: TenantId, id: RoleAssignmentId) -> Result<bool, StoreError> {
        Ok(execute!(
            self,
            "DELETE FROM role_assignments WHERE tenant_id = $1 AND id = $2",
            tenant.0,
            id.0
        ) == 1)
    }

    /// Takes away all that a principal was given, because the principal goes.
    pub(crate) async fn role_assignment_delete_of(
        &mut self,
        tenant: TenantId,
        principal: ObjectId,
    ) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM role_assignments WHERE tenant_id = $1 AND principal_id = $2";
        execute!(self, SQL, tenant.0, principal.0);
        Ok(())
    }

    /// Takes away what was given at a scope and below, because the scope goes: one of the same name starts without old rights (rule 36). To be called after
    /// the deletion itself, which waits for those who are giving a role there.
    pub async fn role_assignment_delete_within(
        &mut self,
        tenant: TenantId,
        scope: &ResourceScope,
    ) -> Result<u64, StoreError> {
        // The names that a scope is made of hold no character after '/' up to '0', so this is exactly the subtree.
        const SQL: &str = "DELETE FROM role_assignments WHERE tenant_id = $1 AND (scope_key = $2 OR (scope_key > $3 AND scope_key < $4))";
        let key = scope.key();
        // The root's key is the slash itself.
        let stem = key.trim_end_matches('/');
        let (from, to) = (format!("{stem}/"), format!("{stem}0"));
        Ok(execute!(self, SQL, tenant.0, key, from, to))
    }
}
