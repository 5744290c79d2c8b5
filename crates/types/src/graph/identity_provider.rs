//! Identity providers, and people's identities there.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::arm::{SecretText, input::InputBody};
use crate::identity_provider::{GroupMapping, ProviderKind, SecondFactor};

/// A provider as answered. What its kind needs stands beside, under names of its own; its secret is never shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityProvider {
    /// What kind it is of.
    #[serde(rename = "@odata.type")]
    pub odata_type: String,
    /// Object id.
    pub id: Uuid,
    /// What the sign-in page shows.
    pub display_name: String,
    /// Whether people may sign in by it.
    pub enabled: bool,
    /// What may follow the `@` of the names of those who come from there.
    pub domains: Vec<String>,
    /// Where the second factor is asked for.
    pub second_factor: SecondFactor,
    /// Whether somebody who comes for the first time is added.
    pub create_users: bool,
    /// Which of our groups people are members of because of what it says.
    pub group_mappings: Vec<GroupMapping>,
    /// Whether there is a secret.
    pub has_secret: bool,
    /// Where the provider sends browsers back to; it has to be told that address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    /// What its kind needs.
    #[serde(flatten)]
    pub settings: Map<String, Value>,
}

/// Body of POST and PATCH: in PATCH, what is absent stays, also of the kind's own settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityProviderBody {
    /// What kind it is of: in POST.
    #[serde(default, rename = "@odata.type", skip_serializing_if = "Option::is_none")]
    pub odata_type: Option<String>,
    /// What the sign-in page shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Whether people may sign in by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// What may follow the `@` of the names of those who come from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domains: Option<Vec<String>>,
    /// Where the second factor is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_factor: Option<SecondFactor>,
    /// Whether somebody who comes for the first time is added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_users: Option<bool>,
    /// All mappings of groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_mappings: Option<Vec<GroupMapping>>,
    /// What its kind needs, its secret among them. Whoever reads them refuses what it does not know.
    #[serde(flatten)]
    pub settings: Map<String, Value>,
}

impl IdentityProviderBody {
    /// Takes the secret out of what the kind needs, so that nothing else keeps it. What is no text stays, and is refused as a setting that is not known.
    pub fn take_secret(&mut self, kind: ProviderKind) -> Option<SecretText> {
        let name = kind.secret_name();
        let secret = self.settings.get(name).and_then(Value::as_str).map(SecretText::new);
        if secret.is_some() {
            self.settings.remove(name);
        }
        secret
    }
}

impl InputBody for IdentityProviderBody {
    const READ_ONLY: &'static [&'static str] = &["id", "hasSecret", "redirectUri"];
}

/// A person's identity at a provider (Graph's `objectIdentity`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ObjectIdentity {
    /// `federated`.
    #[serde(default = "federated")]
    pub sign_in_type: String,
    /// Object id of the provider.
    pub issuer: Uuid,
    /// What the provider calls them; absent until they come for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer_assigned_id: Option<String>,
}

/// The one kind of identity that there is here.
fn federated() -> String {
    "federated".to_owned()
}

impl ObjectIdentity {
    /// An identity at that provider.
    pub fn new(issuer: Uuid, issuer_assigned_id: Option<String>) -> Self {
        Self {
            sign_in_type: federated(),
            issuer,
            issuer_assigned_id,
        }
    }
}

impl InputBody for ObjectIdentity {
    const READ_ONLY: &'static [&'static str] = &[];
}
