//! Marks of deleted rows, for regions that exchange them (rule 64).

use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::Tx;

impl Tx {
    /// Leaves a mark that `object` of a kind was deleted.
    pub async fn tombstone_put(&mut self, kind: &str, object: &str, now: Time) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO tombstones (kind, object, version, deleted_at_us) VALUES ($1, $2, $3, $4)
            ON CONFLICT (kind, object) DO UPDATE SET version = excluded.version, deleted_at_us = excluded.deleted_at_us";
        let version = self.version();
        execute!(self, SQL, kind, object, version, now.as_us());
        Ok(())
    }
}
