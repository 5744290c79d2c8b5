//! A client of the OCI distribution specification that knows nothing of Wharf: what a conformance suite is on the wire.
//!
//! It keeps one token for reading, one for writing and one for deleting of each repository, and asks for another one only when it is told to by a
//! challenge, with the challenge's own words.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use serde_json::Value;
use sha2::{Digest, Sha256, Sha512};

use crate::{Reply, Request, User, World};

/// A hash that content is named by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// `sha256:`
    Sha256,
    /// `sha512:`
    Sha512,
}

impl Algorithm {
    /// The digest of these bytes.
    #[must_use]
    pub fn of(self, bytes: &[u8]) -> String {
        let hex = |hash: &[u8]| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        match self {
            Self::Sha256 => format!("sha256:{}", hex(&Sha256::digest(bytes))),
            Self::Sha512 => format!("sha512:{}", hex(&Sha512::digest(bytes))),
        }
    }
}

/// How a client says who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    /// With a user name and a password on each request, unasked.
    Basic,
    /// With tokens, as challenges ask for them.
    Tokens,
}

/// By which name a client calls the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `localhost:PORT/myregistry/…`
    Base,
    /// `myregistry.DOMAIN:PORT/…`
    Own,
}

/// A client of one registry.
#[derive(Debug)]
pub struct Oci {
    url: String,
    host: String,
    prefix: String,
    user: User,
    sign_in: SignIn,
    /// By repository and kind of work.
    tokens: Mutex<HashMap<(String, &'static str), String>>,
}

/// A request of an [`Oci`] client.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    client: &'a Oci,
    method: String,
    address: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Oci {
    /// A client of the world's registry. The world has no TLS.
    #[must_use]
    pub fn new(world: &World, user: &User, sign_in: SignIn, place: Place) -> Self {
        let port = world.wharf.port();
        let (host, prefix) = match place {
            Place::Base => (format!("localhost:{port}"), "myregistry/"),
            Place::Own => (format!("myregistry.wharf.test:{port}"), ""),
        };
        Self {
            url: format!("http://localhost:{port}"),
            host,
            prefix: prefix.to_owned(),
            user: user.clone(),
            sign_in,
            tokens: Mutex::default(),
        }
    }

    /// A repository's name as this client writes it.
    #[must_use]
    pub fn repository(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// A request for something below `/v2/`, or for the address that a `Location` names.
    #[must_use]
    pub fn ask(&self, method: &str, address: &str) -> Ask<'_> {
        // A client may be sent to an absolute address of the same host.
        let address = address
            .strip_prefix(&format!("http://{}", self.host))
            .unwrap_or(address);
        assert!(address.starts_with("/v2/"), "{address:?} is on another host");
        Ask {
            client: self,
            method: method.to_owned(),
            address: address.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    fn key(&self, ask: &Ask<'_>) -> (String, &'static str) {
        let path = ask.address.split('?').next().unwrap_or("");
        let rest = path.strip_prefix("/v2/").unwrap_or("");
        let ends = ["/blobs/", "/manifests/", "/tags/", "/referrers/"].map(|part| rest.find(part));
        let end = ends.into_iter().flatten().min().unwrap_or(0);
        let work = match ask.method.as_str() {
            "GET" | "HEAD" => "pull",
            "DELETE" => "delete",
            _ => "push",
        };
        (rest[..end].to_owned(), work)
    }

    /// Asks for the token that a challenge describes.
    fn token(&self, challenge: &str) -> String {
        let parameter = |name: &str| {
            let (_, rest) = challenge.split_once(&format!("{name}=\""))?;
            rest.split('"').next().map(str::to_owned)
        };
        let realm = parameter("realm").expect("a challenge names its realm");
        let path = realm.strip_prefix(&format!("http://{}", self.host));
        let path = path.unwrap_or_else(|| panic!("the realm {realm} is not on the host {}", self.host));
        let service = parameter("service").expect("a challenge names its service");
        let scope = parameter("scope").map(|scope| format!("&scope={}", scope.replace(' ', "%20")));
        let url = format!("{}{path}?service={service}{}", self.url, scope.unwrap_or_default());
        let request = Request::new("GET", url).header("host", &self.host);
        let reply = request.basic(&self.user.name, &self.user.password).send();
        let reply = reply.expect("the token endpoint answers");
        assert_eq!(reply.status, 200, "{}", reply.body);
        let answer: Value = serde_json::from_str(&reply.body).expect("the token endpoint answers with JSON");
        answer["access_token"].as_str().expect("a token").to_owned()
    }
}

impl Ask<'_> {
    /// With a header line more.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// With a field more in the query, which may be there already.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        let sign = if self.address.contains('?') { '&' } else { '?' };
        self.address
            .push_str(&format!("{sign}{name}={}", value.replace('+', "%2B")));
        self
    }

    /// With a body.
    #[must_use]
    pub fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", media_type)
    }

    /// Sends it; signs in when that is asked for.
    #[must_use]
    #[track_caller]
    pub fn send(self) -> Reply {
        let client = self.client;
        let key = client.key(&self);
        let tokens = || client.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let held = tokens().get(&key).cloned();
        let reply = self.try_send(held.as_deref());
        if reply.status != 401 || client.sign_in == SignIn::Basic {
            return reply;
        }
        let challenge = reply.header("www-authenticate").expect("a 401 has a challenge");
        let token = client.token(challenge);
        tokens().insert(key, token.clone());
        self.try_send(Some(&token))
    }

    #[track_caller]
    fn try_send(&self, token: Option<&str>) -> Reply {
        let Oci {
            url,
            host,
            user,
            sign_in,
            ..
        } = self.client;
        let mut request = Request::new(&self.method, format!("{url}{}", self.address)).header("host", host);
        request = match (sign_in, token) {
            (SignIn::Basic, _) => request.basic(&user.name, &user.password),
            (SignIn::Tokens, Some(token)) => request.header("authorization", &format!("Bearer {token}")),
            (SignIn::Tokens, None) => request,
        };
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let reply = request.body(self.body.clone()).send();
        reply.unwrap_or_else(|error| panic!("{} {}: {error}", self.method, self.address))
    }

    /// Sends it, and the answer has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Reply {
        let asked = format!("{} {}", self.method, self.address);
        let reply = self.send();
        assert_eq!(reply.status, status, "{asked}: {}", reply.body);
        reply
    }

    /// Sends it, and it is refused with this status and one of the specification's codes in the specification's form.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Reply {
        let reply = self.expect(status);
        let body: Value = serde_json::from_str(&reply.body).unwrap_or_else(|error| panic!("{error}: {}", reply.body));
        assert_eq!(body["errors"][0]["code"], code, "{}", reply.body);
        let message = body["errors"][0]["message"].as_str();
        assert!(message.is_some_and(|text| !text.is_empty()), "{}", reply.body);
        reply
    }
}

impl Reply {
    /// A header line that has to be there.
    #[track_caller]
    #[must_use]
    pub fn must(&self, name: &str) -> &str {
        self.header(name)
            .unwrap_or_else(|| panic!("the header {name} is missing: {self:?}"))
    }

    /// The body, which must be JSON.
    #[track_caller]
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("the body is not JSON ({error}): {}", self.body))
    }
}
