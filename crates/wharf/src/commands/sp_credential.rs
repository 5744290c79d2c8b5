//! `wharf ad sp credential list|reset|delete`, and the same of `ad app`.

use std::path::{Path, PathBuf};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use serde_json::json;
use time::{Date, OffsetDateTime};
use wharf_types::{
    arm::SecretText,
    graph::{
        PasswordCredential,
        credential::{AddPassword, KeyCredential, NewPassword},
    },
    rotation::Rotation,
};

use super::{certificate, credential_holder::Holder};
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

pub(crate) fn list(holder: &Holder, args: &SpCredentialListArgs, printer: &Printer) -> Result<(), Failure> {
    let shown = match args.cert {
        true => super::json(&holder.certificates())?,
        false => super::json(&holder.passwords())?,
    };
    printer.result(shown, Some(transform::secret))
}

pub(crate) async fn reset(
    session: &Session,
    holder: &Holder,
    args: SpCredentialResetArgs,
    printer: &Printer,
) -> Result<(), Failure> {
    no_key_vault(args.keyvault.as_deref())?;
    let end = match args.end_date {
        Some(end) => end.0,
        None => years_from(now(), args.years.unwrap_or(1)),
    };
    if args.create_cert || args.cert.is_some() {
        return certificate_reset(session, holder, &args, end, printer).await;
    }
    // The new one first: if it cannot be made, the old ones still work.
    let body = new_password(args.display_name.clone(), end, None);
    let made = holder.add_password(session, &body).await?;
    remove_old(session, holder, &args, printer).await?;
    printer.warning(WARNING);
    let password = made.secret_text.as_ref().map(SecretText::expose);
    printer.result(
        json!({"appId": holder.app_id(), "password": password, "tenant": session.account.tenant_id}),
        None,
    )
}

/// `az` keeps certificates in a vault of Azure's where it is asked to.
pub(crate) fn no_key_vault(name: Option<&str>) -> Result<(), Failure> {
    match name {
        None => Ok(()),
        Some(_) => Err(
            Failure::usage("--keyvault is not supported: there is no key vault here").hint(
                "--create-cert writes key and certificate to a file of yours; --cert takes a certificate of your own",
            ),
        ),
    }
}

/// A certificate, given or made, and where its key was written to.
pub(crate) fn certificate_for(
    given: Option<&str>,
    name: &str,
    end: OffsetDateTime,
) -> Result<(Vec<u8>, Option<PathBuf>), Failure> {
    match given {
        Some(given) => Ok((given_certificate(given)?, None)),
        None => {
            let (der, file) = certificate::make(name, end)?;
            Ok((der, Some(file)))
        }
    }
}

/// The wire form of a certificate.
pub(crate) fn key_credential(display_name: Option<String>, der: &[u8]) -> KeyCredential {
    KeyCredential {
        display_name,
        kind: Some("AsymmetricX509Cert".to_owned()),
        usage: Some("Verify".to_owned()),
        key: Some(STANDARD.encode(der)),
        ..KeyCredential::default()
    }
}

/// Says where the key is.
pub(crate) fn say_where(file: &Path, printer: &Printer) {
    printer.warning(&format!(
        "Please copy {} to a safe place. When you run 'wharf login', provide the file path in the --certificate argument",
        file.display()
    ));
}

/// Takes the old secrets away, unless the new one is to be appended to them.
async fn remove_old(
    session: &Session,
    holder: &Holder,
    args: &SpCredentialResetArgs,
    printer: &Printer,
) -> Result<(), Failure> {
    for old in holder.passwords().iter().filter(|_| !args.append) {
        holder.remove_password(session, old.key_id).await?;
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
    holder: &Holder,
    args: &SpCredentialResetArgs,
    end: OffsetDateTime,
    printer: &Printer,
) -> Result<(), Failure> {
    let (der, file) = certificate_for(args.cert.as_deref(), holder.display_name(), end)?;
    let new = key_credential(args.display_name.clone(), &der);
    let kept = holder.certificates().iter().filter(|_| args.append).cloned();
    holder.set_certificates(session, kept.chain([new]).collect()).await?;
    remove_old(session, holder, args, printer).await?;
    let mut result = json!({"appId": holder.app_id(), "password": null, "tenant": session.account.tenant_id});
    if let Some(file) = file {
        say_where(&file, printer);
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

pub(crate) async fn delete(session: &Session, holder: &Holder, args: &SpCredentialDeleteArgs) -> Result<(), Failure> {
    if !args.cert {
        return holder.remove_password(session, args.key_id).await;
    }
    let is_it = |known: &&KeyCredential| known.key_id == Some(args.key_id);
    if !holder.certificates().iter().any(|known| is_it(&known)) {
        return Err(Failure::not_found(format!(
            "No key credential found with keyId as '{}'",
            args.key_id
        )));
    }
    let kept = holder.certificates().iter().filter(|known| !is_it(known)).cloned();
    holder.set_certificates(session, kept.collect()).await
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
