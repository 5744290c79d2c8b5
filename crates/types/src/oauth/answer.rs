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
    /// What was granted; MSAL keeps a person's token under it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// To come back with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Who signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// Who signed in, as MSAL reads it: base64url of JSON with `uid` and `utid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_info: Option<String>,
}

/// The device authorization endpoint (RFC 8628 §3.2, with Entra's addition).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeviceCodeAnswer {
    /// What the device polls with.
    pub device_code: String,
    /// What the person types.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// The same under the name of older drafts.
    #[serde(default)]
    pub verification_url: String,
    /// How long the codes are good, in seconds.
    pub expires_in: u64,
    /// How long to wait between two polls, in seconds.
    pub interval: u64,
    /// A sentence for the person, which `az` prints as it is.
    pub message: String,
}

/// The introspection endpoint (RFC 7662 §2.2).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct IntrospectionAnswer {
    /// Whether the token is good now. Of one that is not, nothing more is told.
    pub active: bool,
    /// Who issued it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// The principal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// The API that it opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<String>,
    /// The client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// A person's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Not valid from this second on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// Issued at this second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// `Bearer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_type: Option<String>,
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
