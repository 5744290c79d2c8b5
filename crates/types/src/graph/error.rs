//! The error body of Graph. A body without these fields crashes `az`.

use serde::{Deserialize, Serialize};

/// The whole body of an answer that is not a success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphError {
    /// What went wrong.
    pub error: GraphErrorDetail,
}

/// A code for programs, a message for people, and the ids of the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GraphErrorDetail {
    /// `Request_ResourceNotFound`, `Authorization_RequestDenied` …
    pub code: String,
    /// What to do.
    pub message: String,
    /// Ids of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inner_error: Option<GraphInnerError>,
}

/// Ids of the request that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct GraphInnerError {
    /// Our id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The client's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_request_id: Option<String>,
}

impl GraphError {
    /// A body with just a code and a message.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            error: GraphErrorDetail {
                code: code.into(),
                message: message.into(),
                inner_error: None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_id_is_spelt_with_a_dash() {
        let body = r#"{"error":{"code":"Request_ResourceNotFound","message":"No.","innerError":{"request-id":"r"}}}"#;
        let error: GraphError = serde_json::from_str(body).unwrap();
        assert_eq!(serde_json::to_string(&error).unwrap(), body);
    }
}
