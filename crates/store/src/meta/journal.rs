//! The journal: every change, in the transaction that makes it, later sealed into a hash chain.
//!
//! Writers append rows and never wait for each other. A job seals what is committed, in the order of a position that it alone gives: on PostgreSQL rows
//! become visible in another order than their sequence numbers', so whoever reads with a cursor reads sealed rows by position and skips none.

use std::net::IpAddr;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use sqlx::FromRow;
use uuid::Uuid;
use wharf_types::id::{RegistryId, RequestId, TenantId};
use wharf_types::journal::{JournalKind, Outcome};
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::generations::Stale;
use crate::meta::{Read, Tx, stored};

/// What is recorded of a change.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When.
    pub time: Time,
    /// In which directory.
    pub tenant: TenantId,
    /// In which registry, if in one.
    pub registry: Option<RegistryId>,
    /// What happened.
    pub kind: JournalKind,
    /// To what: an ARM id or a path below one.
    pub resource: String,
    /// Who did it.
    pub actor: String,
    /// From where.
    pub address: Option<IpAddr>,
    /// In which request.
    pub request: RequestId,
    /// How it ended.
    pub outcome: Outcome,
    /// The particulars. Never a secret.
    pub payload: Value,
}

/// A row of the journal.
#[derive(Clone, Debug)]
pub struct JournalRow {
    /// Given when it was written; not the order of the chain.
    pub sequence: i64,
    /// What is recorded.
    pub entry: Entry,
    /// The hybrid-logical-clock version of the change.
    pub version: i64,
    /// Its place in the chain, once sealed.
    pub seal: Option<Seal>,
    /// The payload as it is stored: what is hashed must not depend on how a library would write it again.
    payload: String,
}

/// A row's place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// From one, without gaps.
    pub position: i64,
    /// Of the row's content and the hash before it.
    pub hash: Vec<u8>,
}

/// The hash before the first row's.
pub const GENESIS: [u8; 32] = [0; 32];

#[derive(FromRow)]
struct Row {
    sequence: i64,
    time_us: i64,
    tenant_id: Uuid,
    registry_id: Option<Uuid>,
    kind: String,
    resource: String,
    actor: String,
    address: Option<String>,
    request_id: Uuid,
    outcome: String,
    payload: String,
    version: i64,
    position: Option<i64>,
    hash: Option<Vec<u8>>,
}

impl TryFrom<Row> for JournalRow {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        const TABLE: &str = "journal";
        let bad = |problem: &str| StoreError::corrupt(TABLE, row.sequence, problem);
        let entry = Entry {
            time: Time::from_us(row.time_us),
            tenant: TenantId(row.tenant_id),
            registry: row.registry_id.map(RegistryId),
            kind: JournalKind::parse(&row.kind).ok_or_else(|| bad("unknown kind"))?,
            outcome: Outcome::parse(&row.outcome).ok_or_else(|| bad("unknown outcome"))?,
            payload: serde_json::from_str(&row.payload).map_err(|_| bad("the payload is not JSON"))?,
            address: row
                .address
                .as_deref()
                .map(|text| stored(TABLE, row.sequence, text))
                .transpose()?,
            resource: row.resource,
            actor: row.actor,
            request: RequestId(row.request_id),
        };
        let seal = row.position.map(|position| Seal {
            position,
            hash: row.hash.unwrap_or_default(),
        });
        Ok(Self {
            sequence: row.sequence,
            entry,
            version: row.version,
            seal,
            payload: row.payload,
        })
    }
}

impl JournalRow {
    /// The hash of this row at `position` after a row whose hash is `previous`. Fields are written with their lengths, so that no two rows have
    /// the same text. The payload is hashed as it is stored.
    pub fn hash(&self, position: i64, previous: &[u8]) -> Vec<u8> {
        let Entry {
            time,
            tenant,
            registry,
            kind,
            resource,
            actor,
            address,
            request,
            outcome,
            payload: _,
        } = &self.entry;
        let mut hash = Sha256::new();
        hash.update(previous);
        for number in [position, self.sequence, time.as_us(), self.version] {
            hash.update(number.to_be_bytes());
        }
        let registry = registry.map(|id| id.to_string()).unwrap_or_default();
        let address = address.map(|address| address.to_string()).unwrap_or_default();
        let texts = [
            &tenant.to_string(),
            &registry,
            kind.as_str(),
            resource,
            actor,
            &address,
            &request.to_string(),
            outcome.as_str(),
            &self.payload,
        ];
        for text in texts {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
        hash.finalize().to_vec()
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT sequence, time_us, tenant_id, registry_id, kind, resource, actor, address, request_id, outcome, payload, version,
             position, hash FROM journal WHERE ",
            $rest
        )
    };
}

impl Read {
    /// The newest version that the journal knows.
    pub(super) async fn journal_newest_version(&mut self) -> Result<i64, StoreError> {
        // Not the last row's: a transaction that began first may write last, and another node's clock may be ahead.
        const SQL: &str = "SELECT version FROM journal ORDER BY version DESC LIMIT 1";
        Ok(fetch_optional!((i64,), self, SQL).map_or(0, |(version,)| version))
    }

    /// A tenant's rows on resources whose text starts with `prefix`, the newest first, before that sequence number, at most `limit`.
    pub async fn journal_list(
        &mut self,
        tenant: TenantId,
        prefix: &str,
        before: i64,
        limit: usize,
    ) -> Result<Vec<JournalRow>, StoreError> {
        // `resource` is compared in byte order on both databases; the highest scalar value bounds what starts with the prefix.
        const SQL: &str = select!(
            "tenant_id = $1 AND resource >= $2 AND resource < $3 AND sequence < $4 ORDER BY sequence DESC LIMIT $5"
        );
        let until = format!("{prefix}\u{10FFFF}");
        fetch_all!(Row, self, SQL, tenant.0, prefix, until, before, limit as i64)
            .into_iter()
            .map(JournalRow::try_from)
            .collect()
    }

    /// Sealed rows after that position, in order, at most `limit`.
    pub async fn journal_after(&mut self, position: i64, limit: usize) -> Result<Vec<JournalRow>, StoreError> {
        const SQL: &str = select!("position > $1 ORDER BY position LIMIT $2");
        fetch_all!(Row, self, SQL, position, limit as i64)
            .into_iter()
            .map(JournalRow::try_from)
            .collect()
    }

    /// The end of the chain.
    pub async fn journal_head(&mut self) -> Result<Option<Seal>, StoreError> {
        const SQL: &str =
            "SELECT position, hash FROM journal WHERE position IS NOT NULL ORDER BY position DESC LIMIT 1";
        let row = fetch_optional!((i64, Vec<u8>), self, SQL);
        Ok(row.map(|(position, hash)| Seal { position, hash }))
    }

    /// Rows that are not sealed yet, the oldest first, at most `limit`.
    pub async fn journal_unsealed(&mut self, limit: usize) -> Result<Vec<JournalRow>, StoreError> {
        const SQL: &str = select!("position IS NULL ORDER BY sequence LIMIT $1");
        fetch_all!(Row, self, SQL, limit as i64)
            .into_iter()
            .map(JournalRow::try_from)
            .collect()
    }

    /// The signed heads after that position, in order, at most `limit`.
    pub async fn journal_head_list(&mut self, after: i64, limit: usize) -> Result<Vec<SignedHead>, StoreError> {
        const SQL: &str =
            "SELECT position, hash, signed_at_us, key_id, signature FROM journal_heads WHERE position > $1
            ORDER BY position LIMIT $2";
        let rows = fetch_all!((i64, Vec<u8>, i64, String, String), self, SQL, after, limit as i64);
        Ok(rows
            .into_iter()
            .map(|(position, hash, at, key, signature)| SignedHead {
                seal: Seal { position, hash },
                signed_at: Time::from_us(at),
                key,
                signature,
            })
            .collect())
    }
}

/// An end of the chain that was signed.
#[derive(Clone, Debug)]
pub struct SignedHead {
    /// Where, and the hash there.
    pub seal: Seal,
    /// When.
    pub signed_at: Time,
    /// With which key.
    pub key: String,
    /// A JWS over the position and the hash.
    pub signature: String,
}

impl Tx {
    /// Adds a record of a further change of this transaction; the last one goes with [`Tx::commit`].
    pub async fn record(&mut self, entry: &Entry) -> Result<(), StoreError> {
        const SQL: &str =
            "INSERT INTO journal (time_us, tenant_id, registry_id, kind, resource, actor, address, request_id, outcome,
            payload, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        let Entry {
            time,
            tenant,
            registry,
            kind,
            resource,
            actor,
            address,
            request,
            outcome,
            payload,
        } = entry;
        let version = self.version();
        let address = address.map(|address| address.to_string());
        let registry = registry.map(|id| id.0);
        execute!(
            self,
            SQL,
            time.as_us(),
            tenant.0,
            registry,
            kind.as_str(),
            resource,
            actor,
            address.as_deref(),
            request.0,
            outcome.as_str(),
            payload.to_string(),
            version,
        );
        self.stale.extend(Stale::by(entry));
        Ok(())
    }

    /// Seals a row. Two sealers cannot give one position twice: the second one's transaction fails.
    pub async fn journal_seal(&mut self, sequence: i64, seal: &Seal) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE journal SET position = $2, hash = $3 WHERE sequence = $1 AND position IS NULL";
        let rows = execute!(self, SQL, sequence, seal.position, &seal.hash[..]);
        if rows == 1 {
            Ok(())
        } else {
            Err(StoreError::Conflict("another node sealed the row"))
        }
    }

    /// Keeps a signed head.
    pub async fn journal_head_insert(&mut self, head: &SignedHead) -> Result<(), StoreError> {
        const SQL: &str =
            "INSERT INTO journal_heads (position, hash, signed_at_us, key_id, signature) VALUES ($1, $2, $3, $4, $5)";
        execute!(
            self,
            SQL,
            head.seal.position,
            &head.seal.hash[..],
            head.signed_at.as_us(),
            &head.key,
            &head.signature
        );
        Ok(())
    }
}
