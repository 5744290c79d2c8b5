//! What may be asked of a registry: the bodies of PUT and PATCH.
//!
//! A PUT that leaves a property out means its default; a PATCH that leaves it out means no change.

use serde::{Deserialize, Serialize};

use super::{EncryptionProperty, NetworkRuleSet, Policies, RoleAssignmentMode, Sku, Switch};
use crate::arm::{Tags, input::InputBody};

const READ_ONLY: &[&str] = &[
    "id",
    "name",
    "type",
    "systemData",
    "properties.loginServer",
    "properties.creationDate",
    "properties.provisioningState",
    "properties.status",
    "properties.dataEndpointHostNames",
    "properties.regionalEndpointHostNames",
    "properties.privateEndpointConnections",
];

/// Body of the PUT that makes a registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistryPut {
    /// Home location.
    pub location: String,
    /// Tier.
    pub sku: Sku,
    /// Settings; `az` sends only what was asked for.
    #[serde(default)]
    pub properties: RegistryPutProperties,
    /// Tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Tags>,
    /// Managed identity; refused by the server unless null.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<serde_json::Value>,
}

impl InputBody for RegistryPut {
    const READ_ONLY: &'static [&'static str] = READ_ONLY;
}

/// Settings of a new registry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegistryPutProperties {
    /// Whether the admin account is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin_user_enabled: Option<bool>,
    /// Which addresses may reach it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_rule_set: Option<NetworkRuleSet>,
    /// Policies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policies: Option<Policies>,
    /// Encryption at rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<EncryptionProperty>,
    /// Whether blobs come from hosts of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_endpoint_enabled: Option<bool>,
    /// Whether each region has a host name of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regional_endpoints: Option<Switch>,
    /// `IPv4` or `IPv4AndIPv6`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_protocol: Option<String>,
    /// Whether the public network may reach it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_network_access: Option<Switch>,
    /// `AzureServices` or `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_rule_bypass_options: Option<String>,
    /// Whether tasks pass the network rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_rule_bypass_allowed_for_tasks: Option<bool>,
    /// Whether anyone may pull.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anonymous_pull_enabled: Option<bool>,
    /// Which family of roles reaches content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_assignment_mode: Option<RoleAssignmentMode>,
    /// Whether artifacts can be searched by metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_search: Option<Switch>,
    /// Whether repositories behind cache rules can be pushed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writable_cache_repos: Option<Switch>,
    /// Whether the registry spans zones; cannot change later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone_redundancy: Option<Switch>,
    /// Whether a hash is part of the host name; cannot change later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_generated_domain_name_label_scope: Option<String>,
}

/// Body of the PATCH.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistryPatch {
    /// Another tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    /// Replaces all tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Tags>,
    /// Managed identity; refused by the server unless null.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<serde_json::Value>,
    /// Changed settings.
    #[serde(default, skip_serializing_if = "RegistryPatchProperties::is_empty")]
    pub properties: RegistryPatchProperties,
}

impl InputBody for RegistryPatch {
    const READ_ONLY: &'static [&'static str] = &[
        "id",
        "name",
        "type",
        "location",
        "systemData",
        "properties.loginServer",
        "properties.creationDate",
        "properties.provisioningState",
        "properties.status",
        "properties.dataEndpointHostNames",
        "properties.regionalEndpointHostNames",
        "properties.privateEndpointConnections",
        "properties.zoneRedundancy",
        "properties.autoGeneratedDomainNameLabelScope",
    ];
}

/// Changed settings; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegistryPatchProperties {
    /// Whether the admin account is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin_user_enabled: Option<bool>,
    /// Which addresses may reach it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_rule_set: Option<NetworkRuleSet>,
    /// Policies; absent ones stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policies: Option<Policies>,
    /// Encryption at rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<EncryptionProperty>,
    /// Whether blobs come from hosts of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_endpoint_enabled: Option<bool>,
    /// Whether each region has a host name of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regional_endpoints: Option<Switch>,
    /// `IPv4` or `IPv4AndIPv6`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_protocol: Option<String>,
    /// Whether the public network may reach it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_network_access: Option<Switch>,
    /// `AzureServices` or `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_rule_bypass_options: Option<String>,
    /// Whether tasks pass the network rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_rule_bypass_allowed_for_tasks: Option<bool>,
    /// Whether anyone may pull.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anonymous_pull_enabled: Option<bool>,
    /// Which family of roles reaches content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_assignment_mode: Option<RoleAssignmentMode>,
    /// Whether artifacts can be searched by metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_search: Option<Switch>,
    /// Whether repositories behind cache rules can be pushed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writable_cache_repos: Option<Switch>,
}

impl RegistryPatchProperties {
    /// Whether nothing is to change.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arm::{input::parse, registry::SkuName};

    #[test]
    fn the_body_of_az_acr_create_is_accepted() {
        let body = br#"{"location":"westus","sku":{"name":"Standard"},"properties":{"adminUserEnabled":true}}"#;
        let put = parse::<RegistryPut>(body).unwrap();
        assert_eq!(
            (put.sku.name, put.properties.admin_user_enabled),
            (SkuName::Standard, Some(true))
        );
    }

    #[test]
    fn a_misspelt_setting_is_refused_by_name() {
        let body = br#"{"location":"westus","sku":{"name":"Standard"},"properties":{"adminUser":true}}"#;
        let error = parse::<RegistryPut>(body).unwrap_err().to_string();
        assert!(error.contains("unknown field `adminUser`"), "{error}");
    }

    #[test]
    fn an_update_sends_only_what_changes() {
        let patch = RegistryPatch {
            tags: Some(Tags::from([("a".to_owned(), "b".to_owned())])),
            ..Default::default()
        };
        assert_eq!(serde_json::to_string(&patch).unwrap(), r#"{"tags":{"a":"b"}}"#);
    }

    #[test]
    fn a_registry_can_be_written_back_as_it_was_read() {
        let body = br#"{"id":"/r","name":"web","type":"t","location":"westus","sku":{"name":"Basic","tier":"Basic"},
            "systemData":{},"properties":{"loginServer":"h","creationDate":"2026-11-21T10:00:00Z","provisioningState":"Succeeded",
            "adminUserEnabled":false,"privateEndpointConnections":[],"dataEndpointHostNames":[]}}"#;
        assert_eq!(parse::<RegistryPut>(body).unwrap().sku.name, SkuName::Basic);
    }
}
