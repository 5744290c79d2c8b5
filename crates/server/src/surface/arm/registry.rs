//! Registries.

use axum::response::Response;
use http::StatusCode;
use wharf_app::resources::{NameCheck, RegistryChange, RegistryPlace};
use wharf_types::arm::Page;
use wharf_types::arm::name_check::{self, NameStatus};
use wharf_types::arm::registry::{RegistryPatch, RegistryPut};
use wharf_types::arm::usage::{RegistryUsage, RegistryUsages};
use wharf_types::id::SubscriptionId;
use wharf_types::name::{RegistryName, ResourceGroupName};
use wharf_types::resource::{REGISTRY_TYPE, RegistryScope};

use super::error::ArmError;
use super::registry_body::{body, patch_settings, put_settings};
use crate::call::{Call, empty, json};

pub(super) async fn name_check(call: Call, subscription: SubscriptionId) -> Result<Response, ArmError> {
    let asked: name_check::NameCheck = call.input()?;
    if !asked.kind.eq_ignore_ascii_case(REGISTRY_TYPE) {
        let message = format!("the type has to be {REGISTRY_TYPE}");
        return Err(ArmError::invalid("InvalidResourceType", message));
    }
    let label = asked.auto_generated_domain_name_label_scope;
    if label.is_some_and(|label| !label.eq_ignore_ascii_case("Unsecure")) {
        let message = "a registry's host is its name and the domain, without a hash: leave the label scope out";
        return Err(ArmError::Unsupported(message.to_owned()));
    }
    let refused = |reason: &str, message: String| NameStatus {
        name_available: false,
        reason: Some(reason.to_owned()),
        message: Some(message),
        available_login_server_name: None,
    };
    let name = match asked.name.parse::<RegistryName>() {
        Ok(name) => name,
        Err(error) => {
            call.app.subscription_get(&call.ctx, subscription).await?;
            return Ok(json(StatusCode::OK, &refused("Invalid", error.to_string())));
        }
    };
    let status = match call.app.registry_name_check(&call.ctx, subscription, &name).await? {
        NameCheck::Available => NameStatus {
            name_available: true,
            available_login_server_name: Some(call.app.settings().public.registry(&name)),
            ..NameStatus::default()
        },
        NameCheck::Taken => refused("AlreadyExists", format!("The registry {name} is already in use.")),
        NameCheck::Held => {
            let message =
                format!("The registry {name} was deleted lately: its name is held back for its subscription.");
            refused("AlreadyExists", message)
        }
    };
    Ok(json(StatusCode::OK, &status))
}

pub(super) async fn list(call: Call, subscription: SubscriptionId) -> Result<Response, ArmError> {
    in_place(&call, RegistryPlace::Subscription(subscription)).await
}

pub(super) async fn list_in_group(
    call: Call,
    subscription: SubscriptionId,
    group: ResourceGroupName,
) -> Result<Response, ArmError> {
    call.app.resource_group_get(&call.ctx, subscription, &group).await?;
    in_place(&call, RegistryPlace::ResourceGroup(subscription, group)).await
}

async fn in_place(call: &Call, place: RegistryPlace) -> Result<Response, ArmError> {
    let page = call.page().ok_or(ArmError::Page)?;
    let after = page.after.unwrap_or_default();
    let (registries, next) = call.app.registry_list(&call.ctx, &place, &after, page.size).await?;
    let public = &call.app.settings().public;
    let page = Page {
        value: registries.into_iter().map(|registry| body(registry, public)).collect(),
        next_link: next.map(|key| call.next_link(key)),
    };
    Ok(json(StatusCode::OK, &page))
}

pub(super) async fn put(call: Call, scope: RegistryScope) -> Result<Response, ArmError> {
    let RegistryPut {
        location,
        sku,
        properties,
        tags,
        identity,
    } = call.input()?;
    let settings = put_settings(properties, identity)?;
    let location = location
        .parse()
        .map_err(|error| ArmError::invalid("LocationNotAvailableForResourceType", error))?;
    let change = RegistryChange {
        location: Some(location),
        sku: Some(sku.name.as_str().to_owned()),
        // What a PUT leaves out is its default.
        admin_enabled: Some(settings.admin_enabled.unwrap_or(false)),
        anonymous_pull: Some(settings.anonymous_pull.unwrap_or(false)),
        tags,
    };
    let (registry, is_new) = call.app.registry_put(&call.ctx, &scope, change).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(json(status, &body(registry, &call.app.settings().public)))
}

pub(super) async fn patch(call: Call, scope: RegistryScope) -> Result<Response, ArmError> {
    let RegistryPatch {
        sku,
        tags,
        identity,
        properties,
    } = call.input()?;
    let settings = patch_settings(properties, identity)?;
    let change = RegistryChange {
        location: None,
        sku: sku.map(|sku| sku.name.as_str().to_owned()),
        admin_enabled: settings.admin_enabled,
        anonymous_pull: settings.anonymous_pull,
        tags,
    };
    let registry = call.app.registry_update(&call.ctx, &scope, change).await?;
    Ok(json(StatusCode::OK, &body(registry, &call.app.settings().public)))
}

pub(super) async fn show(call: Call, scope: RegistryScope) -> Result<Response, ArmError> {
    let registry = call.app.registry_get(&call.ctx, &scope).await?;
    Ok(json(StatusCode::OK, &body(registry, &call.app.settings().public)))
}

pub(super) async fn delete(call: Call, scope: RegistryScope) -> Result<Response, ArmError> {
    call.app.registry_delete(&call.ctx, &scope).await?;
    Ok(empty(StatusCode::OK))
}

/// What there is of it, without limits: tiers have none here.
pub(super) async fn usage_list(call: Call, scope: RegistryScope) -> Result<Response, ArmError> {
    let (_, usages) = call.app.registry_usages(&call.ctx, &scope).await?;
    let size = RegistryUsage {
        name: "Size".to_owned(),
        limit: None,
        current_value: usages.size_bytes,
        unit: "Bytes".to_owned(),
    };
    Ok(json(StatusCode::OK, &RegistryUsages { value: vec![size] }))
}
