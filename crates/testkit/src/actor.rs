//! Those who call.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::ConnectInfo;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, Method, Request, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{Answer, TestServer};

/// Where actors call from unless they say otherwise (RFC 5737).
const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// Somebody who calls, with whatever it has to show.
#[derive(Clone)]
pub struct Actor {
    server: TestServer,
    credential: Arc<Credential>,
    address: IpAddr,
    /// A service principal's object id; empty for others.
    pub object_id: String,
}

pub(crate) enum Credential {
    Nothing,
    Bearer(String),
    Basic {
        user: String,
        secret: String,
    },
    /// Signs in at the directory, and keeps the tokens as clients do, until they are told otherwise.
    ServicePrincipal {
        app_id: String,
        secret: String,
        tokens: Mutex<HashMap<&'static str, String>>,
    },
}

impl Credential {
    pub(crate) fn service_principal(app_id: &str, secret: &str) -> Self {
        Self::ServicePrincipal {
            app_id: app_id.to_owned(),
            secret: secret.to_owned(),
            tokens: Mutex::default(),
        }
    }

    /// The next request signs in anew.
    pub(crate) fn forget_tokens(&self) {
        if let Self::ServicePrincipal { tokens, .. } = self {
            tokens.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }
}

/// A request that an actor is about to send.
pub struct Ask<'a> {
    actor: &'a Actor,
    method: Method,
    path: String,
    host: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Body,
}

/// The audience of a path's surface; none for those that take no directory token.
fn audience(path: &str) -> Option<&'static str> {
    let path = path.trim_start_matches('/');
    let is = |start: &str| path.len() >= start.len() && path[..start.len()].eq_ignore_ascii_case(start);
    if is("v1.0/") {
        Some("https://graph.microsoft.com")
    } else if ["subscriptions", "tenants", "providers"].into_iter().any(is) {
        Some("https://management.azure.com")
    } else {
        None
    }
}

impl Actor {
    fn new(server: &TestServer, credential: Credential, object_id: &str) -> Self {
        Self::with(server, Arc::new(credential), object_id)
    }

    pub(crate) fn with(server: &TestServer, credential: Arc<Credential>, object_id: &str) -> Self {
        Self {
            server: server.clone(),
            credential,
            address: ADDRESS,
            object_id: object_id.to_owned(),
        }
    }

    /// The same one, who calls another node.
    #[must_use]
    pub fn at_node(&self, node: &TestServer) -> Self {
        Self {
            server: node.clone(),
            ..self.clone()
        }
    }

    pub(crate) fn anonymous(server: &TestServer) -> Self {
        Self::new(server, Credential::Nothing, "")
    }

    pub(crate) fn bearer(server: &TestServer, token: &str) -> Self {
        Self::new(server, Credential::Bearer(token.to_owned()), "")
    }

    pub(crate) fn basic(server: &TestServer, user: &str, secret: &str) -> Self {
        let (user, secret) = (user.to_owned(), secret.to_owned());
        Self::new(server, Credential::Basic { user, secret }, "")
    }

    pub(crate) fn service_principal(server: &TestServer, app_id: &str, secret: &str, object_id: &str) -> Self {
        Self::new(server, Credential::service_principal(app_id, secret), object_id)
    }

    /// The same actor, calling from elsewhere.
    #[must_use]
    pub fn from(mut self, address: IpAddr) -> Self {
        self.address = address;
        self
    }

    /// Whoever brings this token instead, from the same place.
    #[must_use]
    pub fn with_bearer(&self, token: &str) -> Self {
        Self::bearer(&self.server, token).from(self.address)
    }

    /// User name and secret, as `docker login` takes them; empty for who has none.
    pub fn user_and_secret(&self) -> (&str, &str) {
        match &*self.credential {
            Credential::Basic { user, secret } => (user, secret),
            Credential::ServicePrincipal { app_id, secret, .. } => (app_id, secret),
            Credential::Nothing | Credential::Bearer(_) => ("", ""),
        }
    }

    /// Asks the directory for a token; the answer as it came.
    pub async fn sign_in(&self, audience: &str) -> Answer {
        let (user, secret) = self.user_and_secret();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", user),
            ("client_secret", secret),
            ("scope", &format!("{audience}/.default")),
        ];
        let path = format!("/{}/oauth2/v2.0/token", self.server.tenant());
        let anonymous = self.server.anonymous().from(self.address);
        anonymous.ask(Method::POST, &path).form(&form).send().await
    }

    /// A token for the audience: the one that it has, or a new one.
    pub async fn token(&self, audience: &'static str) -> String {
        let Credential::ServicePrincipal { tokens, .. } = &*self.credential else {
            panic!("only a service principal signs in at the directory");
        };
        let held = tokens
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(audience)
            .cloned();
        if let Some(token) = held {
            return token;
        }
        let token = self.sign_in(audience).await.expect(200).at("/access_token");
        tokens
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(audience, token.clone());
        token
    }

    /// Its token for the resource manager.
    pub async fn arm_token(&self) -> String {
        self.token("https://management.azure.com").await
    }

    /// Its token for the graph.
    pub async fn graph_token(&self) -> String {
        self.token("https://graph.microsoft.com").await
    }

    /// Starts a request.
    pub fn ask(&self, method: Method, path: &str) -> Ask<'_> {
        Ask {
            actor: self,
            method,
            path: path.to_owned(),
            host: self.server.host().to_owned(),
            headers: Vec::new(),
            body: Body::empty(),
        }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path).send().await
    }

    /// HEAD.
    pub async fn head(&self, path: &str) -> Answer {
        self.ask(Method::HEAD, path).send().await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path).send().await
    }

    /// PUT with JSON.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::PUT, path).json(&body).send().await
    }

    /// PATCH with JSON.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::PATCH, path).json(&body).send().await
    }

    /// POST with JSON; with nothing when the body is `null`.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        let ask = self.ask(Method::POST, path);
        if body.is_null() { ask } else { ask.json(&body) }.send().await
    }

    /// Gives a role, as `az role assignment create` does: the role is looked up by its name.
    pub async fn give(&self, role: &str, to: &Actor, scope: impl AsRef<str>) -> Answer {
        self.give_to(role, &to.object_id, "ServicePrincipal", scope).await
    }

    /// Adds a member to a group, as `az ad group member add` does.
    pub async fn join(&self, group: &str, member: &str) -> Answer {
        let reference = json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{member}")});
        self.post(&format!("/v1.0/groups/{group}/members/$ref"), reference)
            .await
    }

    /// Takes a member out of a group.
    pub async fn part(&self, group: &str, member: &str) -> Answer {
        self.delete(&format!("/v1.0/groups/{group}/members/{member}/$ref"))
            .await
    }

    /// The same for a principal of any kind.
    pub async fn give_to(&self, role: &str, principal: &str, kind: &str, scope: impl AsRef<str>) -> Answer {
        let scope = scope.as_ref().trim_end_matches('/');
        let filter = format!("roleName eq '{role}'").replace(' ', "%20");
        let roles = format!("{scope}/providers/Microsoft.Authorization/roleDefinitions?$filter={filter}");
        let role = self.get(&roles).await.expect(200).at("/value/0/id");
        let id = self.server.uuid();
        let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{id}");
        let properties = json!({"roleDefinitionId": role, "principalId": principal, "principalType": kind});
        self.put(&path, json!({ "properties": properties })).await
    }

    async fn authorization(&self, path: &str) -> Option<String> {
        match &*self.credential {
            Credential::Nothing => None,
            Credential::Bearer(token) => Some(format!("Bearer {token}")),
            Credential::Basic { user, secret } => Some(basic(user, secret)),
            Credential::ServicePrincipal { app_id, secret, .. } => Some(match audience(path) {
                Some(audience) => format!("Bearer {}", self.token(audience).await),
                None => basic(app_id, secret),
            }),
        }
    }
}

fn basic(user: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{secret}")))
}

impl Ask<'_> {
    /// At another host: a registry's.
    #[must_use]
    pub fn at(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("the header's value is text");
        self.headers.push((HeaderName::from_static(name), value));
        self
    }

    /// With a body of that type.
    #[must_use]
    pub fn body(self, content_type: &str, body: impl Into<Body>) -> Self {
        let mut ask = self.header("content-type", content_type);
        ask.body = body.into();
        ask
    }

    /// With a body of no type.
    #[must_use]
    pub fn raw_body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// With a form.
    #[must_use]
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.body("application/x-www-form-urlencoded", form)
    }

    /// Sends it, and reads the answer to its end. An `Authorization` of its own goes before the actor's.
    pub async fn send(self) -> Answer {
        let asked = format!("{} {}", self.method, self.path);
        let mut request = Request::builder()
            .method(self.method)
            .uri(self.path.replace(' ', "%20"));
        request = request.header(header::HOST, &self.host);
        if !self.headers.iter().any(|(name, _)| name == header::AUTHORIZATION)
            && let Some(value) = Box::pin(self.actor.authorization(&self.path)).await
        {
            request = request.header(header::AUTHORIZATION, value);
        }
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let from = SocketAddr::new(self.actor.address, 40_000);
        let request = request
            .extension(ConnectInfo(from))
            .body(self.body)
            .expect("the request is one");
        let response = self.actor.server.router().oneshot(request).await;
        let (parts, body) = response.unwrap_or_else(|never| match never {}).into_parts();
        let body = body.collect().await.expect("the answer comes to its end").to_bytes();
        Answer {
            asked,
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }
}
