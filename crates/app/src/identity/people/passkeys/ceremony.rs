//! A challenge between the page that asks and the form that answers.
//!
//! Its state is on no node and in no row: the page carries it, sealed under the master key together with what it is for and whose it is, so that any node goes
//! on with it and nobody makes one up or takes another's. A row is written when it was answered well, and makes it good once.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wharf_store::meta::{Read, Tx};
use wharf_types::id::KeyId;
use wharf_types::secret::Secret;
use wharf_types::time::Time;

use crate::identity::hex;
use crate::{App, Error};

/// How long a challenge may be answered.
pub(super) const LIFE: Duration = Duration::from_secs(10 * 60);

/// What a browser is asked for.
#[derive(Clone, Debug)]
pub struct PasskeyAsk {
    /// For `navigator.credentials`: `PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON` of WebAuthn Level 3.
    pub options: String,
    /// Comes back with the answer.
    pub ceremony: String,
}

/// What a browser answers.
#[derive(Clone, Copy, Debug)]
pub struct PasskeyAnswer<'a> {
    /// What came with the question.
    pub ceremony: &'a str,
    /// The credential: `RegistrationResponseJSON` or `AuthenticationResponseJSON`.
    pub credential: &'a str,
}

/// What a challenge is for, and who may answer it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose<'a> {
    /// A passkey is added in this session.
    Enrol(KeyId),
    /// The user of this session proves who they are.
    Factor(KeyId),
    /// Somebody signs in with the browser that keeps this key.
    SignIn(&'a Secret),
}

impl Purpose<'_> {
    fn place(self) -> String {
        match self {
            Self::Enrol(session) => format!("passkey/enrol/{session}"),
            Self::Factor(session) => format!("passkey/factor/{session}"),
            Self::SignIn(key) => format!("passkey/sign-in/{}", hex(&key.sha256())),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Sealed<S> {
    id: Uuid,
    asked_at_us: i64,
    state: S,
}

/// A challenge that came back.
pub(super) struct Opened<S> {
    id: Uuid,
    expires_at: Time,
    pub(super) state: S,
}

impl<S> Opened<S> {
    fn key(&self) -> Vec<u8> {
        [b"passkey/".as_slice(), self.id.as_bytes()].concat()
    }

    /// Whether it was answered before. [`Self::use_up`] decides; this tells an answer that came twice from a passkey of which there are two.
    pub(super) async fn is_used(&self, read: &mut Read) -> Result<bool, Error> {
        Ok(read.assertion_used(&self.key()).await?)
    }

    /// Uses the challenge up, in the transaction of what it was for.
    pub(super) async fn use_up(&self, tx: &mut Tx) -> Result<(), Error> {
        if tx.assertion_use(&self.key(), self.expires_at).await? {
            Ok(())
        } else {
            Err(Error::Unauthenticated)
        }
    }
}

impl App {
    pub(super) fn passkey_ask(
        &self,
        purpose: Purpose<'_>,
        options: &impl Serialize,
        state: impl Serialize,
        now: Time,
    ) -> Result<PasskeyAsk, Error> {
        let entropy = self.inner.environment.entropy.as_ref();
        let sealed = Sealed {
            id: entropy.uuid(),
            asked_at_us: now.as_us(),
            state,
        };
        // Neither fails: these are structures with names for keys.
        let text = serde_json::to_vec(&sealed).map_err(|_| Error::Unauthenticated)?;
        let options = serde_json::to_string(options).map_err(|_| Error::Unauthenticated)?;
        let sealed = self.inner.vault.seal(entropy, &purpose.place(), &text)?;
        Ok(PasskeyAsk {
            options,
            ceremony: URL_SAFE_NO_PAD.encode(sealed),
        })
    }

    /// The challenge that an answer is for, if it is one of ours, for this purpose and this session or browser, and not too old.
    pub(super) fn passkey_asked<S: DeserializeOwned>(
        &self,
        purpose: Purpose<'_>,
        ceremony: &str,
        now: Time,
    ) -> Option<Opened<S>> {
        let sealed = URL_SAFE_NO_PAD.decode(ceremony).ok()?;
        let text = self.inner.vault.open(&purpose.place(), &sealed).ok()?;
        let Sealed { id, asked_at_us, state } = serde_json::from_slice(&text).ok()?;
        let expires_at = Time::from_us(asked_at_us) + LIFE;
        (now < expires_at).then_some(Opened { id, expires_at, state })
    }
}
