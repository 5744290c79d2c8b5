//! How an application proves who it is at the directory: a secret, the key of a certificate (RFC 7523 §2.2), or a token of somebody whom it trusts.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PSS_SHA256, RsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use secrecy::SecretString;
use serde_json::json;
use uuid::Uuid;

use crate::ClientError;

/// A proof.
#[derive(Clone, Debug)]
pub enum ClientProof {
    /// A secret.
    Secret(SecretString),
    /// A certificate with its key.
    Certificate(ClientCertificate),
    /// A token of an issuer that the application accepts.
    Assertion(SecretString),
}

impl From<SecretString> for ClientProof {
    fn from(secret: SecretString) -> Self {
        Self::Secret(secret)
    }
}

/// How long a statement that we sign is good for.
const LIFE_SECONDS: i64 = 600;

/// A certificate with its key. Cheap to clone.
#[derive(Clone)]
pub struct ClientCertificate {
    key: Arc<Key>,
    thumbprint: String,
}

enum Key {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ClientCertificate")
            .field("thumbprint", &self.thumbprint)
            .finish_non_exhaustive()
    }
}

impl ClientCertificate {
    /// Reads a PEM file that holds a private key, RSA or P-256, and its certificate.
    ///
    /// # Errors
    /// [`ClientError::Token`] with what is missing; never with a part of the file.
    pub fn from_pem(pem: &[u8]) -> Result<Self, ClientError> {
        let refuse = |problem: &str| ClientError::Token(format!("the certificate's file cannot be used: {problem}"));
        let certificate = CertificateDer::from_pem_slice(pem).map_err(|_| refuse("it holds no certificate"))?;
        let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| refuse("it holds no private key"))?;
        let key = Key::read(&key).ok_or_else(|| refuse("its private key is neither RSA nor P-256 in PKCS #8"))?;
        Ok(Self {
            key: Arc::new(key),
            thumbprint: URL_SAFE_NO_PAD.encode(digest(&SHA256, &certificate)),
        })
    }

    /// A statement that `client_id` is who asks `audience`, signed; `now` in seconds since 1970 (RFC 7523 §3).
    pub(crate) fn statement(&self, client_id: &str, audience: &str, now: i64, id: Uuid) -> Result<String, ClientError> {
        let algorithm = match *self.key {
            Key::Rsa(_) => "PS256",
            Key::Ec(_) => "ES256",
        };
        let header = json!({"alg": algorithm, "typ": "JWT", "x5t#S256": self.thumbprint});
        let claims = json!({
            "iss": client_id, "sub": client_id, "aud": audience, "jti": id,
            "iat": now, "nbf": now, "exp": now + LIFE_SECONDS,
        });
        let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = self.key.sign(message.as_bytes());
        let signature = signature.ok_or_else(|| ClientError::Token("the certificate's key cannot sign".to_owned()))?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl Key {
    fn read(key: &PrivateKeyDer<'_>) -> Option<Self> {
        match key {
            PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()).ok().map(Self::Rsa),
            PrivateKeyDer::Pkcs8(key) => {
                let der = key.secret_pkcs8_der();
                let rsa = RsaKeyPair::from_pkcs8(der).ok().map(Self::Rsa);
                rsa.or_else(|| {
                    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der)
                        .ok()
                        .map(Self::Ec)
                })
            }
            _ => None,
        }
    }

    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PSS_SHA256, &random, message, &mut signature).ok()?;
                Some(signature)
            }
            Self::Ec(key) => key
                .sign(&random, message)
                .ok()
                .map(|signature| signature.as_ref().to_vec()),
        }
    }
}
