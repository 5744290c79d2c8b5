//! From what people write to what the wire wants: scopes, roles by name, principals by app id.

use uuid::Uuid;
use wharf_client::ClientError;
use wharf_types::arm::role_assignment::PrincipalType;

use crate::{failure::Failure, printer::Printer, session::Session};

/// The scope of a command: as given, a resource group, or the subscription.
pub(crate) fn scope(session: &Session, scope: Option<&str>, group: Option<&str>) -> Result<String, Failure> {
    match (scope, group) {
        (Some(scope), _) => checked_scope(scope),
        (None, Some(group)) => Ok(format!(
            "/subscriptions/{}/resourceGroups/{group}",
            session.subscription()?
        )),
        (None, None) => Ok(format!("/subscriptions/{}", session.subscription()?)),
    }
}

/// A scope with its first slash and without a last one. `/` alone is the tenant.
pub(crate) fn checked_scope(scope: &str) -> Result<String, Failure> {
    let path = format!("/{}", scope.trim_matches('/'));
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let named = parts
        .iter()
        .all(|part| !part.is_empty() && *part != "." && *part != "..");
    // Keywords and names take turns, but for the namespace after `providers`.
    let whole = match parts.as_slice() {
        [""] => return Ok("/".to_owned()),
        [first, rest @ ..] if first.eq_ignore_ascii_case("subscriptions") => {
            matches!(rest.len(), 1 | 3) || rest.len() >= 5
        }
        _ => true,
    };
    if named && whole {
        return Ok(path);
    }
    let failure = Failure::usage(format!("Invalid scope '{scope}'."));
    Err(failure.hint(
        "a scope is /subscriptions/ID, /subscriptions/ID/resourceGroups/GROUP, or the id that `wharf acr show` prints",
    ))
}

/// The scope as a prefix of a path: nothing for the tenant.
pub(crate) fn prefix(scope: &str) -> &str {
    scope.trim_end_matches('/')
}

/// The full id of a role that is given by name, id or full id.
pub(crate) async fn role_id(session: &Session, role: &str, scope: &str) -> Result<String, Failure> {
    const MARK: &str = "/providers/microsoft.authorization/roledefinitions/";
    if role.to_ascii_lowercase().contains(MARK) {
        return Ok(role.to_owned());
    }
    if let Ok(id) = role.parse::<Uuid>() {
        let subscription = scope_subscription(scope).map_or_else(|| session.subscription(), Ok)?;
        return Ok(format!(
            "/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{id}"
        ));
    }
    let mut found = session
        .resource_manager
        .role_definition_list(prefix(scope), Some(role))
        .await?
        .into_iter();
    match (found.next(), found.next()) {
        (Some(role), None) => Ok(role.id),
        (Some(_), Some(_)) => Err(Failure::general(format!(
            "More than one role matches the given name '{role}'."
        ))),
        (None, _) => {
            let failure = Failure::general(format!("Role '{role}' doesn't exist."));
            Err(failure.hint("wharf role definition list -o table --query \"[].roleName\" shows the roles"))
        }
    }
}

/// Role ids are compared as text, so a role given by id is spelt with the subscription of the scope.
fn scope_subscription(scope: &str) -> Option<&str> {
    let mut parts = scope.split('/').skip(1);
    let first = parts.next()?;
    first
        .eq_ignore_ascii_case("subscriptions")
        .then(|| parts.next())
        .flatten()
}

/// The object id and kind of a principal that is given by sign-in name, app id or object id. Without the right to look it up, a GUID
/// is taken for an object id.
pub(crate) async fn principal(
    session: &Session,
    assignee: &str,
    printer: &Printer,
) -> Result<(String, Option<PrincipalType>), Failure> {
    match look_up(session, assignee).await {
        Ok(Some(found)) => Ok(found),
        Ok(None) => Err(Failure::general(format!(
            "Cannot find user or service principal in graph database for '{assignee}'."
        ))
        .hint("wharf ad sp list -o table shows the service principals that you may see; one that you may not see can be named by its object id: --assignee-object-id")),
        Err(ClientError::Service(error)) if assignee.parse::<Uuid>().is_ok() => {
            printer.warning(&format!("{error} {assignee} is taken for an object id."));
            Ok((assignee.to_owned(), None))
        }
        Err(error) => Err(error.into()),
    }
}

async fn look_up(session: &Session, assignee: &str) -> Result<Option<(String, Option<PrincipalType>)>, ClientError> {
    if assignee.contains('@')
        && let Some(user) = session.graph.user_by_principal_name(assignee).await?
    {
        return Ok(Some((user.id.to_string(), Some(PrincipalType::User))));
    }
    if let Some(principal) = session.graph.service_principal_by_name(assignee).await? {
        return Ok(Some((principal.id.to_string(), Some(PrincipalType::ServicePrincipal))));
    }
    if assignee.parse::<Uuid>().is_err() {
        return Ok(None);
    }
    let objects = session.graph.objects_by_id(&[assignee.to_owned()]).await?;
    Ok(objects
        .first()
        .map(|object| (object.id.to_string(), object.principal_type())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_whole_resource_ids() {
        for good in [
            "/subscriptions/s",
            "subscriptions/s/",
            "/subscriptions/s/resourceGroups/g",
            "/",
        ] {
            assert!(checked_scope(good).is_ok(), "{good}");
        }
        let registry = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/web";
        assert_eq!(checked_scope(registry).unwrap(), registry);
        assert_eq!(checked_scope("subscriptions/s").unwrap(), "/subscriptions/s");
        for bad in [
            "/subscriptions",
            "/subscriptions/",
            "/subscriptions/s/resourceGroups",
            "/subscriptions//g",
            "/subscriptions/../x",
        ] {
            assert!(checked_scope(bad).is_err(), "{bad}");
        }
        assert_eq!(prefix("/"), "");
    }
}
