//! From a registry's name to its resource group, as `az` does it: list the registries of the subscription, compare names.

use wharf_types::arm::registry::REGISTRY_TYPE;

use crate::{cli::acr::RegistryName, failure::Failure, session::Session};

/// The group of a registry: as given, or found by the name.
pub(crate) async fn group_of(session: &Session, registry: &RegistryName) -> Result<String, Failure> {
    if let Some(group) = &registry.resource_group {
        return Ok(group.clone());
    }
    let id = id_of(session, &registry.name).await?;
    id.split('/')
        .nth(4)
        .map(str::to_owned)
        .ok_or_else(|| Failure::general(format!("'{id}' is no id of a registry")))
}

/// The full id of a registry, found by its name.
pub(crate) async fn id_of(session: &Session, name: &str) -> Result<String, Failure> {
    let subscription = session.subscription()?;
    let resources = session
        .resource_manager
        .resource_list(subscription, REGISTRY_TYPE)
        .await?;
    let mut found = resources
        .into_iter()
        .filter(|resource| resource.name.eq_ignore_ascii_case(name));
    match (found.next(), found.next()) {
        (Some(resource), None) => Ok(resource.id),
        (Some(_), Some(_)) => Err(Failure::general(format!(
            "More than one resources with type '{REGISTRY_TYPE}' are found with name '{name}'."
        ))),
        (None, _) => Err(Failure::not_found(format!(
            "The resource with name '{name}' and type '{REGISTRY_TYPE}' could not be found in subscription '{} ({subscription})'.",
            session.account.name
        ))
        .hint("wharf acr list shows the registries that you may see; --subscription looks in another subscription")),
    }
}
