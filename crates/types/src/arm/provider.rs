//! Resource providers: `GET /subscriptions/{S}/providers/{namespace}`. Clients look here whether a kind of resource can be used.

use serde::{Deserialize, Serialize};

/// A provider as answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Provider {
    /// `/subscriptions/{S}/providers/{namespace}`.
    pub id: String,
    /// `Microsoft.ContainerRegistry`.
    pub namespace: String,
    /// `Registered`, always.
    pub registration_state: String,
    /// `RegistrationFree`: there is nothing to register.
    pub registration_policy: String,
    /// Its kinds of resources.
    pub resource_types: Vec<ProviderResourceType>,
}

/// A kind of resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderResourceType {
    /// Its name without the provider's: `registries`.
    pub resource_type: String,
    /// Where such resources can be; empty for those that are nowhere.
    pub locations: Vec<String>,
    /// Versions that clients may ask for, the newest first.
    pub api_versions: Vec<String>,
}
