//! Role definitions. The built-in ones are all that there are; whoever is signed in may see them.

use axum::response::Response;
use http::StatusCode;
use wharf_app::Error;
use wharf_types::access::{Pattern, RoleDefinition, RoleKind};
use wharf_types::arm::role_definition::{Permission, RoleDefinitionProperties};
use wharf_types::arm::{self, Page};
use wharf_types::id::RoleDefinitionId;
use wharf_types::resource::ResourceScope;

use super::error::ArmError;
use crate::call::{Call, json};
use crate::filter::{FilterError, Operator, Term, parse};

/// A role's id as it is seen from `scope`. `az` compares such ids as text, so every answer about a scope spells them alike.
pub(super) fn id_at(scope: &ResourceScope, role: RoleDefinitionId) -> String {
    let place = match scope.subscription() {
        Some(subscription) => format!("/subscriptions/{subscription}"),
        None => String::new(),
    };
    format!("{place}/providers/Microsoft.Authorization/roleDefinitions/{role}")
}

/// The role that an id names, from wherever it is seen.
pub(super) fn parse_id(text: &str) -> Option<RoleDefinitionId> {
    let segments: Vec<&str> = text.split('/').filter(|segment| !segment.is_empty()).collect();
    let [.., provider, kind, id] = segments.as_slice() else {
        return None;
    };
    let is_role =
        provider.eq_ignore_ascii_case("Microsoft.Authorization") && kind.eq_ignore_ascii_case("roleDefinitions");
    is_role.then(|| id.parse().ok()).flatten()
}

pub(super) fn list(call: Call, scope: &ResourceScope) -> Result<Response, ArmError> {
    let mut roles: Vec<&RoleDefinition> = call.app.role_definition_list().iter().collect();
    if let Some(filter) = call.field("$filter") {
        for term in parse(filter)? {
            match term {
                Term::Compare {
                    field,
                    operator: Operator::Equal,
                    value,
                } if field.eq_ignore_ascii_case("roleName") => {
                    roles.retain(|role| role.name.eq_ignore_ascii_case(&value));
                }
                Term::Compare {
                    field,
                    operator: Operator::Equal,
                    value,
                } if field.eq_ignore_ascii_case("type") => {
                    roles.retain(|role| kind(role.kind).eq_ignore_ascii_case(&value));
                }
                // Built-in roles are there at every scope.
                Term::Call { name, arguments }
                    if arguments.is_empty()
                        && ["atScope", "atScopeAndBelow"]
                            .iter()
                            .any(|known| known.eq_ignore_ascii_case(&name)) => {}
                _ => return Err(FilterError(filter.to_owned()).into()),
            }
        }
    }
    let value = roles.into_iter().map(|role| body(role, scope)).collect();
    Ok(json(StatusCode::OK, &Page::last(value)))
}

pub(super) fn show(call: Call, scope: &ResourceScope, id: RoleDefinitionId) -> Result<Response, ArmError> {
    let role = call.app.role_definition_list().iter().find(|role| role.id == id);
    let role = role.ok_or_else(|| Error::not_found("role definition", id))?;
    Ok(json(StatusCode::OK, &body(role, scope)))
}

fn kind(kind: RoleKind) -> &'static str {
    match kind {
        RoleKind::BuiltIn => "BuiltInRole",
        RoleKind::Custom => "CustomRole",
    }
}

fn body(role: &RoleDefinition, scope: &ResourceScope) -> arm::RoleDefinition {
    let texts = |patterns: &[Pattern]| patterns.iter().map(|pattern| pattern.as_str().to_owned()).collect();
    let permissions = &role.permissions;
    arm::RoleDefinition {
        id: id_at(scope, role.id),
        name: role.id.to_string(),
        kind: "Microsoft.Authorization/roleDefinitions".to_owned(),
        properties: RoleDefinitionProperties {
            role_name: role.name.to_string(),
            role_type: kind(role.kind).to_owned(),
            description: role.description.to_string(),
            permissions: vec![Permission {
                actions: texts(&permissions.actions),
                not_actions: texts(&permissions.not_actions),
                data_actions: texts(&permissions.data_actions),
                not_data_actions: texts(&permissions.not_data_actions),
                ..Permission::default()
            }],
            assignable_scopes: vec!["/".to_owned()],
            ..RoleDefinitionProperties::default()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "7f951dda-4ed3-4680-a7ca-43fe172d538d";

    #[test]
    fn a_role_is_named_from_wherever_it_is_seen() {
        let id = ROLE.parse().unwrap();
        let subscription = "/subscriptions/11111111-1111-4111-8111-111111111111";
        for scope in ["/", subscription, &format!("{subscription}/resourceGroups/g")] {
            assert_eq!(parse_id(&id_at(&scope.parse().unwrap(), id)), Some(id), "{scope}");
        }
        for text in [
            "",
            ROLE,
            "/x/y/7f951dda-4ed3-4680-a7ca-43fe172d538d",
            "/providers/Microsoft.Authorization/roleDefinitions/x",
        ] {
            assert_eq!(parse_id(text), None, "{text}");
        }
    }
}
