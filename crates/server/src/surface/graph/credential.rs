//! Secrets, of an application or of its service principal: the same ones.

use axum::response::Response;
use http::StatusCode;
use wharf_app::identity::{Application, NewCredential};
use wharf_types::arm::SecretText;
use wharf_types::graph::credential::{AddPassword, NewPassword, RemovePassword};
use wharf_types::id::KeyId;
use wharf_types::secret::Secret;

use super::body::password;
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
