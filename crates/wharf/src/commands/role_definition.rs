//! `wharf role definition list`.

use serde_json::Value;
use uuid::Uuid;

use super::role_lookup::{prefix, scope};
use crate::{
    cli::{Toggle, role::DefinitionListArgs},
    failure::Failure,
    output::{Shape, flatten, transform},
    printer::Printer,
    session::Session,
};

pub(crate) async fn list(session: &Session, args: DefinitionListArgs, printer: &Printer) -> Result<(), Failure> {
    let scope = scope(session, args.scope.as_deref(), args.resource_group.as_deref())?;
    // The server can find a role by its name only; by its id, we look through all.
    let name = args.name.as_deref().filter(|name| name.parse::<Uuid>().is_err());
    let mut roles = session
        .resource_manager
        .role_definition_list(prefix(&scope), name)
        .await?;
    if let Some(wanted) = &args.name {
        let is_wanted = |name: &str| name.eq_ignore_ascii_case(wanted);
        roles.retain(|role| is_wanted(&role.name) || is_wanted(&role.properties.role_name));
    }
    if args.custom_role_only == Some(Toggle(true)) {
        roles.retain(|role| role.properties.role_type == "CustomRole");
    }
    let shown = |role| Ok(flatten(super::json(role)?, Shape::Role));
    printer.result(
        roles.iter().map(shown).collect::<Result<Value, Failure>>()?,
        Some(transform::role),
    )
}
