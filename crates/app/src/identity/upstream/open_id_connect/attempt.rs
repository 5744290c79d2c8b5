//! The road of a browser to an OpenID Connect provider and back (rules 14, 15; RFC 9700 §4.4, RFC 9207).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;
use url::form_urlencoded::byte_serialize;
use wharf_store::meta::Unrecorded;
use wharf_store::meta::identity_provider::IdentityProvider;
use wharf_store::meta::upstream_attempt::UpstreamAttempt;
use wharf_types::id::ObjectId;
use wharf_types::identity_provider::{
    ClientAuthentication, OpenIdConnectSettings, ProviderKind, ProviderSettings, SecondFactor,
};
use wharf_types::secret::Secret;
use wharf_types::time::Time;

use super::{claims, id_token};
use crate::App;
use crate::identity::assertion::{AssertionError, Metadata, Statement};
use crate::identity::upstream::{Claims, UpstreamError, UpstreamRefusal};
use crate::identity::{Browser, SignInProgress, hex};

/// So long may somebody take at the provider.
const LIFE: Duration = Duration::from_secs(10 * 60);
/// Random bytes of `state`, nonce and verifier.
const RANDOM_BYTES: usize = 32;
/// The longest text of an answer that is looked at.
const MAX_TEXT_BYTES: usize = 8 * 1024;

/// What the answer has to match, and where the browser goes then.
#[derive(Serialize, Deserialize)]
struct Kept {
    nonce: String,
    verifier: String,
    return_to: String,
    /// Whether its user is to prove anew who they are (rule 11).
    anew: bool,
}

/// What a provider sends back with the browser.
#[derive(Clone, Debug, Default)]
pub struct UpstreamAnswer {
    /// What we sent there.
    pub state: String,
    /// The code, if its user was let in.
    pub code: Option<String>,
    /// Who answers (RFC 9207).
    pub issuer: Option<String>,
    /// Why not (RFC 6749 §4.1.2.1).
    pub error: Option<String>,
}

/// What became of a sign-in by a provider.
#[derive(Debug)]
pub struct UpstreamReturn {
    /// Where its user wanted to go; none where no sign-in of this browser was under way.
    pub return_to: Option<String>,
    /// The session, or why there is none.
    pub result: Result<SignInProgress, UpstreamError>,
}

fn place(state_hash: &[u8; 32]) -> String {
    format!("upstream-attempt/{}", hex(state_hash))
}

fn unbelievable(provider: &IdentityProvider, problem: &'static str) -> UpstreamError {
    tracing::warn!(provider.id = %provider.id, "the answer of {} is not believed: {problem}", provider.display_name);
    UpstreamRefusal::Answer {
        provider: provider.display_name.clone(),
        problem,
    }
    .into()
}

fn unreachable(provider: &IdentityProvider, problem: impl ToString) -> UpstreamError {
    let problem = problem.to_string();
    tracing::warn!(provider.id = %provider.id, "{} cannot be asked: {problem}", provider.display_name);
    UpstreamRefusal::Unreachable {
        provider: provider.display_name.clone(),
    }
    .into()
}

fn settings_of(provider: &IdentityProvider) -> Result<OpenIdConnectSettings, UpstreamError> {
    let read = (provider.kind == ProviderKind::OpenIdConnect)
        .then(|| ProviderSettings::read(provider.kind, provider.settings.clone()).ok())
        .flatten();
    match read {
        Some(ProviderSettings::OpenIdConnect(settings)) => Ok(settings),
        // What is stored was read before it was written.
        Some(ProviderSettings::Ldap(_)) | None => Err(UpstreamRefusal::Off.into()),
    }
}

impl App {
    /// Where a provider sends browsers back to. Each has an address of its own, so that no answer is taken for another provider's (RFC 9700 §4.4).
    pub fn upstream_redirect_uri(&self, id: ObjectId) -> String {
        format!("{}/sign-in/callback/{id}", self.inner.settings.public.base_url())
    }

    /// Begins a sign-in by a provider: where the browser is to go. `key` is what the browser keeps; only who brings it again takes the answer. `anew` has the
    /// provider ask its user again who they are.
    pub async fn upstream_begin(
        &self,
        browser: &Browser,
        provider: &IdentityProvider,
        key: &Secret,
        return_to: &str,
        anew: bool,
    ) -> Result<Url, UpstreamError> {
        let now = browser.caller.now;
        self.inner.throttle.admit(browser.caller.address, now)?;
        let settings = settings_of(provider)?;
        let metadata = self.upstream_metadata(provider, &settings, now).await?;
        let endpoint = metadata.authorization_endpoint.ok_or_else(|| {
            unbelievable(
                provider,
                "it does not say where people sign in (authorization_endpoint)",
            )
        })?;
        let (state, nonce, verifier) = (self.random_text(), self.random_text(), self.random_text());
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let mut url = endpoint;
        {
            let mut query = url.query_pairs_mut();
            query
                .append_pair("response_type", "code")
                .append_pair("client_id", &settings.client_id)
                .append_pair("redirect_uri", &self.upstream_redirect_uri(provider.id))
                .append_pair("scope", &settings.scope)
                .append_pair("state", &state)
                .append_pair("nonce", &nonce)
                .append_pair("code_challenge", &challenge)
                .append_pair("code_challenge_method", "S256");
            if provider.second_factor == SecondFactor::Trusted && !settings.second_factor_contexts.is_empty() {
                query.append_pair("acr_values", &settings.second_factor_contexts.join(" "));
            }
            if anew {
                query.append_pair("prompt", "login").append_pair("max_age", "0");
            }
        }
        let kept = Kept {
            nonce,
            verifier,
            return_to: return_to.to_owned(),
            anew,
        };
        let state_hash = Secret::new(state).sha256();
        let clear = serde_json::to_vec(&kept).unwrap_or_default();
        let entropy = self.inner.environment.entropy.as_ref();
        let attempt = UpstreamAttempt {
            state_hash,
            provider: provider.id,
            browser: key.sha256(),
            sealed: self.inner.vault.seal(entropy, &place(&state_hash), &clear)?,
            created_at: now,
            expires_at: now + LIFE,
        };
        let mut tx = self.inner.meta.begin(now).await?;
        tx.upstream_attempt_insert(&attempt).await?;
        tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
        Ok(url)
    }

    /// Takes a provider's answer, once, from the browser that was sent there.
    pub async fn upstream_return(
        &self,
        browser: &Browser,
        provider: ObjectId,
        key: &Secret,
        answer: &UpstreamAnswer,
    ) -> UpstreamReturn {
        match self.upstream_attempt(browser, provider, key, answer).await {
            Ok((provider, began_at, kept)) => UpstreamReturn {
                result: self.upstream_finish(browser, &provider, began_at, &kept, answer).await,
                return_to: Some(kept.return_to),
            },
            Err(error) => UpstreamReturn {
                return_to: None,
                result: Err(error),
            },
        }
    }

    async fn upstream_attempt(
        &self,
        browser: &Browser,
        provider: ObjectId,
        key: &Secret,
        answer: &UpstreamAnswer,
    ) -> Result<(IdentityProvider, Time, Kept), UpstreamError> {
        let now = browser.caller.now;
        self.inner.throttle.admit(browser.caller.address, now)?;
        let state_hash = Secret::new(answer.state.as_str()).sha256();
        let mut tx = self.inner.meta.begin(now).await?;
        let taken = tx
            .upstream_attempt_take(&state_hash, provider, &key.sha256(), now)
            .await?;
        tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
        let provider = self.identity_provider_for_sign_in(provider).await?;
        let provider = provider.ok_or(UpstreamRefusal::Off)?;
        let Some(attempt) = taken else {
            self.inner.throttle.failed(browser.caller.address, now);
            return Err(UpstreamRefusal::Stale.into());
        };
        let clear = self.inner.vault.open(&place(&state_hash), &attempt.sealed)?;
        let kept = serde_json::from_slice(&clear).map_err(|_| UpstreamRefusal::Stale)?;
        Ok((provider, attempt.created_at, kept))
    }

    async fn upstream_finish(
        &self,
        browser: &Browser,
        provider: &IdentityProvider,
        began_at: Time,
        kept: &Kept,
        answer: &UpstreamAnswer,
    ) -> Result<SignInProgress, UpstreamError> {
        let now = browser.caller.now;
        let settings = settings_of(provider)?;
        let metadata = self.upstream_metadata(provider, &settings, now).await?;
        // An answer of another provider's, sent to the address of this one, names its own issuer.
        match &answer.issuer {
            Some(issuer) if *issuer != settings.issuer => {
                return Err(unbelievable(provider, "its answer is another provider's (iss)"));
            }
            None if metadata.authorization_response_iss_parameter_supported => {
                return Err(unbelievable(provider, "its answer does not say whose it is (iss)"));
            }
            _ => {}
        }
        if let Some(error) = &answer.error {
            return Err(said_no(provider, error));
        }
        let code = answer
            .code
            .as_deref()
            .filter(|code| !code.is_empty() && code.len() <= MAX_TEXT_BYTES);
        let code = code.ok_or_else(|| unbelievable(provider, "its answer holds no code"))?;
        let tokens = self.upstream_redeem(provider, &settings, &metadata, kept, code).await?;
        let text = tokens.get("id_token").and_then(Value::as_str);
        let text = text.ok_or_else(|| unbelievable(provider, "it gave no ID token"))?;
        let statement = Statement::read(text).map_err(|problem| {
            tracing::warn!(provider.id = %provider.id, "an ID token cannot be read: {problem}");
            unbelievable(
                provider,
                "its ID token cannot be read, or is not signed with RS256, PS256 or ES256",
            )
        })?;
        let expected = id_token::Expected {
            settings: &settings,
            nonce: &kept.nonce,
            proved_since: kept.anew.then_some(began_at),
            now,
        };
        id_token::check(&statement, &expected).map_err(|problem| unbelievable(provider, problem))?;
        self.inner
            .issuers
            .check(&statement, now)
            .await
            .map_err(|error| match error {
                AssertionError::IssuerKey => {
                    unbelievable(provider, "its ID token is signed with a key that is none of its own")
                }
                other => unreachable(provider, other),
            })?;
        let claims = self
            .upstream_claims(provider, &settings, &metadata, &statement, &tokens)
            .await?;
        let by_mail = settings.claims_mapping.user_principal_name == settings.claims_mapping.email;
        match self.upstream_signed_in(browser, provider, &claims).await {
            Err(UpstreamError::Refused(UpstreamRefusal::Name { provider, name })) if by_mail && name.is_empty() => {
                Err(UpstreamRefusal::Unverified { provider }.into())
            }
            result => result,
        }
    }

    async fn upstream_metadata(
        &self,
        provider: &IdentityProvider,
        settings: &OpenIdConnectSettings,
        now: Time,
    ) -> Result<Metadata, UpstreamError> {
        let found = self.inner.issuers.metadata(&settings.issuer, now).await;
        found.map_err(|error| unreachable(provider, error))
    }

    /// Redeems a code (RFC 6749 §4.1.3). The secret goes to where the issuer itself says, and to no other place: redirects are not followed (rule 50).
    async fn upstream_redeem(
        &self,
        provider: &IdentityProvider,
        settings: &OpenIdConnectSettings,
        metadata: &Metadata,
        kept: &Kept,
        code: &str,
    ) -> Result<Value, UpstreamError> {
        let endpoint = metadata.token_endpoint.as_ref();
        let endpoint = endpoint.ok_or_else(|| unbelievable(provider, "it does not say where codes are redeemed"))?;
        let secret = self.provider_secret(provider)?.ok_or(UpstreamRefusal::Off)?;
        let redirect_uri = self.upstream_redirect_uri(provider.id);
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri.as_str()),
            ("code_verifier", kept.verifier.as_str()),
        ];
        // In the header both are encoded first (RFC 6749 §2.3.1).
        let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let (id, encoded) = (encode(&settings.client_id), Secret::new(encode(secret.expose())));
        let basic = match settings.client_authentication {
            ClientAuthentication::ClientSecretBasic => Some((id.as_str(), encoded.expose())),
            ClientAuthentication::ClientSecretPost => {
                fields.push(("client_id", &settings.client_id));
                fields.push(("client_secret", secret.expose()));
                None
            }
        };
        let sent = self.inner.issuers.fetcher().send_form(endpoint, &fields, basic).await;
        let (done, document) = sent.map_err(|error| unreachable(provider, error))?;
        let answer: Value = serde_json::from_slice(&document).unwrap_or_default();
        if done {
            return Ok(answer);
        }
        let error = answer.get("error").and_then(Value::as_str).unwrap_or("");
        tracing::warn!(provider.id = %provider.id, error = shown(error), "{} does not redeem a code", provider.display_name);
        Err(match error {
            "invalid_client" | "unauthorized_client" => unbelievable(
                provider,
                "it does not accept this registry's client id or secret any more",
            ),
            _ => unbelievable(provider, "it does not redeem the code that it gave"),
        })
    }

    async fn upstream_claims(
        &self,
        provider: &IdentityProvider,
        settings: &OpenIdConnectSettings,
        metadata: &Metadata,
        statement: &Statement<'_>,
        tokens: &Value,
    ) -> Result<Claims, UpstreamError> {
        let wants_groups = !provider.groups.is_empty();
        let token = tokens.get("access_token").and_then(Value::as_str);
        let (mut userinfo, mut is_known) = (Value::Null, true);
        if claims::is_more_needed(settings, &statement.claims, wants_groups)
            && let (Some(endpoint), Some(token)) = (&metadata.userinfo_endpoint, token)
        {
            match self.inner.issuers.fetcher().document_for(endpoint, token).await {
                Ok(document) => {
                    let read: Value = serde_json::from_slice(&document).unwrap_or_default();
                    // Else it is of somebody else (OpenID Connect Core 1.0 §5.3.2).
                    if read.get("sub").and_then(Value::as_str) != Some(statement.subject.as_str()) {
                        return Err(unbelievable(provider, "its userinfo is of somebody else (sub)"));
                    }
                    userinfo = read;
                }
                Err(error) => {
                    tracing::warn!(provider.id = %provider.id, "userinfo cannot be had: {error}");
                    is_known = false;
                }
            }
        }
        Ok(claims::read(
            settings,
            &statement.subject,
            &statement.claims,
            &userinfo,
            is_known,
        ))
    }

    fn random_text(&self) -> String {
        let mut random = [0; RANDOM_BYTES];
        self.inner.environment.entropy.fill(&mut random);
        URL_SAFE_NO_PAD.encode(random)
    }
}

/// A code of an error, as far as it is one: nothing else of what came from outside is shown (rule 49).
fn shown(error: &str) -> String {
    let letters = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
    error.chars().filter(letters).take(60).collect()
}

fn said_no(provider: &IdentityProvider, error: &str) -> UpstreamError {
    tracing::info!(provider.id = %provider.id, error = shown(error), "{} let nobody in", provider.display_name);
    UpstreamRefusal::Denied {
        provider: provider.display_name.clone(),
        error: shown(error),
    }
    .into()
}
