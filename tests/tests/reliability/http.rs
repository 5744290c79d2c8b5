//! A client that takes every answer as it comes.

use std::{collections::BTreeMap, time::Duration};

use reqwest::{Client, Method};
use serde_json::Value;

/// A client of one server.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: Client,
    base: String,
}

/// An answer, read to its end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) enum Auth {
    Nobody,
    Basic(String, String),
    Bearer(String),
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) auth: Auth,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

pub(crate) const BYTES: &str = "application/octet-stream";
pub(crate) const JSON: &str = "application/json";

impl Ask {
    pub(crate) fn new(method: &'static str, path: impl Into<String>, auth: &Auth) -> Self {
        Self {
            method,
            path: path.into(),
            auth: auth.clone(),
            content_type: BYTES,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn body(mut self, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        (self.content_type, self.body) = (content_type, body.into());
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The text at a JSON pointer of the body.
    pub(crate) fn text(&self, pointer: &str) -> String {
        let json = self.json();
        let text = json.pointer(pointer).and_then(Value::as_str);
        text.unwrap_or_else(|| panic!("nothing at {pointer} of {} {json}", self.status))
            .to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

impl Http {
    pub(crate) fn new(base: String) -> Self {
        // A second installation is refused and harmless.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(30)).build();
        Self {
            client: client.expect("a client can be made"),
            base,
        }
    }

    /// Sends a request. An error is that of the connection: nothing, or not all of an answer came.
    pub(crate) async fn send(&self, ask: Ask) -> Result<Answer, reqwest::Error> {
        let method = Method::from_bytes(ask.method.as_bytes()).expect("a trial uses a valid method");
        let mut request = self.client.request(method, format!("{}{}", self.base, ask.path));
        request = match ask.auth {
            Auth::Nobody => request,
            Auth::Basic(name, secret) => request.basic_auth(name, Some(secret)),
            Auth::Bearer(token) => request.bearer_auth(token),
        };
        for (name, value) in ask.headers {
            request = request.header(name, value);
        }
        let response = request
            .header("Content-Type", ask.content_type)
            .body(ask.body)
            .send()
            .await?;
        let header = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
            (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Ok(Answer {
            status: response.status().as_u16(),
            headers: response.headers().iter().map(header).collect(),
            body: response.bytes().await?.to_vec(),
        })
    }
}
