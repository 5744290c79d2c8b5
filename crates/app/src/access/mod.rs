//! What a principal holds now; giving and taking roles.

mod assignments;
mod epoch;
mod escalation;
mod explain;
mod subjects;

pub use assignments::{AssignmentFilter, NewAssignment};
pub(crate) use assignments::{owner_must_remain, owner_remains};
pub(crate) use epoch::Epoch;
pub(crate) use escalation::{Managed, must_hold_its_roles};
pub use explain::{AccessQuestion, Explanation, Holder};
pub(crate) use subjects::{NO_CREDENTIAL, SubjectCache, grants_of};
pub use wharf_store::meta::role_assignment::RoleAssignment;
