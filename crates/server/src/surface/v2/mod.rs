//! The registry protocol (distribution-spec 1.1; Docker Registry HTTP API V2).
//!
//! [`operation`] says what a path and a method ask for, [`naming`] how the registry and its repositories are called on the host that was used, [`error`] how
//! failures are answered. The handlers are one file for each noun.

mod blobs;
mod challenge;
mod error;
mod lists;
mod manifests;
mod naming;
pub mod operation;
mod uploads;

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use wharf_app::identity::{Caller, Presented};
use wharf_app::registry::Place;
use wharf_app::{App, OpContext};
use wharf_types::name::RepositoryName;

use crate::body::drain;
use crate::host::Host;
use crate::request::presented;
use naming::Naming;
use operation::{Operation, Wanted};

pub(super) use challenge::Challenge;
pub(super) use error::{OciError, error_body};

/// What clients of old recognise a registry by.
const API_VERSION: (HeaderName, HeaderValue) = (
    HeaderName::from_static("docker-distribution-api-version"),
    HeaderValue::from_static("registry/2.0"),
);

/// A request to a repository, with everything that its handler needs.
struct Call {
    app: App,
    ctx: OpContext,
    place: Place,
    repository: RepositoryName,
    naming: Naming,
    parts: Parts,
}

impl Call {
    fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }
}

pub(super) async fn handle(app: App, caller: Caller, host: Host, request: Request) -> Response {
    let (parts, mut body) = request.into_parts();
    // A client that waits for leave to send has sent nothing that would have to be read off.
    let waits = parts.headers.contains_key(http::header::EXPECT);
    let mut response = match answer(app, caller, &host, parts, &mut body).await {
        Ok(response) => response,
        Err(error) => error.answer(caller.request),
    };
    if !waits {
        drain(body).await;
    }
    response.headers_mut().insert(API_VERSION.0, API_VERSION.1);
    response
}

/// What the handlers leave of the body is read off by [`handle`].
async fn answer(app: App, caller: Caller, host: &Host, parts: Parts, body: &mut Body) -> Result<Response, OciError> {
    let wanted = operation::wanted(&parts.uri, &parts.method)?;
    let naming = Naming::new(host, &app.settings().public);
    let challenge = naming.challenge(&wanted);
    let presented = presented(&parts.headers);
    let found = find_place(&app, caller, host, &wanted, &presented)
        .await
        .map_err(|error| error.challenge(&challenge, &presented))?;
    let host_registry = found.host.as_ref().map(|place| &*place.registry);
    let target = found
        .target
        .as_ref()
        .map(|(place, _)| &*place.registry)
        .or(host_registry);
    let authenticated = match (&presented, &wanted.operation) {
        // Only so does a login learn whether the password is right, also where anybody may pull.
        (Presented::Nothing, Operation::Base) => Err(wharf_app::Error::Unauthenticated),
        _ => app.registry_caller(caller, host_registry, target, &presented).await,
    };
    let ctx = authenticated.map_err(|error| OciError::from(error).challenge(&challenge, &presented))?;
    let result = match (found.target, found.host) {
        (Some((place, repository)), _) => {
            let call = Call {
                app,
                ctx,
                place,
                repository,
                naming,
                parts,
            };
            run(call, wanted, body).await
        }
        (None, place) if wanted.operation == Operation::Catalog => {
            Box::pin(lists::catalog(&app, &ctx, place.as_ref(), &parts)).await
        }
        (None, _) => Ok(base()),
    };
    result.map_err(|error| error.challenge(&challenge, &presented))
}

/// Where a request goes.
struct Found {
    /// The registry that the host names.
    host: Option<Place>,
    /// The registry and the repository that the request is about.
    target: Option<(Place, RepositoryName)>,
}

async fn find_place(
    app: &App,
    caller: Caller,
    host: &Host,
    wanted: &Wanted,
    presented: &Presented,
) -> Result<Found, OciError> {
    match (host, &wanted.repository) {
        (Host::Registry { name, .. }, repository) => {
            let Some(place) = app.registry_place(name, caller.now).await? else {
                return Err(Box::pin(unknown(app, caller, name.as_str(), presented)).await);
            };
            let target = repository.clone().map(|repository| (place.clone(), repository));
            Ok(Found {
                host: Some(place),
                target,
            })
        }
        (Host::Base { .. }, None) => Ok(Found {
            host: None,
            target: None,
        }),
        (Host::Base { authority }, Some(repository)) => {
            let (registry, rest) = repository
                .split_first()
                .ok_or_else(|| OciError::registry_missing(authority, repository))?;
            let place = match registry.parse() {
                Ok(name) => app.registry_place(&name, caller.now).await?,
                Err(_) => None,
            };
            match place {
                Some(place) => Ok(Found {
                    host: None,
                    target: Some((place, rest)),
                }),
                None => Err(Box::pin(unknown(app, caller, registry, presented)).await),
            }
        }
    }
}

/// Which names exist is told only to somebody: nobody is asked to sign in, as at a registry that is there (rule 33).
async fn unknown(app: &App, caller: Caller, registry: &str, presented: &Presented) -> OciError {
    match app.registry_caller(caller, None, None, presented).await {
        Ok(_) => OciError::registry_unknown(registry),
        Err(error) => error.into(),
    }
}

async fn run(call: Call, wanted: Wanted, body: &mut Body) -> Result<Response, OciError> {
    match wanted.operation {
        Operation::ManifestGet { reference, is_head } => manifests::get(&call, &reference, is_head).await,
        Operation::ManifestPut { reference } => Box::pin(manifests::put(&call, reference, body)).await,
        Operation::ManifestDelete { reference } => Box::pin(manifests::delete(&call, &reference)).await,
        Operation::BlobHead { digest } => blobs::head(&call, &digest).await,
        Operation::BlobGet { digest } => blobs::get(&call, &digest).await,
        Operation::BlobDelete { digest } => Box::pin(blobs::delete(&call, &digest)).await,
        Operation::UploadStart => Box::pin(uploads::start(&call, body)).await,
        Operation::UploadStatus { id } => Box::pin(uploads::status(&call, &id)).await,
        Operation::UploadPatch { id } => Box::pin(uploads::patch(&call, &id, body)).await,
        Operation::UploadPut { id } => Box::pin(uploads::put(&call, &id, body)).await,
        Operation::UploadCancel { id } => Box::pin(uploads::cancel(&call, &id)).await,
        Operation::TagList => Box::pin(lists::tags(&call)).await,
        Operation::Referrers { digest } => Box::pin(lists::referrers(&call, &digest)).await,
        Operation::Base | Operation::Catalog => Ok(base()),
    }
}

/// The caller is somebody, and this is a registry.
fn base() -> Response {
    (StatusCode::OK, [(http::header::CONTENT_TYPE, "application/json")], "{}").into_response()
}
