//! `/v2/{name}/blobs/{digest}`

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_NONE_MATCH, IF_RANGE, RANGE};
use http::{HeaderMap, HeaderValue, StatusCode};
use wharf_app::registry::BlobContent;
use wharf_types::digest::Digest;

use super::{Call, OciError};

/// The header that repeats what was sent or stored.
pub(super) const CONTENT_DIGEST: &str = "docker-content-digest";

/// A value made of a digest, a number or a parsed name: always visible ASCII.
pub(super) fn value(text: impl ToString) -> HeaderValue {
    HeaderValue::from_str(&text.to_string()).unwrap_or(HeaderValue::from_static(""))
}

/// Whether the client has this content already (RFC 9110 §13.1.2). A digest is the strongest of tags.
pub(super) fn is_known(headers: &HeaderMap, digest: &Digest) -> bool {
    let fields = headers.get_all(IF_NONE_MATCH).iter();
    fields
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.trim_start_matches("W/").trim_matches('"') == digest.to_string())
}

/// The part that is asked for; none when it is to be of other content than this (RFC 9110 §13.1.5), or when several lines ask: that is a list of parts, and
/// is answered with the whole as a list in one line is.
fn wanted_range<'a>(headers: &'a HeaderMap, digest: &Digest) -> Option<&'a str> {
    let is_of_this = |tag: &HeaderValue| tag.to_str().is_ok_and(|tag| tag.trim() == format!("\"{digest}\""));
    let mut lines = headers.get_all(RANGE).iter();
    let (first, more) = (lines.next()?, lines.next());
    if more.is_some() || !headers.get(IF_RANGE).is_none_or(is_of_this) {
        return None;
    }
    first.to_str().ok()
}

pub(super) fn not_modified(digest: &Digest) -> Response {
    (StatusCode::NOT_MODIFIED, [(ETAG, value(format!("\"{digest}\"")))]).into_response()
}

fn describe(response: &mut Response, digest: &Digest, length: u64) {
    let headers = response.headers_mut();
    headers.insert(CONTENT_DIGEST, value(digest));
    headers.insert(ETAG, value(format!("\"{digest}\"")));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
}

pub(super) async fn head(call: &Call, digest: &Digest) -> Result<Response, OciError> {
    let size = call
        .app
        .blob_head(&call.ctx, &call.place, &call.repository, digest)
        .await?;
    if is_known(call.headers(), digest) {
        return Ok(not_modified(digest));
    }
    let mut response = StatusCode::OK.into_response();
    describe(&mut response, digest, size);
    Ok(response)
}

pub(super) async fn get(call: &Call, digest: &Digest) -> Result<Response, OciError> {
    let range = wanted_range(call.headers(), digest);
    if is_known(call.headers(), digest) {
        call.app
            .blob_head(&call.ctx, &call.place, &call.repository, digest)
            .await?;
        return Ok(not_modified(digest));
    }
    let download = call
        .app
        .blob_get(&call.ctx, &call.place, &call.repository, digest, range)
        .await?;
    let mut response = match download.content {
        BlobContent::Whole(bytes) => Body::from(bytes),
        BlobContent::Blocks(blocks) => Body::from_stream(blocks),
    }
    .into_response();
    match download.part {
        None => describe(&mut response, digest, download.size_bytes),
        Some(part) => {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            describe(&mut response, digest, part.len());
            let text = format!("bytes {}-{}/{}", part.start, part.end, download.size_bytes);
            response.headers_mut().insert(CONTENT_RANGE, value(text));
        }
    }
    Ok(response)
}

pub(super) async fn delete(call: &Call, digest: &Digest) -> Result<Response, OciError> {
    call.app
        .blob_delete(&call.ctx, &call.place, &call.repository, digest)
        .await?;
    Ok((StatusCode::ACCEPTED, [(CONTENT_DIGEST, value(digest))]).into_response())
}
