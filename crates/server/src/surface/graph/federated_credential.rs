//! Federated credentials of an application.

use axum::response::Response;
use http::StatusCode;
use uuid::Uuid;
use wharf_app::identity::NewFederatedCredential;
use wharf_types::graph::GraphPage;
use wharf_types::graph::federated_credential::FederatedCredentialPost;

use super::body;
use super::error::Failure;
use crate::call::{Call, empty, json};

pub(super) async fn list(call: Call, application: Uuid) -> Result<Response, Failure> {
    let application = call.app.application_get(&call.ctx, application).await?;
    let found = call.app.federated_credential_list(&call.ctx, &application).await?;
    let value = found
        .into_iter()
        .map(|found| body::federated(found, call.ctx.now))
        .collect();
    Ok(json(StatusCode::OK, &GraphPage::last(value)))
}

pub(super) async fn show(call: Call, application: Uuid, id: &str) -> Result<Response, Failure> {
    let application = call.app.application_get(&call.ctx, application).await?;
    let found = call.app.federated_credential_get(&call.ctx, &application, id).await?;
    Ok(json(StatusCode::OK, &body::federated(found, call.ctx.now)))
}

pub(super) async fn create(call: Call, application: Uuid) -> Result<Response, Failure> {
    let input: FederatedCredentialPost = call.input()?;
    let application = call.app.application_get(&call.ctx, application).await?;
    // As Entra has it: a token may be for several, an application accepts one name.
    let Ok([audience]) = <[String; 1]>::try_from(input.audiences) else {
        return Err(Failure::Bad("audiences has exactly one value"));
    };
    let new = NewFederatedCredential {
        name: input.name,
        issuer: input.issuer,
        subject: input.subject,
        audience,
        description: input.description.unwrap_or_default(),
    };
    let made = call.app.federated_credential_add(&call.ctx, &application, new).await?;
    Ok(json(StatusCode::CREATED, &body::federated(made, call.ctx.now)))
}

pub(super) async fn delete(call: Call, application: Uuid, id: &str) -> Result<Response, Failure> {
    let application = call.app.application_get(&call.ctx, application).await?;
    call.app
        .federated_credential_remove(&call.ctx, &application, id)
        .await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
