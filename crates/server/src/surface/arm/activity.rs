//! The activity log: the journal, as far as the caller may read it.

use std::collections::BTreeMap;

use axum::response::Response;
use http::StatusCode;
use serde_json::Value;
use wharf_app::resources::{ActivityFilter, JournalRow};
use wharf_types::access::Principal;
use wharf_types::arm::Page;
use wharf_types::arm::activity::{ActivityAuthorization, ActivityEvent, ActivityHttpRequest, LocalizableText};
use wharf_types::id::SubscriptionId;
use wharf_types::journal::Outcome;
use wharf_types::resource::ResourceScope;
use wharf_types::time::Time;

use super::error::ArmError;
use crate::call::{Call, json};
use crate::filter::{FilterError, Operator, Term, parse};

pub(super) async fn list(call: Call, subscription: Option<SubscriptionId>) -> Result<Response, ArmError> {
    let page = call.page().ok_or(ArmError::Page)?;
    let before = page
        .after
        .map_or(Ok(i64::MAX), |key| key.parse())
        .map_err(|_| ArmError::Page)?;
    let filter = filter(call.field("$filter"), subscription)?;
    let (rows, next) = call.app.activity_list(&call.ctx, &filter, before, page.size).await?;
    let page = Page {
        value: rows.into_iter().map(body).collect(),
        next_link: next.map(|key| call.next_link(key)),
    };
    Ok(json(StatusCode::OK, &page))
}

fn filter(text: Option<&str>, subscription: Option<SubscriptionId>) -> Result<ActivityFilter, ArmError> {
    let whole = subscription.map_or(ResourceScope::Root, ResourceScope::Subscription);
    let mut filter = ActivityFilter {
        scope: whole.clone(),
        since: None,
        until: None,
        request: None,
    };
    let Some(text) = text else { return Ok(filter) };
    let unknown = || FilterError(text.to_owned());
    for term in parse(text)? {
        let Term::Compare { field, operator, value } = term else {
            return Err(unknown().into());
        };
        match (field.to_ascii_lowercase().as_str(), operator) {
            ("eventtimestamp", Operator::AtLeast) => filter.since = Some(time(&value)?),
            ("eventtimestamp", Operator::AtMost) => filter.until = Some(time(&value)?),
            ("correlationid", Operator::Equal) => {
                let id = value.parse();
                filter.request =
                    Some(id.map_err(|_| ArmError::invalid("InvalidFilter", "a correlation id is a UUID"))?);
            }
            ("resourceuri" | "resourceid", Operator::Equal) => {
                let scope: ResourceScope = value
                    .parse()
                    .map_err(|error| ArmError::invalid("InvalidFilter", error))?;
                narrow(&mut filter, scope)?;
            }
            ("resourcegroupname", Operator::Equal) => {
                let group = value
                    .parse()
                    .map_err(|error| ArmError::invalid("InvalidFilter", error))?;
                let subscription = subscription.ok_or_else(unknown)?;
                narrow(&mut filter, ResourceScope::ResourceGroup(subscription, group))?;
            }
            _ => return Err(unknown().into()),
        }
    }
    Ok(filter)
}

/// RFC 3339; a time without an offset is in UTC, as `az` sends it.
fn time(text: &str) -> Result<Time, ArmError> {
    let time = Time::parse(text).or_else(|| Time::parse(&format!("{text}Z")));
    time.ok_or_else(|| ArmError::invalid("InvalidFilter", format!("'{text}' is no RFC 3339 time")))
}

fn narrow(filter: &mut ActivityFilter, scope: ResourceScope) -> Result<(), ArmError> {
    if !filter.scope.contains(&scope) {
        let message = format!("{scope} does not lie in {}", filter.scope);
        return Err(ArmError::invalid("InvalidFilter", message));
    }
    filter.scope = scope;
    Ok(())
}

fn body(row: JournalRow) -> ActivityEvent {
    let JournalRow { sequence, entry, .. } = row;
    let operation = entry.kind.as_str();
    let scope: Option<ResourceScope> = entry.resource.parse().ok();
    let (status, level) = match entry.outcome {
        Outcome::Succeeded => ("Succeeded", "Informational"),
        Outcome::Refused => ("Failed", "Warning"),
    };
    let group = match &scope {
        Some(ResourceScope::ResourceGroup(_, group)) => Some(group.to_string()),
        Some(ResourceScope::Registry(registry)) => Some(registry.group.to_string()),
        _ => None,
    };
    let caller = match entry.actor.parse().map(Principal::object_id) {
        Ok(Some(id)) => id.to_string(),
        _ => entry.actor.clone(),
    };
    let resource_type = operation.rsplit_once('/').map(|(kind, _)| LocalizableText::plain(kind));
    ActivityEvent {
        event_data_id: sequence.to_string(),
        event_timestamp: entry.time.into(),
        operation_name: LocalizableText::plain(operation),
        status: LocalizableText::plain(status),
        sub_status: None,
        caller: Some(caller),
        resource_type,
        resource_group_name: group,
        resource_provider_name: operation
            .split_once('/')
            .map(|(provider, _)| LocalizableText::plain(provider)),
        correlation_id: entry.request.to_string(),
        operation_id: Some(entry.request.to_string()),
        authorization: Some(ActivityAuthorization {
            action: operation.to_owned(),
            scope: entry.resource.clone(),
        }),
        claims: BTreeMap::from([("principal".to_owned(), entry.actor)]),
        category: Some(LocalizableText::plain("Administrative")),
        level: Some(level.to_owned()),
        description: None,
        subscription_id: scope.and_then(|scope| scope.subscription()).map(|id| id.to_string()),
        tenant_id: Some(entry.tenant.to_string()),
        http_request: entry.address.map(|address| ActivityHttpRequest {
            client_ip_address: Some(address.to_string()),
            ..ActivityHttpRequest::default()
        }),
        properties: properties(&entry.payload),
        resource_id: entry.resource,
    }
}

/// The record's details, as text by name.
fn properties(payload: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let fields = payload.as_object().into_iter().flatten();
    fields.map(|(name, value)| (name.clone(), text(value))).collect()
}
