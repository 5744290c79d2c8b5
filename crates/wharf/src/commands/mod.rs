//! What the client commands do: one file per noun, each a plain function of arguments, session and printer.

mod account;
mod acr_login;
mod activity;
mod ad_group;
mod application;
mod browser_login;
mod certificate;
mod credential;
mod credential_helper;
mod credential_holder;
mod explain;
mod federated_credential;
mod group;
mod identity_provider;
pub(crate) mod kubelet;
mod ldap;
mod login;
mod login_server;
mod name_lookup;
mod registry;
mod role_assignment;
mod role_definition;
mod role_lookup;
mod service_principal;
mod sp_create;
mod sp_credential;
mod user;
mod version;

use crate::{
    cli::{
        Command,
        account::{AccountCommand, AliasCommand},
        acr::{AcrCommand, CredentialCommand, HelperCommand},
        activity::ActivityCommand,
        ad::{AdCommand, SpCommand, SpCredentialCommand},
        ad_user::SignedInUserCommand,
        group::{GroupCommand, ResourceCommand},
        role::{AssignmentCommand, DefinitionCommand, RoleCommand},
    },
    failure::Failure,
    printer::Printer,
    session::{Session, Settings},
};

use credential_holder::Holder;

pub(crate) use acr_login::end as token_end;
pub(crate) use login_server::registry_token;

/// The JSON of a wire type.
fn json(value: &impl serde::Serialize) -> Result<serde_json::Value, Failure> {
    serde_json::to_value(value).map_err(|error| Failure::general(error.to_string()))
}

/// Runs a client command. `serve` and `admin` do not come here.
pub(crate) async fn run(command: Command, settings: &Settings, printer: &Printer) -> Result<(), Failure> {
    let open =
        |subscription: &crate::cli::SubscriptionArg| Session::open(settings, subscription.subscription.as_deref());
    match command {
        Command::Login(args) => login::login(args, settings, printer).await,
        Command::Logout(args) => login::logout(args, settings).await,
        Command::Account(command) => account_command(command, settings, printer).await,
        Command::Group(command) | Command::Resource(ResourceCommand::Group(command)) => match command {
            GroupCommand::Create(args) => group::create(&open(&args.group.subscription)?, args, printer).await,
            GroupCommand::List(args) => group::list(&open(&args.subscription)?, printer).await,
            GroupCommand::Show(args) => group::show(&open(&args.group.subscription)?, args, printer).await,
            GroupCommand::Exists(args) => group::exists(&open(&args.group.subscription)?, args, printer).await,
            GroupCommand::Delete(args) => group::delete(&open(&args.group.subscription)?, args, printer).await,
        },
        Command::Acr(command) => acr_command(*command, settings, printer).await,
        Command::Ad(command) => ad_command(command, &Session::open(settings, None)?, printer).await,
        Command::CredentialProvider(args) => kubelet::provide(args, settings).await,
        Command::Role(command) => match *command {
            RoleCommand::Definition(DefinitionCommand::List(args)) => {
                role_definition::list(&open(&args.subscription)?, args, printer).await
            }
            RoleCommand::Assignment(AssignmentCommand::Create(args)) => {
                role_assignment::create(&open(&args.subscription)?, args, printer).await
            }
            RoleCommand::Assignment(AssignmentCommand::List(args)) => {
                role_assignment::list(&open(&args.filter.subscription)?, args, printer).await
            }
            RoleCommand::Assignment(AssignmentCommand::Delete(args)) => {
                role_assignment::delete(&open(&args.filter.subscription)?, args, printer).await
            }
        },
        Command::Version(_) => version::show(printer),
        Command::Serve(_) | Command::Admin(_) => Err(Failure::general("this command runs on the server's host")),
    }
}

async fn account_command(command: AccountCommand, settings: &Settings, printer: &Printer) -> Result<(), Failure> {
    match command {
        AccountCommand::Show(args) => account::show(&args, settings, printer),
        AccountCommand::List(args) => account::list(args, settings, printer).await,
        AccountCommand::Set(args) => account::set(&args, settings),
        AccountCommand::GetAccessToken(args) => account::get_access_token(args, settings, printer).await,
        AccountCommand::ListLocations(args) => {
            let session = Session::open(settings, args.subscription.subscription.as_deref())?;
            account::list_locations(&session, printer).await
        }
        AccountCommand::Alias(AliasCommand::Create(args)) => account::alias_create(args, settings, printer).await,
    }
}

async fn acr_command(command: AcrCommand, settings: &Settings, printer: &Printer) -> Result<(), Failure> {
    let open =
        |subscription: &crate::cli::SubscriptionArg| Session::open(settings, subscription.subscription.as_deref());
    match command {
        AcrCommand::Create(args) => registry::create(&open(&args.subscription)?, args, printer).await,
        AcrCommand::Show(args) => registry::show(&open(&args.registry.subscription)?, args, printer).await,
        AcrCommand::List(args) => registry::list(&open(&args.subscription)?, args, printer).await,
        AcrCommand::Update(args) => registry::update(&open(&args.registry.subscription)?, args, printer).await,
        AcrCommand::Delete(args) => registry::delete(&open(&args.registry.subscription)?, args, printer).await,
        AcrCommand::CheckName(args) => registry::check_name(&open(&args.subscription)?, args, printer).await,
        AcrCommand::Login(args) => {
            let session = open(&args.registry.subscription)?;
            acr_login::login(&session, args, &settings.engines, printer).await
        }
        AcrCommand::CredentialHelper(HelperCommand::Install(args)) => {
            credential_helper::install(&open(&args.subscription)?, args, &settings.engines, printer).await
        }
        AcrCommand::CredentialHelper(HelperCommand::Uninstall(args)) => {
            credential_helper::uninstall(&args, &settings.engines, printer)
        }
        AcrCommand::ShowUsage(args) => registry::show_usage(&open(&args.registry.subscription)?, args, printer).await,
        AcrCommand::Credential(CredentialCommand::Show(args)) => {
            credential::show(&open(&args.registry.subscription)?, args, printer).await
        }
        AcrCommand::Credential(CredentialCommand::Renew(args)) => {
            credential::renew(&open(&args.registry.subscription)?, args, printer).await
        }
        AcrCommand::Activity(ActivityCommand::List(args)) => {
            activity::list(&open(&args.subscription)?, args, printer).await
        }
        AcrCommand::Explain(args) => explain::explain(&open(&args.subscription)?, args, printer).await,
    }
}

async fn ad_command(command: AdCommand, session: &Session, printer: &Printer) -> Result<(), Failure> {
    match command {
        AdCommand::User(command) => user::run(command, session, printer).await,
        AdCommand::Group(command) => ad_group::run(command, session, printer).await,
        AdCommand::IdentityProvider(command) => identity_provider::run(*command, session, printer).await,
        AdCommand::Sp(command) => sp_command(command, session, printer).await,
        AdCommand::App(command) => application::run(command, session, printer).await,
        AdCommand::SignedInUser(SignedInUserCommand::Show(_)) => user::show_signed_in(session, printer).await,
    }
}

async fn sp_command(command: SpCommand, session: &Session, printer: &Printer) -> Result<(), Failure> {
    match command {
        SpCommand::CreateForRbac(args) => sp_create::create_for_rbac(session, args, printer).await,
        SpCommand::List(args) => service_principal::list(session, args, printer).await,
        SpCommand::Show(args) => service_principal::show(session, args, printer).await,
        SpCommand::Delete(args) => service_principal::delete(session, args).await,
        SpCommand::Create(args) => service_principal::create(session, args, printer).await,
        SpCommand::Update(args) => service_principal::update(session, args).await,
        SpCommand::Credential(command) => {
            let find = async |id: &str| {
                let found = service_principal::find(session, id).await?;
                Ok::<_, Failure>(Holder::Principal(found))
            };
            match command {
                SpCredentialCommand::List(args) => sp_credential::list(&find(&args.id).await?, &args, printer),
                SpCredentialCommand::Reset(args) => {
                    let holder = find(&args.id).await?;
                    sp_credential::reset(session, &holder, args, printer).await
                }
                SpCredentialCommand::Delete(args) => {
                    let holder = find(&args.id).await?;
                    sp_credential::delete(session, &holder, &args).await
                }
            }
        }
    }
}
