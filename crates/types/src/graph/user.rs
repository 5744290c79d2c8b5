//! People, as far as role assignments need them.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A user as answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Object id.
    pub id: Uuid,
    /// Sign-in name.
    pub user_principal_name: String,
    /// For people.
    #[serde(default)]
    pub display_name: Option<String>,
}
