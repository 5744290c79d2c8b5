//! Signing in at the directory: discovery, then the token endpoint that it names.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use url::Url;

use crate::{
    ClientError, ClientProof, ServerUrl, Transport,
    transport::{Body, Call, protocol},
};

/// The token issuer of one tenant.
#[derive(Clone, Debug)]
pub struct Directory {
    transport: Transport,
    token_endpoint: Url,
    /// The token endpoint's own name, which a statement is made for, however it is reached.
    audience: String,
}

/// An access token and how long it lasts from now.
#[derive(Debug)]
pub struct IssuedToken {
    /// The token.
    pub access_token: SecretString,
    /// Its life.
    pub expires_in: Duration,
}

#[derive(Deserialize)]
struct Discovery {
    token_endpoint: String,
    issuer: Option<String>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: SecretString,
    #[serde(default = "an_hour", deserialize_with = "seconds")]
    expires_in: u64,
}

fn an_hour() -> u64 {
    3600
}

/// A number, or its digits as text: both are in use.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Seconds {
        Number(u64),
        Text(String),
    }
    match Seconds::deserialize(deserializer)? {
        Seconds::Number(number) => Ok(number),
        Seconds::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

impl Directory {
    /// Reads `{base}/{tenant}/v2.0/.well-known/openid-configuration`.
    ///
    /// # Errors
    /// What calls can fail with; a tenant that does not exist is an error that the server answers.
    pub async fn discover(transport: Transport, base: &ServerUrl, tenant: &str) -> Result<Self, ClientError> {
        let url = base.at(&format!("/{tenant}/v2.0/.well-known/openid-configuration"), &[]);
        let call = Call {
            method: Method::GET,
            url: url.clone(),
            token: None,
            body: Body::None,
        };
        let discovery: Discovery = transport.send(&call).await?.success()?.json()?;
        // The issuer has the origin that the server takes for its own; see `ServerUrl::follow`.
        let advertised = discovery.issuer.as_deref().and_then(|issuer| Url::parse(issuer).ok());
        let token_endpoint = base
            .follow(&discovery.token_endpoint, advertised.as_ref())?
            .as_url()
            .clone();
        Ok(Self {
            transport,
            token_endpoint,
            audience: discovery.token_endpoint,
        })
    }

    /// A token for a service principal (RFC 6749 §4.4). `scope` is an audience and `/.default`.
    ///
    /// # Errors
    /// What calls can fail with; `invalid_client` for a wrong proof, as for an unknown, disabled or deleted principal.
    pub async fn client_credentials(
        &self,
        client_id: &str,
        proof: &ClientProof,
        scope: &str,
    ) -> Result<IssuedToken, ClientError> {
        const JWT: (&str, &str) = (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        );
        let mut form = vec![("grant_type", "client_credentials"), ("client_id", client_id)];
        let statement;
        match proof {
            ClientProof::Secret(secret) => form.push(("client_secret", secret.expose_secret())),
            ClientProof::Assertion(token) => form.extend([JWT, ("client_assertion", token.expose_secret())]),
            ClientProof::Certificate(certificate) => {
                let (now, id) = (self.transport.unix_seconds(), self.transport.new_id());
                statement = certificate.statement(client_id, &self.audience, now, id)?;
                form.extend([JWT, ("client_assertion", statement.as_str())]);
            }
        }
        form.push(("scope", scope));
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let url = self.token_endpoint.clone();
        let call = Call {
            method: Method::POST,
            url: url.clone(),
            token: None,
            body: Body::Form(Bytes::from(body)),
        };
        let answer = self.transport.send(&call).await?.success()?;
        // No detail of the parse error: it could quote the token.
        let token: TokenAnswer = answer.json().map_err(|_| protocol(&url, "it is no token answer"))?;
        Ok(IssuedToken {
            access_token: token.access_token,
            expires_in: Duration::from_secs(token.expires_in),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_a_number_or_digits_and_an_hour_when_absent() {
        let life = |body: &str| serde_json::from_str::<TokenAnswer>(body).unwrap().expires_in;
        assert_eq!(life(r#"{"access_token":"t","expires_in":60}"#), 60);
        assert_eq!(life(r#"{"access_token":"t","expires_in":"60"}"#), 60);
        assert_eq!(life(r#"{"access_token":"t"}"#), 3600);
    }
}
