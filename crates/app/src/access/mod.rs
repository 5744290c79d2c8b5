//! What a principal holds now; giving and taking roles.

mod assignments;
mod epoch;
mod subjects;

pub use assignments::{AssignmentFilter, NewAssignment};
pub(crate) use assignments::{last_owner, owner_remains};
pub(crate) use epoch::Epoch;
pub(crate) use subjects::{grants_of, NO_CREDENTIAL, SubjectCache};
pub use wharf_store::meta::role_assignment::RoleAssignment;
