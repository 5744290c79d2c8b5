//! Resource groups.

use axum::response::Response;
use http::StatusCode;
use wharf_app::resources::{GroupSettings, ResourceGroup};
use wharf_types::arm::resource_group::{ResourceGroupPatch, ResourceGroupProperties, ResourceGroupPut};
use wharf_types::arm::{self, Page};
use wharf_types::id::SubscriptionId;
use wharf_types::name::ResourceGroupName;
use wharf_types::resource::ResourceScope;

use super::error::ArmError;
use crate::call::{Call, empty, json};

pub(super) async fn list(call: Call, subscription: SubscriptionId) -> Result<Response, ArmError> {
    let page = call.page().ok_or(ArmError::Page)?;
    let after = page.after.unwrap_or_default();
    let (groups, next) = call
        .app
        .resource_group_list(&call.ctx, subscription, &after, page.size)
        .await?;
    let page = Page {
        value: groups.into_iter().map(body).collect(),
        next_link: next.map(|key| call.next_link(key)),
    };
    Ok(json(StatusCode::OK, &page))
}

pub(super) async fn put(
    call: Call,
    subscription: SubscriptionId,
    name: ResourceGroupName,
) -> Result<Response, ArmError> {
    let ResourceGroupPut {
        location,
        tags,
        managed_by,
    } = call.input()?;
    must_be_unmanaged(managed_by)?;
    let location = location
        .parse()
        .map_err(|error| ArmError::invalid("LocationNotAvailableForResourceGroup", error))?;
    let settings = GroupSettings { location, tags };
    let (group, is_new) = call
        .app
        .resource_group_put(&call.ctx, subscription, &name, settings)
        .await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(json(status, &body(group)))
}

pub(super) async fn patch(
    call: Call,
    subscription: SubscriptionId,
    name: ResourceGroupName,
) -> Result<Response, ArmError> {
    let ResourceGroupPatch { tags, managed_by } = call.input()?;
    must_be_unmanaged(managed_by)?;
    let group = call
        .app
        .resource_group_update(&call.ctx, subscription, &name, tags)
        .await?;
    Ok(json(StatusCode::OK, &body(group)))
}

fn must_be_unmanaged(managed_by: Option<String>) -> Result<(), ArmError> {
    match managed_by {
        Some(text) if !text.is_empty() => Err(ArmError::Unsupported(
            "a resource group cannot be managed by another resource: leave managedBy out".to_owned(),
        )),
        _ => Ok(()),
    }
}

pub(super) async fn show(
    call: Call,
    subscription: SubscriptionId,
    name: ResourceGroupName,
) -> Result<Response, ArmError> {
    let group = call.app.resource_group_get(&call.ctx, subscription, &name).await?;
    Ok(json(StatusCode::OK, &body(group)))
}

pub(super) async fn exists(
    call: Call,
    subscription: SubscriptionId,
    name: ResourceGroupName,
) -> Result<Response, ArmError> {
    call.app.resource_group_get(&call.ctx, subscription, &name).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub(super) async fn delete(
    call: Call,
    subscription: SubscriptionId,
    name: ResourceGroupName,
) -> Result<Response, ArmError> {
    call.app.resource_group_delete(&call.ctx, subscription, &name).await?;
    Ok(empty(StatusCode::OK))
}

fn body(group: ResourceGroup) -> arm::ResourceGroup {
    arm::ResourceGroup {
        id: ResourceScope::ResourceGroup(group.subscription, group.name.clone()).to_string(),
        name: group.name.to_string(),
        kind: "Microsoft.Resources/resourceGroups".to_owned(),
        location: group.location.to_string(),
        tags: Some(group.tags),
        managed_by: None,
        properties: ResourceGroupProperties {
            provisioning_state: "Succeeded".to_owned(),
        },
    }
}
