//! People.

use sqlx::FromRow;
use uuid::Uuid;
use wharf_types::id::{ObjectId, TenantId};
use wharf_types::time::Time;
use wharf_types::user_name::UserPrincipalName;

use crate::StoreError;
use crate::meta::{Read, Tx, stored};

/// A person of the directory. What they prove who they are with is kept elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The object id, which role assignments and groups name.
    pub id: ObjectId,
    /// The directory.
    pub tenant: TenantId,
    /// The name to sign in with, unique in the installation whatever its case.
    pub user_principal_name: UserPrincipalName,
    /// Their name for people.
    pub display_name: String,
    /// Where mail reaches them.
    pub mail: Option<String>,
    /// Whether they may sign in.
    pub enabled: bool,
    /// When they were added.
    pub created_at: Time,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    tenant_id: Uuid,
    user_principal_name: String,
    display_name: String,
    mail: Option<String>,
    enabled: bool,
    created_at_us: i64,
}

impl TryFrom<Row> for User {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: ObjectId(row.id),
            tenant: TenantId(row.tenant_id),
            user_principal_name: stored("users", row.id, &row.user_principal_name)?,
            display_name: row.display_name,
            mail: row.mail,
            enabled: row.enabled,
            created_at: Time::from_us(row.created_at_us),
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, tenant_id, user_principal_name, display_name, mail, enabled, created_at_us FROM users WHERE ",
            $rest
        )
    };
}

impl Read {
    /// The person of that object id.
    pub async fn user_get(&mut self, tenant: TenantId, id: ObjectId) -> Result<Option<User>, StoreError> {
        let row = fetch_optional!(Row, self, select!("tenant_id = $1 AND id = $2"), tenant.0, id.0);
        row.map(User::try_from).transpose()
    }

    /// The person of that name in any case, whichever tenant's: names are unique in the installation.
    pub async fn user_by_name(&mut self, name: &UserPrincipalName) -> Result<Option<User>, StoreError> {
        let row = fetch_optional!(Row, self, select!("name_key = $1"), name.key());
        row.map(User::try_from).transpose()
    }

    /// The tenant's people after that object id, in the order of their ids, at most `limit`.
    pub async fn user_list(&mut self, tenant: TenantId, after: Uuid, limit: usize) -> Result<Vec<User>, StoreError> {
        const SQL: &str = select!("tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3");
        fetch_all!(Row, self, SQL, tenant.0, after, limit as i64)
            .into_iter()
            .map(User::try_from)
            .collect()
    }
}

impl Tx {
    /// Adds a person. Fails when the name is taken.
    pub async fn user_insert(&mut self, user: &User) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO users (id, tenant_id, user_principal_name, name_key, display_name, mail, enabled, created_at_us, version)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let version = self.version();
        let User {
            id,
            tenant,
            user_principal_name,
            display_name,
            mail,
            enabled,
            created_at,
        } = user;
        execute!(
            self,
            SQL,
            id.0,
            tenant.0,
            user_principal_name.as_str(),
            user_principal_name.key(),
            display_name,
            mail.as_deref(),
            *enabled,
            created_at.as_us(),
            version
        );
        Ok(())
    }

    /// The person of that object id, whom nobody else changes until this transaction ends.
    pub async fn user_hold(&mut self, tenant: TenantId, id: ObjectId) -> Result<Option<User>, StoreError> {
        const LOCK: &str = "SELECT 1 FROM users WHERE tenant_id = $1 AND id = $2 FOR UPDATE";
        lock!(self, LOCK, tenant.0, id.0);
        self.user_get(tenant, id).await
    }

    /// Changes a person's display name and mail address, and whether they may sign in.
    pub async fn user_update(&mut self, user: &User) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE users SET display_name = $3, mail = $4, enabled = $5, version = $6 WHERE tenant_id = $1 AND id = $2";
        let version = self.version();
        let rows = execute!(
            self,
            SQL,
            user.tenant.0,
            user.id.0,
            &user.display_name,
            user.mail.as_deref(),
            user.enabled,
            version
        );
        if rows == 1 { Ok(()) } else { Err(GONE) }
    }

    /// Removes a person, every role that they were given, and their memberships.
    pub async fn user_delete(&mut self, tenant: TenantId, id: ObjectId) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM users WHERE tenant_id = $1 AND id = $2";
        if execute!(self, SQL, tenant.0, id.0) != 1 {
            return Err(GONE);
        }
        self.role_assignment_delete_of(tenant, id).await?;
        self.group_member_forget(id).await
    }
}

const GONE: StoreError = StoreError::Conflict("the user is gone");
