//! One HTTP exchange: request id, bounds, retry, and a debug line that never shows a header or a body.

use std::{error::Error, fmt, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use reqwest::{
    Method, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap},
};
use secrecy::{ExposeSecret, SecretString};
use url::Url;
use uuid::Uuid;

use crate::{ClientError, RetryPolicy, ServiceError, Trust};

/// Longest answer that is read, in bytes. The largest page of a list is far below.
const ANSWER_MAX: usize = 16 << 20;

/// How a [`Transport`] behaves.
pub struct TransportOptions {
    /// Whose certificates are believed.
    pub trust: Trust,
    /// Bounds of retrying.
    pub retry: RetryPolicy,
    /// Longest time for connecting.
    pub connect_timeout: Duration,
    /// Longest time for one answer.
    pub answer_timeout: Duration,
    /// `User-Agent`.
    pub user_agent: String,
    /// Makes the ids that are sent as `x-ms-client-request-id`, and new GUIDs for what a client must name itself.
    pub request_id: Arc<dyn Fn() -> Uuid + Send + Sync>,
    /// The time in seconds since 1970, for statements that we sign.
    pub unix_seconds: fn() -> i64,
}

impl TransportOptions {
    /// The default bounds.
    pub fn new(user_agent: impl Into<String>, request_id: Arc<dyn Fn() -> Uuid + Send + Sync>) -> Self {
        Self {
            trust: Trust::default(),
            retry: RetryPolicy::default(),
            connect_timeout: Duration::from_secs(10),
            answer_timeout: Duration::from_secs(300),
            user_agent: user_agent.into(),
            request_id,
            unix_seconds: host_seconds,
        }
    }
}

/// The host's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "a client has no clock of its own unless its user brings one"
)]
fn host_seconds() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since
        .ok()
        .and_then(|since| i64::try_from(since.as_secs()).ok())
        .unwrap_or(0)
}

/// A pool of connections. Cheap to clone.
#[derive(Clone)]
pub struct Transport {
    http: reqwest::Client,
    retry: RetryPolicy,
    request_id: Arc<dyn Fn() -> Uuid + Send + Sync>,
    unix_seconds: fn() -> i64,
}

impl fmt::Debug for Transport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Transport")
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

/// One request, before it is sent.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) token: Option<&'a SecretString>,
    pub(crate) body: Body,
}

/// What a request carries.
pub(crate) enum Body {
    None,
    Json(Bytes),
    Form(Bytes),
}

/// One answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Transport {
    /// Opens no connection yet.
    ///
    /// # Errors
    /// [`ClientError::Certificates`] when the extra authorities cannot be read.
    pub fn new(options: TransportOptions) -> Result<Self, ClientError> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(options.trust.tls()?)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(options.connect_timeout)
            .timeout(options.answer_timeout)
            .user_agent(options.user_agent)
            .build()
            .map_err(|error| ClientError::Setup(innermost(&error)))?;
        Ok(Self {
            http,
            retry: options.retry,
            request_id: options.request_id,
            unix_seconds: options.unix_seconds,
        })
    }

    pub(crate) fn unix_seconds(&self) -> i64 {
        (self.unix_seconds)()
    }

    /// A new random id.
    pub fn new_id(&self) -> Uuid {
        (self.request_id)()
    }

    /// Sends, again if the server asks for it, and reads the answer whatever its status.
    pub(crate) async fn send(&self, call: &Call<'_>) -> Result<Answer, ClientError> {
        let mut attempt = 1;
        loop {
            let answer = self.send_once(call).await?;
            let Some(wait) = self.retry.wait(attempt, answer.status, &answer.headers) else {
                return Ok(answer);
            };
            tracing::info!(wait_seconds = wait.as_secs(), "the server is busy; trying again");
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    async fn send_once(&self, call: &Call<'_>) -> Result<Answer, ClientError> {
        let id = self.new_id();
        let mut request = self
            .http
            .request(call.method.clone(), call.url.clone())
            .header(ACCEPT, "application/json");
        request = request.header("x-ms-client-request-id", id.to_string());
        if let Some(token) = call.token {
            request = request.bearer_auth(token.expose_secret());
        }
        request = match &call.body {
            Body::None if call.method == Method::POST => request.body(Bytes::new()),
            Body::None => request,
            Body::Json(body) => request.header(CONTENT_TYPE, "application/json").body(body.clone()),
            Body::Form(body) => request
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(body.clone()),
        };
        let failed = |error: &reqwest::Error| classify(error, &call.url);
        let mut response = request.send().await.map_err(|error| failed(&error))?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        tracing::debug!(
            http.method = %call.method,
            http.path = call.url.path(),
            http.query = call.url.query().unwrap_or_default(),
            http.status = status.as_u16(),
            request.id = request_id(&headers).unwrap_or_default(),
            client.request_id = %id,
            "answered"
        );
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
            if body.len() + chunk.len() > ANSWER_MAX {
                return Err(protocol(&call.url, "it is too long"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            url: call.url.clone(),
            status,
            headers,
            body: body.freeze(),
        })
    }
}

impl Answer {
    /// This answer when its status is a success, else the error that it holds.
    pub(crate) fn success(self) -> Result<Self, ClientError> {
        if self.status.is_success() {
            Ok(self)
        } else {
            Err(self.into_error())
        }
    }

    pub(crate) fn into_error(self) -> ClientError {
        if self.status.is_redirection() {
            return protocol(
                &self.url,
                "it is a redirect, and those are not followed; is the address right?",
            );
        }
        ServiceError::read(self.status, request_id(&self.headers), &self.body).into()
    }

    /// The body as JSON.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, ClientError> {
        serde_json::from_slice(&self.body).map_err(|error| protocol(&self.url, &error.to_string()))
    }

    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The server's id of a request, under the names that the surfaces use.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let names = ["x-ms-request-id", "x-ms-correlation-request-id", "request-id"];
    names
        .iter()
        .find_map(|name| Some(headers.get(*name)?.to_str().ok()?.to_owned()))
}

/// A URL for messages: the query may hold names that are nobody's business.
fn shown(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url
}

pub(crate) fn protocol(url: &Url, reason: &str) -> ClientError {
    ClientError::Protocol {
        url: shown(url),
        reason: reason.to_owned(),
    }
}

fn classify(error: &reqwest::Error, url: &Url) -> ClientError {
    let (url, reason) = (shown(url), innermost(error));
    if is_tls(error) {
        ClientError::Tls { url, reason }
    } else if error.is_timeout() && !error.is_connect() {
        ClientError::TimedOut { url }
    } else if error.is_connect() {
        ClientError::Unreachable { url, reason }
    } else {
        ClientError::Protocol { url, reason }
    }
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    // An io::Error that wraps another does not show it as its source.
    std::iter::successors(Some(error), |&error| {
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        wrapped
            .map(|inner| inner as &(dyn Error + 'static))
            .or_else(|| error.source())
    })
}

fn is_tls(error: &reqwest::Error) -> bool {
    chain(error).any(|error| error.is::<rustls::Error>())
}

fn innermost(error: &reqwest::Error) -> String {
    chain(error).last().map_or_else(String::new, ToString::to_string)
}
