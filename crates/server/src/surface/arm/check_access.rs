//! Why somebody may or may not do something.

use axum::response::Response;
use http::StatusCode;
use wharf_app::access::{AccessQuestion, Explanation, Holder};
use wharf_types::access::{Action, Grant, GrantSource, Principal};
use wharf_types::arm::check_access::{AccessAnswer, AccessCheck, AccessDecision, AccessGrant};
use wharf_types::id::ObjectId;
use wharf_types::resource::ResourceScope;

use super::error::ArmError;
use super::role_definition::id_at;
use crate::call::{Call, json};

pub(super) async fn show(call: Call, scope: ResourceScope) -> Result<Response, ArmError> {
    let asked = call.input::<AccessCheck>()?;
    let question = question(&asked, scope)?;
    let found = call.app.access_explain(&call.ctx, &question).await?;
    Ok(json(StatusCode::OK, &answer(asked.principal_id, &question, &found)))
}

fn question(asked: &AccessCheck, scope: ResourceScope) -> Result<AccessQuestion, ArmError> {
    let action = Action::named(&asked.action).ok_or_else(|| {
        let message = format!("no role names the action '{}'", asked.action);
        ArmError::invalid("InvalidAction", message)
    })?;
    let scope = match (&asked.repository, scope) {
        (None, scope) => scope,
        (Some(repository), ResourceScope::Registry(registry)) => {
            let name = repository.parse();
            ResourceScope::Repository(
                registry,
                name.map_err(|error| ArmError::invalid("InvalidRepository", error))?,
            )
        }
        (Some(_), _) => return Err(ArmError::invalid("InvalidScope", "a repository is one of a registry's")),
    };
    let id = &asked.principal_id;
    let holder = match (id.parse::<ObjectId>(), id.parse::<Principal>()) {
        (Ok(id), _) => Holder::Object(id),
        (_, Ok(principal)) => principal.object_id().map_or(Holder::Other(principal), Holder::Object),
        _ => {
            return Err(ArmError::invalid(
                "InvalidPrincipalId",
                "principalId has to be an object id (a UUID)",
            ));
        }
    };
    Ok(AccessQuestion { holder, action, scope })
}

fn answer(principal_id: String, question: &AccessQuestion, found: &Explanation) -> AccessAnswer {
    let AccessQuestion { action, scope, .. } = question;
    let grant = found
        .grant
        .as_ref()
        .map(|grant| granted(grant, found.group_name.clone()));
    // Roles are given at registries and above.
    let place = match scope {
        ResourceScope::Repository(registry, _) => ResourceScope::Registry(registry.clone()),
        other => other.clone(),
    };
    let least = found.least.map(|role| AccessGrant {
        role_name: role.name.to_string(),
        role_definition_id: Some(id_at(&place, role.id)),
        scope: place.to_string(),
        role_assignment_id: None,
        group_id: None,
        group_name: None,
    });
    let may = found.enabled && grant.is_some();
    let who = found.name.clone().unwrap_or_else(|| principal_id.clone());
    AccessAnswer {
        access_decision: if may {
            AccessDecision::Allowed
        } else {
            AccessDecision::NotAllowed
        },
        message: message(
            &who,
            &principal_id,
            question,
            found.enabled,
            grant.as_ref(),
            least.as_ref(),
        ),
        principal_id,
        principal_type: found.kind.to_owned(),
        principal_name: found.name.clone(),
        principal_enabled: found.enabled,
        action: action.name().to_owned(),
        scope: scope.to_string(),
        grant,
        least_grant: least,
    }
}

fn granted(grant: &Grant, group_name: Option<String>) -> AccessGrant {
    let (assignment, group) = match grant.source {
        GrantSource::Assignment(assignment) => (Some(assignment), None),
        GrantSource::Group { assignment, group } => (Some(assignment), Some(group)),
        _ => (None, None),
    };
    AccessGrant {
        role_name: grant.role.name.to_string(),
        role_definition_id: assignment.map(|_| id_at(&grant.scope, grant.role.id)),
        scope: grant.scope.to_string(),
        role_assignment_id: assignment.map(|id| id.to_string()),
        group_id: group.map(|id| id.to_string()),
        group_name,
    }
}

fn message(
    who: &str,
    principal_id: &str,
    question: &AccessQuestion,
    enabled: bool,
    grant: Option<&AccessGrant>,
    least: Option<&AccessGrant>,
) -> String {
    let AccessQuestion { action, scope, .. } = question;
    let what = format!("{} on {scope}", action.name());
    match (grant, least) {
        (Some(_), _) if !enabled => {
            format!("{who} holds a role that permits {what}, but may not sign in: it is disabled.")
        }
        (Some(grant), _) => {
            let through = grant
                .group_name
                .as_ref()
                .map(|group| format!(", as a member of {group}"));
            format!(
                "{who} may {what}, by the role {} on {}{}.",
                grant.role_name,
                grant.scope,
                through.unwrap_or_default()
            )
        }
        (None, Some(least)) => format!(
            "{who} may not {what}: nothing that it holds permits it. The least that would: wharf role assignment create --assignee {principal_id} --role \"{}\" --scope {}",
            least.role_name, least.scope
        ),
        (None, None) => {
            format!("{who} may not {what}: nothing that it holds permits it, and nobody can give it a role.")
        }
    }
}
