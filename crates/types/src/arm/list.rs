//! Lists: one page and where the next one is.

use serde::{Deserialize, Serialize};

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The entries of this page.
    pub value: Vec<T>,
    /// Absolute URL of the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_link: Option<String>,
}

impl<T> Page<T> {
    /// A list that fits one page.
    pub fn last(value: Vec<T>) -> Self {
        Self { value, next_link: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_page_has_no_next_link() {
        assert_eq!(serde_json::to_string(&Page::last(vec![1])).unwrap(), r#"{"value":[1]}"#);
    }
}
