//! A resource of any type, as `GET /subscriptions/{S}/resources` lists it. Nearly every `az acr` command that is given only a
//! name starts here to find the group.

use serde::{Deserialize, Serialize};

use super::Tags;

/// What all resources have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenericResource {
    /// Full resource id.
    pub id: String,
    /// Last segment of the id.
    pub name: String,
    /// `Microsoft.ContainerRegistry/registries`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Short name of the location.
    pub location: String,
    /// Tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Tags>,
}
