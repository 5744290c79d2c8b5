//! `wharf acr explain`.

use serde_json::json;
use time::{Duration, format_description::well_known::Rfc3339};
use uuid::Uuid;
use wharf_client::{ClientError, arm::ActivityFilter};
use wharf_types::arm::{ActivityEvent, check_access::AccessCheck};

use super::name_lookup::id_of;
use super::role_lookup::{checked_scope, prefix, principal};
use crate::{
    cli::explain::ExplainArgs, environment::now, failure::Failure, output::transform, printer::Printer,
    session::Session,
};

/// How far back a refusal is looked for.
const SPAN: Duration = Duration::days(90);
const REFUSAL: &str = "Microsoft.Authorization/refusals/record";

pub(crate) async fn explain(session: &Session, args: ExplainArgs, printer: &Printer) -> Result<(), Failure> {
    if let Some(id) = args.refusal {
        return refusal(session, id, printer).await;
    }
    let principal_id = match (&args.assignee, args.assignee_object_id) {
        (Some(assignee), _) => principal(session, assignee, printer).await?.0,
        (None, id) => id.map(|id| id.to_string()).unwrap_or_default(),
    };
    let scope = match (&args.name, &args.scope) {
        (Some(name), _) => id_of(session, name).await?,
        (None, Some(scope)) => checked_scope(scope)?,
        (None, None) => format!("/subscriptions/{}", session.subscription()?),
    };
    let check = AccessCheck {
        principal_id,
        action: action(args.action.as_deref().unwrap_or_default()),
        repository: args.repository,
    };
    let answer = session.resource_manager.access_check(prefix(&scope), &check).await?;
    printer.result(super::json(&answer)?, Some(transform::explanation))
}

/// The action's full name: the short ones are those of a registry token's scopes.
fn action(text: &str) -> String {
    let kind = match text.to_ascii_lowercase().as_str() {
        "pull" => "pull/read",
        "push" => "push/write",
        "delete" => "artifacts/delete",
        "metadata-read" | "metadata_read" => "metadata/read",
        "metadata-write" | "metadata_write" => "metadata/write",
        _ => return text.to_owned(),
    };
    format!("Microsoft.ContainerRegistry/registries/{kind}")
}

/// What was refused then, and how it stands now.
async fn refusal(session: &Session, id: Uuid, printer: &Printer) -> Result<(), Failure> {
    let event = find(session, id).await?;
    let (scope, repository) = match event.resource_id.split_once("/repositories/") {
        Some((registry, repository)) => (registry, Some(repository.to_owned())),
        None => (event.resource_id.as_str(), None),
    };
    let check = AccessCheck {
        principal_id: event.claims.get("principal").cloned().unwrap_or_default(),
        action: event.properties.get("action").cloned().unwrap_or_default(),
        repository,
    };
    let answer = session.resource_manager.access_check(prefix(scope), &check).await?;
    let mut shown = super::json(&answer)?;
    if let Some(fields) = shown.as_object_mut() {
        let refused = json!({
            "requestId": id,
            "time": event.event_timestamp.format(&Rfc3339).ok(),
            "times": event.properties.get("count"),
            "clientIpAddress": event.http_request.and_then(|request| request.client_ip_address),
        });
        fields.insert("refusal".to_owned(), refused);
    }
    printer.result(shown, Some(transform::explanation))
}

async fn find(session: &Session, id: Uuid) -> Result<ActivityEvent, Failure> {
    let end = now();
    let time = |time: time::OffsetDateTime| time.format(&Rfc3339).unwrap_or_default();
    let filter = ActivityFilter {
        from: time(end - SPAN),
        to: time(end),
        correlation_id: Some(id.to_string()),
        ..ActivityFilter::default()
    };
    let subscription = session.subscription().ok();
    // What is above subscriptions, as people and groups are, is in the directory's own log. Not everybody may read it.
    for place in subscription.into_iter().map(Some).chain([None]) {
        let events = match session.resource_manager.activity_list(place, &filter, 50).await {
            Err(ClientError::Service(refused)) if place.is_none() && refused.status == 403 => Vec::new(),
            events => events?,
        };
        if let Some(event) = events.into_iter().find(|event| event.operation_name.value == REFUSAL) {
            return Ok(event);
        }
    }
    Err(
        Failure::not_found(format!("No refusal of the request {id} is recorded here, where you may read."))
            .hint("refusals are written down every five seconds; --subscription looks in another subscription; of a flood of equal ones the first 32 are named"),
    )
}
