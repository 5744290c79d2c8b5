//! `tokens.json`: access tokens, kept until shortly before they end, and fetched with the stored secret when needed.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use wharf_client::{ClientError, Directory, IssuedToken, ServerUrl, TokenFuture, TokenSource, Transport};
use wharf_types::arm::SecretText;

use super::{Principal, Proof, Store};
use crate::environment::now;

const FILE: &str = "tokens.json";

/// A token with less than this left counts as ended, in seconds; the same as `az`.
const EARLY: i64 = 300;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Token {
    #[serde(flatten)]
    principal: Principal,
    scope: String,
    token: SecretText,
    /// Seconds since 1970.
    expires_on: i64,
}

/// The tokens of one signed-in principal.
pub(crate) struct StoredTokens {
    store: Store,
    transport: Transport,
    directory: ServerUrl,
    principal: Principal,
}

/// The client id of `az`, and ours: public, known in every tenant.
pub(crate) const CLIENT: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

impl StoredTokens {
    pub(crate) fn new(store: Store, transport: Transport, directory: ServerUrl, principal: Principal) -> Self {
        Self {
            store,
            transport,
            directory,
            principal,
        }
    }

    /// The principal's own secret, if it signed in with one.
    pub(crate) fn secret(&self) -> anyhow::Result<Option<SecretString>> {
        Ok(match self.store.proof(&self.principal)? {
            Proof::Secret(secret) => Some(SecretString::from(secret.expose())),
            _ => None,
        })
    }

    /// A token and when it ends, in seconds since 1970.
    pub(crate) async fn get(&self, scope: &str, fresh: bool) -> Result<(SecretString, i64), ClientError> {
        let unusable = |error: anyhow::Error| ClientError::Token(format!("{error:#}"));
        let tokens: Vec<Token> = self.store.read(FILE).map_err(unusable)?;
        let usable = |token: &&Token| {
            token.principal == self.principal
                && token.scope == scope
                && token.expires_on - EARLY > now().unix_timestamp()
        };
        if let Some(token) = tokens.iter().find(usable).filter(|_| !fresh) {
            return Ok((SecretString::from(token.token.expose()), token.expires_on));
        }
        let proof = self.store.proof(&self.principal).map_err(unusable)?;
        let (transport, tenant) = (self.transport.clone(), &self.principal.tenant);
        let directory = Directory::discover(transport, &self.directory, tenant).await?;
        let issued = match &proof {
            Proof::RefreshToken(token) => self.come_back(&directory, token, scope).await?,
            proof => {
                let proof = proof.read().map_err(unusable)?;
                let app_id = &self.principal.app_id;
                directory.client_credentials(app_id, &proof, scope).await?
            }
        };
        let expires_on = self
            .store
            .keep_token(&self.principal, scope, &issued)
            .map_err(unusable)?;
        Ok((issued.access_token, expires_on))
    }
}

impl StoredTokens {
    /// Tells the server that a refresh token is not needed any more.
    pub(crate) async fn give_back(&self, refresh_token: &SecretString) -> Result<(), ClientError> {
        let directory = Directory::discover(self.transport.clone(), &self.directory, &self.principal.tenant).await?;
        directory.revoke(CLIENT, refresh_token).await
    }

    /// A token for a person's refresh token, which is good once: the next one is kept before anything else is done.
    async fn come_back(
        &self,
        directory: &Directory,
        refresh_token: &SecretText,
        scope: &str,
    ) -> Result<IssuedToken, ClientError> {
        let scope = format!("{scope} offline_access openid profile");
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", CLIENT),
            ("refresh_token", refresh_token.expose()),
            ("scope", &scope),
        ];
        let tokens = directory.person_tokens(&fields).await?;
        if let Some(next) = &tokens.refresh_token {
            let next = Proof::RefreshToken(SecretText::new(next.expose_secret()));
            let kept = self.store.keep_proof(&self.principal, next);
            kept.map_err(|error| ClientError::Token(format!("{error:#}")))?;
        }
        Ok(tokens.access)
    }
}

impl TokenSource for StoredTokens {
    fn token<'a>(&'a self, scope: &'a str, fresh: bool) -> TokenFuture<'a> {
        Box::pin(async move { self.get(scope, fresh).await.map(|(token, _)| token) })
    }
}

impl Store {
    /// Keeps a token just issued; says when it ends, in seconds since 1970.
    pub(crate) fn keep_token(&self, principal: &Principal, scope: &str, issued: &IssuedToken) -> anyhow::Result<i64> {
        let life = i64::try_from(issued.expires_in.as_secs()).unwrap_or(i64::MAX / 2);
        let (now, expires_on) = (now().unix_timestamp(), now().unix_timestamp().saturating_add(life));
        let token = Token {
            principal: principal.clone(),
            scope: scope.to_owned(),
            token: SecretText::new(issued.access_token.expose_secret()),
            expires_on,
        };
        self.update(FILE, |tokens: &mut Vec<Token>| {
            tokens.retain(|known| known.expires_on > now && !(known.principal == *principal && known.scope == scope));
            tokens.push(token);
            expires_on
        })
    }

    pub(super) fn forget_tokens(&self, goes: impl Fn(&Principal) -> bool) -> anyhow::Result<()> {
        self.update(FILE, |tokens: &mut Vec<Token>| {
            tokens.retain(|token| !goes(&token.principal));
        })
    }
}
