//! The admin account's passwords.

use axum::response::Response;
use http::StatusCode;
use wharf_app::resources::{AdminCredentials, AdminSlot};
use wharf_types::arm::SecretText;
use wharf_types::arm::credential::{PasswordName, RegenerateCredential, RegistryCredentials, RegistryPassword};
use wharf_types::resource::RegistryScope;

use super::error::ArmError;
use crate::call::{Call, json};

pub(super) async fn list(call: Call, scope: RegistryScope) -> Result<Response, ArmError> {
    let credentials = call.app.admin_credentials_list(&call.ctx, &scope).await?;
    Ok(json(StatusCode::OK, &body(&credentials)))
}

pub(super) async fn regenerate(call: Call, scope: RegistryScope) -> Result<Response, ArmError> {
    let slot = match call.input::<RegenerateCredential>()?.name {
        PasswordName::Password => AdminSlot::First,
        PasswordName::Password2 => AdminSlot::Second,
    };
    let credentials = call.app.admin_credential_regenerate(&call.ctx, &scope, slot).await?;
    Ok(json(StatusCode::OK, &body(&credentials)))
}

fn body(credentials: &AdminCredentials) -> RegistryCredentials {
    let password = |name, secret: &wharf_types::secret::Secret| RegistryPassword {
        name,
        value: SecretText::new(secret.expose()),
    };
    RegistryCredentials {
        username: credentials.user_name.clone(),
        passwords: vec![
            password(PasswordName::Password, &credentials.first),
            password(PasswordName::Password2, &credentials.second),
        ],
    }
}
