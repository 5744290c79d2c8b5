//! `wharf role assignment create|list|delete`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wharf_types::arm::{
    RoleAssignment,
    role_assignment::{PrincipalType, RoleAssignmentPut, RoleAssignmentPutProperties},
};

use super::role_lookup::{prefix, principal, role_id, scope};
use crate::{
    cli::{
        Toggle,
        role::{AssignmentCreateArgs, AssignmentDeleteArgs, AssignmentFilter, AssignmentListArgs, PrincipalTypeArg},
    },
    environment::random_id,
    failure::Failure,
    output::{Shape, flatten, transform},
    printer::Printer,
    session::Session,
};

fn shown(assignment: &RoleAssignment) -> Result<Value, Failure> {
    Ok(flatten(super::json(assignment)?, Shape::Assignment))
}

pub(crate) async fn create(session: &Session, args: AssignmentCreateArgs, printer: &Printer) -> Result<(), Failure> {
    let scope = scope(session, args.scope.as_deref(), args.resource_group.as_deref())?;
    let (principal_id, principal_type) = match (&args.assignee, args.assignee_object_id) {
        (Some(assignee), _) => principal(session, assignee, printer).await?,
        (None, id) => (
            id.map(|id| id.to_string()).unwrap_or_default(),
            args.assignee_principal_type.map(kind),
        ),
    };
    let role_definition_id = role_id(session, &args.role, &scope).await?;
    let condition_version = args
        .condition_version
        .or_else(|| args.condition.as_ref().map(|_| "2.0".to_owned()));
    let properties = RoleAssignmentPutProperties {
        role_definition_id,
        principal_id,
        principal_type,
        description: args.description,
        condition: args.condition,
        condition_version,
        delegated_managed_identity_resource_id: None,
    };
    let assignment = put(session, &scope, args.name, properties).await?;
    printer.result(shown(&assignment)?, None)
}

/// Makes an assignment; one that is there already is as good.
pub(crate) async fn put(
    session: &Session,
    scope: &str,
    name: Option<uuid::Uuid>,
    properties: RoleAssignmentPutProperties,
) -> Result<RoleAssignment, Failure> {
    let (name, body) = (
        name.unwrap_or_else(random_id).to_string(),
        RoleAssignmentPut { properties },
    );
    match session
        .resource_manager
        .role_assignment_put(prefix(scope), &name, &body)
        .await
    {
        Err(error) if error.code() == Some("RoleAssignmentExists") => {
            let there = session
                .resource_manager
                .role_assignment_list(prefix(scope), Some("atScope()"))
                .await?;
            let wanted = &body.properties;
            let same = |found: &RoleAssignment| {
                let found = &found.properties;
                found.scope.eq_ignore_ascii_case(scope)
                    && found.principal_id == wanted.principal_id
                    && found.role_definition_id == wanted.role_definition_id
            };
            there.into_iter().find(same).ok_or_else(|| error.into())
        }
        made => Ok(made?),
    }
}

pub(crate) async fn list(session: &Session, args: AssignmentListArgs, printer: &Printer) -> Result<(), Failure> {
    let assignments = find(session, &args.filter, args.all, args.include_groups, printer).await?;
    let mut rows = assignments.iter().map(shown).collect::<Result<Vec<_>, _>>()?;
    if !rows.is_empty() && args.fill_role_definition_name != Some(Toggle(false)) {
        let scope = scope(
            session,
            args.filter.scope.as_deref(),
            args.filter.resource_group.as_deref(),
        )?;
        let roles = session
            .resource_manager
            .role_definition_list(prefix(&scope), None)
            .await?;
        let names: BTreeMap<_, _> = roles
            .into_iter()
            .map(|role| (role.id, role.properties.role_name))
            .collect();
        for (row, assignment) in rows.iter_mut().zip(&assignments) {
            row["roleDefinitionName"] = names.get(&assignment.properties.role_definition_id).cloned().into();
        }
    }
    if !rows.is_empty() && args.fill_principal_name != Some(Toggle(false)) {
        let ids: BTreeSet<_> = assignments
            .iter()
            .map(|found| found.properties.principal_id.clone())
            .collect();
        // Without the right to see the directory the list is still worth showing.
        if let Ok(objects) = session.graph.objects_by_id(&Vec::from_iter(ids)).await {
            let name = |object: &wharf_types::graph::DirectoryObject| {
                (object.id.to_string(), object.principal_name().to_owned())
            };
            let names: BTreeMap<_, _> = objects.iter().map(name).collect();
            for (row, assignment) in rows.iter_mut().zip(&assignments) {
                row["principalName"] = names
                    .get(&assignment.properties.principal_id)
                    .cloned()
                    .unwrap_or_default()
                    .into();
            }
        }
    }
    printer.result(rows.into(), Some(transform::assignment))
}

pub(crate) async fn delete(session: &Session, args: AssignmentDeleteArgs, printer: &Printer) -> Result<(), Failure> {
    let mut ids = args.ids;
    if ids.is_empty() {
        let found = find(session, &args.filter, false, false, printer).await?;
        ids = found.into_iter().map(|assignment| assignment.id).collect();
    }
    if ids.is_empty() {
        let failure = Failure::general("No matched assignments were found to delete");
        return Err(failure.hint(
            "wharf role assignment list --all -o table shows all; --scope must be the one that it was given on",
        ));
    }
    for id in ids {
        session.resource_manager.role_assignment_delete(&id).await?;
    }
    Ok(())
}

/// The assignments that a filter means. The service cannot filter by scope and principal at once, so part of it is done here.
async fn find(
    session: &Session,
    wanted: &AssignmentFilter,
    all: bool,
    include_groups: bool,
    printer: &Printer,
) -> Result<Vec<RoleAssignment>, Failure> {
    let principal_id = match (&wanted.assignee, wanted.assignee_object_id) {
        (Some(assignee), _) => Some(principal(session, assignee, printer).await?.0),
        (None, id) => id.map(|id| id.to_string()),
    };
    let scope = scope(session, wanted.scope.as_deref(), wanted.resource_group.as_deref())?;
    let filter = match (&principal_id, all) {
        (Some(id), true) if include_groups => Some(format!("assignedTo('{id}')")),
        (Some(id), true) => Some(format!("principalId eq '{id}'")),
        (None, true) => None,
        (Some(id), false) if include_groups => Some(format!("atScope() and assignedTo('{id}')")),
        (_, false) => Some("atScope()".to_owned()),
    };
    let mut found = session
        .resource_manager
        .role_assignment_list(prefix(&scope), filter.as_deref())
        .await?;
    if !all && !wanted.include_inherited {
        found.retain(|assignment| assignment.properties.scope.eq_ignore_ascii_case(&scope));
    }
    if let (false, Some(role)) = (found.is_empty(), &wanted.role) {
        let role = role_id(session, role, &scope).await?;
        found.retain(|assignment| assignment.properties.role_definition_id.eq_ignore_ascii_case(&role));
    }
    if let (Some(id), false) = (&principal_id, include_groups) {
        found.retain(|assignment| assignment.properties.principal_id == *id);
    }
    Ok(found)
}

fn kind(given: PrincipalTypeArg) -> PrincipalType {
    match given {
        PrincipalTypeArg::User => PrincipalType::User,
        PrincipalTypeArg::Group => PrincipalType::Group,
        PrincipalTypeArg::ServicePrincipal => PrincipalType::ServicePrincipal,
        PrincipalTypeArg::ForeignGroup => PrincipalType::ForeignGroup,
    }
}
