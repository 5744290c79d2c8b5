//! The admin account's passwords.

use axum::response::Response;
use http::StatusCode;
use wharf_app::resources::{AdminCredentials, AdminPassword, AdminSlot};
use wharf_types::arm::SecretText;
use wharf_types::arm::credential::{PasswordName, RegenerateCredential, RegistryCredentials, RegistryPassword};
use wharf_types::resource::RegistryScope;
use wharf_types::secret::Secret;

use super::error::ArmError;
use crate::call::{Call, json};
use crate::surface::credential_use::credential_use;

pub(super) async fn list(call: Call, scope: RegistryScope) -> Result<Response, ArmError> {
    let credentials = call.app.admin_credentials_list(&call.ctx, &scope).await?;
    Ok(json(StatusCode::OK, &body(&call, &credentials)))
}

pub(super) async fn regenerate(call: Call, scope: RegistryScope) -> Result<Response, ArmError> {
    let slot = match call.input::<RegenerateCredential>()?.name {
        PasswordName::Password => AdminSlot::First,
        PasswordName::Password2 => AdminSlot::Second,
    };
    let credentials = call.app.admin_credential_regenerate(&call.ctx, &scope, slot).await?;
    Ok(json(StatusCode::OK, &body(&call, &credentials)))
}

fn body(call: &Call, credentials: &AdminCredentials) -> RegistryCredentials {
    let both = [&credentials.first, &credentials.second];
    let uses = both.map(|(password, _)| password.last_used.as_ref().map(|used| used.at));
    let password = |name, (password, secret): &(AdminPassword, Secret)| RegistryPassword {
        name,
        value: SecretText::new(secret.expose()),
        activity: Some(credential_use(
            password.created_at,
            password.last_used.as_ref(),
            &uses,
            call.ctx.now,
        )),
    };
    RegistryCredentials {
        username: credentials.user_name.clone(),
        passwords: vec![
            password(PasswordName::Password, &credentials.first),
            password(PasswordName::Password2, &credentials.second),
        ],
    }
}
