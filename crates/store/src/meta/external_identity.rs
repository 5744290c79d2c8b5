//! External identities: which account a subject of an identity provider is, and the memberships that the provider gives it.

use uuid::Uuid;
use wharf_types::access::PrincipalKind;
use wharf_types::id::{ObjectId, TenantId};
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::{Read, Tx};

/// An account's identity at a provider. There is one at each provider at most, and each subject is one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalIdentity {
    /// The provider.
    pub provider: ObjectId,
    /// Whose it is.
    pub user: ObjectId,
    /// What the provider calls them, for ever. None until they come for the first time.
    pub subject: Option<String>,
    /// When it was linked.
    pub created_at: Time,
    /// When they last came by it.
    pub last_used_at: Option<Time>,
}

type Row = (Uuid, Uuid, Option<String>, i64, Option<i64>);

fn identity((provider, user, subject, created, used): Row) -> ExternalIdentity {
    ExternalIdentity {
        provider: ObjectId(provider),
        user: ObjectId(user),
        subject,
        created_at: Time::from_us(created),
        last_used_at: used.map(Time::from_us),
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT provider_id, user_id, subject, created_at_us, last_used_at_us FROM external_identities WHERE ",
            $rest
        )
    };
}

impl Read {
    /// Who a subject is.
    pub async fn external_identity_by_subject(
        &mut self,
        provider: ObjectId,
        subject: &str,
    ) -> Result<Option<ExternalIdentity>, StoreError> {
        const SQL: &str = select!("provider_id = $1 AND subject = $2");
        Ok(fetch_optional!(Row, self, SQL, provider.0, subject).map(identity))
    }

    /// An account's identity at a provider.
    pub async fn external_identity_get(
        &mut self,
        provider: ObjectId,
        user: ObjectId,
    ) -> Result<Option<ExternalIdentity>, StoreError> {
        const SQL: &str = select!("provider_id = $1 AND user_id = $2");
        Ok(fetch_optional!(Row, self, SQL, provider.0, user.0).map(identity))
    }

    /// All identities of an account.
    pub async fn external_identity_list(&mut self, user: ObjectId) -> Result<Vec<ExternalIdentity>, StoreError> {
        const SQL: &str = select!("user_id = $1 ORDER BY provider_id");
        Ok(fetch_all!(Row, self, SQL, user.0).into_iter().map(identity).collect())
    }

    /// The groups that a provider made an account a member of.
    pub async fn provider_group_list(
        &mut self,
        provider: ObjectId,
        user: ObjectId,
    ) -> Result<Vec<ObjectId>, StoreError> {
        const SQL: &str =
            "SELECT group_id FROM group_members WHERE provider_id = $1 AND member_id = $2 ORDER BY group_id";
        let rows = fetch_all!((Uuid,), self, SQL, provider.0, user.0);
        Ok(rows.into_iter().map(|(id,)| ObjectId(id)).collect())
    }
}

impl Tx {
    /// Links an account, in the place of what it was at that provider. Fails when the subject is somebody else's.
    pub async fn external_identity_put(&mut self, identity: &ExternalIdentity) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO external_identities (provider_id, user_id, subject, created_at_us, last_used_at_us, version)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (provider_id, user_id) DO UPDATE SET subject = excluded.subject, created_at_us = excluded.created_at_us,
            last_used_at_us = excluded.last_used_at_us, version = excluded.version";
        let version = self.version();
        execute!(
            self,
            SQL,
            identity.provider.0,
            identity.user.0,
            identity.subject.as_deref(),
            identity.created_at.as_us(),
            identity.last_used_at.map(Time::as_us),
            version
        );
        Ok(())
    }

    /// Notes when somebody came by an identity.
    pub async fn external_identity_used(
        &mut self,
        provider: ObjectId,
        user: ObjectId,
        at: Time,
    ) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE external_identities SET last_used_at_us = $3 WHERE provider_id = $1 AND user_id = $2";
        execute!(self, SQL, provider.0, user.0, at.as_us());
        Ok(())
    }

    /// Removes one. Returns whether it was there.
    pub async fn external_identity_delete(&mut self, provider: ObjectId, user: ObjectId) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM external_identities WHERE provider_id = $1 AND user_id = $2";
        Ok(execute!(self, SQL, provider.0, user.0) == 1)
    }

    /// Makes an account a member of a group because a provider says so. Returns whether it was none; whoever is one already stays as they are.
    pub async fn provider_group_join(
        &mut self,
        tenant: TenantId,
        provider: ObjectId,
        group: ObjectId,
        user: ObjectId,
        now: Time,
    ) -> Result<bool, StoreError> {
        const LOCK: &str = "SELECT 1 FROM groups WHERE tenant_id = $1 AND id = $2 FOR SHARE";
        const SQL: &str =
            "INSERT INTO group_members (group_id, member_id, member_type, created_at_us, version, provider_id)
            SELECT id, $3, $4, $5, $6, $7 FROM groups WHERE tenant_id = $1 AND id = $2
            ON CONFLICT (group_id, member_id) DO NOTHING";
        let (kind, version) = (PrincipalKind::User.as_str(), self.version());
        lock!(self, LOCK, tenant.0, group.0);
        let rows = execute!(
            self,
            SQL,
            tenant.0,
            group.0,
            user.0,
            kind,
            now.as_us(),
            version,
            provider.0
        );
        Ok(rows == 1)
    }

    /// Takes an account out of a group that the provider made it a member of. Returns whether it was one by it.
    pub async fn provider_group_leave(
        &mut self,
        provider: ObjectId,
        group: ObjectId,
        user: ObjectId,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM group_members WHERE provider_id = $1 AND group_id = $2 AND member_id = $3";
        Ok(execute!(self, SQL, provider.0, group.0, user.0) == 1)
    }
}
