//! What a principal holds now; giving and taking roles.

mod assignments;
mod epoch;
mod subjects;

pub use assignments::{AssignmentFilter, NewAssignment};
pub(crate) use assignments::{last_owner, owner_remains};
pub(crate) use epoch::Epoch;
pub(crate) use subjects::{NO_CREDENTIAL, SubjectCache, grants_of};
pub use wharf_store::meta::role_assignment::RoleAssignment;
