//! The activity log.

use wharf_types::arm::{ActivityEvent, Page};

use super::{ResourceManager, version};
use crate::{ClientError, api::quoted};

/// Which events are wanted. Times are RFC 3339.
#[derive(Clone, Debug, Default)]
pub struct ActivityFilter {
    /// Not before.
    pub from: String,
    /// Not after.
    pub to: String,
    /// On this resource, or in it.
    pub resource_id: Option<String>,
    /// In this group.
    pub resource_group: Option<String>,
    /// Of one request.
    pub correlation_id: Option<String>,
}

impl ActivityFilter {
    fn text(&self) -> String {
        // The service takes one of these besides the time, and so do we send one; the most specific.
        let more = [
            self.correlation_id
                .as_deref()
                .map(|id| format!("correlationId eq {}", quoted(id))),
            self.resource_id
                .as_deref()
                .map(|id| format!("resourceUri eq {}", quoted(id))),
            self.resource_group
                .as_deref()
                .map(|group| format!("resourceGroupName eq {}", quoted(group))),
        ];
        let time = format!(
            "eventTimestamp ge {} and eventTimestamp le {}",
            quoted(&self.from),
            quoted(&self.to)
        );
        more.into_iter()
            .flatten()
            .next()
            .map_or(time.clone(), |more| format!("{time} and {more}"))
    }
}

impl ResourceManager {
    /// The newest events, newest first: of a subscription, or of the tenant itself without one.
    ///
    /// # Errors
    /// What calls can fail with.
    pub async fn activity_list(
        &self,
        subscription: Option<&str>,
        filter: &ActivityFilter,
        events_max: usize,
    ) -> Result<Vec<ActivityEvent>, ClientError> {
        let scope = subscription
            .map(|subscription| format!("/subscriptions/{subscription}"))
            .unwrap_or_default();
        let path = format!("{scope}/providers/Microsoft.Insights/eventtypes/management/values");
        let filter = filter.text();
        let url = self
            .api
            .base()
            .at(&path, &[("api-version", version::ACTIVITY), ("$filter", &filter)]);
        self.api.list_at::<_, Page<_>>(url, events_max).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_has_a_time_and_at_most_one_thing_more() {
        let mut filter = ActivityFilter {
            from: "a".into(),
            to: "b".into(),
            ..ActivityFilter::default()
        };
        assert_eq!(filter.text(), "eventTimestamp ge 'a' and eventTimestamp le 'b'");
        filter.resource_group = Some("g".into());
        filter.resource_id = Some("/r".into());
        assert_eq!(
            filter.text(),
            "eventTimestamp ge 'a' and eventTimestamp le 'b' and resourceUri eq '/r'"
        );
    }
}
