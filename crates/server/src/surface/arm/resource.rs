//! Resources of any kind. Registries are the only kind that lies in resource groups.
//!
//! Nearly every `az acr` command that is given only a name begins here. What the caller may not see is left out, and the answer is never a refusal.

use axum::response::Response;
use http::StatusCode;
use wharf_app::resources::RegistryPlace;
use wharf_types::arm::{GenericResource, Page};
use wharf_types::id::SubscriptionId;
use wharf_types::name::ResourceGroupName;
use wharf_types::resource::REGISTRY_TYPE;

use super::error::ArmError;
use crate::call::{Call, json};
use crate::filter::{FilterError, Operator, Term, parse};

pub(super) async fn list(call: Call, subscription: SubscriptionId) -> Result<Response, ArmError> {
    let wanted = Wanted::read(call.field("$filter"))?;
    let place = match &wanted.group {
        Some(group) => RegistryPlace::ResourceGroup(subscription, group.clone()),
        None => RegistryPlace::Subscription(subscription),
    };
    in_place(&call, wanted, place).await
}

pub(super) async fn list_in_group(
    call: Call,
    subscription: SubscriptionId,
    group: ResourceGroupName,
) -> Result<Response, ArmError> {
    let wanted = Wanted::read(call.field("$filter"))?;
    call.app.resource_group_get(&call.ctx, subscription, &group).await?;
    in_place(&call, wanted, RegistryPlace::ResourceGroup(subscription, group)).await
}

/// What a filter asks for.
struct Wanted {
    registries: bool,
    name: Option<String>,
    group: Option<ResourceGroupName>,
}

impl Wanted {
    fn read(filter: Option<&str>) -> Result<Self, ArmError> {
        let mut wanted = Self {
            registries: true,
            name: None,
            group: None,
        };
        let Some(filter) = filter else { return Ok(wanted) };
        for term in parse(filter)? {
            let Term::Compare {
                field,
                operator: Operator::Equal,
                value,
            } = term
            else {
                return Err(FilterError(filter.to_owned()).into());
            };
            match field.to_ascii_lowercase().as_str() {
                "resourcetype" => wanted.registries &= value.eq_ignore_ascii_case(REGISTRY_TYPE),
                "name" => wanted.name = Some(value),
                "resourcegroup" => match value.parse() {
                    Ok(group) => wanted.group = Some(group),
                    Err(error) => return Err(ArmError::invalid("InvalidResourceGroupName", error)),
                },
                _ => return Err(FilterError(filter.to_owned()).into()),
            }
        }
        Ok(wanted)
    }
}

async fn in_place(call: &Call, wanted: Wanted, place: RegistryPlace) -> Result<Response, ArmError> {
    if !wanted.registries {
        return Ok(json(StatusCode::OK, &Page::<GenericResource>::last(Vec::new())));
    }
    let page = call.page().ok_or(ArmError::Page)?;
    let after = page.after.unwrap_or_default();
    let (registries, next) = call.app.registry_list(&call.ctx, &place, &after, page.size).await?;
    let is_wanted = |name: &str| {
        wanted
            .name
            .as_deref()
            .is_none_or(|wanted| wanted.eq_ignore_ascii_case(name))
    };
    let value = registries
        .into_iter()
        .filter(|registry| is_wanted(registry.name.as_str()))
        .map(|registry| GenericResource {
            id: registry.scope().to_string(),
            name: registry.name.to_string(),
            kind: REGISTRY_TYPE.to_owned(),
            location: registry.location.to_string(),
            tags: Some(registry.tags),
        })
        .collect();
    let page = Page {
        value,
        next_link: next.map(|key| call.next_link(key)),
    };
    Ok(json(StatusCode::OK, &page))
}
