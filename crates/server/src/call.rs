//! A request of the resource manager or the graph whose caller is known: unpacked, with a limit on its body.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use wharf_app::{App, OpContext};
use wharf_types::arm::input::{InputBody, InputError, parse};

use axum::body::Body;
use axum::response::Response;

use crate::body::{self, BodyError, field};

/// An authenticated request. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) app: App,
    pub(crate) ctx: OpContext,
    pub(crate) query: Vec<(String, String)>,
    uri: Uri,
    body: Bytes,
}

/// What a query may ask a list for: how many entries, after which key.
pub(crate) struct PageQuery {
    pub(crate) size: usize,
    pub(crate) after: Option<String>,
}

/// Entries of a page when the client does not say.
const PAGE_DEFAULT: usize = 100;
/// The largest page (rule 45).
const PAGE_MAX: usize = 1000;
/// The longest key that a link of ours carries.
const MAX_KEY_BYTES: usize = 256;

const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'$');

impl Call {
    /// Reads the body.
    pub(crate) async fn read(
        app: App,
        ctx: OpContext,
        uri: Uri,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Self, BodyError> {
        let body = body::read(headers, body, body::MAX_CONTROL_BYTES).await?;
        let query = body::query(&uri);
        Ok(Self {
            app,
            ctx,
            query,
            uri,
            body,
        })
    }

    /// The same call, if its caller is still somebody: the body may have taken its time (rule 26).
    pub(crate) async fn renewed(mut self) -> Result<Self, wharf_app::Error> {
        self.ctx = self.app.renewed(&self.ctx).await?;
        Ok(self)
    }

    /// The address that was asked for.
    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The body as its type, strictly.
    pub(crate) fn input<T: InputBody>(&self) -> Result<T, InputError> {
        parse(&self.body)
    }

    /// A field of the query.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        field(&self.query, name)
    }

    /// The page that is asked for: `$top` entries after `$skiptoken`. Nothing when that is no page of ours.
    pub(crate) fn page(&self) -> Option<PageQuery> {
        let size = match self.field("$top") {
            Some(text) => text.parse::<usize>().ok().filter(|size| *size > 0)?.min(PAGE_MAX),
            None => PAGE_DEFAULT,
        };
        let after = match self.field("$skiptoken") {
            Some(key) if key.len() > MAX_KEY_BYTES => return None,
            key => key.map(str::to_owned),
        };
        Some(PageQuery { size, after })
    }

    /// The address of the page after `key`, at the configured base address (rule 38). The key is plain, since it is one of the list's own: it opens
    /// nothing that the list without it would not.
    pub(crate) fn next_link(&self, key: impl ToString) -> String {
        let encode = |text: &str| utf8_percent_encode(text, QUERY).to_string();
        let kept = self.query.iter().filter(|(name, _)| name != "$skiptoken");
        let mut fields: Vec<String> = kept
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        fields.push(format!("$skiptoken={}", encode(&key.to_string())));
        let base = self.app.settings().public.base_url();
        format!("{base}{}?{}", self.uri.path(), fields.join("&"))
    }
}

/// A JSON answer that no cache keeps: it may hold secrets, and depends on who asks.
pub(crate) fn json<T: Serialize>(status: StatusCode, body: &T) -> Response {
    // The wire types have text keys and no numbers that JSON lacks, so this does not fail.
    let bytes = serde_json::to_vec(body).unwrap_or_default();
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// An answer without content.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
