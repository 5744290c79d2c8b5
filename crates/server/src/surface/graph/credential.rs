//! Secrets and certificates, of an application or of its service principal: the same ones.

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use wharf_app::identity::{Application, NewCertificate, NewCredential};
use wharf_types::arm::SecretText;
use wharf_types::graph::credential::{AddPassword, KeyCredential, NewPassword, RemovePassword};
use wharf_types::id::KeyId;
use wharf_types::secret::Secret;

use super::body::{Credentials, password};
use super::error::Failure;
use crate::call::{Call, empty, json};

/// The only answer that holds a secret (rule 3). A secret that the caller chose is not repeated.
pub(super) async fn add(call: Call, application: Application) -> Result<Response, Failure> {
    let NewPassword {
        display_name,
        start_date_time,
        end_date_time,
        secret_text,
    } = call.input::<AddPassword>()?.password_credential;
    let chosen = secret_text.map(|text| Secret::new(text.expose()));
    let is_chosen = chosen.is_some();
    let new = NewCredential {
        display_name,
        starts_at: start_date_time.map(Into::into),
        ends_at: end_date_time.map(Into::into),
        chosen,
    };
    let issued = call.app.credential_add(&call.ctx, &application, new).await?;
    let shown = (!is_chosen).then(|| SecretText::new(issued.secret.expose()));
    Ok(json(StatusCode::OK, &password(issued.credential, shown)))
}

pub(super) async fn remove(call: Call, application: Application) -> Result<Response, Failure> {
    let RemovePassword { key_id } = call.input()?;
    call.app
        .credential_remove(&call.ctx, &application, KeyId(key_id))
        .await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// What the caller may see of what an application signs in with.
pub(super) async fn list(call: &Call, application: &Application) -> Result<Credentials, Failure> {
    let secrets = call.app.credential_list(&call.ctx, application).await?;
    let certificates = call.app.certificate_list(&call.ctx, application).await?;
    Ok(Credentials::new(secrets, certificates, call.ctx.now))
}

/// `keyCredentials` replaces the certificates: an entry without its `key` is one that stays, as it was listed.
pub(super) async fn set_certificates(
    call: &Call,
    application: &Application,
    wanted: Vec<KeyCredential>,
) -> Result<(), Failure> {
    let (mut keep, mut new) = (Vec::new(), Vec::new());
    for entry in wanted {
        match (entry.key, entry.key_id) {
            (Some(key), _) => {
                let certificate = STANDARD.decode(key.trim());
                new.push(NewCertificate {
                    display_name: entry.display_name,
                    certificate: certificate
                        .map_err(|_| Failure::Bad("key has to be a certificate: base64 of its DER"))?,
                });
            }
            (None, Some(id)) => keep.push(KeyId(id)),
            (None, None) => {
                return Err(Failure::Bad(
                    "an entry of keyCredentials has a key, or the keyId of one that stays",
                ));
            }
        }
    }
    Ok(call.app.certificates_set(&call.ctx, application, &keep, new).await?)
}
