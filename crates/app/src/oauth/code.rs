//! Authorization codes with PKCE (RFC 6749 §4.1, RFC 7636, rules 15 and 16).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use wharf_store::meta::Unrecorded;
use wharf_store::meta::authorization_code::AuthorizationCode;
use wharf_types::id::TenantId;
use wharf_types::journal::JournalKind;
use wharf_types::secret::{Secret, SecretKind};

use super::consent::must_be_agreed;
use super::{Client, GrantError, GrantScope, PersonTokens, PresentedClient};
use crate::identity::people::{session_holds, user_entry};
use crate::identity::{Browser, BrowserSession};
use crate::{App, Error};

/// How long a code is good.
const LIFE: Duration = Duration::from_secs(60);

/// What a client asks a person's browser for, verified.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    /// The client.
    pub client: Client,
    /// Where the answer goes.
    pub redirect_uri: String,
    /// What is asked for.
    pub scope: GrantScope,
    /// The S256 challenge.
    pub challenge: String,
    /// What the ID token has to repeat.
    pub nonce: Option<String>,
}

/// What a client shows for its tokens.
#[derive(Clone, Debug)]
pub struct CodeProof {
    /// The client.
    pub client: PresentedClient,
    /// The code.
    pub code: Secret,
    /// Where it was sent.
    pub redirect_uri: String,
    /// What the challenge was made of.
    pub verifier: Secret,
    /// What is asked for; what the code was asked for, where it is not said.
    pub scope: Option<String>,
}

const REFUSED: GrantError = GrantError::Grant(
    "The provided authorization code is not valid: it is unknown, has expired, was used, or is not for this client.",
);

impl App {
    /// A code for what a signed-in person's client asks for.
    pub async fn code_issue(
        &self,
        browser: &Browser,
        session: &BrowserSession,
        request: &AuthorizationRequest,
    ) -> Result<Secret, Error> {
        if request
            .client
            .tenant
            .is_some_and(|tenant| tenant != session.user.tenant)
        {
            return Err(Error::Unauthenticated);
        }
        let authenticated_at = session.session.authenticated_at.filter(|_| session.is_complete());
        let code = Secret::generate(SecretKind::AuthorizationCode, self.inner.environment.entropy.as_ref());
        let now = browser.caller.now;
        let stored = AuthorizationCode {
            code_hash: code.sha256(),
            tenant: session.user.tenant,
            user: session.user.id,
            session: session.session.id,
            client: request.client.id,
            redirect_uri: request.redirect_uri.clone(),
            challenge: request.challenge.clone(),
            nonce: request.nonce.clone(),
            scope: request.scope.granted.clone(),
            authenticated_at: authenticated_at.ok_or(Error::Unauthenticated)?,
            expires_at: now + LIFE,
            family: None,
        };
        let mut tx = self.inner.meta.begin(now).await?;
        tx.authorization_code_insert(&stored).await?;
        tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
        Ok(code)
    }

    /// Tokens for a code. A code is good once: who brings it again ends what it became, since one of the two is not the client (rule 16).
    pub async fn code_redeem(
        &self,
        program: &Browser,
        tenant: Option<TenantId>,
        proof: &CodeProof,
    ) -> Result<PersonTokens, GrantError> {
        let (now, client) = (program.caller.now, &proof.client.client);
        let kind = client.redirect_kind(&proof.redirect_uri).ok_or(REFUSED)?;
        // Before anything becomes of the code: whoever is not the client neither gets tokens for it nor ends it.
        proof.client.must_be(kind)?;
        let hash = proof.code.sha256();
        let mut tx = self.inner.meta.begin(now).await?;
        let Some(code) = tx.authorization_code_hold(&hash).await? else {
            tx.commit_unrecorded(Unrecorded::NothingToDo).await?;
            return Err(REFUSED);
        };
        let user = tx.user_get(code.tenant, code.user).await?.filter(|user| user.enabled);
        if let (Some(family), Some(user)) = (code.family, &user) {
            tx.refresh_family_delete(code.user, family).await?;
            let payload = json!({"session": family, "reason": "its authorization code was brought again"});
            tx.commit(&user_entry(program.caller, user, JournalKind::UserSessionEnd, payload))
                .await?;
            tracing::warn!(session = %family, "an authorization code was brought twice: what it became was ended");
            return Err(REFUSED);
        }
        let session = tx.web_session_get(code.user, code.session).await?;
        let good = now < code.expires_at
            && tenant.is_none_or(|tenant| tenant == code.tenant)
            && code.client == client.id
            && code.redirect_uri == proof.redirect_uri
            && is_made_of(&code.challenge, &proof.verifier)
            && session.is_some_and(|session| session_holds(&session, now));
        let Some(user) = user.filter(|_| good) else {
            // Whoever has the code and not the proof is not let try again.
            tx.authorization_code_delete(&hash).await?;
            tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
            return Err(REFUSED);
        };
        let base_url = self.inner.settings.public.base_url();
        let asked = proof.scope.as_deref().unwrap_or(&code.scope);
        let scope = GrantScope::parse(asked, &base_url, client)?;
        must_be_agreed(&mut tx, client, user.id, &scope).await?;
        let family = self
            .family_begin(
                &mut tx,
                program,
                &user,
                (code.client, kind),
                &scope,
                code.authenticated_at,
            )
            .await?;
        tx.authorization_code_redeem(&hash, family.id, now).await?;
        tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
        Ok(self.person_tokens(client, &user, &family, scope, code.nonce, now)?)
    }
}

/// RFC 7636 §4.6, with the length that §4.1 asks for.
fn is_made_of(challenge: &str, verifier: &Secret) -> bool {
    let text = verifier.expose();
    let made = URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes()));
    (43..=128).contains(&text.len()) && bool::from(made.as_bytes().ct_eq(challenge.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standards_own_pair_matches() {
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(is_made_of(
            challenge,
            &Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        ));
        assert!(!is_made_of(
            challenge,
            &Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl")
        ));
        assert!(!is_made_of(challenge, &Secret::new("short")));
    }
}
