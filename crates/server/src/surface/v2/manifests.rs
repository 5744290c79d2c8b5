//! `/v2/{name}/manifests/{reference}`
//!
//! A manifest is answered as it was stored, whatever `Accept` says: there is one representation, and its digest is what the client asked for. (Clients send
//! `Accept` in several lines; none of them may be overlooked if ever a choice is made.)

use std::collections::BTreeSet;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, LOCATION};
use http::{HeaderName, HeaderValue, StatusCode};
use wharf_app::registry::{ManifestPut, RegistryError};
use wharf_app::{Error, repeated};
use wharf_types::manifest::MAX_BYTES;
use wharf_types::name::{Reference, TagName};

use super::blobs::{CONTENT_DIGEST, is_known, not_modified, value};
use super::{Call, OciError};
use crate::body;

const SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
const TAG: HeaderName = HeaderName::from_static("oci-tag");
/// The most tags that one request may set.
const MAX_TAGS: usize = 100;

pub(super) async fn get(call: &Call, reference: &Reference, is_head: bool) -> Result<Response, OciError> {
    let manifest = call
        .app
        .manifest_get(&call.ctx, &call.place, &call.repository, reference)
        .await?;
    if is_known(call.headers(), &manifest.digest) {
        return Ok(not_modified(&manifest.digest));
    }
    let length = manifest.content.len();
    let mut response = if is_head {
        StatusCode::OK.into_response()
    } else {
        Body::from(manifest.content).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_DIGEST, value(manifest.digest));
    headers.insert(ETAG, value(format!("\"{}\"", manifest.digest)));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(manifest.media_type.as_str()));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    Ok(response)
}

pub(super) async fn put(call: &Call, reference: Reference, request_body: &mut Body) -> Result<Response, OciError> {
    let content = body::read(call.headers(), request_body, MAX_BYTES).await?;
    let ctx = call.app.renewed(&call.ctx).await?;
    let content_type = call.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let tags = tags(&body::query(&call.parts.uri))?;
    let put = || ManifestPut {
        reference: reference.clone(),
        tags: tags.clone(),
        content_type,
        content: &content,
    };
    let pushed = repeated!(
        call.app.manifest_put(&ctx, &call.place, &call.repository, put()).await,
        RegistryError::Operation(Error::Contended)
    )?;
    let name = call.naming.repository(&call.place.registry.name, &call.repository);
    let location = value(format!("/v2/{name}/manifests/{}", pushed.digest));
    let mut response = (StatusCode::CREATED, [(LOCATION, location)]).into_response();
    response.headers_mut().insert(CONTENT_DIGEST, value(pushed.digest));
    if let Some(subject) = pushed.subject {
        response.headers_mut().insert(SUBJECT, value(subject));
    }
    for tag in tags {
        response.headers_mut().append(TAG, value(tag));
    }
    Ok(response)
}

/// `tag=`, any number of times: how a client sets several tags at once, and how it tags a manifest whose digest is not by SHA-256 (distribution-spec after
/// 1.1, "Pushing Manifests").
fn tags(fields: &[(String, String)]) -> Result<BTreeSet<TagName>, OciError> {
    let named = fields.iter().filter(|(name, _)| name == "tag");
    let tags = named.map(|(_, text)| text.parse());
    let tags: Result<BTreeSet<TagName>, _> = tags.collect();
    let tags = tags.map_err(|error| OciError::parameter("TAG_INVALID", error))?;
    if tags.len() > MAX_TAGS {
        return Err(OciError::TooManyTags(MAX_TAGS));
    }
    Ok(tags)
}

pub(super) async fn delete(call: &Call, reference: &Reference) -> Result<Response, OciError> {
    call.app
        .manifest_delete(&call.ctx, &call.place, &call.repository, reference)
        .await?;
    Ok(StatusCode::ACCEPTED.into_response())
}
