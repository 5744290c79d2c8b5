//! Keys that tokens are signed with, and the signing and checking of tokens (rules 20 to 22, 27).
//!
//! ES256 only. Keys are stored encrypted, shared by all nodes, published before they sign, and kept until the last token of theirs ended. A token's header
//! names one of them; whatever else a header brings (`jwk`, `jku`, `x5u`, `x5c`, `crit`) is never looked at or makes the token invalid.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wharf_store::StoreError;
use wharf_store::meta::signing_key::SigningKey;
use wharf_store::meta::{MetaStore, Unrecorded};
use wharf_types::entropy::Entropy;
use wharf_types::oauth::TokenHeader;
use wharf_types::time::Time;

use crate::identity::Vault;
use crate::{Environment, Error};

/// A new key is made when the newest one has signed for this long.
const KEY_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);
/// A new key is known to every node for this long before it signs.
const PUBLISHED_AHEAD: Duration = Duration::from_secs(3600);
/// An old key is kept for this long after its successor began to sign: longer than any token lives.
const KEPT: Duration = Duration::from_secs(24 * 3600);

struct Key {
    id: String,
    signs_from: Time,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// The keys of this installation.
pub(crate) struct Signer {
    keys: RwLock<Arc<Vec<Key>>>,
}

impl Signer {
    /// Reads the keys; makes the first one where there is none.
    pub(crate) async fn open(environment: &Environment, meta: &MetaStore, vault: &Vault) -> Result<Self, Error> {
        let signer = Self {
            keys: RwLock::default(),
        };
        signer.maintain(environment, meta, vault).await?;
        Ok(signer)
    }

    /// Makes the next key in time, retires old ones, and reads what other nodes made. May run at any time, on any node.
    pub(crate) async fn maintain(
        &self,
        environment: &Environment,
        meta: &MetaStore,
        vault: &Vault,
    ) -> Result<(), Error> {
        let now = environment.clock.now();
        let mut stored = meta.read().await?.signing_key_list(now).await?;
        let newest = stored.last().map(|key| key.signs_from);
        if newest.is_none_or(|newest| newest + KEY_LIFE <= now) {
            let signs_from = if newest.is_some() { now + PUBLISHED_AHEAD } else { now };
            let mut tx = meta.begin(now).await?;
            tx.signing_key_insert(&generate(environment.entropy.as_ref(), vault, signs_from)?, now)
                .await?;
            for old in &stored {
                tx.signing_key_retire(&old.id, signs_from + KEPT).await?;
            }
            tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
            stored = meta.read().await?.signing_key_list(now).await?;
        }
        let keys = stored
            .iter()
            .map(|key| open_key(vault, key))
            .collect::<Result<_, _>>()?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        Ok(())
    }

    fn keys(&self) -> Arc<Vec<Key>> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// A token of kind `typ` with these claims.
    pub(crate) fn sign<T: Serialize>(&self, typ: &str, claims: &T, now: Time) -> Result<String, Error> {
        self.sign_with_key(typ, claims, now).map(|(_, token)| token)
    }

    /// The same, and the id of the key.
    pub(crate) fn sign_with_key<T: Serialize>(
        &self,
        typ: &str,
        claims: &T,
        now: Time,
    ) -> Result<(String, String), Error> {
        let keys = self.keys();
        let signing = keys.iter().rfind(|key| key.signs_from <= now).or(keys.first());
        let key = signing.ok_or_else(|| broken("there is no key"))?;
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(typ.to_owned());
        header.kid = Some(key.id.clone());
        let token = jsonwebtoken::encode(&header, claims, &key.encoding).map_err(broken)?;
        Ok((key.id.clone(), token))
    }

    /// The claims of a token of kind `typ`, if it is one of ours and unchanged. Times and audience are the caller's to check.
    pub(crate) fn verify<T: DeserializeOwned>(&self, typ: &str, token: &str) -> Option<T> {
        let header = TokenHeader::read(token).filter(|header| header.kind == typ)?;
        let keys = self.keys();
        let key = keys.iter().find(|key| header.key == key.id)?;
        let mut validation = Validation::new(Algorithm::ES256);
        // The library would ask the host's clock; times are checked against ours.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        jsonwebtoken::decode(token, &key.decoding, &validation)
            .ok()
            .map(|data| data.claims)
    }

    /// The public keys, for whoever checks our tokens (RFC 7517).
    pub(crate) fn public_keys(&self) -> Vec<serde_json::Value> {
        let keys = self.keys();
        keys.iter()
            .filter_map(|key| {
                let jwk = jsonwebtoken::jwk::Jwk::from_encoding_key(&key.encoding, Algorithm::ES256).ok()?;
                let mut jwk = serde_json::to_value(jwk).ok()?;
                jwk["kid"] = key.id.clone().into();
                jwk["use"] = "sig".into();
                Some(jwk)
            })
            .collect()
    }
}

fn place(id: &str) -> String {
    format!("signing-key/{id}")
}

fn generate(entropy: &dyn Entropy, vault: &Vault, signs_from: Time) -> Result<SigningKey, Error> {
    let mut id = [0; 12];
    entropy.fill(&mut id);
    let id = URL_SAFE_NO_PAD.encode(id);
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(broken)?;
    let private = pair.to_pkcs8v1().map_err(broken)?;
    let ciphertext = vault.seal(entropy, &place(&id), private.as_ref())?;
    Ok(SigningKey {
        id,
        ciphertext,
        signs_from,
    })
}

fn open_key(vault: &Vault, key: &SigningKey) -> Result<Key, Error> {
    let private = vault.open(&place(&key.id), &key.ciphertext)?;
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &private).map_err(broken)?;
    Ok(Key {
        id: key.id.clone(),
        signs_from: key.signs_from,
        encoding: EncodingKey::from_ec_der(&private),
        decoding: DecodingKey::from_ec_der(pair.public_key().as_ref()),
    })
}

fn broken(error: impl ToString) -> Error {
    Error::Internal(StoreError::Corrupt {
        place: "signing key",
        id: String::new(),
        problem: error.to_string(),
    })
}
