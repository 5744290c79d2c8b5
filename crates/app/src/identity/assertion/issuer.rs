//! The metadata and the keys of issuers: of federated ones, and of OpenID Connect providers (OpenID Connect Discovery 1.0 §4, RFC 7517). Fetched within
//! rule 49, and remembered.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use moka::sync::Cache;
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;
use wharf_client::{ClientError, FetchError, FetchPolicy, Fetcher};
use wharf_types::time::Time;

use super::{AssertionError, Statement};

/// Keys are used for this long before they are fetched again.
const KEPT: Duration = Duration::from_secs(3600);
/// A key that is not known makes us ask again, so often at most: whoever makes up key ids makes no flood of requests.
const PAUSE: Duration = Duration::from_secs(30);
/// When the issuer is away its last keys go on for this long.
const KEPT_IN_NEED: Duration = Duration::from_secs(24 * 3600);
/// The most issuers that are remembered.
const MOST_ISSUERS: u64 = 1000;
/// The most keys of one issuer.
const MOST_KEYS: usize = 100;

/// Fetches and remembers keys.
pub(crate) struct IssuerKeys {
    fetcher: Fetcher,
    known: Cache<String, Arc<Mutex<Known>>>,
}

/// What is known of an issuer. Whoever fetches holds the lock, so that others wait for the same answer.
#[derive(Default)]
struct Known {
    metadata: Option<Metadata>,
    keys: Vec<(Option<String>, bool, DecodingKey)>,
    fetched_at: Option<Time>,
    tried_at: Option<Time>,
}

/// What an issuer says of itself.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::identity) struct Metadata {
    issuer: String,
    jwks_uri: Url,
    /// Where browsers are sent to.
    pub(in crate::identity) authorization_endpoint: Option<Url>,
    /// Where codes are redeemed.
    pub(in crate::identity) token_endpoint: Option<Url>,
    /// Where more is said of somebody.
    pub(in crate::identity) userinfo_endpoint: Option<Url>,
    /// Whether every answer names its issuer (RFC 9207 §3).
    #[serde(default)]
    pub(in crate::identity) authorization_response_iss_parameter_supported: bool,
}

impl IssuerKeys {
    pub(crate) fn new(policy: &FetchPolicy) -> Result<Self, ClientError> {
        Ok(Self {
            fetcher: Fetcher::new(policy)?,
            known: Cache::new(MOST_ISSUERS),
        })
    }

    /// Whether an issuer's address may be fetched at all.
    pub(crate) fn admits(&self, url: &Url) -> bool {
        self.fetcher.admits(url)
    }

    /// What fetches, within rule 49.
    pub(in crate::identity) fn fetcher(&self) -> &Fetcher {
        &self.fetcher
    }

    /// What an issuer says of itself, fetched now or lately.
    pub(in crate::identity) async fn metadata(&self, issuer: &str, now: Time) -> Result<Metadata, AssertionError> {
        let known = self.known.get_with(issuer.to_owned(), Arc::default);
        let mut known = known.lock().await;
        let problem = match &known.metadata {
            Some(metadata) if known.is_younger(KEPT, now) => return Ok(metadata.clone()),
            _ => self.refresh(&mut known, issuer, now).await,
        };
        let found = known.metadata.clone().filter(|_| known.is_younger(KEPT_IN_NEED, now));
        found.ok_or_else(|| unavailable(problem, issuer))
    }

    /// Goes on if the statement is signed with a key that its issuer publishes.
    pub(in crate::identity) async fn check(&self, statement: &Statement<'_>, now: Time) -> Result<(), AssertionError> {
        let issuer = statement.issuer.clone();
        let known = self.known.get_with(issuer.clone(), Arc::default);
        let mut known = known.lock().await;
        if known.is_younger(KEPT, now) && known.signed(statement) {
            return Ok(());
        }
        let problem = self.refresh(&mut known, &issuer, now).await;
        if known.is_younger(KEPT_IN_NEED, now) && known.signed(statement) {
            return Ok(());
        }
        if problem.is_none() && known.fetched_at.is_some() {
            return Err(AssertionError::IssuerKey);
        }
        Err(unavailable(problem, &issuer))
    }

    /// Fetches what an issuer says now, unless that was tried a moment ago. Returns what went wrong.
    async fn refresh(&self, known: &mut Known, issuer: &str, now: Time) -> Option<FetchError> {
        if known.tried_at.is_some_and(|at| at.until(now) < PAUSE) {
            return None;
        }
        known.tried_at = Some(now);
        match self.fetch(issuer).await {
            Ok((metadata, keys)) => {
                known.metadata = Some(metadata);
                known.keys = keys;
                known.fetched_at = Some(now);
                None
            }
            Err(error) => {
                tracing::warn!(issuer, error = %error, "the keys of an issuer were not fetched: {error}");
                Some(error)
            }
        }
    }

    async fn fetch(&self, issuer: &str) -> Result<(Metadata, Vec<(Option<String>, bool, DecodingKey)>), FetchError> {
        let answer = || FetchError::Answer(issuer.to_owned());
        let metadata = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let metadata = Url::parse(&metadata).map_err(|_| FetchError::Address(issuer.to_owned()))?;
        let document = self.fetcher.document(&metadata).await?;
        let metadata: Metadata = serde_json::from_slice(&document).map_err(|_| answer())?;
        // Who publishes keys for another name is another one (OpenID Connect Discovery 1.0 §4.3).
        if metadata.issuer != issuer {
            return Err(answer());
        }
        let document = self.fetcher.document(&metadata.jwks_uri).await?;
        // A key of a kind that is not known is no reason to refuse the others.
        let keys: serde_json::Value = serde_json::from_slice(&document).map_err(|_| answer())?;
        let keys = keys
            .get("keys")
            .and_then(serde_json::Value::as_array)
            .ok_or_else(answer)?;
        let readable = keys
            .iter()
            .take(MOST_KEYS)
            .filter_map(|key| serde_json::from_value(key.clone()).ok());
        let set = JwkSet {
            keys: readable.collect(),
        };
        let keys = set.keys.iter().filter_map(usable).collect();
        Ok((metadata, keys))
    }
}

fn unavailable(problem: Option<FetchError>, issuer: &str) -> AssertionError {
    AssertionError::Issuer(match problem {
        Some(problem) => problem.to_string(),
        None => format!("{issuer} could not be reached a moment ago"),
    })
}

/// A key for signatures, and whether it is RSA.
fn usable(key: &jsonwebtoken::jwk::Jwk) -> Option<(Option<String>, bool, DecodingKey)> {
    if matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption)) {
        return None;
    }
    let is_rsa = match &key.algorithm {
        AlgorithmParameters::RSA(_) => true,
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => false,
        // A symmetric key would be no secret here.
        _ => return None,
    };
    Some((key.common.key_id.clone(), is_rsa, DecodingKey::from_jwk(key).ok()?))
}

impl Known {
    fn is_younger(&self, age: Duration, now: Time) -> bool {
        self.fetched_at.is_some_and(|at| at.until(now) < age)
    }

    /// `kid` selects by exact match (rule 21); without one every key is tried.
    fn signed(&self, statement: &Statement<'_>) -> bool {
        let is_rsa = statement.algorithm != Algorithm::ES256;
        let named = |id: &Option<String>| statement.key.is_none() || *id == statement.key;
        let mut keys = self.keys.iter().filter(|(id, rsa, _)| *rsa == is_rsa && named(id));
        keys.any(|(_, _, key)| statement.is_signed_by(key))
    }
}
