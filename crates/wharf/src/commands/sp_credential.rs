//! `wharf ad sp credential list|reset|delete`.

use serde_json::json;
use time::{Date, OffsetDateTime};
use wharf_types::{
    arm::SecretText,
    graph::credential::{AddPassword, NewPassword},
};

use super::service_principal::find;
use crate::{
    cli::ad::{SpCredentialDeleteArgs, SpCredentialListArgs, SpCredentialResetArgs},
    environment::now,
    failure::Failure,
    printer::Printer,
    session::Session,
};

/// What is said whenever a password is printed.
pub(crate) const WARNING: &str = "The output includes credentials that you must protect. Be sure that you do not include these credentials in \
     your code or check the credentials into your source control.";

pub(crate) async fn list(session: &Session, args: SpCredentialListArgs, printer: &Printer) -> Result<(), Failure> {
    let principal = find(session, &args.id).await?;
    printer.result(super::json(&principal.password_credentials)?, None)
}

pub(crate) async fn reset(session: &Session, args: SpCredentialResetArgs, printer: &Printer) -> Result<(), Failure> {
    let principal = find(session, &args.id).await?;
    let end = match args.end_date {
        Some(end) => end.0,
        None => years_from(now(), args.years.unwrap_or(1)),
    };
    let body = new_password(args.display_name, end, None);
    // The new one first: if it cannot be made, the old ones still work.
    let made = session
        .graph
        .service_principal_add_password(principal.id, &body)
        .await?;
    let old = principal.password_credentials.iter().filter(|_| !args.append);
    for old in old {
        session
            .graph
            .service_principal_remove_password(principal.id, old.key_id)
            .await?;
    }
    printer.warning(WARNING);
    let password = made.secret_text.as_ref().map(SecretText::expose);
    printer.result(
        json!({"appId": principal.app_id, "password": password, "tenant": session.account.tenant_id}),
        None,
    )
}

pub(crate) async fn delete(session: &Session, args: SpCredentialDeleteArgs) -> Result<(), Failure> {
    let principal = find(session, &args.id).await?;
    Ok(session
        .graph
        .service_principal_remove_password(principal.id, args.key_id)
        .await?)
}

/// A password that works from now on.
pub(crate) fn new_password(
    display_name: Option<String>,
    end: OffsetDateTime,
    chosen: Option<SecretText>,
) -> AddPassword {
    // Seconds are enough, and what `az` sends.
    let second = |time: OffsetDateTime| time.replace_nanosecond(0).unwrap_or(time);
    let password_credential = NewPassword {
        display_name,
        start_date_time: Some(second(now())),
        end_date_time: Some(second(end)),
        secret_text: chosen,
    };
    AddPassword { password_credential }
}

/// The same day, years later; of a 29 February, the 28th where there is no 29th.
pub(crate) fn years_from(start: OffsetDateTime, years: u32) -> OffsetDateTime {
    let year = start.year().saturating_add(i32::try_from(years).unwrap_or(100));
    let same_day = |day| Date::from_calendar_date(year, start.month(), day).ok();
    same_day(start.day())
        .or_else(|| same_day(28))
        .map_or(start, |date| start.replace_date(date))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn years_end_on_the_same_day() {
        assert_eq!(
            years_from(datetime!(2026-11-21 10:00 UTC), 2),
            datetime!(2028-11-21 10:00 UTC)
        );
        assert_eq!(
            years_from(datetime!(2028-02-29 10:00 UTC), 1),
            datetime!(2029-02-28 10:00 UTC)
        );
    }
}
