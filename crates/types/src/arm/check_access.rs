//! `{scope}/providers/Microsoft.Authorization/checkAccess`: may a principal do something there, why, and what would permit it?

use serde::{Deserialize, Serialize};

use super::input::InputBody;

/// Body of the POST. The scope is in the path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccessCheck {
    /// The object id of a user, group or service principal; or a principal as the activity log names it (`adminAccount/…`).
    pub principal_id: String,
    /// The action, as role definitions name it under `actions` or `dataActions`.
    pub action: String,
    /// Of the registry in the path; all of it when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
}

impl InputBody for AccessCheck {
    const READ_ONLY: &'static [&'static str] = &[];
}

/// Whether it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccessDecision {
    /// It may.
    Allowed,
    /// It may not.
    NotAllowed,
}

/// Answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessAnswer {
    /// Whether it may.
    pub access_decision: AccessDecision,
    /// Why, and what to do, in a sentence or two.
    pub message: String,
    /// What was asked about.
    pub principal_id: String,
    /// What kind of principal that is.
    pub principal_type: String,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal_name: Option<String>,
    /// Whether it may sign in at all.
    pub principal_enabled: bool,
    /// What was asked about.
    pub action: String,
    /// What was asked about.
    pub scope: String,
    /// What permits it.
    pub grant: Option<AccessGrant>,
    /// The role that would permit it and the least beside it, at that scope.
    pub least_grant: Option<AccessGrant>,
}

/// A role at a scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessGrant {
    /// The role's name.
    pub role_name: String,
    /// The role's id; none for what belongs to a kind of principal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_definition_id: Option<String>,
    /// Where it is held.
    pub scope: String,
    /// The assignment's id, where somebody assigned it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_assignment_id: Option<String>,
    /// The group that holds it, where the principal holds it as a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
    /// That group's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_name: Option<String>,
}
