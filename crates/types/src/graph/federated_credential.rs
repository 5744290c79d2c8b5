//! Federated credentials: whose tokens an application accepts in the place of a secret.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::arm::input::InputBody;
use crate::rotation::CredentialUse;

/// A federated credential, as answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FederatedCredential {
    /// Its id.
    pub id: Uuid,
    /// Its name, one of the application's own.
    pub name: String,
    /// `iss` of the tokens.
    pub issuer: String,
    /// `sub` of the tokens.
    pub subject: String,
    /// For people.
    #[serde(default)]
    pub description: Option<String>,
    /// `aud` of the tokens: one.
    pub audiences: Vec<String>,
    /// Its use; an addition of ours.
    #[serde(flatten)]
    pub activity: Option<CredentialUse>,
}

/// Body of POST: what `az ad app federated-credential create --parameters` takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FederatedCredentialPost {
    /// Its name.
    pub name: String,
    /// `iss` of the tokens.
    pub issuer: String,
    /// `sub` of the tokens.
    pub subject: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `aud` of the tokens: one.
    pub audiences: Vec<String>,
}

impl InputBody for FederatedCredentialPost {
    const READ_ONLY: &'static [&'static str] = &["id", "claimsMatchingExpression"];
}
