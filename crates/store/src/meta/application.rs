//! Applications: what service principals are made of.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;
use wharf_types::access::Principal;
use wharf_types::graph::application::RequiredResourceAccess;
use wharf_types::id::{AppId, ObjectId, TenantId};
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::{Read, Tx, json_text, stored, stored_json};

/// A registered application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Its object id.
    pub id: ObjectId,
    /// The directory that it is registered in.
    pub tenant: TenantId,
    /// The user name that its service principal signs in with.
    pub app_id: AppId,
    /// Its name for people.
    pub display_name: String,
    /// Other names that it is known under.
    pub identifier_uris: Vec<String>,
    /// Who registered it, and may manage it.
    pub owner: Principal,
    /// What it is to people whom it acts for.
    pub client: ClientSettings,
    /// When it was registered.
    pub created_at: Time,
}

/// What an application is to people whom it acts for: where answers may be sent, each as it is compared (rule 14).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientSettings {
    /// Addresses of a server, which has to say who it is when it fetches tokens.
    pub web: Vec<String>,
    /// Addresses of pages that fetch tokens with a script.
    pub spa: Vec<String>,
    /// Addresses of programs at people's machines; at this machine the port may be any.
    pub native: Vec<String>,
    /// Whether it may be used without a secret where no address tells its kind: by a device's code.
    pub allow_public: bool,
    /// Where people find it.
    pub home_page: Option<String>,
    /// What it says that it needs. Kept and shown; it gives nothing.
    pub required_access: Vec<RequiredResourceAccess>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    tenant_id: Uuid,
    app_id: Uuid,
    display_name: String,
    identifier_uris: String,
    owner: String,
    client: String,
    created_at_us: i64,
}

impl TryFrom<Row> for Application {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        const TABLE: &str = "applications";
        Ok(Self {
            id: ObjectId(row.id),
            tenant: TenantId(row.tenant_id),
            app_id: AppId(row.app_id),
            display_name: row.display_name,
            identifier_uris: stored_json(TABLE, row.id, &row.identifier_uris)?,
            owner: stored(TABLE, row.id, &row.owner)?,
            client: stored_json(TABLE, row.id, &row.client)?,
            created_at: Time::from_us(row.created_at_us),
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, tenant_id, app_id, display_name, identifier_uris, owner, client, created_at_us FROM applications WHERE ",
            $rest
        )
    };
}

impl Read {
    /// The application of that object id.
    pub async fn application_get(&mut self, tenant: TenantId, id: ObjectId) -> Result<Option<Application>, StoreError> {
        let row = fetch_optional!(Row, self, select!("tenant_id = $1 AND id = $2"), tenant.0, id.0);
        row.map(Application::try_from).transpose()
    }

    /// The application of that public name.
    pub async fn application_by_app_id(
        &mut self,
        tenant: TenantId,
        app_id: AppId,
    ) -> Result<Option<Application>, StoreError> {
        let row = fetch_optional!(Row, self, select!("tenant_id = $1 AND app_id = $2"), tenant.0, app_id.0);
        row.map(Application::try_from).transpose()
    }

    /// The application of that public name, whichever tenant's: a client that sends somebody need not name the directory.
    pub async fn application_of_client(&mut self, app_id: AppId) -> Result<Option<Application>, StoreError> {
        let row = fetch_optional!(Row, self, select!("app_id = $1"), app_id.0);
        row.map(Application::try_from).transpose()
    }

    /// The tenant's applications after that object id, in the order of their ids, at most `limit`.
    pub async fn application_list(
        &mut self,
        tenant: TenantId,
        after: Uuid,
        limit: usize,
    ) -> Result<Vec<Application>, StoreError> {
        const SQL: &str = select!("tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3");
        fetch_all!(Row, self, SQL, tenant.0, after, limit as i64)
            .into_iter()
            .map(Application::try_from)
            .collect()
    }
}

impl Tx {
    /// Registers an application.
    pub async fn application_insert(&mut self, application: &Application) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO applications (id, tenant_id, app_id, display_name, identifier_uris, owner, client, created_at_us, version)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let version = self.version();
        let Application {
            id,
            tenant,
            app_id,
            display_name,
            identifier_uris,
            owner,
            client,
            created_at,
        } = application;
        let (uris, owner, client) = (json_text(identifier_uris), owner.to_string(), json_text(client));
        execute!(
            self,
            SQL,
            id.0,
            tenant.0,
            app_id.0,
            display_name,
            uris,
            owner,
            client,
            created_at.as_us(),
            version
        );
        Ok(())
    }

    /// Changes what an application is to people, and its other names.
    pub async fn application_set_client(
        &mut self,
        tenant: TenantId,
        app_id: AppId,
        identifier_uris: &[String],
        client: &ClientSettings,
    ) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE applications SET identifier_uris = $3, client = $4, version = $5 WHERE tenant_id = $1 AND app_id = $2";
        let version = self.version();
        let (uris, client) = (json_text(&identifier_uris), json_text(client));
        if execute!(self, SQL, tenant.0, app_id.0, uris, client, version) == 1 {
            Ok(())
        } else {
            Err(StoreError::Conflict("the application is gone"))
        }
    }

    /// Renames an application and its service principal, which always bear one name.
    pub async fn application_rename(
        &mut self,
        tenant: TenantId,
        app_id: AppId,
        display_name: &str,
    ) -> Result<(), StoreError> {
        const APPLICATION: &str =
            "UPDATE applications SET display_name = $3, version = $4 WHERE tenant_id = $1 AND app_id = $2";
        const PRINCIPAL: &str =
            "UPDATE service_principals SET display_name = $3, version = $4 WHERE tenant_id = $1 AND app_id = $2";
        let version = self.version();
        if execute!(self, APPLICATION, tenant.0, app_id.0, display_name, version) != 1 {
            return Err(StoreError::Conflict("the application is gone"));
        }
        execute!(self, PRINCIPAL, tenant.0, app_id.0, display_name, version);
        Ok(())
    }

    /// Removes an application with its secrets, and what was agreed to for it. Its service principal must be gone already.
    pub async fn application_delete(&mut self, tenant: TenantId, app_id: AppId) -> Result<(), StoreError> {
        execute!(
            self,
            "DELETE FROM credentials WHERE tenant_id = $1 AND app_id = $2",
            tenant.0,
            app_id.0
        );
        execute!(
            self,
            "DELETE FROM key_credentials WHERE tenant_id = $1 AND app_id = $2",
            tenant.0,
            app_id.0
        );
        execute!(
            self,
            "DELETE FROM federated_credentials WHERE tenant_id = $1 AND app_id = $2",
            tenant.0,
            app_id.0
        );
        self.consents_delete(app_id, None).await?;
        let rows = execute!(
            self,
            "DELETE FROM applications WHERE tenant_id = $1 AND app_id = $2",
            tenant.0,
            app_id.0
        );
        if rows == 1 {
            Ok(())
        } else {
            Err(StoreError::Conflict("the application is gone"))
        }
    }
}
