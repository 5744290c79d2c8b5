//! Where things are: the server's own description, `GET /metadata/endpoints`.

use reqwest::Method;
use url::Url;
use wharf_types::arm::metadata::CloudMetadata;

use crate::{
    ClientError, ServerUrl, Transport,
    transport::{Body, Call, protocol},
};

/// The endpoints of one installation, as reached from here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Name of the installation.
    pub name: String,
    /// Resource manager.
    pub resource_manager: ServerUrl,
    /// Audience of its tokens, exactly as the server spells it.
    pub resource_manager_audience: String,
    /// Directory.
    pub directory: ServerUrl,
    /// Graph.
    pub graph: ServerUrl,
    /// Audience of its tokens, exactly as the server spells it.
    pub graph_audience: String,
    /// What follows a registry's name in its login server.
    pub login_server_suffix: Option<String>,
    /// Tenant of sign-ins that name none; absent when the server has several.
    pub tenant: Option<String>,
}

impl Endpoints {
    /// Asks `server` for its endpoints.
    ///
    /// # Errors
    /// What calls can fail with; [`ClientError::Protocol`] when something else than a Wharf server answers.
    pub async fn discover(transport: &Transport, server: &ServerUrl) -> Result<Self, ClientError> {
        let url = server.at("/metadata/endpoints", &[("api-version", "2022-09-01")]);
        let call = Call {
            method: Method::GET,
            url: url.clone(),
            token: None,
            body: Body::None,
        };
        let metadata: CloudMetadata = transport.send(&call).await?.success()?.json()?;
        let advertised = metadata
            .resource_manager
            .as_deref()
            .and_then(|own| Url::parse(own).ok());
        let Some(audience) = metadata.authentication.audiences.first() else {
            return Err(protocol(&url, "it names no audience"));
        };
        // `/adfs` makes some clients skip a look-up at Microsoft; the tenant-shaped endpoints that we use are beside it.
        let login = metadata.authentication.login_endpoint.trim_end_matches('/');
        let login = login.strip_suffix("/adfs").unwrap_or(login);
        let graph = metadata
            .microsoft_graph_resource_id
            .clone()
            .unwrap_or_else(|| server.to_string());
        Ok(Self {
            name: metadata.name,
            resource_manager: server.clone(),
            resource_manager_audience: audience.clone(),
            directory: server.follow(login, advertised.as_ref())?,
            graph: server.follow(&graph, advertised.as_ref())?,
            graph_audience: graph,
            login_server_suffix: metadata.suffixes.acr_login_server,
            tenant: metadata
                .authentication
                .tenant
                .filter(|tenant| tenant != "common" && tenant != "organizations"),
        })
    }
}
