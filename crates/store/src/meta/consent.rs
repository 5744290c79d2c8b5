//! What a client may ask for: agreed to by the person whom it acts for, or for everybody of a directory by one of its owners.

use std::str::FromStr;

use sqlx::FromRow;
use uuid::Uuid;
use wharf_types::id::{AppId, KeyId, ObjectId, TenantId};
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::{Read, Tx, stored};

/// What a consent is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConsentResource {
    /// Who somebody is, and the directory.
    Graph,
    /// The resource manager.
    Manager,
    /// The registries.
    Registry,
}

impl ConsentResource {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Graph, Self::Manager, Self::Registry];

    /// The word, as stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Graph => "graph",
            Self::Manager => "manager",
            Self::Registry => "registry",
        }
    }
}

impl FromStr for ConsentResource {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or(())
    }
}

/// A consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Its id.
    pub id: KeyId,
    /// The directory.
    pub tenant: TenantId,
    /// The client.
    pub app_id: AppId,
    /// Who agreed, for themselves; none where it is for everybody.
    pub user: Option<ObjectId>,
    /// What it is about.
    pub resource: ConsentResource,
    /// The words that were agreed to, apart by spaces.
    pub scope: String,
    /// Since when.
    pub created_at: Time,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    tenant_id: Uuid,
    app_id: Uuid,
    user_id: Option<Uuid>,
    resource: String,
    scope: String,
    created_at_us: i64,
}

impl TryFrom<Row> for Consent {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: KeyId(row.id),
            tenant: TenantId(row.tenant_id),
            app_id: AppId(row.app_id),
            user: row.user_id.map(ObjectId),
            resource: stored("consents", row.id, &row.resource)?,
            scope: row.scope,
            created_at: Time::from_us(row.created_at_us),
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, tenant_id, app_id, user_id, resource, scope, created_at_us FROM consents WHERE ",
            $rest
        )
    };
}

impl Read {
    /// What a client may ask a person for: what they agreed to themselves, and what was agreed to for everybody.
    pub async fn consent_list_held(&mut self, app_id: AppId, user: ObjectId) -> Result<Vec<Consent>, StoreError> {
        const SQL: &str = select!("app_id = $1 AND (user_id = $2 OR user_id IS NULL) ORDER BY id");
        let rows = fetch_all!(Row, self, SQL, app_id.0, user.0);
        rows.into_iter().map(Consent::try_from).collect()
    }

    /// What a person agreed to.
    pub async fn consent_list_of_user(&mut self, user: ObjectId) -> Result<Vec<Consent>, StoreError> {
        const SQL: &str = select!("user_id = $1 ORDER BY app_id, resource");
        let rows = fetch_all!(Row, self, SQL, user.0);
        rows.into_iter().map(Consent::try_from).collect()
    }

    /// The consents of a directory after that id, in the order of their ids, at most `limit`.
    pub async fn consent_list(
        &mut self,
        tenant: TenantId,
        after: Uuid,
        limit: usize,
    ) -> Result<Vec<Consent>, StoreError> {
        const SQL: &str = select!("tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3");
        let rows = fetch_all!(Row, self, SQL, tenant.0, after, limit as i64);
        rows.into_iter().map(Consent::try_from).collect()
    }

    /// The consent of that id.
    pub async fn consent_get(&mut self, tenant: TenantId, id: KeyId) -> Result<Option<Consent>, StoreError> {
        let row = fetch_optional!(Row, self, select!("tenant_id = $1 AND id = $2"), tenant.0, id.0);
        row.map(Consent::try_from).transpose()
    }
}

impl Tx {
    /// Writes a consent down, in the place of that of the same client, person and resource.
    pub async fn consent_put(&mut self, consent: &Consent) -> Result<(), StoreError> {
        const OF_EVERYBODY: &str = "DELETE FROM consents WHERE app_id = $1 AND resource = $2 AND user_id IS NULL";
        const OF_ONE: &str = "DELETE FROM consents WHERE app_id = $1 AND resource = $2 AND user_id = $3";
        const SQL: &str =
            "INSERT INTO consents (id, tenant_id, app_id, user_id, resource, scope, created_at_us, version)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let resource = consent.resource.as_str();
        match consent.user {
            Some(user) => execute!(self, OF_ONE, consent.app_id.0, resource, user.0),
            None => execute!(self, OF_EVERYBODY, consent.app_id.0, resource),
        };
        let version = self.version();
        execute!(
            self,
            SQL,
            consent.id.0,
            consent.tenant.0,
            consent.app_id.0,
            consent.user.map(|user| user.0),
            resource,
            &consent.scope,
            consent.created_at.as_us(),
            version
        );
        Ok(())
    }

    /// Takes a consent back. Returns whether it was there.
    pub async fn consent_delete(&mut self, tenant: TenantId, id: KeyId) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM consents WHERE tenant_id = $1 AND id = $2";
        Ok(execute!(self, SQL, tenant.0, id.0) == 1)
    }

    /// Takes back what was agreed to for a client: by one person, or by everybody. Returns how many consents there were.
    pub async fn consents_delete(&mut self, app_id: AppId, user: Option<ObjectId>) -> Result<u64, StoreError> {
        Ok(match user {
            Some(user) => {
                const SQL: &str = "DELETE FROM consents WHERE app_id = $1 AND user_id = $2";
                execute!(self, SQL, app_id.0, user.0)
            }
            None => execute!(self, "DELETE FROM consents WHERE app_id = $1", app_id.0),
        })
    }
}
