//! From a registry's name to the host that docker knows it by, and to a token of it.

use reqwest::StatusCode;
use secrecy::SecretString;
use wharf_client::{ClientError, REGISTRY_SCOPE};

use super::name_lookup::group_of;
use crate::{
    cli::acr::RegistryName,
    failure::{Exit, Failure},
    session::Session,
};

/// The login server of a registry. Who may pull from it need not be able to see it as a resource: then its name and the installation's suffix make it, as
/// `az` does.
pub(crate) async fn login_server_of(
    session: &Session,
    registry: &RegistryName,
    suffix: Option<&str>,
) -> Result<String, Failure> {
    let end = session.endpoints.login_server_suffix.clone();
    let mut registry = RegistryName {
        name: registry.name.to_ascii_lowercase(),
        resource_group: registry.resource_group.clone(),
        subscription: registry.subscription.clone(),
    };
    // The login server itself is understood as well.
    if let Some(name) = end.as_deref().and_then(|end| registry.name.strip_suffix(end)) {
        registry.name = name.to_owned();
    }
    let by_suffix = || {
        let suffix = suffix
            .map(|suffix| format!("-{}", suffix.to_ascii_lowercase()))
            .unwrap_or_default();
        end.as_ref().map(|end| format!("{}{suffix}{end}", registry.name))
    };
    let seen = async {
        let group = group_of(session, &registry).await?;
        let shown = session
            .resource_manager
            .registry_show(session.subscription()?, &group, &registry.name);
        Ok::<_, Failure>(shown.await?.properties.login_server)
    };
    if !session.account.is_subscription() {
        return by_suffix().ok_or_else(|| Failure::general("the server does not say how its registries' names end."));
    }
    match seen.await {
        Err(failure) if failure.exit == Exit::NotFound => by_suffix().ok_or(failure),
        found => found,
    }
}

/// A refresh token of the registry for whoever is signed in.
pub(crate) async fn registry_token(session: &Session, login_server: &str) -> Result<SecretString, Failure> {
    let tenant = &session.account.tenant_id;
    let (token, _) = session.tokens.get(REGISTRY_SCOPE, false).await?;
    let exchanged = match session.registries.exchange(login_server, tenant, &token).await {
        // The token may have outlived a change on the server.
        Err(error) if error.status() == Some(StatusCode::UNAUTHORIZED) => {
            let (token, _) = session.tokens.get(REGISTRY_SCOPE, true).await?;
            session.registries.exchange(login_server, tenant, &token).await
        }
        exchanged => exchanged,
    };
    exchanged.map_err(|error| explained(error, login_server))
}

fn explained(error: ClientError, login_server: &str) -> Failure {
    let status = error.status();
    let failure = Failure::from(error);
    match status {
        Some(StatusCode::FORBIDDEN) => failure.hint(format!(
            "someone with the right to assign roles there can give you one: wharf role assignment create --role AcrPull --assignee YOU --scope ID_OF_{login_server}"
        )),
        Some(StatusCode::NOT_FOUND) => failure.hint("wharf acr list -o table shows the registries that you can see"),
        _ => failure,
    }
}

/// The host and port by which docker reaches the registries of a server on this machine: it knows `localhost`, and needs no certificate there. Images are then
/// `localhost:5000/myregistry/…`.
pub(crate) fn local_host(session: &Session) -> Option<String> {
    let url = session.endpoints.resource_manager.as_url();
    let host = url
        .host_str()
        .filter(|host| ["localhost", "127.0.0.1", "[::1]"].contains(host))?;
    Some(url.port().map_or(host.to_owned(), |port| format!("{host}:{port}")))
}
