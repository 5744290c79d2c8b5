//! Groups and their members.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::user::said;
use crate::arm::input::InputBody;

/// A group as answered. All are security groups without mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// Object id; what role assignments name.
    pub id: Uuid,
    /// For people.
    pub display_name: String,
    /// What mail clients call it.
    #[serde(default)]
    pub mail_nickname: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// Never: Wharf sends groups no mail.
    #[serde(default)]
    pub mail_enabled: bool,
    /// Always: it can be given roles.
    #[serde(default)]
    pub security_enabled: bool,
    /// None: of Entra's other kinds.
    #[serde(default)]
    pub group_types: Vec<String>,
    /// When it was made.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub created_date_time: Option<OffsetDateTime>,
}

/// Body of POST: exactly what `az` sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupPost {
    /// For people.
    pub display_name: String,
    /// What mail clients call it.
    pub mail_nickname: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Has to be `false`.
    pub mail_enabled: bool,
    /// Has to be `true`.
    pub security_enabled: bool,
    /// Has to be empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group_types: Vec<String>,
}

impl InputBody for GroupPost {
    const READ_ONLY: &'static [&'static str] = &["id", "createdDateTime"];
}

/// Body of PATCH: what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupPatch {
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What mail clients call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail_nickname: Option<String>,
    /// What it is for; `null` for nothing.
    #[serde(default, deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    pub description: Option<Option<String>>,
}

impl InputBody for GroupPatch {
    const READ_ONLY: &'static [&'static str] =
        &["id", "createdDateTime", "mailEnabled", "securityEnabled", "groupTypes"];
}

/// Body of `members/$ref`: the address of an object, of which only the id at its end is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// `{GRAPH}/v1.0/directoryObjects/{id}`.
    #[serde(rename = "@odata.id")]
    pub odata_id: String,
}

impl Reference {
    /// The id of the object.
    pub fn id(&self) -> Option<Uuid> {
        let (_, last) = self.odata_id.rsplit_once('/')?;
        Uuid::parse_str(last).ok()
    }
}

impl InputBody for Reference {
    const READ_ONLY: &'static [&'static str] = &[];
}

/// Body of `getMemberGroups`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetMemberGroups {
    /// Only security groups; all are.
    #[serde(default)]
    pub security_enabled_only: bool,
}

impl InputBody for GetMemberGroups {
    const READ_ONLY: &'static [&'static str] = &[];
}

/// Body of `checkMemberGroups`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckMemberGroups {
    /// The groups that are asked about.
    pub group_ids: Vec<String>,
}

impl InputBody for CheckMemberGroups {
    const READ_ONLY: &'static [&'static str] = &[];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arm::input::parse;

    #[test]
    fn the_bodies_that_az_sends_are_accepted() {
        let body = br#"{"displayName":"team","mailNickname":"team","mailEnabled":false,"securityEnabled":true}"#;
        assert!(parse::<GroupPost>(body).unwrap().security_enabled);
        let body = br#"{"@odata.id":"https://graph.microsoft.com/v1.0/directoryObjects/7f951dda-4ed3-4680-a7ca-43fe172d538d"}"#;
        let id = Uuid::parse_str("7f951dda-4ed3-4680-a7ca-43fe172d538d").ok();
        assert_eq!(parse::<Reference>(body).unwrap().id(), id);
        assert_eq!(parse::<Reference>(br#"{"@odata.id":"x/y"}"#).unwrap().id(), None);
    }
}
