//! Locations: `GET /subscriptions/{S}/locations`. Each region of an installation is one.

use serde::{Deserialize, Serialize};

/// A place where resources can be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// `/subscriptions/{S}/locations/{name}`.
    pub id: String,
    /// Short name, lower case, no blanks: `westus`.
    pub name: String,
    /// Name for people: `West US`.
    pub display_name: String,
    /// `Region`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What clients sort and group by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<LocationMetadata>,
}

/// What clients sort and group locations by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LocationMetadata {
    /// `Physical`.
    pub region_type: String,
    /// `Recommended`.
    pub region_category: String,
}
