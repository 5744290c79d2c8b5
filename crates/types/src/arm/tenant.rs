//! Tenants: `GET /tenants`, asked for by people's logins without `--tenant`.

use serde::{Deserialize, Serialize};

/// An entry of `GET /tenants`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// `/tenants/{tenantId}`.
    pub id: String,
    /// The bare id.
    pub tenant_id: String,
    /// Name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Domain that can stand for the id in directory URLs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_domain: Option<String>,
}
