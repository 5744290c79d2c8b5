//! `GET /metadata/endpoints`: where the directory and Graph are, and which audience a token for this server has.
//! Answered without authentication; read by `az cloud register` and by our own login.

use serde::{Deserialize, Serialize};

/// The endpoints of one installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CloudMetadata {
    /// Name of the installation.
    pub name: String,
    /// Where and for what to sign in.
    pub authentication: CloudAuthentication,
    /// Base URL of the resource manager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_manager: Option<String>,
    /// Base URL of Graph, and at the same time the audience of its tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub microsoft_graph_resource_id: Option<String>,
    /// Older name of the directory API; nothing of ours uses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graph_audience: Option<String>,
    /// Portal URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portal: Option<String>,
    /// Host name suffixes.
    #[serde(default)]
    pub suffixes: CloudSuffixes,
}

/// Where and for what to sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CloudAuthentication {
    /// Base URL of the directory; a tenant follows.
    pub login_endpoint: String,
    /// Audiences of a resource-manager token; the first is asked for, as `{audience}/.default`.
    pub audiences: Vec<String>,
    /// Tenant of sign-ins that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
}

/// Host name suffixes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CloudSuffixes {
    /// What follows a registry's name in its login server; may hold a port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr_login_server: Option<String>,
    /// `az acr show-endpoints` fails without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_metadata_that_az_accepts_is_read() {
        let body =
            r#"{"name":"x","authentication":{"loginEndpoint":"https://a","audiences":["https://b"]},"suffixes":{}}"#;
        let metadata: CloudMetadata = serde_json::from_str(body).unwrap();
        assert_eq!(metadata.authentication.audiences, ["https://b"]);
        assert_eq!(serde_json::to_string(&metadata).unwrap(), body);
    }
}
