//! `wharf ad sp create|list|show|update|delete`.

use uuid::Uuid;
use wharf_client::Graph;
use wharf_types::graph::ServicePrincipal;
use wharf_types::graph::service_principal::{ServicePrincipalPatch, ServicePrincipalPost};

use super::application;
use crate::{
    cli::{
        Toggle,
        ad::{SpCreateArgs, SpDeleteArgs, SpListArgs, SpShowArgs, SpUpdateArgs},
    },
    failure::Failure,
    output::transform,
    printer::Printer,
    session::Session,
};

/// As many as `az` shows without `--all`.
const SHOWN_MAX: usize = 100;

pub(crate) async fn list(session: &Session, args: SpListArgs, printer: &Printer) -> Result<(), Failure> {
    let filters: Vec<String> = [
        args.filter.clone(),
        args.spn.as_deref().map(Graph::service_principal_name_filter),
        args.display_name.as_deref().map(Graph::display_name_start_filter),
    ]
    .into_iter()
    .flatten()
    .collect();
    let found = if !filters.is_empty() {
        session
            .graph
            .service_principal_list(Some(&filters.join(" and ")))
            .await?
    } else if args.all {
        session.graph.service_principal_list(None).await?
    } else {
        let mut found = session.graph.service_principal_list_first(SHOWN_MAX + 1).await?;
        if found.len() > SHOWN_MAX {
            found.truncate(SHOWN_MAX);
            printer.warning("The result is not complete. Use '--all' to get all of them, or a filter.");
        }
        found
    };
    printer.result(super::json(&found)?, Some(transform::service_principal))
}

pub(crate) async fn show(session: &Session, args: SpShowArgs, printer: &Printer) -> Result<(), Failure> {
    let found = find(session, &args.id).await?;
    printer.result(super::json(&found)?, None)
}

pub(crate) async fn delete(session: &Session, args: SpDeleteArgs) -> Result<(), Failure> {
    let id = object_id(session, &args.id).await?;
    Ok(session.graph.service_principal_delete(id).await?)
}

pub(crate) async fn create(session: &Session, args: SpCreateArgs, printer: &Printer) -> Result<(), Failure> {
    let application = application::find(session, &args.id).await?;
    let body = ServicePrincipalPost {
        app_id: application.app_id,
        account_enabled: true,
    };
    let made = session.graph.service_principal_create(&body).await?;
    printer.result(super::json(&made)?, None)
}

pub(crate) async fn update(session: &Session, args: SpUpdateArgs) -> Result<(), Failure> {
    let enabled = args
        .set
        .split_once('=')
        .filter(|(name, _)| *name == "accountEnabled")
        .and_then(|(_, value)| value.parse::<Toggle>().ok());
    let enabled = enabled.ok_or_else(|| Failure::usage("--set takes accountEnabled=true or accountEnabled=false"))?;
    let body = ServicePrincipalPatch {
        account_enabled: Some(enabled.0),
        key_credentials: None,
    };
    let id = object_id(session, &args.id).await?;
    Ok(session.graph.service_principal_update(id, &body).await?)
}

/// A service principal by any of its names, or by object id.
pub(crate) async fn find(session: &Session, identifier: &str) -> Result<ServicePrincipal, Failure> {
    let id = object_id(session, identifier).await?;
    Ok(session.graph.service_principal_show(id).await?)
}

async fn object_id(session: &Session, identifier: &str) -> Result<Uuid, Failure> {
    if let Some(found) = session.graph.service_principal_by_name(identifier).await? {
        return Ok(found.id);
    }
    // What is no name may be an object id; the next request will tell.
    identifier.parse().map_err(|_| {
        let failure = Failure::not_found(format!("Service principal '{identifier}' doesn't exist"));
        failure.hint("wharf ad sp list -o table shows the service principals and their app ids")
    })
}
