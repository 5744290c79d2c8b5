//! One HTTP request at a time, for what no client shows: readiness, headers, half an upload.

use std::{net::SocketAddr, path::Path, sync::OnceLock, time::Duration};

use reqwest::{Certificate, Client, Method, redirect::Policy};
use tokio::runtime::Runtime;

use crate::server::DOMAIN;

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The header lines, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
}

impl Reply {
    /// The first header line of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// A request that is sent by [`Request::send`], with 30 seconds for the whole of it.
#[derive(Debug)]
pub struct Request {
    method: Method,
    url: String,
    user: Option<(String, String)>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    ca: Option<Vec<u8>>,
    stays: bool,
}

impl Request {
    /// A request with neither credentials nor body.
    #[must_use]
    pub fn new(method: &str, url: impl Into<String>) -> Self {
        let method = Method::from_bytes(method.as_bytes()).expect("a test uses a valid method");
        Self {
            method,
            url: url.into(),
            user: None,
            headers: Vec::new(),
            body: Vec::new(),
            ca: None,
            stays: false,
        }
    }

    /// With HTTP Basic credentials.
    #[must_use]
    pub fn basic(mut self, name: &str, password: &str) -> Self {
        self.user = Some((name.to_owned(), password.to_owned()));
        self
    }

    /// With a header line more.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Following no redirection.
    #[must_use]
    pub fn staying(mut self) -> Self {
        self.stays = true;
        self
    }

    /// Trusting the certificate authority in this PEM file.
    #[must_use]
    pub fn trusting(mut self, ca: Option<&Path>) -> Self {
        self.ca = ca.map(|path| std::fs::read(path).expect("the certificate authority can be read"));
        self
    }

    /// Sends it; an error is that of the transport alone, any status is an answer.
    ///
    /// # Errors
    /// Those of connecting, of TLS, and of the time limit.
    pub fn send(self) -> Result<Reply, reqwest::Error> {
        runtime().block_on(async {
            let trusted = self
                .ca
                .iter()
                .map(|pem| Certificate::from_pem(pem))
                .collect::<Result<Vec<_>, _>>()?;
            // The port is that of the URL, whatever stands here.
            let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
            let redirects = if self.stays { Policy::none() } else { Policy::default() };
            let client = Client::builder()
                .redirect(redirects)
                .timeout(Duration::from_secs(30))
                .no_proxy()
                .resolve(DOMAIN, loopback)
                .tls_certs_only(trusted)
                .build()?;
            let mut request = client.request(self.method, self.url).body(self.body);
            if let Some((name, password)) = self.user {
                request = request.basic_auth(name, Some(password));
            }
            for (name, value) in self.headers {
                request = request.header(name, value);
            }
            let response = request.send().await?;
            let header = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
                (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            };
            Ok(Reply {
                status: response.status().as_u16(),
                headers: response.headers().iter().map(header).collect(),
                body: response.text().await?,
            })
        })
    }
}

pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        // A second installation is refused and harmless.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime starts")
    })
}
