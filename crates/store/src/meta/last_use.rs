//! When, from where and by which program a credential was last used: of every kind of credential alike.

use sqlx::FromRow;
use wharf_types::id::KeyId;
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::Tx;

/// The last use of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUse {
    /// When.
    pub at: Time,
    /// From which address; empty where it is not known.
    pub from: String,
    /// By which program, as it called itself; empty where it did not.
    pub client: String,
}

/// The columns of a table of credentials that hold it.
#[derive(FromRow)]
pub(super) struct Columns {
    last_used_at_us: Option<i64>,
    last_used_from: Option<String>,
    last_used_by: Option<String>,
}

impl From<Columns> for Option<LastUse> {
    fn from(columns: Columns) -> Self {
        Some(LastUse {
            at: Time::from_us(columns.last_used_at_us?),
            from: columns.last_used_from.unwrap_or_default(),
            client: columns.last_used_by.unwrap_or_default(),
        })
    }
}

macro_rules! note {
    ($table:literal, $key:literal) => {
        concat!(
            "UPDATE ",
            $table,
            " SET last_used_at_us = $2, last_used_from = $3, last_used_by = $4 WHERE ",
            $key,
            " = $1 AND (last_used_at_us IS NULL OR last_used_at_us < $2)"
        )
    };
}

/// The tables of credentials, the most used first. An id is in one of them.
const NOTE: [&str; 4] = [
    note!("credentials", "key_id"),
    note!("admin_passwords", "key_id"),
    note!("federated_credentials", "id"),
    note!("key_credentials", "key_id"),
];

impl Tx {
    /// Notes a credential's use, unless a later one is known.
    pub async fn credential_used(&mut self, key: KeyId, used: &LastUse) -> Result<(), StoreError> {
        for sql in NOTE {
            let rows = execute!(
                self,
                sql,
                key.0,
                used.at.as_us(),
                used.from.as_str(),
                used.client.as_str()
            );
            if rows > 0 {
                break;
            }
        }
        Ok(())
    }
}
