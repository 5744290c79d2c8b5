//! Upload sessions: how far each is, so that any node continues any upload after any restart (rules 31, 65).
//!
//! A session that holds no bytes has no row: its id says that it exists. One that was cancelled has a row that says so, until its id ends by itself.

use sqlx::FromRow;
use uuid::Uuid;
use wharf_types::id::{RegistryId, SessionId};
use wharf_types::name::RepositoryName;
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::{Read, Tx, signed, stored, unsigned};

/// An upload session. It belongs to one repository and one principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its id.
    pub id: SessionId,
    /// The registry.
    pub registry: RegistryId,
    /// The repository.
    pub repository: RepositoryName,
    /// Who started it, as [`wharf_types::access::Principal`] prints.
    pub principal: String,
    /// How many bytes are durable.
    pub offset: u64,
    /// The running hash of these bytes (`blob::RunningHash`).
    pub hash_state: Vec<u8>,
    /// When it was started.
    pub created_at: Time,
}

/// What is stored of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredUpload {
    /// It holds bytes.
    Open(Upload),
    /// It was cancelled.
    Ended,
}

#[derive(FromRow)]
struct Row {
    registry_id: Uuid,
    id: String,
    repository: String,
    principal: String,
    offset_bytes: i64,
    hash_state: Vec<u8>,
    created_at_us: i64,
    ended_at_us: Option<i64>,
}

impl TryFrom<Row> for StoredUpload {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        match row.ended_at_us {
            Some(_) => Ok(Self::Ended),
            None => row.try_into().map(Self::Open),
        }
    }
}

impl TryFrom<Row> for Upload {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        const TABLE: &str = "uploads";
        Ok(Self {
            id: stored(TABLE, &row.id, &row.id)?,
            registry: RegistryId(row.registry_id),
            repository: stored(TABLE, &row.id, &row.repository)?,
            principal: row.principal,
            offset: unsigned(row.offset_bytes),
            hash_state: row.hash_state,
            created_at: Time::from_us(row.created_at_us),
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT registry_id, id, repository, principal, offset_bytes, hash_state, created_at_us, ended_at_us FROM uploads WHERE ", $rest)
    };
}

impl Read {
    /// What is known of the session in that registry; nothing when it holds no bytes, or was finished, or never was.
    pub async fn upload_get(
        &mut self,
        registry: RegistryId,
        id: SessionId,
    ) -> Result<Option<StoredUpload>, StoreError> {
        let row = fetch_optional!(
            Row,
            self,
            select!("registry_id = $1 AND id = $2"),
            registry.0,
            id.to_string()
        );
        row.map(StoredUpload::try_from).transpose()
    }

    /// Sessions that nobody wrote to since `idle_since`, or that were started before `created_before`: at most `limit`.
    pub async fn upload_list_expired(
        &mut self,
        idle_since: Time,
        created_before: Time,
        limit: usize,
    ) -> Result<Vec<Upload>, StoreError> {
        const SQL: &str = select!(
            "(touched_at_us < $1 OR created_at_us < $2) AND ended_at_us IS NULL ORDER BY touched_at_us LIMIT $3"
        );
        let rows = fetch_all!(Row, self, SQL, idle_since.as_us(), created_before.as_us(), limit as i64);
        rows.into_iter().map(Upload::try_from).collect()
    }
}

impl Tx {
    /// Notes the first bytes of a session. Fails when another request did, or cancelled it.
    pub async fn upload_insert(&mut self, upload: &Upload, now: Time) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO uploads (registry_id, id, repository, principal, offset_bytes, hash_state, created_at_us, touched_at_us)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let Upload {
            id,
            registry,
            repository,
            principal,
            offset,
            hash_state,
            created_at,
        } = upload;
        let (repository, offset) = (repository.as_str(), signed(*offset));
        execute!(
            self,
            SQL,
            registry.0,
            id.to_string(),
            repository,
            principal,
            offset,
            &hash_state[..],
            created_at.as_us(),
            now.as_us()
        );
        Ok(())
    }

    /// Notes that the session's bytes up to `offset` are durable. Fails when it does not stand at `from` any more: another request wrote to it.
    pub async fn upload_advance(
        &mut self,
        upload: &Upload,
        offset: u64,
        hash_state: &[u8],
        now: Time,
    ) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE uploads SET offset_bytes = $4, hash_state = $5, touched_at_us = $6
            WHERE registry_id = $1 AND id = $2 AND offset_bytes = $3 AND ended_at_us IS NULL";
        let (from, to) = (signed(upload.offset), signed(offset));
        let rows = execute!(
            self,
            SQL,
            upload.registry.0,
            upload.id.to_string(),
            from,
            to,
            hash_state,
            now.as_us()
        );
        if rows == 1 {
            Ok(())
        } else {
            Err(StoreError::Conflict("another request wrote to the upload session"))
        }
    }

    /// Forgets a session that was finished. Returns whether it was there.
    pub async fn upload_delete(&mut self, registry: RegistryId, id: SessionId) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM uploads WHERE registry_id = $1 AND id = $2 AND ended_at_us IS NULL";
        Ok(execute!(self, SQL, registry.0, id.to_string()) == 1)
    }

    /// Forgets a session if nobody wrote to it since `idle_since`, or if it was started before `created_before`. Returns whether it was so.
    pub async fn upload_delete_expired(
        &mut self,
        registry: RegistryId,
        id: SessionId,
        idle_since: Time,
        created_before: Time,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM uploads WHERE registry_id = $1 AND id = $2 AND ended_at_us IS NULL
            AND (touched_at_us < $3 OR created_at_us < $4)";
        let rows = execute!(
            self,
            SQL,
            registry.0,
            id.to_string(),
            idle_since.as_us(),
            created_before.as_us()
        );
        Ok(rows == 1)
    }

    /// Keeps that a session was cancelled, whether it held bytes or not.
    pub async fn upload_end(&mut self, upload: &Upload, now: Time) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO uploads (registry_id, id, repository, principal, offset_bytes, hash_state, created_at_us, touched_at_us, ended_at_us)
            VALUES ($1, $2, $3, $4, 0, $5, $6, $7, $7)
            ON CONFLICT (registry_id, id) DO UPDATE SET offset_bytes = 0, hash_state = excluded.hash_state, ended_at_us = excluded.ended_at_us";
        execute!(
            self,
            SQL,
            upload.registry.0,
            upload.id.to_string(),
            upload.repository.as_str(),
            &upload.principal,
            &b""[..],
            upload.created_at.as_us(),
            now.as_us()
        );
        Ok(())
    }

    /// Forgets cancelled sessions that were started before that time, at most `limit`: their ids are good for nothing any more.
    pub async fn uploads_forget_ended(&mut self, created_before: Time, limit: usize) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM uploads WHERE (registry_id, id) IN (
            SELECT registry_id, id FROM uploads WHERE ended_at_us IS NOT NULL AND created_at_us < $1 LIMIT $2)";
        Ok(execute!(self, SQL, created_before.as_us(), limit as i64))
    }
}
