//! Sessions of browsers.

use std::str::FromStr;

use sqlx::FromRow;
use uuid::Uuid;
use wharf_types::id::{KeyId, ObjectId, TenantId};
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::user_secret::SecretHash;
use crate::meta::{Read, Tx, stored};

/// How far the user of a session has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebSessionStage {
    /// The password was right; the second factor is still to be shown.
    Password,
    /// They came with an invitation and are choosing a password and a factor.
    Enrolling,
    /// They proved who they are. No other stage has any right (rule 10).
    Complete,
}

impl WebSessionStage {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Enrolling => "enrolling",
            Self::Complete => "complete",
        }
    }
}

impl FromStr for WebSessionStage {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Password, Self::Enrolling, Self::Complete]
            .into_iter()
            .find(|stage| stage.as_str() == text)
            .ok_or(())
    }
}

/// A browser's session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebSession {
    /// Its id, which stays; what its cookie holds changes with each step.
    pub id: KeyId,
    /// The directory.
    pub tenant: TenantId,
    /// Whose it is.
    pub user: ObjectId,
    /// The hash of what its cookie holds.
    pub token_hash: SecretHash,
    /// How far its user has come.
    pub stage: WebSessionStage,
    /// The invitation that it came with.
    pub invitation: Option<SecretHash>,
    /// The hash of a password that was chosen and not yet confirmed by a code.
    pub new_password: Option<String>,
    /// The seed of a factor that was shown and not yet confirmed by a code, under the master key.
    pub new_seed: Option<Vec<u8>>,
    /// When it began.
    pub created_at: Time,
    /// When it was last used, to the minute or so.
    pub seen_at: Time,
    /// When it ends however much it is used.
    pub expires_at: Time,
    /// When its user proved who they are.
    pub authenticated_at: Option<Time>,
    /// When the second factor was last shown.
    pub factor_at: Option<Time>,
    /// The browser.
    pub user_agent: String,
    /// Where it was last used from.
    pub address: String,
    /// The identity provider at which its user proved who they are; none for an account of our own.
    pub provider: Option<ObjectId>,
}

impl WebSession {
    /// Whether what was shown so far is enough to enrol a factor with: a password that was chosen, or the word of a provider.
    pub fn may_enrol_a_factor(&self) -> bool {
        self.new_password.is_some() || self.provider.is_some()
    }
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    tenant_id: Uuid,
    user_id: Uuid,
    token_hash: Vec<u8>,
    stage: String,
    invitation_hash: Option<Vec<u8>>,
    new_password: Option<String>,
    new_seed: Option<Vec<u8>>,
    created_at_us: i64,
    seen_at_us: i64,
    expires_at_us: i64,
    authenticated_at_us: Option<i64>,
    factor_at_us: Option<i64>,
    user_agent: String,
    address: String,
    provider_id: Option<Uuid>,
}

impl TryFrom<Row> for WebSession {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let hash = |bytes: Vec<u8>| {
            SecretHash::try_from(bytes).map_err(|_| StoreError::corrupt("web_sessions", row.id, "a hash has 32 bytes"))
        };
        Ok(Self {
            id: KeyId(row.id),
            tenant: TenantId(row.tenant_id),
            user: ObjectId(row.user_id),
            token_hash: hash(row.token_hash)?,
            stage: stored("web_sessions", row.id, &row.stage)?,
            invitation: row.invitation_hash.map(hash).transpose()?,
            new_password: row.new_password,
            new_seed: row.new_seed,
            created_at: Time::from_us(row.created_at_us),
            seen_at: Time::from_us(row.seen_at_us),
            expires_at: Time::from_us(row.expires_at_us),
            authenticated_at: row.authenticated_at_us.map(Time::from_us),
            factor_at: row.factor_at_us.map(Time::from_us),
            user_agent: row.user_agent,
            address: row.address,
            provider: row.provider_id.map(ObjectId),
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, tenant_id, user_id, token_hash, stage, invitation_hash, new_password, new_seed, created_at_us, seen_at_us,
             expires_at_us, authenticated_at_us, factor_at_us, user_agent, address, provider_id FROM web_sessions WHERE ",
            $rest
        )
    };
}

/// The most sessions of one person that are listed.
pub const MAX_LISTED: usize = 100;

impl Read {
    /// The session that a cookie names. Whether it still holds is the caller's to see.
    pub async fn web_session_by_token(&mut self, token_hash: &SecretHash) -> Result<Option<WebSession>, StoreError> {
        const SQL: &str = select!("token_hash = $1");
        fetch_optional!(Row, self, SQL, &token_hash[..])
            .map(TryInto::try_into)
            .transpose()
    }

    /// A person's session of that id.
    pub async fn web_session_get(&mut self, user: ObjectId, id: KeyId) -> Result<Option<WebSession>, StoreError> {
        const SQL: &str = select!("user_id = $1 AND id = $2");
        fetch_optional!(Row, self, SQL, user.0, id.0)
            .map(TryInto::try_into)
            .transpose()
    }

    /// A person's complete sessions that have not ended, the newest first.
    pub async fn web_session_list(&mut self, user: ObjectId, now: Time) -> Result<Vec<WebSession>, StoreError> {
        const SQL: &str = select!(
            "user_id = $1 AND stage = 'complete' AND expires_at_us > $2 ORDER BY created_at_us DESC, id LIMIT $3"
        );
        fetch_all!(Row, self, SQL, user.0, now.as_us(), MAX_LISTED as i64)
            .into_iter()
            .map(TryInto::try_into)
            .collect()
    }
}

impl Tx {
    /// Begins a session.
    pub async fn web_session_insert(&mut self, session: &WebSession) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO web_sessions (id, tenant_id, user_id, token_hash, stage, invitation_hash, new_password, new_seed,
            created_at_us, seen_at_us, expires_at_us, authenticated_at_us, factor_at_us, user_agent, address, provider_id)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
        let WebSession {
            id,
            tenant,
            user,
            token_hash,
            stage,
            invitation,
            new_password,
            new_seed,
            created_at,
            seen_at,
            expires_at,
            authenticated_at,
            factor_at,
            user_agent,
            address,
            provider,
        } = session;
        execute!(
            self,
            SQL,
            id.0,
            tenant.0,
            user.0,
            &token_hash[..],
            stage.as_str(),
            invitation.as_ref().map(|hash| &hash[..]),
            new_password.as_deref(),
            new_seed.as_deref(),
            created_at.as_us(),
            seen_at.as_us(),
            expires_at.as_us(),
            authenticated_at.map(Time::as_us),
            factor_at.map(Time::as_us),
            user_agent,
            address,
            provider.map(|id| id.0)
        );
        Ok(())
    }

    /// Puts a session's next step in the place of the one that `was` the hash of its cookie. Fails when another request took a step meanwhile, or when the
    /// session was ended: of two requests with one cookie one goes on.
    pub async fn web_session_step(&mut self, was: &SecretHash, session: &WebSession) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE web_sessions SET token_hash = $3, stage = $4, invitation_hash = $5, new_password = $6, new_seed = $7,
            seen_at_us = $8, expires_at_us = $9, authenticated_at_us = $10, factor_at_us = $11, address = $12
            WHERE id = $1 AND token_hash = $2";
        let rows = execute!(
            self,
            SQL,
            session.id.0,
            &was[..],
            &session.token_hash[..],
            session.stage.as_str(),
            session.invitation.as_ref().map(|hash| &hash[..]),
            session.new_password.as_deref(),
            session.new_seed.as_deref(),
            session.seen_at.as_us(),
            session.expires_at.as_us(),
            session.authenticated_at.map(Time::as_us),
            session.factor_at.map(Time::as_us),
            &session.address
        );
        if rows == 1 {
            Ok(())
        } else {
            Err(StoreError::Conflict("the session went on or ended meanwhile"))
        }
    }

    /// Notes that a session is in use.
    pub async fn web_session_seen(&mut self, id: KeyId, address: &str, now: Time) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE web_sessions SET seen_at_us = $2, address = $3 WHERE id = $1 AND seen_at_us < $2";
        execute!(self, SQL, id.0, now.as_us(), address);
        Ok(())
    }

    /// Ends a person's session. Returns whether it was there.
    pub async fn web_session_delete(&mut self, user: ObjectId, id: KeyId) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM web_sessions WHERE user_id = $1 AND id = $2";
        Ok(execute!(self, SQL, user.0, id.0) == 1)
    }

    /// Ends all sessions of a person but one.
    pub async fn web_sessions_delete(&mut self, user: ObjectId, but: Option<KeyId>) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM web_sessions WHERE user_id = $1 AND id <> $2";
        let but = but.map_or(Uuid::nil(), |id| id.0);
        Ok(execute!(self, SQL, user.0, but))
    }

    /// Forgets sessions that ended, or that nobody used since `idle_since`: at most `limit`.
    pub async fn web_sessions_expire(&mut self, now: Time, idle_since: Time, limit: usize) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM web_sessions WHERE id IN (
            SELECT id FROM web_sessions WHERE expires_at_us <= $1 OR seen_at_us <= $2 LIMIT $3)";
        Ok(execute!(self, SQL, now.as_us(), idle_since.as_us(), limit as i64))
    }
}
