//! A server that answers what a test told it to, and remembers what it was asked.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri},
};
use serde_json::Value;

/// Listens on a loopback port of its own until dropped.
pub(crate) struct StandIn {
    port: u16,
    script: Arc<Mutex<Script>>,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Script {
    answers: VecDeque<Answer>,
    asked: Vec<Asked>,
}

/// An answer that was told beforehand.
pub(crate) struct Answer {
    request: String,
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// A request that came.
#[derive(Clone, Debug)]
#[allow(dead_code, reason = "shared by two test crates that look at different fields")]
pub(crate) struct Asked {
    /// `METHOD /path?query`, percent-decoded.
    pub(crate) request: String,
    pub(crate) authorization: String,
    pub(crate) body: String,
    pub(crate) headers: HeaderMap,
}

#[allow(dead_code, reason = "shared by two test crates that use different parts")]
impl StandIn {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = Arc::new(Mutex::new(Script::default()));
        let app = Router::new().fallback(answer).with_state(script.clone());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { port, script, server }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Answers the next request that is `METHOD /path?query` (decoded) with `body`; each answer is given once.
    pub(crate) fn on(&self, request: &str, status: u16, body: Value) -> &Self {
        self.on_with(request, status, body, &[])
    }

    pub(crate) fn on_with(&self, request: &str, status: u16, body: Value, headers: &[(&'static str, &str)]) -> &Self {
        let headers = headers
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let answer = Answer {
            request: request.to_owned(),
            status,
            headers,
            body,
        };
        self.script.lock().unwrap().answers.push_back(answer);
        self
    }

    /// What came since the last call, one line each.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.script.lock().unwrap().asked)
    }

    /// What came since the last call: `METHOD /path?query` and the body, if any.
    pub(crate) fn transcript(&self) -> String {
        let asked = self.asked();
        let lines = asked
            .iter()
            .map(|asked| format!("{} {}", asked.request, asked.body).trim_end().to_owned());
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(
    State(script): State<Arc<Mutex<Script>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let request = format!("{method} {}", decode(&uri.to_string()));
    let mut script = script.lock().unwrap();
    script.asked.push(Asked {
        request: request.clone(),
        authorization: headers
            .get("authorization")
            .map_or("", |value| value.to_str().unwrap())
            .to_owned(),
        body: String::from_utf8(body.to_vec()).unwrap(),
        headers,
    });
    let Some(index) = script.answers.iter().position(|answer| answer.request == request) else {
        let body = format!(r#"{{"error":{{"code":"NotScripted","message":"{request}"}}}}"#);
        return Response::builder()
            .status(StatusCode::NOT_FOUND)
            .body(body.into())
            .unwrap();
    };
    let answer = script.answers.remove(index).unwrap();
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap();
    for (name, value) in answer.headers {
        response
            .headers_mut()
            .insert(HeaderName::from_static(name), HeaderValue::from_str(&value).unwrap());
    }
    response
}

fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .unwrap()
        .into_owned()
}
