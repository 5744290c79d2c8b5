//! What token endpoints answer.

use serde::{Deserialize, Serialize};

use crate::time::Time;

/// The registry's token endpoint (distribution, "Token Authentication Specification"; ACR).
#[derive(Clone, Serialize, Deserialize)]
pub struct RegistryTokenAnswer {
    /// The access token, under the name that docker reads.
    pub token: String,
    /// The same, under OAuth's name.
    pub access_token: String,
    /// Its life in seconds. A client that finds none takes 60.
    pub expires_in: u64,
    /// When it was issued.
    pub issued_at: Time,
    /// Only when it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

/// The directory's token endpoint (RFC 6749 §5.1, with Entra's additions).
#[derive(Clone, Serialize, Deserialize)]
pub struct DirectoryTokenAnswer {
    /// `Bearer`.
    pub token_type: String,
    /// The access token.
    pub access_token: String,
    /// Its life in seconds.
    pub expires_in: u64,
    /// The same again, as Entra answers.
    pub ext_expires_in: u64,
}

/// An error of the directory's endpoints (RFC 6749 §5.2, with Entra's additions).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OAuthErrorBody {
    /// The standard's code, `invalid_client` and the like.
    pub error: String,
    /// What `az` shows to the user.
    pub error_description: String,
    /// Entra's number for it.
    #[serde(default)]
    pub error_codes: Vec<u32>,
    /// When.
    pub timestamp: Time,
    /// The request's id, as logs and the journal have it.
    pub correlation_id: String,
}
