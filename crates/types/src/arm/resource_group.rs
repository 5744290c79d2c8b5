//! Resource groups: `/subscriptions/{S}/resourcegroups/{G}`.

use serde::{Deserialize, Serialize};

use super::{Tags, input::InputBody};

/// Body of the PUT that makes or changes a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResourceGroupPut {
    /// Location of the group's own data; cannot change.
    pub location: String,
    /// Replaces all tags; absent leaves them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Tags>,
    /// Resource that manages the group; kept as given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed_by: Option<String>,
}

impl InputBody for ResourceGroupPut {
    const READ_ONLY: &'static [&'static str] = &["id", "name", "type", "properties"];
}

/// Body of the PATCH.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResourceGroupPatch {
    /// Replaces all tags; absent leaves them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Tags>,
    /// Resource that manages the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed_by: Option<String>,
}

impl InputBody for ResourceGroupPatch {
    const READ_ONLY: &'static [&'static str] = &["id", "name", "type", "location", "properties"];
}

/// A group as answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceGroup {
    /// `/subscriptions/{S}/resourceGroups/{G}`, the name as it was first spelt.
    pub id: String,
    /// Unique within the subscription, whatever the case.
    pub name: String,
    /// `Microsoft.Resources/resourceGroups`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Short name of the location.
    pub location: String,
    /// Tags; absent when there never were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Tags>,
    /// Resource that manages the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed_by: Option<String>,
    /// State.
    pub properties: ResourceGroupProperties,
}

/// State of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceGroupProperties {
    /// `Succeeded`, or `Deleting`.
    pub provisioning_state: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arm::input::parse;

    #[test]
    fn the_body_of_az_group_create_is_accepted_and_a_spelling_mistake_is_not() {
        assert_eq!(
            parse::<ResourceGroupPut>(br#"{"location":"westus"}"#).unwrap().location,
            "westus"
        );
        assert!(parse::<ResourceGroupPut>(br#"{"location":"westus","tag":{}}"#).is_err());
    }

    #[test]
    fn a_group_can_be_written_back_as_it_was_read() {
        let body =
            br#"{"id":"/x","name":"g","type":"t","location":"westus","properties":{"provisioningState":"Succeeded"}}"#;
        assert_eq!(parse::<ResourceGroupPut>(body).unwrap().tags, None);
    }
}
