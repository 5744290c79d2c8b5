//! Subscriptions: what a principal may work in. Listed for every principal with a role anywhere inside.

use serde::{Deserialize, Serialize};

/// An entry of `GET /subscriptions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// `/subscriptions/{subscriptionId}`.
    pub id: String,
    /// The bare id.
    pub subscription_id: String,
    /// Name for people; unique within a tenant.
    pub display_name: String,
    /// `Enabled` is the only state that clients work with.
    pub state: String,
    /// Home tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// Other tenants that manage it. Always empty here; printed by clients.
    #[serde(default)]
    pub managed_by_tenants: Vec<ManagedByTenant>,
}

/// A tenant that manages a subscription of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManagedByTenant {
    /// The managing tenant.
    pub tenant_id: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_optional_fields_of_a_subscription_may_be_absent() {
        let body = r#"{"id":"/subscriptions/s","subscriptionId":"s","displayName":"Main","state":"Enabled"}"#;
        let subscription: Subscription = serde_json::from_str(body).unwrap();
        assert_eq!(subscription.tenant_id, None);
        assert!(subscription.managed_by_tenants.is_empty());
    }
}
