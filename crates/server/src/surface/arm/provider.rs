//! Resource providers. All of ours are there for every subscription; registering one changes nothing.

use axum::response::Response;
use http::StatusCode;
use wharf_app::Error;
use wharf_types::arm::Page;
use wharf_types::arm::provider::{Provider, ProviderResourceType};
use wharf_types::id::SubscriptionId;

use super::error::ArmError;
use crate::call::{Call, json};

/// A kind of resource, with the versions that today's clients ask for. Any other is accepted as well.
const TYPES: [(&str, &str, &[&str]); 5] = [
    (
        "Microsoft.ContainerRegistry",
        "registries",
        &[
            "2026-09-01-preview",
            "2025-11-01",
            "2025-04-01",
            "2023-07-01",
            "2022-12-01",
            "2019-05-01",
        ],
    ),
    ("Microsoft.Authorization", "roleAssignments", &["2022-04-01"]),
    (
        "Microsoft.Authorization",
        "roleDefinitions",
        &["2022-05-01-preview", "2022-04-01"],
    ),
    ("Microsoft.Insights", "eventtypes", &["2015-04-01"]),
    ("Microsoft.Resources", "resourceGroups", &["2024-11-01", "2021-04-01"]),
];

pub(super) async fn list(call: Call, subscription: SubscriptionId) -> Result<Response, ArmError> {
    call.app.subscription_get(&call.ctx, subscription).await?;
    let mut names: Vec<&str> = TYPES.iter().map(|(provider, _, _)| *provider).collect();
    names.dedup();
    let value = names.into_iter().map(|name| provider(subscription, name)).collect();
    Ok(json(StatusCode::OK, &Page::last(value)))
}

pub(super) async fn show(call: Call, subscription: SubscriptionId, name: &str) -> Result<Response, ArmError> {
    call.app.subscription_get(&call.ctx, subscription).await?;
    let known = TYPES
        .iter()
        .find(|(provider, _, _)| provider.eq_ignore_ascii_case(name));
    let (known, _, _) = known.ok_or_else(|| Error::not_found("resource provider", name))?;
    Ok(json(StatusCode::OK, &provider(subscription, known)))
}

fn provider(subscription: SubscriptionId, name: &str) -> Provider {
    let resource_types = TYPES.iter().filter(|(provider, _, _)| *provider == name);
    Provider {
        id: format!("/subscriptions/{subscription}/providers/{name}"),
        namespace: name.to_owned(),
        registration_state: "Registered".to_owned(),
        registration_policy: "RegistrationFree".to_owned(),
        resource_types: resource_types
            .map(|(_, resource_type, versions)| ProviderResourceType {
                resource_type: (*resource_type).to_owned(),
                locations: Vec::new(),
                api_versions: versions.iter().map(|version| (*version).to_owned()).collect(),
            })
            .collect(),
    }
}
