//! `wharf acr activity list`.

use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};
use wharf_client::arm::ActivityFilter;

use super::name_lookup::id_of;
use crate::{
    cli::activity::ActivityListArgs, environment::now, failure::Failure, output::transform, printer::Printer,
    session::Session,
};

const DEFAULT_SPAN: Duration = Duration::days(30);

pub(crate) async fn list(session: &Session, args: ActivityListArgs, printer: &Printer) -> Result<(), Failure> {
    let end = args.end_time.map_or_else(now, |end| end.0);
    let start = args.start_time.map_or_else(|| end - DEFAULT_SPAN, |start| start.0);
    if start >= end {
        return Err(Failure::usage("Start time cannot be later than end time."));
    }
    let resource_id = match &args.name {
        Some(name) => Some(id_of(session, name).await?),
        None => args.resource_id,
    };
    let filter = ActivityFilter {
        from: text(start)?,
        to: text(end)?,
        resource_id,
        resource_group: args.resource_group,
        correlation_id: args.correlation_id,
    };
    let subscription = if args.tenant_level {
        None
    } else {
        Some(session.subscription()?)
    };
    let events_max = usize::try_from(args.max_events).unwrap_or(usize::MAX);
    // What the service cannot filter by is filtered here, and then more must be read than is shown.
    let narrowed = args.caller.is_some() || args.status.is_some();
    let read_max = if narrowed { usize::MAX } else { events_max };
    let mut events = session
        .resource_manager
        .activity_list(subscription, &filter, read_max)
        .await?;
    events.retain(|event| {
        let same =
            |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(is));
        same(&args.caller, event.caller.as_deref().unwrap_or_default()) && same(&args.status, &event.status.value)
    });
    events.truncate(events_max);
    printer.result(super::json(&events)?, Some(transform::activity))
}

fn text(time: OffsetDateTime) -> Result<String, Failure> {
    time.format(&Rfc3339)
        .map_err(|error| Failure::usage(format!("this time cannot be written: {error}")))
}
