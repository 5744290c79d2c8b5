//! Rule 36 for principals: whoever could become a principal, or choose who shares its rights, must hold these rights.

use wharf_store::meta::Read;
use wharf_types::access::{Action, built_in_roles, covers};
use wharf_types::id::ObjectId;

use crate::{Error, OpContext};

/// What is to be done to a principal, as a refusal names it.
pub(crate) struct Managed<'a> {
    /// The principal.
    pub(crate) id: ObjectId,
    /// Its name for people.
    pub(crate) name: &'a str,
    /// The right that the caller has, and that does not suffice.
    pub(crate) action: Action,
    /// What only those may who hold as much: the end of a sentence.
    pub(crate) reserved: &'static str,
}

/// Goes on if the caller holds everything that the principal holds, by itself or through groups; or is that principal.
pub(crate) async fn must_hold_its_roles(read: &mut Read, ctx: &OpContext, managed: Managed<'_>) -> Result<(), Error> {
    if ctx.subject.principal.object_id() == Some(managed.id) {
        return Ok(());
    }
    for assignment in read.role_assignment_list_held(ctx.subject.tenant, managed.id).await? {
        let Some(role) = built_in_roles().iter().find(|role| role.id == assignment.role) else {
            continue;
        };
        if !covers(&ctx.subject, &assignment.scope, &role.permissions) {
            ctx.note_refusal(managed.action, &assignment.scope);
            let through = if assignment.principal == managed.id {
                ""
            } else {
                " through a group"
            };
            let message = format!(
                "{} holds the role {} on {}{through}, which permits more than you hold there: {} for those who do",
                managed.name, role.name, assignment.scope, managed.reserved
            );
            return Err(Error::conflict("PrincipalExceedsCaller", message));
        }
    }
    Ok(())
}
