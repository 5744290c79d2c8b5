//! Lists: one page and where the next one is.

use serde::{Deserialize, Serialize};

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphPage<T> {
    /// Absolute URL that describes the entries; printed by some clients, used by none.
    #[serde(rename = "@odata.context", default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// Absolute URL of the next page; absent on the last.
    #[serde(rename = "@odata.nextLink", default, skip_serializing_if = "Option::is_none")]
    pub next_link: Option<String>,
    /// The entries of this page.
    pub value: Vec<T>,
}

impl<T> GraphPage<T> {
    /// A list that fits one page.
    pub fn last(value: Vec<T>) -> Self {
        Self {
            context: None,
            next_link: None,
            value,
        }
    }
}
