//! `wharf acr credential …`.

use wharf_types::arm::credential::{PasswordName, RegenerateCredential};

use super::name_lookup::group_of;
use crate::{
    cli::acr::{CredentialRenewArgs, CredentialShowArgs, PasswordNameArg, RegistryName},
    failure::Failure,
    output::transform,
    printer::Printer,
    session::Session,
};

/// The registry's group; an error when its admin account is off.
async fn group_with_admin(session: &Session, registry: &RegistryName) -> Result<String, Failure> {
    let (group, name) = (group_of(session, registry).await?, &registry.name);
    let found = session
        .resource_manager
        .registry_show(session.subscription()?, &group, name)
        .await?;
    if found.properties.admin_user_enabled {
        return Ok(group);
    }
    Err(Failure::general(format!(
        "Run 'wharf acr update -n {name} --admin-enabled true' to enable admin first."
    )))
}

pub(crate) async fn show(session: &Session, args: CredentialShowArgs, printer: &Printer) -> Result<(), Failure> {
    let group = group_with_admin(session, &args.registry).await?;
    let (subscription, name) = (session.subscription()?, &args.registry.name);
    let credentials = session
        .resource_manager
        .registry_credentials(subscription, &group, name)
        .await?;
    printer.result(super::json(&credentials)?, Some(transform::credential))
}

pub(crate) async fn renew(session: &Session, args: CredentialRenewArgs, printer: &Printer) -> Result<(), Failure> {
    let group = group_with_admin(session, &args.registry).await?;
    let name = match args.password_name {
        PasswordNameArg::Password => PasswordName::Password,
        PasswordNameArg::Password2 => PasswordName::Password2,
    };
    let (subscription, registry, body) = (
        session.subscription()?,
        &args.registry.name,
        RegenerateCredential { name },
    );
    let renewed = session
        .resource_manager
        .registry_credential_renew(subscription, &group, registry, &body)
        .await?;
    printer.result(super::json(&renewed)?, Some(transform::credential))
}
