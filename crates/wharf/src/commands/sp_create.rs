//! `wharf ad sp create-for-rbac`: application, password, service principal, roles.

use serde_json::json;
use time::macros::format_description;
use wharf_types::{
    arm::{
        SecretText,
        role_assignment::{PrincipalType, RoleAssignmentPutProperties},
    },
    graph::{
        Application, PasswordCredential, ServicePrincipal, application::ApplicationInput,
        service_principal::ServicePrincipalPost,
    },
};

use super::{
    credential_holder::Holder,
    role_assignment::put,
    role_lookup::{checked_scope, role_id},
    sp_credential::{WARNING, certificate_for, key_credential, new_password, no_key_vault, say_where, years_from},
};
use crate::{
    cli::ad::CreateForRbacArgs,
    environment::{now, random_id},
    failure::Failure,
    printer::Printer,
    session::Session,
};

/// Roles to give: as the user named them, where, and their ids.
struct Grant<'a> {
    role: &'a str,
    scope: String,
    role_definition_id: String,
}

pub(crate) async fn create_for_rbac(
    session: &Session,
    args: CreateForRbacArgs,
    printer: &Printer,
) -> Result<(), Failure> {
    no_key_vault(args.keyvault.as_deref())?;
    // A role that does not exist is found out before anything is made.
    let grants = grants(session, &args).await?;
    let (name, existing) = match &args.name {
        Some(name) => {
            let found = session.graph.service_principal_by_display_name(name).await?;
            (name.clone(), found.into_iter().next())
        }
        None => (default_name()?, None),
    };
    let certificate = match args.create_cert || args.cert.is_some() {
        true => {
            let end = years_from(now(), args.years.unwrap_or(1));
            Some(certificate_for(args.cert.as_deref(), &name, end)?)
        }
        false => None,
    };
    let (application, is_new) = application(session, &name, printer).await?;
    if let Some((der, file)) = certificate {
        let made = with_certificate(session, &application, &der).await;
        let granted = match made {
            Ok(()) => principal_with_roles(session, &application, existing, &grants, printer).await,
            Err(failure) => Err(failure),
        };
        if let Err(failure) = granted {
            undo(session, &application, is_new, None).await;
            return Err(failure);
        }
        let mut result = json!({
            "appId": application.app_id,
            "displayName": name,
            "password": null,
            "tenant": session.account.tenant_id,
        });
        if let Some(file) = file {
            printer.warning(WARNING);
            say_where(&file, printer);
            result["fileWithCertAndPrivateKey"] = json!(file);
        }
        return printer.result(result, None);
    }
    let chosen = args.password.as_deref().map(SecretText::new);
    let body = new_password(
        Some("rbac".to_owned()),
        years_from(now(), args.years.unwrap_or(1)),
        chosen.clone(),
    );
    let made = session.graph.application_add_password(application.id, &body).await;
    let granted = match &made {
        Ok(_) => principal_with_roles(session, &application, existing, &grants, printer).await,
        Err(_) => Ok(()),
    };
    let made = match (made, granted) {
        (Ok(made), Ok(())) => made,
        (made, granted) => {
            undo(session, &application, is_new, made.as_ref().ok()).await;
            return Err(made.map_or_else(Failure::from, |_| {
                granted.err().unwrap_or_else(|| Failure::general("failed"))
            }));
        }
    };
    for old in &application.password_credentials {
        session
            .graph
            .application_remove_password(application.id, old.key_id)
            .await?;
    }
    printer.warning(WARNING);
    let password = made.secret_text.or(chosen);
    let result = json!({
        "appId": application.app_id,
        "displayName": name,
        "password": password.as_ref().map(SecretText::expose),
        "tenant": session.account.tenant_id,
    });
    printer.result(result, None)
}

/// Has an application sign in with a certificate in the place of what it signed in with before.
async fn with_certificate(session: &Session, application: &Application, der: &[u8]) -> Result<(), Failure> {
    let holder = Holder::Application(application.clone());
    let new = key_credential(Some("rbac".to_owned()), der);
    holder.set_certificates(session, vec![new]).await?;
    for old in &application.password_credentials {
        holder.remove_password(session, old.key_id).await?;
    }
    Ok(())
}

async fn grants<'a>(session: &Session, args: &'a CreateForRbacArgs) -> Result<Vec<Grant<'a>>, Failure> {
    let mut grants = Vec::new();
    for scope in &args.scopes {
        let (role, scope) = (args.role.as_deref().unwrap_or_default(), checked_scope(scope)?);
        let role_definition_id = role_id(session, role, &scope).await?;
        grants.push(Grant {
            role,
            scope,
            role_definition_id,
        });
    }
    Ok(grants)
}

/// The service principal of an application, made if need be, with its roles.
async fn principal_with_roles(
    session: &Session,
    application: &Application,
    existing: Option<ServicePrincipal>,
    grants: &[Grant<'_>],
    printer: &Printer,
) -> Result<(), Failure> {
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
    for grant in grants {
        let (role, scope) = (grant.role, &grant.scope);
        printer.warning(&format!("Creating '{role}' role assignment under scope '{scope}'"));
        let properties = RoleAssignmentPutProperties {
            role_definition_id: grant.role_definition_id.clone(),
            principal_id: principal.id.to_string(),
            principal_type: Some(PrincipalType::ServicePrincipal),
            description: None,
            condition: None,
            condition_version: None,
            delegated_managed_identity_resource_id: None,
        };
        put(session, scope, None, properties).await?;
    }
    Ok(())
}

/// Takes back what was made so far, so that the command can be run again: the application, or only its new password when it was
/// there before. An error here would hide the one that matters.
async fn undo(session: &Session, application: &Application, is_new: bool, made: Option<&PasswordCredential>) {
    let _ = match (is_new, made) {
        (true, _) => session.graph.application_delete(application.id).await,
        (false, Some(made)) => {
            session
                .graph
                .application_remove_password(application.id, made.key_id)
                .await
        }
        (false, None) => Ok(()),
    };
}

/// A name that nobody has: two that are made in the same second must not become one.
fn default_name() -> Result<String, Failure> {
    let format = format_description!("wharf-[year]-[month]-[day]-[hour]-[minute]-[second]");
    let time = now()
        .format(format)
        .map_err(|error| Failure::general(error.to_string()))?;
    let random = random_id().simple().to_string();
    Ok(format!("{time}-{}", &random[..8]))
}

/// The application of that name: the one that is there, or a new one (`true`).
async fn application(session: &Session, name: &str, printer: &Printer) -> Result<(Application, bool), Failure> {
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
            Ok((session.graph.application_create(&input).await?, true))
        }
        [known] => {
            printer.warning(&format!(
                "Found an existing application instance: (id) {}. We will patch it.",
                known.id
            ));
            session.graph.application_update(known.id, &input).await?;
            Ok((session.graph.application_show(known.id).await?, false))
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
