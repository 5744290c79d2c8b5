//! When a directory was last asked about somebody who came from it.

use wharf_types::id::ObjectId;
use wharf_types::time::Time;

use crate::StoreError;
use crate::meta::{Read, Tx};

impl Read {
    /// When the directory was last asked about an account, by a sign-in or without one. None when it never was.
    pub async fn directory_looked_at(
        &mut self,
        provider: ObjectId,
        user: ObjectId,
    ) -> Result<Option<Time>, StoreError> {
        const SQL: &str =
            "SELECT last_used_at_us, looked_at_us FROM external_identities WHERE provider_id = $1 AND user_id = $2";
        let row = fetch_optional!((Option<i64>, Option<i64>), self, SQL, provider.0, user.0);
        Ok(row.and_then(|(used, looked)| used.max(looked)).map(Time::from_us))
    }
}

impl Tx {
    /// Notes that it was asked without one.
    pub async fn directory_looked(&mut self, provider: ObjectId, user: ObjectId, at: Time) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE external_identities SET looked_at_us = $3 WHERE provider_id = $1 AND user_id = $2";
        execute!(self, SQL, provider.0, user.0, at.as_us());
        Ok(())
    }
}
