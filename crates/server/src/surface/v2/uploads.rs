//! `/v2/{name}/blobs/uploads/` and the sessions below it.

use std::pin::pin;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, LOCATION, RANGE};
use http::{HeaderName, HeaderValue, StatusCode};
use http_body_util::BodyDataStream;
use wharf_app::registry::{Chunk, MountSource, RegistryError, UploadStart, UploadStatus};
use wharf_types::digest::{Digest, InvalidDigest};
use wharf_types::id::UploadId;
use wharf_types::range::{ByteRange, content_range};

use super::blobs::{CONTENT_DIGEST, value};
use super::{Call, OciError};
use crate::body::{BodyError, only_field, query};

const UPLOAD_ID: HeaderName = HeaderName::from_static("docker-upload-uuid");

/// How much of an upload is there, as the `Range` header says it: the last byte is included, and nothing at all is `0-0`.
pub(super) fn received(offset: u64) -> String {
    format!("0-{}", offset.saturating_sub(1))
}

impl Call {
    fn upload_location(&self, id: &UploadId) -> String {
        let name = self.naming.repository(&self.place.registry.name, &self.repository);
        format!("/v2/{name}/blobs/uploads/{id}")
    }

    fn upload_answer(&self, status: StatusCode, upload: &UploadStatus) -> Response {
        let headers: [(HeaderName, HeaderValue); 4] = [
            (LOCATION, value(self.upload_location(&upload.id))),
            (RANGE, value(received(upload.offset))),
            (UPLOAD_ID, value(&upload.id)),
            (CONTENT_LENGTH, HeaderValue::from(0)),
        ];
        (status, headers).into_response()
    }

    fn blob_created(&self, digest: &Digest) -> Response {
        let name = self.naming.repository(&self.place.registry.name, &self.repository);
        let location = value(format!("/v2/{name}/blobs/{digest}"));
        (
            StatusCode::CREATED,
            [
                (LOCATION, location),
                (HeaderName::from_static(CONTENT_DIGEST), value(digest)),
            ],
        )
            .into_response()
    }

    /// The error, with where the session stands when that is what is wrong. All others are answered as everywhere, with a challenge where that helps.
    fn upload_error(&self, id: &UploadId) -> impl FnOnce(RegistryError) -> OciError {
        let location = self.upload_location(id);
        move |source| match source {
            RegistryError::UploadRange { .. } | RegistryError::UploadInterrupted(_) => {
                OciError::Upload { source, location }
            }
            source => OciError::Registry(source),
        }
    }

    fn chunk_range(&self) -> Result<Option<ByteRange>, OciError> {
        let Some(header) = self.headers().get(CONTENT_RANGE) else {
            return Ok(None);
        };
        let range = header.to_str().ok().and_then(content_range);
        const FORM: &str = "Content-Range is FIRST-LAST, both counted from zero";
        range
            .map(Some)
            .ok_or_else(|| OciError::parameter("BLOB_UPLOAD_INVALID", FORM))
    }

    fn content_length(&self) -> Option<u64> {
        let header = self.headers().get(CONTENT_LENGTH)?;
        header.to_str().ok()?.parse().ok()
    }

    fn must_be_plain(&self) -> Result<(), OciError> {
        if self.headers().contains_key(CONTENT_ENCODING) {
            Err(BodyError::Compressed.into())
        } else {
            Ok(())
        }
    }
}

/// Borrows the body: when the request is refused before it was read, the rest can still be read off.
fn stream(body: &mut Body) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send {
    BodyDataStream::new(body).map(|piece| piece.map_err(std::io::Error::other))
}

fn is_empty(body: &Body) -> bool {
    http_body::Body::is_end_stream(body)
}

/// The digest that a parameter names, if it is there.
fn digest_in(fields: &[(String, String)], name: &'static str) -> Result<Option<Digest>, OciError> {
    let text = only_field(fields, name).map_err(|error| OciError::parameter("DIGEST_INVALID", error))?;
    text.map(|text| {
        text.parse()
            .map_err(|error: InvalidDigest| OciError::parameter("DIGEST_INVALID", error))
    })
    .transpose()
}

/// Whether the request holds a whole blob: bytes, or none where the digest is that of none.
fn holds(body: &Body, digest: &Digest) -> bool {
    !is_empty(body) || *digest == Digest::of(digest.algorithm(), b"")
}

/// Opens a session; or mounts (`mount`, `from`), or takes the whole blob (`digest`) at once.
pub(super) async fn start(call: &Call, body: &mut Body) -> Result<Response, OciError> {
    let fields = query(&call.parts.uri);
    if let Some(digest) = digest_in(&fields, "digest")?
        && holds(body, &digest)
    {
        call.must_be_plain()?;
        let chunk = Chunk {
            range: None,
            length: call.content_length(),
            body: pin!(stream(body)),
        };
        call.app
            .upload_whole(&call.ctx, &call.place, &call.repository, &digest, chunk)
            .await?;
        return Ok(call.blob_created(&digest));
    }
    let mount = match digest_in(&fields, "mount")? {
        Some(digest) => Some((digest, mount_source(call, &fields)?)),
        None => None,
    };
    if let Some((digest, MountSource::Repository(source))) = &mount {
        call.app.mount_challenge(&call.ctx, &call.place, digest, source).await?;
    }
    let digest = mount.as_ref().map(|(digest, _)| *digest);
    match (
        call.app
            .upload_start(&call.ctx, &call.place, &call.repository, mount)
            .await?,
        digest,
    ) {
        (UploadStart::Mounted, Some(digest)) => Ok(call.blob_created(&digest)),
        (UploadStart::Mounted, None) => Ok(StatusCode::CREATED.into_response()),
        (UploadStart::Session(upload), _) => Ok(call.upload_answer(StatusCode::ACCEPTED, &upload)),
    }
}

fn mount_source(call: &Call, fields: &[(String, String)]) -> Result<MountSource, OciError> {
    let from = only_field(fields, "from").map_err(|error| OciError::parameter("NAME_INVALID", error))?;
    let Some(from) = from else {
        return Ok(MountSource::Any);
    };
    let name = from
        .parse()
        .ok()
        .and_then(|name| call.naming.within(&call.place.registry.name, name));
    Ok(name.map_or(MountSource::Elsewhere, MountSource::Repository))
}

pub(super) async fn status(call: &Call, id: &UploadId) -> Result<Response, OciError> {
    let upload = call
        .app
        .upload_status(&call.ctx, &call.place, &call.repository, id)
        .await?;
    Ok(call.upload_answer(StatusCode::NO_CONTENT, &upload))
}

pub(super) async fn patch(call: &Call, id: &UploadId, body: &mut Body) -> Result<Response, OciError> {
    call.must_be_plain()?;
    let range = call.chunk_range()?;
    let chunk = Chunk {
        range,
        length: call.content_length(),
        body: pin!(stream(body)),
    };
    let upload = call
        .app
        .upload_append(&call.ctx, &call.place, &call.repository, id, chunk)
        .await
        .map_err(call.upload_error(id))?;
    Ok(call.upload_answer(StatusCode::ACCEPTED, &upload))
}

pub(super) async fn put(call: &Call, id: &UploadId, body: &mut Body) -> Result<Response, OciError> {
    let fields = query(&call.parts.uri);
    let missing = || {
        OciError::parameter(
            "DIGEST_INVALID",
            "the digest of the content is missing: ?digest=sha256:…",
        )
    };
    let digest = digest_in(&fields, "digest")?.ok_or_else(missing)?;
    call.must_be_plain()?;
    let range = call.chunk_range()?;
    let finish = |last| {
        call.app
            .upload_finish(&call.ctx, &call.place, &call.repository, id, &digest, last)
    };
    let result = if is_empty(body) {
        finish(None).await
    } else {
        let length = call.content_length();
        let body = pin!(stream(body));
        finish(Some(Chunk { range, length, body })).await
    };
    result.map_err(call.upload_error(id))?;
    Ok(call.blob_created(&digest))
}

pub(super) async fn cancel(call: &Call, id: &UploadId) -> Result<Response, OciError> {
    call.app
        .upload_cancel(&call.ctx, &call.place, &call.repository, id)
        .await
        .map_err(call.upload_error(id))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
