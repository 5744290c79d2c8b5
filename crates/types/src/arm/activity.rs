//! The activity log: `GET [/subscriptions/{S}]/providers/Microsoft.Insights/eventtypes/management/values?$filter=…`.
//! Without a subscription it answers the tenant's own events (principals, subscriptions, tenant-wide assignments).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// A value for programs and the same for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LocalizableText {
    /// For programs.
    pub value: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub localized_value: Option<String>,
}

impl LocalizableText {
    /// A text that is the same for programs and people.
    pub fn plain(value: impl Into<String>) -> Self {
        let value = value.into();
        Self {
            localized_value: Some(value.clone()),
            value,
        }
    }
}

/// One event: who did what to which resource, when, and with what result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivityEvent {
    /// Id of the event within the log.
    pub event_data_id: String,
    /// When it happened.
    #[serde(with = "time::serde::rfc3339")]
    pub event_timestamp: OffsetDateTime,
    /// The action, for example `Microsoft.ContainerRegistry/registries/write`.
    pub operation_name: LocalizableText,
    /// `Succeeded` or `Failed`.
    pub status: LocalizableText,
    /// Finer result, often an HTTP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_status: Option<LocalizableText>,
    /// App id or user name of whoever acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// Full id of what was acted on.
    pub resource_id: String,
    /// Its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<LocalizableText>,
    /// Its group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_group_name: Option<String>,
    /// Namespace of its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_provider_name: Option<LocalizableText>,
    /// Same for all events of one request: the request id.
    pub correlation_id: String,
    /// Same for the events of one operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_id: Option<String>,
    /// The scope and right that the caller needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization: Option<ActivityAuthorization>,
    /// Claims of the caller's token, secrets left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub claims: BTreeMap<String, String>,
    /// `Administrative`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<LocalizableText>,
    /// `Informational`, `Warning` or `Error`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Subscription of the resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription_id: Option<String>,
    /// Tenant of the resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// How the request came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_request: Option<ActivityHttpRequest>,
    /// Details of this kind of event.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
}

/// The right that an operation needed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityAuthorization {
    /// The action.
    pub action: String,
    /// The scope.
    pub scope: String,
}

/// How a request came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivityHttpRequest {
    /// The client's own id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_request_id: Option<String>,
    /// Where it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_ip_address: Option<String>,
    /// `PUT`, `DELETE` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_that_an_event_says_is_who_what_when_and_with_what_result() {
        let body = r#"{"eventDataId":"1","eventTimestamp":"2026-11-21T10:00:00Z","operationName":{"value":"Microsoft.ContainerRegistry/registries/write"},"status":{"value":"Succeeded"},"caller":"app","resourceId":"/subscriptions/s","correlationId":"c"}"#;
        let event: ActivityEvent = serde_json::from_str(body).unwrap();
        assert_eq!(event.caller.as_deref(), Some("app"));
        assert_eq!(serde_json::to_string(&event).unwrap(), body);
    }
}
