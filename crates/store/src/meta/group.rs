//! Groups of people, service principals and groups.

use wharf_types::id::ObjectId;

use crate::StoreError;
use crate::meta::Tx;

impl Tx {
    /// Takes a principal that is deleted out of every group. To be called after the deletion itself, which waits for those who are adding it to one.
    pub(crate) async fn group_member_forget(&mut self, member: ObjectId) -> Result<(), StoreError> {
        execute!(self, "DELETE FROM group_members WHERE member_id = $1", member.0);
        Ok(())
    }
}
