//! Registries: `{R}` = `/subscriptions/{S}/resourceGroups/{G}/providers/Microsoft.ContainerRegistry/registries/{name}`.
//!
//! `az` needs `id`, `name`, `location`, `sku.name` and `properties.loginServer`; the rest is printed.

mod input;
mod policies;
mod properties;

use serde::{Deserialize, Serialize};

use super::{SystemData, Tags};

pub use input::{RegistryPatch, RegistryPatchProperties, RegistryPut, RegistryPutProperties};
pub use policies::{
    ExportPolicy, Policies, PolicyStatus, QuarantinePolicy, RetentionPolicy, SoftDeletePolicy, StatusPolicy,
    TrustPolicy,
};
pub use properties::{
    DefaultAction, EncryptionProperty, IpRule, NetworkRuleSet, RegistryProperties, RoleAssignmentMode, Switch,
};

/// The type of a registry in ids and bodies.
pub const REGISTRY_TYPE: &str = "Microsoft.ContainerRegistry/registries";

/// A registry as answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Registry {
    /// Full resource id.
    pub id: String,
    /// The registry's name.
    pub name: String,
    /// [`REGISTRY_TYPE`].
    #[serde(rename = "type", default = "registry_type")]
    pub kind: String,
    /// Short name of the home location.
    pub location: String,
    /// Tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Tags>,
    /// Tier.
    pub sku: Sku,
    /// Managed identity; none here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<serde_json::Value>,
    /// Who made and changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_data: Option<SystemData>,
    /// Everything else.
    pub properties: RegistryProperties,
}

fn registry_type() -> String {
    REGISTRY_TYPE.to_owned()
}

/// Tier: limits and features.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sku {
    /// Name of the tier.
    pub name: SkuName,
    /// The same again; answered, and ignored when sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<SkuName>,
}

impl Sku {
    /// A tier as answered.
    pub fn new(name: SkuName) -> Self {
        Self { name, tier: Some(name) }
    }
}

/// Names of the tiers. Any other makes `az` say "managed registries only".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SkuName {
    /// Small.
    Basic,
    /// The default.
    #[default]
    Standard,
    /// Everything.
    Premium,
}

impl SkuName {
    /// As on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "Basic",
            Self::Standard => "Standard",
            Self::Premium => "Premium",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_registry_that_az_accepts_is_read() {
        let body = r#"{"id":"/r","name":"web","location":"westus","sku":{"name":"Standard"},"properties":{"loginServer":"web.example:8443"}}"#;
        let registry: Registry = serde_json::from_str(body).unwrap();
        assert_eq!(registry.kind, REGISTRY_TYPE);
        assert_eq!(registry.properties.login_server, "web.example:8443");
    }
}
