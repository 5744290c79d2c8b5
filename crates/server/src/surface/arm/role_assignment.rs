//! Role assignments: who holds which role where.

use axum::response::Response;
use http::StatusCode;
use wharf_app::Error;
use wharf_app::access::{AssignmentFilter, NewAssignment, RoleAssignment};
use wharf_types::access::{Principal, PrincipalKind};
use wharf_types::arm::role_assignment::{PrincipalType, RoleAssignmentProperties, RoleAssignmentPut};
use wharf_types::arm::{self, Page};
use wharf_types::id::{ObjectId, RoleAssignmentId};
use wharf_types::resource::ResourceScope;

use super::error::ArmError;
use super::role_definition::{id_at, parse_id};
use crate::call::{Call, empty, json};
use crate::filter::{FilterError, Operator, Term, parse};

/// Reads `$filter`; none when nothing can match it.
fn filter(call: &Call, scope: ResourceScope) -> Result<Option<AssignmentFilter>, ArmError> {
    let mut filter = AssignmentFilter {
        scope,
        at_scope: false,
        principal: None,
        through_groups: false,
    };
    let Some(text) = call.field("$filter") else {
        return Ok(Some(filter));
    };
    for term in parse(text)? {
        let principal = match term {
            Term::Call { name, arguments } if name.eq_ignore_ascii_case("atScope") && arguments.is_empty() => {
                filter.at_scope = true;
                continue;
            }
            Term::Call { name, arguments } if name.eq_ignore_ascii_case("assignedTo") && arguments.len() == 1 => {
                filter.through_groups = true;
                arguments.into_iter().next()
            }
            Term::Compare {
                field,
                operator: Operator::Equal,
                value,
            } if field.eq_ignore_ascii_case("principalId") => Some(value),
            _ => None,
        };
        let principal = principal.ok_or_else(|| FilterError(text.to_owned()))?;
        match principal.parse::<ObjectId>() {
            Ok(id) if filter.principal.is_none_or(|known| known == id) => filter.principal = Some(id),
            _ => return Ok(None),
        }
    }
    Ok(Some(filter))
}

pub(super) async fn list(call: Call, scope: ResourceScope) -> Result<Response, ArmError> {
    let page = call.page().ok_or(ArmError::Page)?;
    let after = page.after.map_or(Ok(uuid::Uuid::nil()), |key| key.parse());
    let after = after.map_err(|_| ArmError::Page)?;
    let Some(filter) = filter(&call, scope.clone())? else {
        return Ok(json(StatusCode::OK, &Page::<arm::RoleAssignment>::last(Vec::new())));
    };
    let (assignments, next) = call
        .app
        .role_assignment_list(&call.ctx, &filter, after, page.size)
        .await?;
    let page = Page {
        value: assignments.into_iter().map(|found| body(found, &scope)).collect(),
        next_link: next.map(|key| call.next_link(key)),
    };
    Ok(json(StatusCode::OK, &page))
}

/// The assignment of that id at exactly that scope: its id names the scope (rule 30).
async fn at(call: &Call, scope: &ResourceScope, id: RoleAssignmentId) -> Result<RoleAssignment, ArmError> {
    let found = call.app.role_assignment_get(&call.ctx, id).await?;
    if found.scope == *scope {
        Ok(found)
    } else {
        Err(Error::not_found("role assignment", id).into())
    }
}

pub(super) async fn show(call: Call, scope: ResourceScope, id: RoleAssignmentId) -> Result<Response, ArmError> {
    let found = at(&call, &scope, id).await?;
    Ok(json(StatusCode::OK, &body(found, &scope)))
}

pub(super) async fn put(call: Call, scope: ResourceScope, id: RoleAssignmentId) -> Result<Response, ArmError> {
    let asked = call.input::<RoleAssignmentPut>()?.properties;
    if asked.condition.is_some_and(|condition| !condition.trim().is_empty()) {
        let message =
            "this version of the server has no conditions: it would give the role without it, so it gives none";
        return Err(ArmError::Unsupported(message.to_owned()));
    }
    let role = parse_id(&asked.role_definition_id).ok_or_else(|| {
        let message = "roleDefinitionId has to be the id of a role definition, as role definition list shows it";
        ArmError::invalid("InvalidRoleDefinitionId", message)
    })?;
    let principal = asked
        .principal_id
        .parse()
        .map_err(|_| ArmError::invalid("InvalidPrincipalId", "principalId has to be an object id (a UUID)"))?;
    let kind = match asked.principal_type {
        None => None,
        Some(PrincipalType::User) => Some(PrincipalKind::User),
        Some(PrincipalType::Group) => Some(PrincipalKind::Group),
        Some(PrincipalType::ServicePrincipal) => Some(PrincipalKind::ServicePrincipal),
        Some(PrincipalType::ForeignGroup) => {
            let message = "roles are given to users, groups and service principals of this tenant";
            return Err(ArmError::Unsupported(message.to_owned()));
        }
    };
    let new = NewAssignment {
        id,
        scope: scope.clone(),
        role,
        principal,
        kind,
    };
    let made = call.app.role_assignment_put(&call.ctx, new).await?;
    Ok(json(StatusCode::CREATED, &body(made, &scope)))
}

pub(super) async fn delete(call: Call, scope: ResourceScope, id: RoleAssignmentId) -> Result<Response, ArmError> {
    let known = match at(&call, &scope, id).await {
        Ok(_) => call.app.role_assignment_delete(&call.ctx, id).await?,
        Err(ArmError::App(Error::NotFound { .. })) => None,
        Err(error) => return Err(error),
    };
    // ARM answers 204 for what is not there.
    Ok(match known {
        Some(deleted) => json(StatusCode::OK, &body(deleted, &scope)),
        None => empty(StatusCode::NO_CONTENT),
    })
}

fn body(assignment: RoleAssignment, seen_from: &ResourceScope) -> arm::RoleAssignment {
    let scope = &assignment.scope;
    let place = if *scope == ResourceScope::Root {
        String::new()
    } else {
        scope.to_string()
    };
    let at = Some(assignment.created_at.into());
    let by = match assignment.created_by.parse().map(Principal::object_id) {
        Ok(Some(id)) => id.to_string(),
        _ => assignment.created_by.clone(),
    };
    arm::RoleAssignment {
        id: format!(
            "{place}/providers/Microsoft.Authorization/roleAssignments/{}",
            assignment.id
        ),
        name: assignment.id.to_string(),
        kind: "Microsoft.Authorization/roleAssignments".to_owned(),
        properties: RoleAssignmentProperties {
            scope: scope.to_string(),
            role_definition_id: id_at(seen_from, assignment.role),
            principal_id: assignment.principal.to_string(),
            principal_type: principal_type(&assignment.principal_type),
            description: None,
            condition: None,
            condition_version: None,
            created_on: at,
            updated_on: at,
            created_by: Some(by.clone()),
            updated_by: Some(by),
        },
    }
}

fn principal_type(stored: &str) -> Option<PrincipalType> {
    stored.parse().ok().map(|kind| match kind {
        PrincipalKind::User => PrincipalType::User,
        PrincipalKind::Group => PrincipalType::Group,
        PrincipalKind::ServicePrincipal => PrincipalType::ServicePrincipal,
    })
}
