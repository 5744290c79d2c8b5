//! Subscription aliases: the way to make a subscription
//! (`PUT /providers/Microsoft.Subscription/aliases/{alias}`, `az account alias create`).

use serde::{Deserialize, Serialize};

use super::{Tags, input::InputBody};

/// Body of the PUT. `workload` and `billingScope` are sent by `az` and mean nothing here, so they are accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AliasPut {
    /// What is asked for.
    #[serde(default)]
    pub properties: AliasPutProperties,
}

impl InputBody for AliasPut {
    const READ_ONLY: &'static [&'static str] = &["id", "name", "type", "systemData"];
}

/// What is asked for of a new subscription.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AliasPutProperties {
    /// Name for people; the alias when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// `Production` or `DevTest`; no effect here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload: Option<String>,
    /// Nothing is billed here; no effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_scope: Option<String>,
    /// An existing subscription to name, instead of making one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription_id: Option<String>,
    /// No effect here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reseller_id: Option<String>,
    /// Tags and owner of the new subscription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additional_properties: Option<AliasAdditionalProperties>,
}

/// Less common wishes for a new subscription.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AliasAdditionalProperties {
    /// No management groups here; no effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub management_group_id: Option<String>,
    /// Tenant of the new subscription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription_tenant_id: Option<String>,
    /// Object id of a principal that becomes Owner; the caller when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription_owner_id: Option<String>,
    /// Tags of the subscription.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// An alias as answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// `/providers/Microsoft.Subscription/aliases/{alias}`.
    pub id: String,
    /// The alias.
    pub name: String,
    /// `Microsoft.Subscription/aliases`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it stands for.
    pub properties: AliasProperties,
}

/// The subscription that an alias stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AliasProperties {
    /// Bare id of the subscription.
    pub subscription_id: String,
    /// `Succeeded`: subscriptions are made inside the request.
    pub provisioning_state: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// As asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arm::input::parse;

    #[test]
    fn the_body_that_az_sends_is_accepted() {
        let body = br#"{"properties":{"billingScope":"/x","displayName":"Team","workload":"Production"}}"#;
        assert_eq!(
            parse::<AliasPut>(body).unwrap().properties.display_name.as_deref(),
            Some("Team")
        );
    }
}
