//! `wharf ad sp create-for-rbac`: application, password, service principal, roles.

use serde_json::json;
use time::macros::format_description;
use wharf_types::{
    arm::{
        SecretText,
        role_assignment::{PrincipalType, RoleAssignmentPutProperties},
    },
    graph::{Application, application::ApplicationInput, service_principal::ServicePrincipalPost},
};

use super::{
    role_assignment::put,
    role_lookup::{checked_scope, role_id},
    sp_credential::{WARNING, new_password, years_from},
};
use crate::{cli::ad::CreateForRbacArgs, environment::now, failure::Failure, printer::Printer, session::Session};

pub(crate) async fn create_for_rbac(
    session: &Session,
    args: CreateForRbacArgs,
    printer: &Printer,
) -> Result<(), Failure> {
    let scopes = args
        .scopes
        .iter()
        .map(|scope| checked_scope(scope))
        .collect::<Result<Vec<_>, _>>()?;
    // A role that does not exist is found out before anything is made.
    let mut roles = Vec::new();
    for scope in &scopes {
        let role = args.role.as_deref().unwrap_or_default();
        roles.push((role, scope, role_id(session, role, scope).await?));
    }
    let (name, existing) = match args.name {
        Some(name) => {
            let found = session.graph.service_principal_by_display_name(&name).await?;
            (name, found.into_iter().next())
        }
        None => (default_name()?, None),
    };
    let application = application(session, &name, printer).await?;
    for old in &application.password_credentials {
        session
            .graph
            .application_remove_password(application.id, old.key_id)
            .await?;
    }
    let end = years_from(now(), args.years.unwrap_or(1));
    let chosen = args.password.map(SecretText::new);
    let body = new_password(Some("rbac".to_owned()), end, chosen.clone());
    let made = session.graph.application_add_password(application.id, &body).await?;
    let principal = match existing {
        Some(principal) => principal,
        None => {
            let post = ServicePrincipalPost {
                app_id: application.app_id,
                account_enabled: true,
            };
            session.graph.service_principal_create(&post).await?
        }
    };
    let password = made.secret_text.or(chosen);
    let result = json!({
        "appId": application.app_id,
        "displayName": name,
        "password": password.as_ref().map(SecretText::expose),
        "tenant": session.account.tenant_id,
    });
    for (role, scope, role_definition_id) in roles {
        printer.warning(&format!("Creating '{role}' role assignment under scope '{scope}'"));
        let properties = RoleAssignmentPutProperties {
            role_definition_id,
            principal_id: principal.id.to_string(),
            principal_type: Some(PrincipalType::ServicePrincipal),
            description: None,
            condition: None,
            condition_version: None,
            delegated_managed_identity_resource_id: None,
        };
        if let Err(failure) = put(session, scope, None, properties).await {
            let app_id = application.app_id;
            let hint = format!(
                "the service principal was made; delete it (wharf ad sp delete --id {app_id}) or give it the role later"
            );
            return Err(failure.hint(hint));
        }
    }
    printer.warning(WARNING);
    printer.result(result, None)
}

fn default_name() -> Result<String, Failure> {
    let format = format_description!("azure-cli-[year]-[month]-[day]-[hour]-[minute]-[second]");
    now()
        .format(format)
        .map_err(|error| Failure::general(error.to_string()))
}

/// The application of that name: the one that is there, or a new one.
async fn application(session: &Session, name: &str, printer: &Printer) -> Result<Application, Failure> {
    let found = session.graph.application_list(name).await?;
    let found: Vec<_> = found
        .into_iter()
        .filter(|application| application.display_name == name)
        .collect();
    let input = ApplicationInput {
        display_name: Some(name.to_owned()),
        ..ApplicationInput::default()
    };
    match found.as_slice() {
        [] => {
            let input = ApplicationInput {
                key_credentials: Some(Vec::new()),
                ..input
            };
            Ok(session.graph.application_create(&input).await?)
        }
        [known] => {
            printer.warning(&format!(
                "Found an existing application instance: (id) {}. We will patch it.",
                known.id
            ));
            session.graph.application_update(known.id, &input).await?;
            Ok(session.graph.application_show(known.id).await?)
        }
        several => {
            let ids: Vec<_> = several.iter().map(|application| application.id.to_string()).collect();
            let ids = ids.join(", ");
            Err(Failure::general(format!(
                "More than one application have the same display name '{name}': (id) {ids}, please remove them first."
            )))
        }
    }
}
