//! Where tokens come from.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::Mutex,
    time::{Duration, Instant},
};

use secrecy::SecretString;

use crate::{ClientError, ClientProof, Directory};

/// What [`TokenSource::token`] returns.
pub type TokenFuture<'a> = Pin<Box<dyn Future<Output = Result<SecretString, ClientError>> + Send + 'a>>;

/// Gives access tokens for a scope such as `https://acr.example/.default`.
pub trait TokenSource: Send + Sync {
    /// A token for `scope`. With `fresh`, one that was not handed out before: the server refused the last one.
    fn token<'a>(&'a self, scope: &'a str, fresh: bool) -> TokenFuture<'a>;
}

/// A token counts as used up this long before its end, so that it does not end on the way.
const EARLY: Duration = Duration::from_secs(300);

/// A service principal's tokens, kept in memory until shortly before they end.
pub struct ClientCredentials {
    directory: Directory,
    client_id: String,
    proof: ClientProof,
    held: Mutex<HashMap<String, (SecretString, Instant)>>,
}

impl ClientCredentials {
    /// Signs in as `client_id` when a token is asked for.
    pub fn new(directory: Directory, client_id: impl Into<String>, proof: impl Into<ClientProof>) -> Self {
        Self {
            directory,
            client_id: client_id.into(),
            proof: proof.into(),
            held: Mutex::default(),
        }
    }

    fn held(&self, scope: &str) -> Option<SecretString> {
        let held = self.held.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        held.get(scope)
            .filter(|(_, until)| *until > Instant::now())
            .map(|(token, _)| token.clone())
    }
}

impl TokenSource for ClientCredentials {
    fn token<'a>(&'a self, scope: &'a str, fresh: bool) -> TokenFuture<'a> {
        Box::pin(async move {
            if let Some(token) = self.held(scope).filter(|_| !fresh) {
                return Ok(token);
            }
            let issued = self
                .directory
                .client_credentials(&self.client_id, &self.proof, scope)
                .await?;
            let until = Instant::now() + issued.expires_in.saturating_sub(EARLY);
            let mut held = self.held.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            held.insert(scope.to_owned(), (issued.access_token.clone(), until));
            Ok(issued.access_token)
        })
    }
}
