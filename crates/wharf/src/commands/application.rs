//! `wharf ad app create|list|show|update|delete|permission`.

use uuid::Uuid;
use wharf_types::graph::Application;
use wharf_types::graph::application::{ApplicationInput, ImplicitGrantSettings, RedirectUris, WebInput};
use wharf_types::graph::permission_grant::PermissionGrantPost;

use super::credential_holder::Holder;
use super::{federated_credential, service_principal, sp_credential};
use crate::{
    cli::ad_app::{
        AppCommand, AppCreateArgs, AppCredentialCommand, AppListArgs, AppProperties, AppUpdateArgs, PermissionCommand,
        PermissionGrantArgs, PermissionListGrantsArgs,
    },
    failure::Failure,
    printer::Printer,
    session::Session,
};

/// As many as `az` shows without `--all`.
const SHOWN_MAX: usize = 100;

pub(crate) async fn run(command: AppCommand, session: &Session, printer: &Printer) -> Result<(), Failure> {
    match command {
        AppCommand::Create(args) => create(session, *args, printer).await,
        AppCommand::List(args) => list(session, args, printer).await,
        AppCommand::Show(args) => printer.result(super::json(&find(session, &args.id).await?)?, None),
        AppCommand::Update(args) => update(session, *args).await,
        AppCommand::Delete(args) => {
            let id = find(session, &args.id).await?.id;
            Ok(session.graph.application_delete(id).await?)
        }
        AppCommand::Credential(command) => match command {
            AppCredentialCommand::List(args) => {
                let holder = Holder::Application(find(session, &args.id).await?);
                sp_credential::list(&holder, &args, printer)
            }
            AppCredentialCommand::Reset(args) => {
                let holder = Holder::Application(find(session, &args.id).await?);
                sp_credential::reset(session, &holder, args, printer).await
            }
            AppCredentialCommand::Delete(args) => {
                let holder = Holder::Application(find(session, &args.id).await?);
                sp_credential::delete(session, &holder, &args).await
            }
        },
        AppCommand::Permission(PermissionCommand::Grant(args)) => grant(session, args, printer).await,
        AppCommand::Permission(PermissionCommand::ListGrants(args)) => list_grants(session, args, printer).await,
        AppCommand::Permission(PermissionCommand::List(args)) => {
            let found = find(session, &args.id).await?;
            printer.result(super::json(&found.required_resource_access)?, None)
        }
        AppCommand::FederatedCredential(command) => federated_credential::run(command, session, printer).await,
    }
}

/// An application by app id, by identifier URI, or by object id.
pub(crate) async fn find(session: &Session, identifier: &str) -> Result<Application, Failure> {
    if let Ok(id) = identifier.parse::<Uuid>() {
        return match session.graph.application_by_app_id(identifier).await? {
            Some(found) => Ok(found),
            // What is no app id may be an object id; the request will tell.
            None => Ok(session.graph.application_show(id).await?),
        };
    }
    let found = session.graph.application_by_identifier_uri(identifier).await?;
    let missing = || {
        let failure = Failure::not_found(format!("Application with identifier URI '{identifier}' doesn't exist"));
        failure.hint("wharf ad app list -o table shows the applications and their app ids")
    };
    found.ok_or_else(missing)
}

fn input(display_name: Option<String>, properties: AppProperties) -> Result<ApplicationInput, Failure> {
    let required = match properties.required_resource_accesses {
        None => None,
        Some(text) => {
            let text = match text.strip_prefix('@') {
                Some(path) => std::fs::read_to_string(path)
                    .map_err(|error| Failure::usage(format!("cannot read {path}: {error}")))?,
                None => text,
            };
            let read = serde_json::from_str(&text);
            Some(read.map_err(|error| Failure::usage(format!("--required-resource-accesses: {error}")))?)
        }
    };
    let implicit = match (
        properties.enable_id_token_issuance,
        properties.enable_access_token_issuance,
    ) {
        (None, None) => None,
        (id, access) => Some(ImplicitGrantSettings {
            enable_id_token_issuance: id.is_some_and(|toggle| toggle.0),
            enable_access_token_issuance: access.is_some_and(|toggle| toggle.0),
        }),
    };
    let web = WebInput {
        home_page_url: properties.web_home_page_url,
        redirect_uris: properties.web_redirect_uris,
        implicit_grant_settings: implicit,
    };
    let uris = |redirect_uris| RedirectUris { redirect_uris };
    Ok(ApplicationInput {
        display_name,
        identifier_uris: properties.identifier_uris,
        sign_in_audience: properties.sign_in_audience,
        web: (web != WebInput::default()).then_some(web),
        spa: properties.spa_redirect_uris.map(uris),
        public_client: properties.public_client_redirect_uris.map(uris),
        is_fallback_public_client: properties.is_fallback_public_client.map(|toggle| toggle.0),
        required_resource_access: required,
        ..ApplicationInput::default()
    })
}

async fn create(session: &Session, args: AppCreateArgs, printer: &Printer) -> Result<(), Failure> {
    let name = args.display_name.clone();
    let uris = args.properties.identifier_uris.clone().unwrap_or_default();
    let body = input(Some(args.display_name), args.properties)?;
    let found = session.graph.application_list(&name).await?;
    let is_it =
        |known: &Application| known.display_name == name && uris.iter().all(|uri| known.identifier_uris.contains(uri));
    let found: Vec<_> = found.into_iter().filter(is_it).collect();
    let made = match found.as_slice() {
        [] => session.graph.application_create(&body).await?,
        [known] => {
            printer.warning(&format!(
                "Found an existing application instance: (id) {}. We will patch it.",
                known.id
            ));
            session.graph.application_update(known.id, &body).await?;
            session.graph.application_show(known.id).await?
        }
        several => {
            let ids: Vec<_> = several.iter().map(|application| application.id.to_string()).collect();
            let ids = ids.join(", ");
            return Err(Failure::general(format!(
                "More than one application have the same display name '{name}': (id) {ids}, please remove them first."
            )));
        }
    };
    printer.result(super::json(&made)?, None)
}

async fn update(session: &Session, args: AppUpdateArgs) -> Result<(), Failure> {
    let id = find(session, &args.id).await?.id;
    let body = input(args.display_name, args.properties)?;
    Ok(session.graph.application_update(id, &body).await?)
}

async fn list(session: &Session, args: AppListArgs, printer: &Printer) -> Result<(), Failure> {
    let quoted = |text: &String| text.replace('\'', "''");
    let filters: Vec<String> = [
        args.filter.clone(),
        args.app_id.as_ref().map(|id| format!("appId eq '{}'", quoted(id))),
        args.display_name
            .as_ref()
            .map(|name| format!("startswith(displayName,'{}')", quoted(name))),
        args.identifier_uri
            .as_ref()
            .map(|uri| format!("identifierUris/any(s:s eq '{}')", quoted(uri))),
    ]
    .into_iter()
    .flatten()
    .collect();
    let filter = filters.join(" and ");
    let filter = (!filters.is_empty()).then_some(filter.as_str());
    let mut found = session.graph.application_list_by(filter).await?;
    if filter.is_none() && !args.all && found.len() > SHOWN_MAX {
        found.truncate(SHOWN_MAX);
        printer.warning("The result is not complete. Use '--all' to get all of them, or a filter.");
    }
    printer.result(super::json(&found)?, None)
}

async fn grant(session: &Session, args: PermissionGrantArgs, printer: &Printer) -> Result<(), Failure> {
    let client = service_principal::find(session, &args.id).await?;
    let body = PermissionGrantPost {
        client_id: client.id,
        consent_type: args.consent_type,
        principal_id: None,
        resource_id: args.api,
        scope: args.scope.join(" "),
    };
    let made = session.graph.permission_grant_create(&body).await?;
    printer.result(super::json(&made)?, None)
}

async fn list_grants(session: &Session, args: PermissionListGrantsArgs, printer: &Printer) -> Result<(), Failure> {
    let client = match &args.id {
        Some(id) => Some(service_principal::find(session, id).await?.id),
        None => None,
    };
    let found = session.graph.permission_grant_list(client).await?;
    printer.result(super::json(&found)?, None)
}
