//! `wharf ad sp credential list|reset|delete`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use serde_json::json;
use time::{Date, OffsetDateTime};
use wharf_types::{
    arm::SecretText,
    graph::{
        PasswordCredential, ServicePrincipal,
        credential::{AddPassword, KeyCredential, NewPassword},
        service_principal::ServicePrincipalPatch,
    },
    rotation::Rotation,
};

use super::{certificate, service_principal::find};
use crate::{
    cli::ad::{SpCredentialDeleteArgs, SpCredentialListArgs, SpCredentialResetArgs},
    environment::now,
    failure::Failure,
    output::transform,
    printer::Printer,
    session::Session,
};

/// What is said whenever a password is printed.
pub(crate) const WARNING: &str = "The output includes credentials that you must protect. Be sure that you do not include these credentials in \
     your code or check the credentials into your source control.";

pub(crate) async fn list(session: &Session, args: SpCredentialListArgs, printer: &Printer) -> Result<(), Failure> {
    let principal = find(session, &args.id).await?;
    let listed = if args.cert {
        super::json(&principal.key_credentials)?
    } else {
        super::json(&principal.password_credentials)?
    };
    printer.result(listed, Some(transform::secret))
}

pub(crate) async fn reset(session: &Session, args: SpCredentialResetArgs, printer: &Printer) -> Result<(), Failure> {
    let principal = find(session, &args.id).await?;
    let end = match args.end_date {
        Some(end) => end.0,
        None => years_from(now(), args.years.unwrap_or(1)),
    };
    if args.create_cert || args.cert.is_some() {
        return certificate_reset(session, &principal, &args, end, printer).await;
    }
    // The new one first: if it cannot be made, the old ones still work.
    let body = new_password(args.display_name.clone(), end, None);
    let made = session
        .graph
        .service_principal_add_password(principal.id, &body)
        .await?;
    remove_old(session, &principal, &args, printer).await?;
    printer.warning(WARNING);
    let password = made.secret_text.as_ref().map(SecretText::expose);
    printer.result(
        json!({"appId": principal.app_id, "password": password, "tenant": session.account.tenant_id}),
        None,
    )
}

/// Takes the old secrets away, unless the new one is to be appended to them.
async fn remove_old(
    session: &Session,
    principal: &ServicePrincipal,
    args: &SpCredentialResetArgs,
    printer: &Printer,
) -> Result<(), Failure> {
    for old in principal.password_credentials.iter().filter(|_| !args.append) {
        session
            .graph
            .service_principal_remove_password(principal.id, old.key_id)
            .await?;
        warn_of_use(printer, old);
    }
    Ok(())
}

/// Says who will miss a secret that is gone now, if somebody is known who will.
fn warn_of_use(printer: &Printer, gone: &PasswordCredential) {
    let activity = gone.activity.as_ref().filter(|it| it.rotation == Rotation::InUse);
    if let Some(used) = activity.and_then(|it| it.last_used.as_ref()) {
        let by = if used.client.is_empty() {
            "a program"
        } else {
            &used.client
        };
        printer.warning(&format!(
            "The secret {} that is gone was in use: {by} from {} signed in with it at {}. With --append, the old one goes on until \
             'wharf ad sp credential list' says that it is safe to delete.",
            gone.hint.as_deref().unwrap_or_default(),
            used.ip_address,
            used.date_time.replace_nanosecond(0).unwrap_or(used.date_time),
        ));
    }
}

/// A certificate in the place of the old ones, or besides them. Passwords stay, unless nothing is to be appended to.
async fn certificate_reset(
    session: &Session,
    principal: &ServicePrincipal,
    args: &SpCredentialResetArgs,
    end: OffsetDateTime,
    printer: &Printer,
) -> Result<(), Failure> {
    let (der, file) = match &args.cert {
        Some(given) => (given_certificate(given)?, None),
        None => {
            let (der, file) = certificate::make(&principal.display_name, end)?;
            (der, Some(file))
        }
    };
    let new = KeyCredential {
        display_name: args.display_name.clone(),
        kind: Some("AsymmetricX509Cert".to_owned()),
        usage: Some("Verify".to_owned()),
        key: Some(STANDARD.encode(der)),
        ..KeyCredential::default()
    };
    let kept = principal.key_credentials.iter().filter(|_| args.append).cloned();
    let patch = ServicePrincipalPatch {
        account_enabled: None,
        key_credentials: Some(kept.chain([new]).collect()),
    };
    session.graph.service_principal_update(principal.id, &patch).await?;
    remove_old(session, principal, args, printer).await?;
    let mut result = json!({"appId": principal.app_id, "password": null, "tenant": session.account.tenant_id});
    if let Some(file) = file {
        printer.warning(&format!(
            "Please copy {} to a safe place. When you run 'wharf login', provide the file path in the --certificate argument",
            file.display()
        ));
        result["fileWithCertAndPrivateKey"] = json!(file);
    }
    printer.result(result, None)
}

/// A certificate on the command line: itself, or `@` and its file.
fn given_certificate(given: &str) -> Result<Vec<u8>, Failure> {
    let text = match given.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| Failure::usage(format!("cannot read the certificate {path}: {error}")))?,
        None => given.to_owned(),
    };
    if let Ok(certificate) = CertificateDer::from_pem_slice(text.as_bytes()) {
        return Ok(certificate.to_vec());
    }
    let plain: String = text.split_whitespace().collect();
    STANDARD
        .decode(plain)
        .map_err(|_| Failure::usage("--cert takes a certificate: PEM, base64 of DER, or @FILE"))
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
