//! Who may do what: one pure function, [`decide`], over data.
//!
//! - [`Action`]: what the product asks about, with the names that role definitions use for it.
//! - [`Permissions`] and [`RoleDefinition`]: what a role permits; the built-in ones are the table [`built_in_roles`].
//! - [`Subject`]: a principal with everything it holds; [`Grant`]: one thing that it holds, where, and why.
//! - [`covers`]: whether a subject may pass a role on (rule 36).
//! - [`deciding_grant`] and [`least_role`]: why something is permitted, and what would permit it.
//!
//! The admin account, the anonymous caller and the product's own jobs are subjects like any other, with fixed grants. Nothing else in the product
//! decides about access (rule 29).

mod action;
mod built_in;
mod decide;
mod explain;
mod permissions;
mod subject;

pub use action::Action;
pub use built_in::{built_in_role, built_in_roles, fixed};
pub use decide::{Decision, Missing, covers, decide, deciding_grant, reaches_content};
pub use explain::least_role;
pub use permissions::{Pattern, Permissions, RoleDefinition, RoleKind};
pub use subject::{Grant, GrantSource, Principal, PrincipalKind, Subject};
