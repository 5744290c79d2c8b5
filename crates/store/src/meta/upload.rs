//! Upload sessions: how far each is, so that any node continues any upload after any restart (rules 31, 65).

use sqlx::FromRow;
use uuid::Uuid;
use wharf_types::id::{RegistryId, UploadId};
use wharf_types::name::RepositoryName;
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::{Read, Tx, signed, stored, unsigned};

/// An upload session. It belongs to one repository and one principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
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

#[derive(FromRow)]
struct Row {
    registry_id: Uuid,
    id: String,
    repository: String,
    principal: String,
    offset_bytes: i64,
    hash_state: Vec<u8>,
    created_at_us: i64,
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
        concat!("SELECT registry_id, id, repository, principal, offset_bytes, hash_state, created_at_us FROM uploads WHERE ", $rest)
    };
}

impl Read {
    /// The session, if it is of that registry.
    pub async fn upload_get(&mut self, registry: RegistryId, id: &UploadId) -> Result<Option<Upload>, StoreError> {
        let row = fetch_optional!(
            Row,
            self,
            select!("registry_id = $1 AND id = $2"),
            registry.0,
            id.as_str()
        );
        row.map(Upload::try_from).transpose()
    }

    /// Sessions that nobody wrote to since `idle_since`, or that were started before `created_before`: at most `limit`.
    pub async fn upload_list_expired(
        &mut self,
        idle_since: Time,
        created_before: Time,
        limit: usize,
    ) -> Result<Vec<Upload>, StoreError> {
        const SQL: &str = select!("touched_at_us < $1 OR created_at_us < $2 ORDER BY touched_at_us LIMIT $3");
        let rows = fetch_all!(Row, self, SQL, idle_since.as_us(), created_before.as_us(), limit as i64);
        rows.into_iter().map(Upload::try_from).collect()
    }
}

impl Tx {
    /// Starts a session.
    pub async fn upload_insert(&mut self, upload: &Upload) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO uploads (registry_id, id, repository, principal, offset_bytes, hash_state, created_at_us, touched_at_us)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $7)";
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
            id.as_str(),
            repository,
            principal,
            offset,
            &hash_state[..],
            created_at.as_us()
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
            WHERE registry_id = $1 AND id = $2 AND offset_bytes = $3";
        let (from, to) = (signed(upload.offset), signed(offset));
        let rows = execute!(
            self,
            SQL,
            upload.registry.0,
            upload.id.as_str(),
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

    /// Ends a session. Returns whether it was there.
    pub async fn upload_delete(&mut self, registry: RegistryId, id: &UploadId) -> Result<bool, StoreError> {
        Ok(execute!(
            self,
            "DELETE FROM uploads WHERE registry_id = $1 AND id = $2",
            registry.0,
            id.as_str()
        ) == 1)
    }
}
