//! The two passwords of a registry's admin account.

use sqlx::FromRow;
use uuid::Uuid;
use wharf_types::id::{KeyId, RegistryId};
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::last_use::{Columns, LastUse};
use crate::meta::{Read, Tx};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminSlot {
    /// `password`
    First,
    /// `password2`
    Second,
}

impl AdminSlot {
    /// Both.
    pub const ALL: [Self; 2] = [Self::First, Self::Second];

    const fn number(self) -> i64 {
        match self {
            Self::First => 1,
            Self::Second => 2,
        }
    }
}

/// One of the passwords. It can be read again, so it is stored encrypted, under a key that is not in the database (rule 3).
#[derive(Clone, Debug)]
pub struct AdminPassword {
    /// Which one.
    pub slot: AdminSlot,
    /// New with each regeneration: what was issued for the old password ends with it.
    pub key: KeyId,
    /// The password under the master key.
    pub ciphertext: Vec<u8>,
    /// When it was made.
    pub created_at: Time,
    /// Its last use.
    pub last_used: Option<LastUse>,
}

#[derive(FromRow)]
struct Row {
    slot: i64,
    key_id: Uuid,
    ciphertext: Vec<u8>,
    created_at_us: i64,
    #[sqlx(flatten)]
    last_used: Columns,
}

impl From<Row> for AdminPassword {
    fn from(row: Row) -> Self {
        Self {
            slot: if row.slot == 1 {
                AdminSlot::First
            } else {
                AdminSlot::Second
            },
            key: KeyId(row.key_id),
            ciphertext: row.ciphertext,
            created_at: Time::from_us(row.created_at_us),
            last_used: row.last_used.into(),
        }
    }
}

impl Read {
    /// The registry's admin passwords, the first one first.
    pub async fn admin_password_list(&mut self, registry: RegistryId) -> Result<Vec<AdminPassword>, StoreError> {
        const SQL: &str =
            "SELECT slot, key_id, ciphertext, created_at_us, last_used_at_us, last_used_from, last_used_by
            FROM admin_passwords WHERE registry_id = $1 ORDER BY slot";
        let rows = fetch_all!(Row, self, SQL, registry.0);
        Ok(rows.into_iter().map(Into::into).collect())
    }
}

impl Tx {
    /// Sets one of the passwords; the other stays as it is (rule 12).
    pub async fn admin_password_put(
        &mut self,
        registry: RegistryId,
        password: &AdminPassword,
    ) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO admin_passwords (registry_id, slot, key_id, ciphertext, created_at_us, version)
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (registry_id, slot) DO UPDATE SET key_id = excluded.key_id,
            ciphertext = excluded.ciphertext, created_at_us = excluded.created_at_us, last_used_at_us = NULL,
            last_used_from = NULL, last_used_by = NULL, version = excluded.version";
        let version = self.version();
        let AdminPassword {
            slot,
            key,
            ciphertext,
            created_at,
            ..
        } = password;
        execute!(
            self,
            SQL,
            registry.0,
            slot.number(),
            key.0,
            &ciphertext[..],
            created_at.as_us(),
            version
        );
        Ok(())
    }
}
