//! Signing in at the directory: discovery, then the token endpoint that it names.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use url::Url;

use crate::{
    ClientError, ClientProof, ServerUrl, Transport,
    transport::{Answer, Body, Call, protocol},
};

/// The token issuer of one tenant.
#[derive(Clone, Debug)]
pub struct Directory {
    transport: Transport,
    token_endpoint: Url,
    authorization_endpoint: Option<Url>,
    device_authorization_endpoint: Option<Url>,
    revocation_endpoint: Option<Url>,
    /// The token endpoint's own name, which a statement is made for, however it is reached.
    audience: String,
}

/// What a person's client gets.
#[derive(Debug)]
pub struct PersonTokens {
    /// To act with.
    pub access: IssuedToken,
    /// To come back with; the one before is worth nothing any more.
    pub refresh_token: Option<SecretString>,
    /// Who signed in, unchecked: it came from the token endpoint itself (OpenID Connect Core 1.0 §3.1.3.7, 6).
    pub id_token: Option<SecretString>,
}

/// The codes of a device without a browser (RFC 8628 §3.2).
#[derive(Debug, Deserialize)]
pub struct DeviceCodes {
    /// What is polled with.
    pub device_code: SecretString,
    /// How long they are good, in seconds.
    pub expires_in: u64,
    /// How long to wait between two polls, in seconds.
    #[serde(default = "five")]
    pub interval: u64,
    /// What to tell the person.
    pub message: String,
}

fn five() -> u64 {
    5
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
    authorization_endpoint: Option<String>,
    device_authorization_endpoint: Option<String>,
    revocation_endpoint: Option<String>,
    issuer: Option<String>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: SecretString,
    #[serde(default = "an_hour", deserialize_with = "seconds")]
    expires_in: u64,
    refresh_token: Option<SecretString>,
    id_token: Option<SecretString>,
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
        let follow = |endpoint: &str| {
            let followed = base.follow(endpoint, advertised.as_ref())?;
            Ok::<Url, ClientError>(followed.as_url().clone())
        };
        let optional = |endpoint: Option<String>| endpoint.as_deref().map(follow).transpose();
        Ok(Self {
            token_endpoint: follow(&discovery.token_endpoint)?,
            authorization_endpoint: optional(discovery.authorization_endpoint)?,
            device_authorization_endpoint: optional(discovery.device_authorization_endpoint)?,
            revocation_endpoint: optional(discovery.revocation_endpoint)?,
            transport,
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
        Ok(self.token(&form).await?.access)
    }

    /// Where a person's browser signs in for a client (RFC 6749 §4.1.1); none where people cannot.
    pub fn authorization_url(&self, fields: &[(&str, &str)]) -> Option<Url> {
        let mut url = self.authorization_endpoint.clone()?;
        url.query_pairs_mut().extend_pairs(fields);
        Some(url)
    }

    /// Tokens for what a person's client brings: a code, a device code or a refresh token.
    ///
    /// # Errors
    /// What calls can fail with; `invalid_grant` for what is used up or was ended, `authorization_pending` while nobody has decided about a device.
    pub async fn person_tokens(&self, fields: &[(&str, &str)]) -> Result<PersonTokens, ClientError> {
        self.token(fields).await
    }

    /// Codes for a device without a browser.
    ///
    /// # Errors
    /// What calls can fail with; [`ClientError::Token`] where the server has no such flow.
    pub async fn device_codes(&self, client_id: &str, scope: &str) -> Result<DeviceCodes, ClientError> {
        let endpoint = self.device_authorization_endpoint.clone();
        let url = endpoint.ok_or_else(|| ClientError::Token("the server does not know device codes".to_owned()))?;
        let answer = self.post(&url, &[("client_id", client_id), ("scope", scope)]).await?;
        answer.json().map_err(|_| protocol(&url, "it is no device code answer"))
    }

    /// Gives a refresh token back: what was issued from it ends (RFC 7009).
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn revoke(&self, client_id: &str, token: &SecretString) -> Result<(), ClientError> {
        match &self.revocation_endpoint {
            Some(url) => {
                let fields = [("client_id", client_id), ("token", token.expose_secret())];
                self.post(url, &fields).await.map(drop)
            }
            None => Ok(()),
        }
    }

    async fn post(&self, url: &Url, fields: &[(&str, &str)]) -> Result<Answer, ClientError> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let call = Call {
            method: Method::POST,
            url: url.clone(),
            token: None,
            body: Body::Form(Bytes::from(body)),
        };
        self.transport.send(&call).await?.success()
    }

    async fn token(&self, fields: &[(&str, &str)]) -> Result<PersonTokens, ClientError> {
        let url = &self.token_endpoint;
        let answer = self.post(url, fields).await?;
        // No detail of the parse error: it could quote the token.
        let token: TokenAnswer = answer.json().map_err(|_| protocol(url, "it is no token answer"))?;
        Ok(PersonTokens {
            access: IssuedToken {
                access_token: token.access_token,
                expires_in: Duration::from_secs(token.expires_in),
            },
            refresh_token: token.refresh_token,
            id_token: token.id_token,
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
