//! What this database belongs to.

use uuid::Uuid;
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::{Read, Tx};

/// The one row that names the installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// Stands beside the blobs as well: a database and a folder that do not belong together are refused (rule 57).
    pub id: Uuid,
    /// A known text under the master key, so that a wrong key is noticed at start and not at the first use.
    pub key_check: Vec<u8>,
}

impl Read {
    /// The installation; none in a new database.
    pub async fn installation(&mut self) -> Result<Option<Installation>, StoreError> {
        let row = fetch_optional!(
            (Uuid, Vec<u8>),
            self,
            "SELECT id, key_check FROM installation WHERE singleton = 1"
        );
        Ok(row.map(|(id, key_check)| Installation { id, key_check }))
    }
}

impl Tx {
    /// Names a new installation. Fails where there is one already.
    pub async fn installation_insert(&mut self, installation: &Installation, now: Time) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO installation (singleton, id, key_check, created_at_us) VALUES (1, $1, $2, $3)";
        execute!(self, SQL, installation.id, &installation.key_check[..], now.as_us());
        Ok(())
    }
}
