//! `wharf ad app federated-credential …`.

use uuid::Uuid;
use wharf_types::graph::federated_credential::FederatedCredentialPost;

use crate::{
    cli::ad::{FederatedCommand, FederatedCreateArgs, FederatedDeleteArgs, FederatedListArgs, FederatedShowArgs},
    failure::Failure,
    printer::Printer,
    session::Session,
};

/// The object id of an application, found by its app id, or taken as it is.
async fn object_id(session: &Session, id: &str) -> Result<Uuid, Failure> {
    if let Some(found) = session.graph.application_by_app_id(id).await? {
        return Ok(found.id);
    }
    let missing = || Failure::not_found(format!("Application '{id}' doesn't exist"));
    id.parse()
        .map_err(|_| missing().hint("wharf ad sp list -o table shows app ids"))
}

pub(crate) async fn run(command: FederatedCommand, session: &Session, printer: &Printer) -> Result<(), Failure> {
    match command {
        FederatedCommand::Create(args) => create(session, args, printer).await,
        FederatedCommand::List(args) => list(session, args, printer).await,
        FederatedCommand::Show(args) => show(session, args, printer).await,
        FederatedCommand::Delete(args) => delete(session, args).await,
    }
}

async fn create(session: &Session, args: FederatedCreateArgs, printer: &Printer) -> Result<(), Failure> {
    let text = match args.parameters.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| Failure::usage(format!("cannot read the parameters {path}: {error}")))?,
        None => args.parameters,
    };
    let body: FederatedCredentialPost = serde_json::from_str(&text).map_err(|error| {
        Failure::usage(format!("the parameters cannot be read: {error}"))
            .hint("name, issuer, subject and audiences (a list of one) are needed; description may be given")
    })?;
    let id = object_id(session, &args.id).await?;
    let made = session.graph.federated_credential_create(id, &body).await?;
    printer.result(super::json(&made)?, None)
}

async fn list(session: &Session, args: FederatedListArgs, printer: &Printer) -> Result<(), Failure> {
    let id = object_id(session, &args.id).await?;
    printer.result(super::json(&session.graph.federated_credential_list(id).await?)?, None)
}

async fn show(session: &Session, args: FederatedShowArgs, printer: &Printer) -> Result<(), Failure> {
    let id = object_id(session, &args.id).await?;
    let found = session
        .graph
        .federated_credential_show(id, &args.federated_credential_id)
        .await?;
    printer.result(super::json(&found)?, None)
}

async fn delete(session: &Session, args: FederatedDeleteArgs) -> Result<(), Failure> {
    let id = object_id(session, &args.id).await?;
    Ok(session
        .graph
        .federated_credential_delete(id, &args.federated_credential_id)
        .await?)
}
