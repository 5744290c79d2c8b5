//! Identity providers: where people sign in beside the accounts of their own.

use serde_json::Value;
use sqlx::FromRow;
use uuid::Uuid;
use wharf_types::id::{ObjectId, TenantId};
use wharf_types::identity_provider::{GroupMapping, ProviderKind, SecondFactor};
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::{Read, Tx, json_text, stored, stored_json};

/// An identity provider.
#[derive(Clone, Debug, PartialEq)]
pub struct IdentityProvider {
    /// Its object id.
    pub id: ObjectId,
    /// The directory.
    pub tenant: TenantId,
    /// How it is spoken to.
    pub kind: ProviderKind,
    /// Its name for people: what the sign-in page shows.
    pub display_name: String,
    /// Whether people may sign in by it.
    pub enabled: bool,
    /// What may follow the `@` of the names of those who come from there, in small letters.
    pub domains: Vec<String>,
    /// Where the second factor is asked for.
    pub second_factor: SecondFactor,
    /// Whether somebody who comes for the first time is added.
    pub create_users: bool,
    /// What its kind needs.
    pub settings: Value,
    /// What we sign in there with, under the master key.
    pub secret: Option<Vec<u8>>,
    /// Who is a member of which of our groups because of what it says of them.
    pub groups: Vec<GroupMapping>,
    /// When it was made.
    pub created_at: Time,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    tenant_id: Uuid,
    kind: String,
    display_name: String,
    enabled: bool,
    domains: String,
    second_factor: String,
    create_users: bool,
    settings: String,
    secret: Option<Vec<u8>>,
    created_at_us: i64,
}

impl Row {
    fn with(self, groups: Vec<GroupMapping>) -> Result<IdentityProvider, StoreError> {
        const TABLE: &str = "identity_providers";
        Ok(IdentityProvider {
            id: ObjectId(self.id),
            tenant: TenantId(self.tenant_id),
            kind: stored(TABLE, self.id, &self.kind)?,
            display_name: self.display_name,
            enabled: self.enabled,
            domains: stored_json(TABLE, self.id, &self.domains)?,
            second_factor: stored(TABLE, self.id, &self.second_factor)?,
            create_users: self.create_users,
            settings: stored_json(TABLE, self.id, &self.settings)?,
            secret: self.secret,
            groups,
            created_at: Time::from_us(self.created_at_us),
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, tenant_id, kind, display_name, enabled, domains, second_factor, create_users, settings, secret, created_at_us
             FROM identity_providers WHERE ",
            $rest
        )
    };
}

/// The most of one tenant: all of them stand on the sign-in page.
pub const MAX_IDENTITY_PROVIDERS: usize = 50;
/// The most group mappings of one.
pub const MAX_GROUP_MAPPINGS: usize = 1000;

impl Read {
    /// The provider of that object id.
    pub async fn identity_provider_get(
        &mut self,
        tenant: TenantId,
        id: ObjectId,
    ) -> Result<Option<IdentityProvider>, StoreError> {
        let row = fetch_optional!(Row, self, select!("tenant_id = $1 AND id = $2"), tenant.0, id.0);
        self.with_groups(row).await
    }

    /// The provider of that object id, whichever tenant's: what stands in an address names nothing else.
    pub async fn identity_provider_by_id(&mut self, id: ObjectId) -> Result<Option<IdentityProvider>, StoreError> {
        let row = fetch_optional!(Row, self, select!("id = $1"), id.0);
        self.with_groups(row).await
    }

    /// All providers of a tenant, in the order of their names.
    pub async fn identity_provider_list(&mut self, tenant: TenantId) -> Result<Vec<IdentityProvider>, StoreError> {
        const SQL: &str = select!("tenant_id = $1 ORDER BY display_name, id LIMIT $2");
        let rows = fetch_all!(Row, self, SQL, tenant.0, MAX_IDENTITY_PROVIDERS as i64);
        let mut found = Vec::new();
        for row in rows {
            found.extend(self.with_groups(Some(row)).await?);
        }
        Ok(found)
    }

    /// The names of the providers of all tenants that people may sign in by: id, kind, display name, domains.
    pub async fn identity_provider_list_enabled(&mut self) -> Result<Vec<IdentityProvider>, StoreError> {
        const SQL: &str = select!("enabled ORDER BY display_name, id LIMIT $1");
        let rows = fetch_all!(Row, self, SQL, MAX_IDENTITY_PROVIDERS as i64);
        // Who looks at the sign-in page sees no mapping.
        rows.into_iter().map(|row| row.with(Vec::new())).collect()
    }

    async fn with_groups(&mut self, row: Option<Row>) -> Result<Option<IdentityProvider>, StoreError> {
        const SQL: &str = "SELECT value, group_id FROM identity_provider_groups WHERE provider_id = $1 ORDER BY value, group_id LIMIT $2";
        let Some(row) = row else { return Ok(None) };
        let groups = fetch_all!((String, Uuid), self, SQL, row.id, MAX_GROUP_MAPPINGS as i64);
        let groups = groups.into_iter().map(|(value, group)| GroupMapping {
            value,
            group: ObjectId(group),
        });
        row.with(groups.collect()).map(Some)
    }
}

impl Tx {
    /// Makes a provider.
    pub async fn identity_provider_insert(&mut self, provider: &IdentityProvider) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO identity_providers (id, tenant_id, kind, display_name, enabled, domains, second_factor, create_users,
            settings, secret, created_at_us, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
        let version = self.version();
        execute!(
            self,
            SQL,
            provider.id.0,
            provider.tenant.0,
            provider.kind.as_str(),
            &provider.display_name,
            provider.enabled,
            json_text(&provider.domains),
            provider.second_factor.as_str(),
            provider.create_users,
            json_text(&provider.settings),
            provider.secret.as_deref(),
            provider.created_at.as_us(),
            version
        );
        self.identity_provider_groups_put(provider).await
    }

    /// The provider of that object id, which nobody else changes until this transaction ends: who signs in by it while it is switched off comes before or
    /// after that.
    pub async fn identity_provider_hold(
        &mut self,
        tenant: TenantId,
        id: ObjectId,
    ) -> Result<Option<IdentityProvider>, StoreError> {
        const LOCK: &str = "SELECT 1 FROM identity_providers WHERE tenant_id = $1 AND id = $2 FOR UPDATE";
        lock!(self, LOCK, tenant.0, id.0);
        self.identity_provider_get(tenant, id).await
    }

    /// The same for those who sign in by it, of whom several may at a time.
    pub async fn identity_provider_use(
        &mut self,
        tenant: TenantId,
        id: ObjectId,
    ) -> Result<Option<IdentityProvider>, StoreError> {
        const LOCK: &str = "SELECT 1 FROM identity_providers WHERE tenant_id = $1 AND id = $2 FOR SHARE";
        lock!(self, LOCK, tenant.0, id.0);
        self.identity_provider_get(tenant, id).await
    }

    /// Changes everything about a provider but its kind.
    pub async fn identity_provider_update(&mut self, provider: &IdentityProvider) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE identity_providers SET display_name = $3, enabled = $4, domains = $5, second_factor = $6, create_users = $7,
            settings = $8, secret = $9, version = $10 WHERE tenant_id = $1 AND id = $2";
        let version = self.version();
        let rows = execute!(
            self,
            SQL,
            provider.tenant.0,
            provider.id.0,
            &provider.display_name,
            provider.enabled,
            json_text(&provider.domains),
            provider.second_factor.as_str(),
            provider.create_users,
            json_text(&provider.settings),
            provider.secret.as_deref(),
            version
        );
        if rows != 1 {
            return Err(GONE);
        }
        self.identity_provider_groups_put(provider).await
    }

    async fn identity_provider_groups_put(&mut self, provider: &IdentityProvider) -> Result<(), StoreError> {
        const SQL: &str =
            "INSERT INTO identity_provider_groups (provider_id, value, group_id, version) VALUES ($1, $2, $3, $4)";
        let version = self.version();
        execute!(
            self,
            "DELETE FROM identity_provider_groups WHERE provider_id = $1",
            provider.id.0
        );
        for mapping in &provider.groups {
            execute!(self, SQL, provider.id.0, &mapping.value, mapping.group.0, version);
        }
        Ok(())
    }

    /// Removes a provider with its mappings and its identities. Returns whether it was there.
    pub async fn identity_provider_delete(&mut self, tenant: TenantId, id: ObjectId) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM identity_providers WHERE tenant_id = $1 AND id = $2";
        Ok(execute!(self, SQL, tenant.0, id.0) == 1)
    }

    /// Ends whatever holds because of a provider: memberships that it gave, and the sessions, clients and codes of those who have an identity there.
    /// To be called while the identities are there. Returns how many memberships and sessions there were.
    pub async fn identity_provider_end(&mut self, id: ObjectId) -> Result<(u64, u64), StoreError> {
        const SESSIONS: &str = "DELETE FROM web_sessions WHERE user_id IN (SELECT user_id FROM external_identities WHERE provider_id = $1)";
        const FAMILIES: &str = "DELETE FROM refresh_families WHERE user_id IN (SELECT user_id FROM external_identities WHERE provider_id = $1)";
        const DEVICES: &str = "DELETE FROM device_codes WHERE user_id IN (SELECT user_id FROM external_identities WHERE provider_id = $1)";
        const ATTEMPTS: &str = "DELETE FROM upstream_attempts WHERE provider_id = $1";
        let members = execute!(self, "DELETE FROM group_members WHERE provider_id = $1", id.0);
        let sessions = execute!(self, SESSIONS, id.0) + execute!(self, FAMILIES, id.0);
        execute!(self, DEVICES, id.0);
        execute!(self, ATTEMPTS, id.0);
        Ok((members, sessions))
    }

    /// Takes away what a provider gave by mappings that it has no more.
    pub async fn identity_provider_unmap(&mut self, id: ObjectId) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM group_members WHERE provider_id = $1
            AND group_id NOT IN (SELECT group_id FROM identity_provider_groups WHERE provider_id = $1)";
        Ok(execute!(self, SQL, id.0))
    }
}

const GONE: StoreError = StoreError::Conflict("the identity provider is gone");
