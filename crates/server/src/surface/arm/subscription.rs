//! Tenants, subscriptions, their aliases and locations.

use std::collections::BTreeSet;

use axum::response::Response;
use http::StatusCode;
use wharf_app::resources::{Subscription, Tenant};
use wharf_types::arm::alias::{Alias, AliasProperties, AliasPut};
use wharf_types::arm::location::{Location, LocationMetadata};
use wharf_types::arm::{self, Page};
use wharf_types::id::SubscriptionId;

use super::error::ArmError;
use crate::call::{Call, json};

pub(super) async fn tenant_list(call: Call) -> Result<Response, ArmError> {
    let tenants = call.app.tenant_list(&call.ctx).await?;
    let domain = &call.app.settings().public.domain;
    let entry = |tenant: Tenant| arm::tenant::Tenant {
        id: format!("/tenants/{}", tenant.id),
        tenant_id: tenant.id.to_string(),
        display_name: Some(tenant.display_name),
        default_domain: Some(domain.clone()),
    };
    Ok(json(
        StatusCode::OK,
        &Page::last(tenants.into_iter().map(entry).collect()),
    ))
}

pub(super) async fn list(call: Call) -> Result<Response, ArmError> {
    let subscriptions = call.app.subscription_list(&call.ctx).await?;
    Ok(json(
        StatusCode::OK,
        &Page::last(subscriptions.into_iter().map(body).collect()),
    ))
}

pub(super) async fn show(call: Call, id: SubscriptionId) -> Result<Response, ArmError> {
    let subscription = call.app.subscription_get(&call.ctx, id).await?;
    Ok(json(StatusCode::OK, &body(subscription)))
}

fn body(subscription: Subscription) -> arm::Subscription {
    arm::Subscription {
        id: format!("/subscriptions/{}", subscription.id),
        subscription_id: subscription.id.to_string(),
        display_name: subscription.display_name,
        state: "Enabled".to_owned(),
        tenant_id: Some(subscription.tenant.to_string()),
        managed_by_tenants: Vec::new(),
    }
}

/// The locations that the caller's resource groups have: in an installation with one place a location is a name that people choose.
pub(super) async fn location_list(call: Call, id: SubscriptionId) -> Result<Response, ArmError> {
    const MOST_GROUPS: usize = 1000;
    let (groups, _) = call.app.resource_group_list(&call.ctx, id, "", MOST_GROUPS).await?;
    let names: BTreeSet<_> = groups.into_iter().map(|group| group.location).collect();
    let entry = |name: wharf_types::name::Location| Location {
        id: format!("/subscriptions/{id}/locations/{name}"),
        name: name.to_string(),
        display_name: name.to_string(),
        kind: Some("Region".to_owned()),
        metadata: Some(LocationMetadata {
            region_type: "Physical".to_owned(),
            region_category: "Recommended".to_owned(),
        }),
    };
    Ok(json(
        StatusCode::OK,
        &Page::last(names.into_iter().map(entry).collect()),
    ))
}

pub(super) async fn alias_show(call: Call, alias: &str) -> Result<Response, ArmError> {
    let subscription = call.app.subscription_by_alias(&call.ctx, alias).await?;
    Ok(json(StatusCode::OK, &alias_body(subscription)))
}

pub(super) async fn alias_put(call: Call, alias: &str) -> Result<Response, ArmError> {
    let properties = call.input::<AliasPut>()?.properties;
    if properties.subscription_id.is_some() {
        let message = "an alias names the subscription that is made with it, not an existing one";
        return Err(ArmError::Unsupported(message.to_owned()));
    }
    if let Some(more) = properties.additional_properties {
        let tenant = call.ctx.subject.tenant.to_string();
        let is_other_tenant = more
            .subscription_tenant_id
            .is_some_and(|id| !id.eq_ignore_ascii_case(&tenant));
        if is_other_tenant || more.subscription_owner_id.is_some() || !more.tags.is_empty() {
            let message = "a subscription belongs to the caller's tenant and has no tags; give its owner the role with role assignment create";
            return Err(ArmError::Unsupported(message.to_owned()));
        }
    }
    let name = properties.display_name.as_deref().unwrap_or(alias);
    let (subscription, is_new) = call.app.subscription_create(&call.ctx, alias, name).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(json(status, &alias_body(subscription)))
}

fn alias_body(subscription: Subscription) -> Alias {
    Alias {
        id: format!("/providers/Microsoft.Subscription/aliases/{}", subscription.alias),
        name: subscription.alias,
        kind: "Microsoft.Subscription/aliases".to_owned(),
        properties: AliasProperties {
            subscription_id: subscription.id.to_string(),
            provisioning_state: "Succeeded".to_owned(),
            display_name: Some(subscription.display_name),
            workload: None,
        },
    }
}
