//! What clients may ask for on people's behalf: what each agreed to, and what an owner agreed to for all.

use axum::response::Response;
use http::StatusCode;
use uuid::Uuid;
use wharf_app::oauth::{Consent, ConsentResource, NewConsent};
use wharf_types::graph::permission_grant::{GRAPH, PermissionGrant, PermissionGrantPost, REGISTRY, RESOURCE_MANAGER};
use wharf_types::id::{KeyId, ObjectId};

use super::error::Failure;
use super::page::{page_of, paged};
use crate::call::{Call, empty, json};
use crate::filter::{FilterError, Operator, Term, parse};

const RESOURCES: [(ConsentResource, Uuid); 3] = [
    (ConsentResource::Graph, GRAPH),
    (ConsentResource::Manager, RESOURCE_MANAGER),
    (ConsentResource::Registry, REGISTRY),
];

fn body((consent, client): (Consent, ObjectId)) -> PermissionGrant {
    let resource = RESOURCES.iter().find(|(resource, _)| *resource == consent.resource);
    PermissionGrant {
        id: consent.id.0,
        client_id: client.0,
        consent_type: if consent.user.is_some() {
            "Principal"
        } else {
            "AllPrincipals"
        }
        .to_owned(),
        principal_id: consent.user.map(|user| user.0),
        resource_id: resource.map_or(Uuid::nil(), |(_, id)| *id),
        scope: consent.scope,
    }
}

/// Clients ask for those of one client, or for all.
fn client(text: &str) -> Result<Uuid, FilterError> {
    let error = || FilterError(text.to_owned());
    let [term] = <[Term; 1]>::try_from(parse(text)?).map_err(|_| error())?;
    match term {
        Term::Compare {
            field,
            operator: Operator::Equal,
            value,
        } if field == "clientId" => value.parse().map_err(|_| error()),
        _ => Err(error()),
    }
}

pub(super) async fn list(call: Call) -> Result<Response, Failure> {
    let (after, size) = page_of(&call)?;
    let client = call.field("$filter").map(client).transpose()?;
    let (found, next) = call.app.consent_list(&call.ctx, client, after, size).await?;
    Ok(paged(&call, found.into_iter().map(body).collect(), next))
}

pub(super) async fn create(call: Call) -> Result<Response, Failure> {
    let input: PermissionGrantPost = call.input()?;
    if input.consent_type != "AllPrincipals" || input.principal_id.is_some() {
        return Err(Failure::Bad(
            "consentType is AllPrincipals: nobody agrees in another's place, people are asked themselves",
        ));
    }
    let resource = RESOURCES.iter().find(|(_, id)| *id == input.resource_id);
    let (resource, _) = resource.ok_or(Failure::Bad(
        "resourceId is 00000003-0000-0000-c000-000000000000 (graph), 797f4846-ba00-4fd7-ba43-dac1f8f63013 (resource manager) or 6a0ec4d3-30cb-4a83-91c0-ae56bc0e3d26 (registries)",
    ))?;
    let new = NewConsent {
        client: input.client_id,
        resource: *resource,
        scope: input.scope,
    };
    let made = call.app.consent_create(&call.ctx, new).await?;
    Ok(json(StatusCode::CREATED, &body(made)))
}

pub(super) async fn delete(call: Call, id: Uuid) -> Result<Response, Failure> {
    call.app.consent_remove(&call.ctx, KeyId(id)).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
