//! Tags, repositories and referrers.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, LINK};
use http::request::Parts;
use http::{HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::json;
use wharf_app::registry::Place;
use wharf_app::{App, OpContext};
use wharf_types::digest::Digest;
use wharf_types::manifest::MediaType;
use wharf_types::name::TagName;
use wharf_types::page::{PageRequest, PageSize};

use super::{Call, OciError};
use crate::body::{only_field, query};

const FILTERS_APPLIED: HeaderName = HeaderName::from_static("oci-filters-applied");

/// `n` and `last` (distribution-spec, "Listing Tags").
fn page(fields: &[(String, String)]) -> Result<PageRequest, OciError> {
    let invalid = |contradiction| OciError::parameter("PAGINATION_NUMBER_INVALID", contradiction);
    let after = only_field(fields, "last").map_err(invalid)?;
    let size = match only_field(fields, "n").map_err(invalid)? {
        None | Some("") => PageSize::MAX,
        Some(text) => {
            let invalid = || OciError::parameter("PAGINATION_NUMBER_INVALID", "n is a number of entries");
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            PageSize::new(text.parse().ok().filter(|_| digits).ok_or_else(invalid)?)
        }
    };
    Ok(PageRequest {
        size,
        after: after.map(str::to_owned),
    })
}

/// RFC 8288.
fn link(path: &str, parameters: &[(&str, &str)]) -> HeaderValue {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish();
    HeaderValue::from_str(&format!("<{path}?{query}>; rel=\"next\"")).unwrap_or(HeaderValue::from_static(""))
}

fn linked(mut response: Response, path: &str, size: PageSize, next: Option<&str>) -> Response {
    if let Some(next) = next {
        response
            .headers_mut()
            .insert(LINK, link(path, &[("last", next), ("n", &size.get().to_string())]));
    }
    response
}

#[derive(Serialize)]
struct TagList<'a> {
    name: &'a str,
    tags: &'a [TagName],
}

#[derive(Serialize)]
struct Catalog<'a> {
    repositories: &'a [String],
}

pub(super) async fn tags(call: &Call) -> Result<Response, OciError> {
    let request = page(&query(&call.parts.uri))?;
    let tags = call
        .app
        .tag_list(&call.ctx, &call.place, &call.repository, &request)
        .await?;
    let name = call.naming.repository(&call.place.registry.name, &call.repository);
    let list = TagList {
        name: &name,
        tags: &tags.entries,
    };
    let response = Json(list).into_response();
    Ok(linked(
        response,
        &format!("/v2/{name}/tags/list"),
        request.size,
        tags.next.as_deref(),
    ))
}

pub(super) async fn catalog(
    app: &App,
    ctx: &OpContext,
    place: Option<&Place>,
    parts: &Parts,
) -> Result<Response, OciError> {
    let request = page(&query(&parts.uri))?;
    let names = match place {
        Some(place) => app.catalog(ctx, place, &request).await?.map(|name| name.to_string()),
        None => app.catalog_of_all(ctx, &request).await?,
    };
    let response = Json(Catalog {
        repositories: &names.entries,
    })
    .into_response();
    Ok(linked(response, "/v2/_catalog", request.size, names.next.as_deref()))
}

pub(super) async fn referrers(call: &Call, digest: &Digest) -> Result<Response, OciError> {
    let fields = query(&call.parts.uri);
    let invalid = |contradiction| OciError::parameter("UNSUPPORTED", contradiction);
    let artifact_type = only_field(&fields, "artifactType").map_err(invalid)?;
    let artifact_type = artifact_type.filter(|text| !text.is_empty());
    let after = only_field(&fields, "last").map_err(invalid)?.unwrap_or("");
    let found = call
        .app
        .referrer_list(&call.ctx, &call.place, &call.repository, digest, artifact_type, after)
        .await?;
    let index = json!({"schemaVersion": 2, "mediaType": MediaType::OciIndex.as_str(), "manifests": found.manifests});
    let mut response = Json(index).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(MediaType::OciIndex.as_str()));
    if artifact_type.is_some() {
        headers.insert(FILTERS_APPLIED, HeaderValue::from_static("artifactType"));
    }
    if let Some(next) = &found.next {
        let name = call.naming.repository(&call.place.registry.name, &call.repository);
        let mut parameters = vec![("last", next.as_str())];
        parameters.extend(artifact_type.map(|text| ("artifactType", text)));
        headers.insert(LINK, link(&format!("/v2/{name}/referrers/{digest}"), &parameters));
    }
    Ok(response)
}
