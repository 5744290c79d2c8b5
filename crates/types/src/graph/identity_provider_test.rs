//! Trying out an identity provider's directory.

use serde::{Deserialize, Serialize};

use crate::arm::input::InputBody;

/// What is to be tried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TestBody {
    /// Who is to be looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
}

impl InputBody for TestBody {
    const READ_ONLY: &'static [&'static str] = &[];
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestAnswer {
    /// Whether every step went well.
    pub passed: bool,
    /// The steps, until the first that failed.
    pub steps: Vec<TestStep>,
    /// Who was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<TestUser>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestStep {
    /// What was tried.
    pub step: String,
    /// Whether it went well.
    pub passed: bool,
    /// What came of it, or what is wrong.
    pub detail: String,
}

/// Somebody, as the directory knows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestUser {
    /// The entry.
    pub dn: String,
    /// What identifies them for good.
    pub subject: String,
    /// What they are called there.
    pub name: String,
    /// Their name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Their mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// What their groups are called in mappings; absent where the provider has no groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// Whether these are all.
    pub groups_complete: bool,
    /// Whether the account is switched on there.
    pub account_enabled: bool,
}
