//! From a directory token to a registry's refresh token (`/oauth2/exchange`), and whether a secret is right.
//!
//! Both are asked at the server that the caller signed in to, and name the registry: its own name may not be known to this machine's resolver.

use bytes::Bytes;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use crate::{
    ClientError, ServerUrl, Transport,
    transport::{Body, Call, protocol},
};

/// What a directory token is asked for when it is to be exchanged.
pub const REGISTRY_SCOPE: &str = "https://containerregistry.azure.net/.default";

/// The token endpoints of a server's registries.
#[derive(Clone, Debug)]
pub struct RegistryTokens {
    transport: Transport,
    server: ServerUrl,
}

#[derive(Deserialize)]
struct ExchangeAnswer {
    refresh_token: SecretString,
}

impl RegistryTokens {
    /// Those of `server`.
    pub fn new(transport: Transport, server: ServerUrl) -> Self {
        Self { transport, server }
    }

    /// A refresh token of the registry whose login server this is, for a directory token. It is a password of the nil user.
    ///
    /// # Errors
    /// What calls can fail with; 403 for somebody without a role there, 404 where there is no such registry.
    pub async fn exchange(
        &self,
        login_server: &str,
        tenant: &str,
        token: &SecretString,
    ) -> Result<SecretString, ClientError> {
        let form = [
            ("grant_type", "access_token"),
            ("service", login_server),
            ("tenant", tenant),
            ("access_token", token.expose_secret()),
        ];
        let (url, answer) = self.post("/oauth2/exchange", &form).await?;
        // No detail of the parse error: it could quote the token.
        let answer: Result<ExchangeAnswer, _> = serde_json::from_slice(&answer);
        Ok(answer
            .map_err(|_| protocol(&url, "it is no token answer"))?
            .refresh_token)
    }

    /// Whether a user name and a secret open the server's registries.
    ///
    /// # Errors
    /// What calls can fail with; 401 for those that do not.
    pub async fn check(&self, login_server: &str, user: &str, secret: &SecretString) -> Result<(), ClientError> {
        let form = [
            ("grant_type", "password"),
            ("service", login_server),
            ("username", user),
            ("password", secret.expose_secret()),
        ];
        self.post("/oauth2/token", &form).await.map(drop)
    }

    /// Ends a refresh token, and what was fetched with it.
    ///
    /// # Errors
    /// What calls can fail with. A token that has ended already is none.
    pub async fn revoke(&self, token: &SecretString) -> Result<(), ClientError> {
        self.post("/oauth2/revoke", &[("token", token.expose_secret())])
            .await
            .map(drop)
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<(Url, Bytes), ClientError> {
        let url = self.server.at(path, &[]);
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let call = Call {
            method: Method::POST,
            url: url.clone(),
            token: None,
            body: Body::Form(Bytes::from(form)),
        };
        let answer = self.transport.send(&call).await?.success()?;
        Ok((url, answer.body))
    }
}
