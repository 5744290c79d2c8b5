//! The error body of the resource manager: `{"error":{"code","message"}}`. Clients show `(code) message`.

use serde::{Deserialize, Serialize};

/// The whole body of an answer that is not a success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ErrorDetail,
}

/// A code for programs and a message for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorDetail {
    /// A stable name such as `ResourceNotFound`.
    pub code: String,
    /// One or more sentences that say what to do.
    pub message: String,
    /// The field or resource that the error is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Further errors, when one request failed for several reasons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<ErrorDetail>,
}

impl ErrorBody {
    /// A body with just a code and a message.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            error: ErrorDetail {
                code: code.into(),
                message: message.into(),
                ..ErrorDetail::default()
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_a_code_and_a_message_and_nothing_empty() {
        let body = serde_json::to_string(&ErrorBody::new("RoleAssignmentExists", "It is there.")).unwrap();
        assert_eq!(
            body,
            r#"{"error":{"code":"RoleAssignmentExists","message":"It is there."}}"#
        );
    }
}
