//! A registry's policies. `az acr config` reads the registry, changes one and PATCHes all of them back.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// `enabled` or `disabled`, in lower case as policies spell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PolicyStatus {
    /// On.
    Enabled,
    /// Off.
    Disabled,
}

/// All policies. In a request an absent one stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policies {
    /// A push stays hidden until it is released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine_policy: Option<QuarantinePolicy>,
    /// Content trust; deprecated, always off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_policy: Option<TrustPolicy>,
    /// How long untagged manifests stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_policy: Option<RetentionPolicy>,
    /// Whether artifacts may leave by import and transfer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export_policy: Option<ExportPolicy>,
    /// Whether tokens with the resource manager's audience are accepted. The wire writes `azureADAuthenticationAsArmPolicy`.
    #[serde(
        rename = "azureADAuthenticationAsArmPolicy",
        alias = "azureAdAuthenticationAsArmPolicy",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub azure_ad_authentication_as_arm_policy: Option<StatusPolicy>,
    /// How long deleted artifacts can be restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soft_delete_policy: Option<SoftDeletePolicy>,
}

/// A policy that is only on or off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusPolicy {
    /// On or off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<PolicyStatus>,
}

/// A push stays hidden until it is released.
pub type QuarantinePolicy = StatusPolicy;

/// Whether artifacts may leave.
pub type ExportPolicy = StatusPolicy;

/// Content trust.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustPolicy {
    /// `Notary`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// On or off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<PolicyStatus>,
}

/// How long untagged manifests stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetentionPolicy {
    /// Days, 0 to 365.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u16>,
    /// When it was set; ignored when sent.
    #[serde(
        default,
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub last_updated_time: Option<OffsetDateTime>,
    /// On or off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<PolicyStatus>,
}

/// How long deleted artifacts can be restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SoftDeletePolicy {
    /// Days, 1 to 90.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<u16>,
    /// When it was set; ignored when sent.
    #[serde(
        default,
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub last_updated_time: Option<OffsetDateTime>,
    /// On or off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<PolicyStatus>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_can_be_written_back_as_they_were_read() {
        let body = r#"{"quarantinePolicy":{"status":"disabled"},"trustPolicy":{"type":"Notary","status":"disabled"},"retentionPolicy":{"days":7,"lastUpdatedTime":"2026-11-21T10:00:00Z","status":"disabled"},"exportPolicy":{"status":"enabled"},"azureADAuthenticationAsArmPolicy":{"status":"enabled"},"softDeletePolicy":{"retentionDays":7,"status":"disabled"}}"#;
        let policies: Policies = serde_json::from_str(body).unwrap();
        assert_eq!(serde_json::to_string(&policies).unwrap(), body);
    }
}
