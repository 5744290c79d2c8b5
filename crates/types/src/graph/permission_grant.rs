//! What clients were agreed to be given on people's behalf.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::arm::input::InputBody;

/// A grant as answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PermissionGrant {
    /// Its id.
    pub id: Uuid,
    /// The client's service principal.
    pub client_id: Uuid,
    /// `AllPrincipals` or `Principal`.
    pub consent_type: String,
    /// Who agreed, where it is one person.
    pub principal_id: Option<Uuid>,
    /// The resource: one of the installation's own, which have the ids of Azure's.
    pub resource_id: Uuid,
    /// The words, apart by spaces.
    pub scope: String,
}

/// Body of POST.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PermissionGrantPost {
    /// The client's service principal.
    pub client_id: Uuid,
    /// `AllPrincipals`.
    pub consent_type: String,
    /// Left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal_id: Option<Uuid>,
    /// The resource.
    pub resource_id: Uuid,
    /// The words, apart by spaces.
    pub scope: String,
}

impl InputBody for PermissionGrantPost {
    const READ_ONLY: &'static [&'static str] = &[];
}

/// Microsoft Graph's application: who somebody is, and the directory.
pub const GRAPH: Uuid = Uuid::from_u128(0x0000_0003_0000_0000_c000_0000_0000_0000);
/// The resource manager's.
pub const RESOURCE_MANAGER: Uuid = Uuid::from_u128(0x797f_4846_ba00_4fd7_ba43_dac1_f8f6_3013);
/// The registries'.
pub const REGISTRY: Uuid = Uuid::from_u128(0x6a0e_c4d3_30cb_4a83_91c0_ae56_bc0e_3d26);
