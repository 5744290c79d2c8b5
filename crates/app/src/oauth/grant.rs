//! What a grant becomes: tokens for a client that acts for a person.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use wharf_store::StoreError;
use wharf_store::meta::Tx;
use wharf_store::meta::refresh_family::{ClientKind, RefreshFamily};
use wharf_store::meta::user::User;
use wharf_types::access::Principal;
use wharf_types::id::{AppId, KeyId};
use wharf_types::journal::JournalKind;
use wharf_types::oauth::{DirectoryAccessClaims, IdClaims};
use wharf_types::secret::Secret;
use wharf_types::time::Time;

use super::{Client, GrantScope};
use crate::identity::people::user_entry;
use crate::identity::tokens::{DIRECTORY_ACCESS, Times};
use crate::identity::{Browser, IssuedToken};
use crate::{App, Error};

/// The kind of an ID token, which opens nothing (rule 23).
pub(super) const ID_TOKEN: &str = "JWT";
/// A family ends after this long, however much it is used (rule 17).
const FAMILY_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);
/// The same for a page's script.
const PAGE_LIFE: Duration = Duration::from_secs(24 * 3600);
const SALT_BYTES: usize = 32;

/// Why a client gets no tokens (RFC 6749 §5.2, RFC 8628 §3.5).
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// As any operation.
    #[error(transparent)]
    App(#[from] Error),
    /// The client is not known.
    #[error("the client is not known here")]
    Client,
    /// It has to prove that it is the client, and does not.
    #[error(
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret': this client is a server, and shows who it is."
    )]
    Secret,
    /// It is a page's script, and does not run where the page is.
    #[error(
        "Tokens of a 'Single-Page Application' are fetched by its script alone: the request's Origin has to be that of one of its redirect URIs."
    )]
    Origin,
    /// It may not be used so.
    #[error(
        "This client may not be used by devices: wharf ad app update --id APP_ID --is-fallback-public-client true lets it."
    )]
    Device,
    /// Nobody agreed to it, or not any more.
    #[error(
        "The user or administrator has not consented to use the application for what is asked for: send an interactive authorization request."
    )]
    Consent,
    /// The code or token is not good: unknown, ended, used, revoked, or another client's.
    #[error("{0}")]
    Grant(&'static str),
    /// The scope is not one.
    #[error(
        "the scope '{0}' is not valid: ask for one resource with /.default, and for openid, profile, offline_access"
    )]
    Scope(String),
    /// The scope names a resource that is not here.
    #[error("the resource '{0}' is not known here: /metadata/endpoints says which are")]
    Resource(String),
    /// Nobody has decided yet.
    #[error("the sign-in is not finished yet: go on polling")]
    Pending,
    /// The device polls too often.
    #[error("wait five seconds longer between two polls")]
    SlowDown,
    /// The device code has ended.
    #[error("the code has expired: start again")]
    Expired,
    /// Somebody said no.
    #[error("the request was declined")]
    Denied,
}

impl From<StoreError> for GrantError {
    fn from(error: StoreError) -> Self {
        Self::App(error.into())
    }
}

/// What a client gets.
pub struct PersonTokens {
    /// To act with.
    pub access: IssuedToken,
    /// What it is for.
    pub scope: String,
    /// To come back with.
    pub refresh_token: Option<Secret>,
    /// Who signed in.
    pub id_token: Option<String>,
    /// Who signed in, as MSAL reads it.
    pub client_info: String,
}

impl fmt::Debug for PersonTokens {
    /// Without the tokens (rule 67).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PersonTokens")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

impl App {
    /// Begins a family for a client, in the transaction that uses up what it was granted by.
    pub(super) async fn family_begin(
        &self,
        tx: &mut Tx,
        program: &Browser,
        user: &User,
        client: (AppId, ClientKind),
        scope: &GrantScope,
        authenticated_at: Time,
    ) -> Result<RefreshFamily, Error> {
        let (client, kind) = client;
        // A page keeps its tokens where other scripts of the page may find them.
        let life = match kind {
            ClientKind::Spa => PAGE_LIFE,
            ClientKind::Web | ClientKind::Native => FAMILY_LIFE,
        };
        let entropy = self.inner.environment.entropy.as_ref();
        let (now, mut salt) = (program.caller.now, vec![0; SALT_BYTES]);
        entropy.fill(&mut salt);
        let family = RefreshFamily {
            id: KeyId(entropy.uuid()),
            tenant: user.tenant,
            user: user.id,
            client,
            salt,
            generation: 0,
            rotated_at: now,
            authenticated_at,
            created_at: now,
            expires_at: now + life,
            user_agent: program.user_agent.clone(),
            address: program.address(),
            scope: scope.granted.clone(),
            kind,
        };
        tx.refresh_family_insert(&family).await?;
        let payload = json!({"client": client, "session": family.id});
        tx.record(&user_entry(program.caller, user, JournalKind::UserGrantCreate, payload))
            .await?;
        Ok(family)
    }

    /// The tokens of a family, for what the client asks for now.
    pub(super) fn person_tokens(
        &self,
        client: &Client,
        user: &User,
        family: &RefreshFamily,
        scope: GrantScope,
        nonce: Option<String>,
        now: Time,
    ) -> Result<PersonTokens, Error> {
        let access = self.person_access_token(client, user, family, &scope, now)?;
        let id_token = match scope.openid {
            true => Some(self.id_token(user, family, &scope, nonce, now)?),
            false => None,
        };
        Ok(PersonTokens {
            access,
            refresh_token: scope.offline.then(|| self.refresh_token_of(family, family.generation)),
            scope: scope.granted,
            id_token,
            client_info: self.client_info(user),
        })
    }

    /// Who signed in, as MSAL reads it.
    pub fn client_info(&self, user: &User) -> String {
        URL_SAFE_NO_PAD.encode(json!({"uid": user.id, "utid": user.tenant}).to_string())
    }

    fn person_access_token(
        &self,
        client: &Client,
        user: &User,
        family: &RefreshFamily,
        scope: &GrantScope,
        now: Time,
    ) -> Result<IssuedToken, Error> {
        let life = self.inner.settings.directory_token_life;
        let times = Times::new(now, life);
        let claims = DirectoryAccessClaims {
            iss: self.directory_issuer(user.tenant),
            sub: Principal::User(user.id).to_string(),
            aud: scope.audience.as_str().to_owned(),
            exp: times.expires,
            nbf: times.issued,
            iat: times.issued,
            jti: self.token_id(),
            tid: user.tenant,
            cid: family.id,
            oid: user.id,
            appid: family.client,
            ver: "1.0".to_owned(),
            upn: Some(user.user_principal_name.to_string()),
            scp: Some(scope.claim(client)),
        };
        let token = self.inner.signer.sign(DIRECTORY_ACCESS, &claims, now)?;
        Ok(IssuedToken {
            token,
            issued_at: now,
            life,
        })
    }

    fn id_token(
        &self,
        user: &User,
        family: &RefreshFamily,
        scope: &GrantScope,
        nonce: Option<String>,
        now: Time,
    ) -> Result<String, Error> {
        let times = Times::new(now, self.inner.settings.directory_token_life);
        let claims = IdClaims {
            iss: self.directory_issuer(user.tenant),
            sub: user.id.to_string(),
            aud: family.client,
            exp: times.expires,
            nbf: times.issued,
            iat: times.issued,
            jti: self.token_id(),
            tid: user.tenant,
            oid: user.id,
            preferred_username: scope.profile.then(|| user.user_principal_name.to_string()),
            name: scope.profile.then(|| user.display_name.clone()),
            email: user.mail.clone().filter(|_| scope.email),
            auth_time: family.authenticated_at.unix_seconds(),
            amr: ["pwd", "otp", "mfa"].map(str::to_owned).to_vec(),
            nonce,
            sid: family.id,
            ver: "2.0".to_owned(),
        };
        self.inner.signer.sign(ID_TOKEN, &claims, now)
    }

    /// Whom an ID token of ours was about, and for which client: also one whose time is over, since it is brought as a hint (OpenID Connect Core 1.0 §3.1.2.1).
    pub fn id_token_hint(&self, token: &str) -> Option<IdClaims> {
        let claims: IdClaims = self.inner.signer.verify(ID_TOKEN, token)?;
        (claims.iss == self.directory_issuer(claims.tid)).then_some(claims)
    }
}
