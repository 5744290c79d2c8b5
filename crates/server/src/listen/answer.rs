//! Answering one request.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Request, Response, StatusCode, Version};
use http_body::Body as _;
use hyper::body::Incoming;
use tokio::sync::SemaphorePermit;
use tokio::time::timeout;

use super::peer::Peer;
use super::request_body::RequestBody;
use super::response_body::{InProgress, ResponseBody};
use super::source::Place;
use super::watch::Watch;

/// What the requests of one connection have in common.
#[derive(Debug)]
pub(super) struct Asker {
    pub(super) peer: Arc<Peer>,
    pub(super) watch: Arc<Watch>,
    pub(super) place: Place,
    pub(super) queue: Duration,
}

impl Asker {
    /// Answers with what `handler` says.
    pub(super) async fn answer<H, F>(
        &self,
        request: Request<Incoming>,
        handler: &H,
    ) -> Result<Response<ResponseBody>, Infallible>
    where
        H: Fn(Arc<Peer>, Request<Body>) -> F,
        F: Future<Output = Response<Body>>,
    {
        let in_progress = InProgress::begin(&self.watch);
        let response = if request.body().is_end_stream() {
            self.in_turn(request.map(|_| Body::empty()), handler).await
        } else {
            self.with_body(request, handler).await
        };
        Ok(response.map(|body| ResponseBody::new(body, in_progress)))
    }

    /// Requests without a body cost only work, which each source gets its share of.
    async fn in_turn<H, F>(&self, request: Request<Body>, handler: &H) -> Response<Body>
    where
        H: Fn(Arc<Peer>, Request<Body>) -> F,
        F: Future<Output = Response<Body>>,
    {
        match self.turn().await {
            Ok(_turn) => Box::pin(handler(Arc::clone(&self.peer), request)).await,
            Err(too_many) => too_many,
        }
    }

    async fn turn(&self) -> Result<Option<SemaphorePermit<'_>>, Response<Body>> {
        let Some(turns) = self.place.turns() else {
            return Ok(None);
        };
        if let Ok(turn) = turns.try_acquire() {
            return Ok(Some(turn));
        }
        match timeout(self.queue, turns.acquire()).await {
            Ok(turn) => Ok(turn.ok()),
            Err(_) => Err(too_many()),
        }
    }

    /// Requests with a body wait for their client most of the time, and so take no turn. One that waits too long is a 408, whatever the handler made of a
    /// body that broke off: its answer says what became of the part that came.
    async fn with_body<H, F>(&self, request: Request<Incoming>, handler: &H) -> Response<Body>
    where
        H: Fn(Arc<Peer>, Request<Body>) -> F,
        F: Future<Output = Response<Body>>,
    {
        let version = request.version();
        let (parts, body) = request.into_parts();
        let body = RequestBody::new(body, &self.watch);
        let transfer = body.transfer();
        let request = Request::from_parts(parts, Body::new(body));
        let mut response = Box::pin(handler(Arc::clone(&self.peer), request)).await;
        if transfer.is_too_slow() && response.status().is_client_error() {
            *response.status_mut() = StatusCode::REQUEST_TIMEOUT;
            if version < Version::HTTP_2 {
                response
                    .headers_mut()
                    .insert(CONNECTION, HeaderValue::from_static("close"));
            }
        }
        response
    }
}

/// What a source is told that has more requests in line than are answered in time. The body is of the registry protocol's form, which its clients show.
const TOO_MANY: &str =
    r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"too many requests from this address at once: try again"}]}"#;

fn too_many() -> Response<Body> {
    let mut response = Response::new(Body::from(TOO_MANY));
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    let headers = response.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
