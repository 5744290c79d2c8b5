//! `wharf account …`.

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use time::{OffsetDateTime, macros::format_description};
use wharf_types::arm::alias::{AliasPut, AliasPutProperties};

use super::login::refresh;
use crate::{
    cli::account::{AccountListArgs, AccountSetArgs, AccountShowArgs, AliasCreateArgs, GetAccessTokenArgs},
    failure::Failure,
    output::transform,
    printer::Printer,
    profile::{Account, Principal},
    session::{Session, Settings, account},
};

pub(crate) fn show(args: &AccountShowArgs, settings: &Settings, printer: &Printer) -> Result<(), Failure> {
    let profile = settings.store.profile()?;
    printer.result(profile.shown(account(&profile, args.subscription.as_deref())?), None)
}

pub(crate) async fn list(args: AccountListArgs, settings: &Settings, printer: &Printer) -> Result<(), Failure> {
    if args.refresh {
        let mut done: Vec<Principal> = Vec::new();
        for account in settings.store.profile()?.subscriptions {
            if !done.contains(&Principal::of(&account)) {
                done.push(Principal::of(&account));
                refresh(settings, &account).await?;
            }
        }
    }
    let profile = settings.store.profile()?;
    if profile.subscriptions.is_empty() {
        printer.warning("Please run \"wharf login\" to access your accounts.");
    }
    let enabled = |account: &&Account| args.all || account.state == "Enabled";
    let shown: Vec<Value> = profile
        .subscriptions
        .iter()
        .filter(enabled)
        .map(|account| profile.listed(account))
        .collect();
    if shown.len() < profile.subscriptions.len() {
        printer.warning("A few accounts are skipped as they don't have 'Enabled' state. Use '--all' to display them.");
    }
    printer.result(shown.into(), Some(transform::account))
}

pub(crate) fn set(args: &AccountSetArgs, settings: &Settings) -> Result<(), Failure> {
    let chosen = account(&settings.store.profile()?, Some(&args.subscription))?.clone();
    settings.store.update_profile(|profile| {
        for account in &mut profile.subscriptions {
            account.is_default = account.id == chosen.id && account.server == chosen.server;
        }
        Ok(())
    })?;
    Ok(())
}

pub(crate) async fn get_access_token(
    args: GetAccessTokenArgs,
    settings: &Settings,
    printer: &Printer,
) -> Result<(), Failure> {
    let session = Session::open(settings, args.subscription.as_deref())?;
    let audience = args
        .resource
        .as_deref()
        .unwrap_or(&session.endpoints.resource_manager_audience);
    let scope = args.scope.clone().unwrap_or_else(|| format!("{audience}/.default"));
    let (token, expires_on) = session.token(&scope).await?;
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second].000000");
    let time = OffsetDateTime::from_unix_timestamp(expires_on)
        .ok()
        .and_then(|time| time.format(format).ok());
    let mut result = json!({
        "accessToken": token.expose_secret(),
        "expiresOn": time,
        "expires_on": expires_on,
        "tenant": session.account.tenant_id,
        "tokenType": "Bearer",
    });
    if session.account.is_subscription() {
        result["subscription"] = session.account.id.clone().into();
    }
    printer.result(result, None)
}

pub(crate) async fn list_locations(session: &Session, printer: &Printer) -> Result<(), Failure> {
    let locations = session.resource_manager.location_list(session.subscription()?).await?;
    printer.result(super::json(&locations)?, None)
}

pub(crate) async fn alias_create(args: AliasCreateArgs, settings: &Settings, printer: &Printer) -> Result<(), Failure> {
    let session = Session::open(settings, None)?;
    let properties = AliasPutProperties {
        display_name: args.display_name.or_else(|| Some(args.name.clone())),
        workload: args.workload,
        billing_scope: args.billing_scope,
        ..AliasPutProperties::default()
    };
    let alias = session
        .resource_manager
        .alias_put(&args.name, &AliasPut { properties })
        .await?;
    // So that the next command can name it.
    refresh(settings, &session.account).await?;
    printer.result(super::json(&alias)?, None)
}
