//! What a registry shows beyond name, place and tier.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::Policies;

/// `Enabled` or `Disabled`, as many settings are spelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Switch {
    /// On.
    Enabled,
    /// Off.
    Disabled,
}

/// Which family of roles reaches content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RoleAssignmentMode {
    /// `rbac` of the command line.
    LegacyRegistryPermissions,
    /// `rbac-abac` of the command line.
    AbacRepositoryPermissions,
}

/// What happens to addresses that no rule names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DefaultAction {
    /// They may connect.
    Allow,
    /// They may not.
    Deny,
}

/// Which addresses may reach the registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NetworkRuleSet {
    /// For addresses that no rule names.
    pub default_action: DefaultAction,
    /// Rules by address.
    #[serde(default)]
    pub ip_rules: Vec<IpRule>,
}

/// A rule for one address range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IpRule {
    /// `Allow`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<DefaultAction>,
    /// Address or range (CIDR).
    pub value: String,
}

/// Encryption at rest with a key of the customer's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EncryptionProperty {
    /// `disabled` or `enabled`, in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<super::PolicyStatus>,
    /// Where the key is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_vault_properties: Option<serde_json::Value>,
}

/// Properties as answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistryProperties {
    /// Host name, perhaps with a port, that images are named by. Used exactly as given; this, not any suffix, decides.
    pub login_server: String,
    /// When it was made.
    #[serde(
        default,
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub creation_date: Option<OffsetDateTime>,
    /// `Succeeded`: registries are made inside the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisioning_state: Option<String>,
    /// Whether the admin account is on.
    #[serde(default)]
    pub admin_user_enabled: bool,
    /// Policies; `az acr config` writes all of them back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policies: Option<Policies>,
    /// Encryption at rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<EncryptionProperty>,
    /// Which addresses may reach it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_rule_set: Option<NetworkRuleSet>,
    /// Whether the public network may reach it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_network_access: Option<Switch>,
    /// `AzureServices` or `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_rule_bypass_options: Option<String>,
    /// Whether tasks pass the network rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_rule_bypass_allowed_for_tasks: Option<bool>,
    /// Whether blobs come from hosts of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_endpoint_enabled: Option<bool>,
    /// Those hosts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_endpoint_host_names: Option<Vec<String>>,
    /// Whether each region has a host name of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regional_endpoints: Option<Switch>,
    /// Those host names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regional_endpoint_host_names: Option<Vec<String>>,
    /// `IPv4` or `IPv4AndIPv6`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_protocol: Option<String>,
    /// Private endpoints; none here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_endpoint_connections: Option<Vec<serde_json::Value>>,
    /// Whether anyone may pull.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anonymous_pull_enabled: Option<bool>,
    /// Which family of roles reaches content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_assignment_mode: Option<RoleAssignmentMode>,
    /// Whether the registry spans zones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone_redundancy: Option<Switch>,
    /// Whether artifacts can be searched by metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_search: Option<Switch>,
    /// Whether a hash is part of the host name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_generated_domain_name_label_scope: Option<String>,
    /// Whether repositories behind cache rules can be pushed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writable_cache_repos: Option<Switch>,
}
