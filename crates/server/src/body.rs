//! Request bodies, read with a limit.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http_body::Body as _;
use http_body_util::{BodyExt, Limited};

/// The largest body of the resource manager, the graph and the token endpoints (rule 45).
pub(crate) const MAX_CONTROL_BYTES: usize = 1024 * 1024;
/// How much of an unwanted body is read off, and how long, so that a refusal reaches a client that is still sending.
const MAX_DRAINED_BYTES: usize = 8 * 1024 * 1024;
const MAX_DRAIN: Duration = Duration::from_secs(30);

/// Why a body was not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    /// It is larger than the limit.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// The client went away.
    #[error("the body ended early")]
    Interrupted,
    /// It is compressed (rule 45).
    #[error("compressed bodies are not accepted")]
    Compressed,
    /// It is not what it should be.
    #[error("{0}")]
    Malformed(String),
}

/// The whole body, at most `limit` bytes.
pub(crate) async fn read<B>(headers: &HeaderMap, body: B, limit: usize) -> Result<Bytes, BodyError>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    if headers.contains_key(CONTENT_ENCODING) {
        return Err(BodyError::Compressed);
    }
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(BodyError::TooLarge(limit)),
        Err(_) => Err(BodyError::Interrupted),
    }
}

/// The fields of a form, in order; a field may come several times.
pub(crate) async fn read_form(headers: &HeaderMap, body: Body) -> Result<Vec<(String, String)>, BodyError> {
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let essence = content_type.split(';').next().unwrap_or("").trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(BodyError::Malformed(
            "the body has to be application/x-www-form-urlencoded".to_owned(),
        ));
    }
    let bytes = read(headers, body, MAX_CONTROL_BYTES).await?;
    Ok(url::form_urlencoded::parse(&bytes).into_owned().collect())
}

/// The fields of a query, in order.
pub(crate) fn query(uri: &http::Uri) -> Vec<(String, String)> {
    url::form_urlencoded::parse(uri.query().unwrap_or("").as_bytes())
        .into_owned()
        .collect()
}

/// The first field of that name.
pub(crate) fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

/// The field of that name, which may come twice only with one value: else two readers of the request would not agree on what it says.
pub(crate) fn only_field<'a>(
    fields: &'a [(String, String)],
    name: &'static str,
) -> Result<Option<&'a str>, Contradiction> {
    let mut values = fields
        .iter()
        .filter(|(key, _)| key == name)
        .map(|(_, value)| value.as_str());
    let first = values.next();
    if values.all(|value| Some(value) == first) {
        Ok(first)
    } else {
        Err(Contradiction(name))
    }
}

/// A field came twice with different values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is given twice, with different values")]
pub(crate) struct Contradiction(&'static str);

/// Reads an unwanted body off, within a limit: a client that sends its chunk before it has a token must see the 401, and not a reset connection.
pub(crate) async fn drain(body: Body) {
    if body.is_end_stream() {
        return;
    }
    let mut body = body.into_data_stream();
    let reading = async {
        let mut read = 0;
        while let Some(Ok(piece)) = body.next().await {
            read += piece.len();
            if read > MAX_DRAINED_BYTES {
                return;
            }
        }
    };
    // Whoever is still sending then gets the refusal while it does.
    let _ = tokio::time::timeout(MAX_DRAIN, reading).await;
}
