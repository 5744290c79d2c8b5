//! `wharf ad …`.

use clap::{Args, Subcommand};

use super::EndDate;
use super::ad_app::AppCommand;
use super::ad_group::AdGroupCommand;
use super::ad_identity_provider::IdentityProviderCommand;
use super::ad_user::{SignedInUserCommand, UserCommand};

/// Directory: people, groups, service principals
#[derive(Debug, Subcommand)]
pub(crate) enum AdCommand {
    /// People
    #[command(subcommand)]
    User(UserCommand),
    /// Groups of people, service principals and groups: what a group holds, its members hold
    #[command(subcommand)]
    Group(AdGroupCommand),
    /// Where people sign in beside the accounts of their own
    #[command(subcommand)]
    IdentityProvider(Box<IdentityProviderCommand>),
    /// Service principals: sign-ins for machines
    #[command(subcommand)]
    Sp(SpCommand),
    /// Applications, which service principals are the instances of
    #[command(subcommand)]
    App(AppCommand),
    /// Whoever is signed in
    #[command(subcommand)]
    SignedInUser(SignedInUserCommand),
}

/// Whose tokens an application accepts in the place of a secret
#[derive(Debug, Subcommand)]
pub(crate) enum FederatedCommand {
    Create(FederatedCreateArgs),
    List(FederatedListArgs),
    Show(FederatedShowArgs),
    Delete(FederatedDeleteArgs),
}

/// Have an application accept the tokens of an issuer's subject
///
/// The parameters are JSON, or @FILE with it: name, issuer, subject, audiences (one), description. A token's iss, sub and aud have to be these, exactly.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  wharf ad app federated-credential create --id APP_ID --parameters @credential.json
  wharf ad app federated-credential create --id APP_ID --parameters '{\"name\":\"main\",\"issuer\":\"https://ci.example\",\"subject\":\"repo:web:main\",\"audiences\":[\"wharf\"]}'")]
pub(crate) struct FederatedCreateArgs {
    /// App id or object id of the application
    #[arg(long)]
    pub(crate) id: String,
    /// JSON, or @FILE
    #[arg(long, value_name = "JSON")]
    pub(crate) parameters: String,
}

/// List whose tokens an application accepts
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad app federated-credential list --id APP_ID")]
pub(crate) struct FederatedListArgs {
    /// App id or object id of the application
    #[arg(long)]
    pub(crate) id: String,
}

/// Show one of them
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  wharf ad app federated-credential show --id APP_ID --federated-credential-id main"
)]
pub(crate) struct FederatedShowArgs {
    /// App id or object id of the application
    #[arg(long)]
    pub(crate) id: String,
    /// Its id or its name
    #[arg(long, value_parser = super::values::name)]
    pub(crate) federated_credential_id: String,
}

/// Accept these tokens no longer: what came of them ends at once
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  wharf ad app federated-credential delete --id APP_ID --federated-credential-id main"
)]
pub(crate) struct FederatedDeleteArgs {
    /// App id or object id of the application
    #[arg(long)]
    pub(crate) id: String,
    /// Its id or its name
    #[arg(long, value_parser = super::values::name)]
    pub(crate) federated_credential_id: String,
}

/// Service principals: sign-ins for machines
#[derive(Debug, Subcommand)]
pub(crate) enum SpCommand {
    Create(SpCreateArgs),
    CreateForRbac(CreateForRbacArgs),
    Update(SpUpdateArgs),
    List(SpListArgs),
    Show(SpShowArgs),
    Delete(SpDeleteArgs),
    /// Passwords of service principals
    #[command(subcommand)]
    Credential(SpCredentialCommand),
}

/// Make a service principal, give it roles, and print its password: the only time it is shown
///
/// A name that is in use already gets a new password in the place of its old ones, and the roles.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  wharf ad sp create-for-rbac --name ci --role AcrPush --scopes \"$(wharf acr show -n myregistry --query id -o tsv)\"
  wharf ad sp create-for-rbac --name pullers --role AcrPull --scopes SCOPE1 SCOPE2 --years 2
  wharf ad sp create-for-rbac --name owner --role Owner --scopes SCOPE --password a-long-password-of-my-own
  wharf ad sp create-for-rbac --name ci --role AcrPush --scopes SCOPE --create-cert")]
pub(crate) struct CreateForRbacArgs {
    /// Name; made from the time when left out
    #[arg(long, short, visible_alias = "display-name")]
    pub(crate) name: Option<String>,
    /// Role to give; needs --scopes
    #[arg(long, requires = "scopes")]
    pub(crate) role: Option<String>,
    /// Where: resource ids, separated by spaces; needs --role
    #[arg(long, num_args = 1.., requires = "role", value_name = "SCOPE")]
    pub(crate) scopes: Vec<String>,
    /// A password of your own choice, as older releases took it; better none, for one is made that nobody can guess
    #[arg(long, short, env = "WHARF_NEW_PASSWORD", hide_env_values = true)]
    pub(crate) password: Option<String>,
    /// How long the password or the certificate works, in years
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) years: Option<u32>,
    /// Have it sign in with this certificate (PEM or base64 of DER, or @FILE) and no password
    #[arg(long, value_name = "CERTIFICATE", conflicts_with = "password")]
    pub(crate) cert: Option<String>,
    /// Make a certificate with its key, in a file of yours, and no password
    #[arg(long, conflicts_with_all = ["cert", "password"])]
    pub(crate) create_cert: bool,
    /// Refused: there is no key vault here
    #[arg(long, value_name = "NAME")]
    pub(crate) keyvault: Option<String>,
}

/// Make the service principal of an application, so that it can be given roles
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad sp create --id APP_ID")]
pub(crate) struct SpCreateArgs {
    /// App id, identifier URI or object id of the application
    #[arg(long)]
    pub(crate) id: String,
}

/// Let a service principal sign in, or no longer: what was issued to it ends at once
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad sp update --id APP_ID --set accountEnabled=false")]
pub(crate) struct SpUpdateArgs {
    /// App id, another name, or object id
    #[arg(long)]
    pub(crate) id: String,
    /// accountEnabled=true or accountEnabled=false
    #[arg(long, value_name = "PROPERTY=VALUE")]
    pub(crate) set: String,
}

/// List service principals
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  wharf ad sp list -o table\n  wharf ad sp list --display-name ci --query \"[].appId\" -o tsv"
)]
pub(crate) struct SpListArgs {
    /// Only those whose name begins so
    #[arg(long)]
    pub(crate) display_name: Option<String>,
    /// Only the one with this app id among its names
    #[arg(long)]
    pub(crate) spn: Option<String>,
    /// Only those that match an OData filter
    #[arg(long)]
    pub(crate) filter: Option<String>,
    /// All of them, and not just the first hundred
    #[arg(long)]
    pub(crate) all: bool,
}

/// Show a service principal
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad sp show --id APP_ID")]
pub(crate) struct SpShowArgs {
    /// App id, another name, or object id
    #[arg(long)]
    pub(crate) id: String,
}

/// Delete a service principal: its password stops working at once, and its roles end
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad sp delete --id APP_ID")]
pub(crate) struct SpDeleteArgs {
    /// App id, another name, or object id
    #[arg(long)]
    pub(crate) id: String,
}

/// Passwords of service principals
#[derive(Debug, Subcommand)]
pub(crate) enum SpCredentialCommand {
    List(SpCredentialListArgs),
    Reset(SpCredentialResetArgs),
    Delete(SpCredentialDeleteArgs),
}

/// List the passwords of a service principal, or its certificates: names, dates and ids, who used each last, and which can go; never the passwords
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  wharf ad sp credential list --id APP_ID -o table\n  wharf ad sp credential list --id APP_ID --cert"
)]
pub(crate) struct SpCredentialListArgs {
    /// App id, another name, or object id
    #[arg(long)]
    pub(crate) id: String,
    /// The certificates, and not the passwords
    #[arg(long)]
    pub(crate) cert: bool,
}

/// Make a new password in the place of all old ones, or besides them
///
/// To change a password while machines use it: add one with --append, give it to them, then delete the old one by its key id.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  wharf ad sp credential reset --id APP_ID
  wharf ad sp credential reset --id APP_ID --append --display-name 2027 --years 2
  wharf ad sp credential reset --id APP_ID --end-date 2027-12-31
  wharf ad sp credential reset --id APP_ID --create-cert --append
  wharf ad sp credential reset --id APP_ID --cert @ci.pem --append")]
pub(crate) struct SpCredentialResetArgs {
    /// App id, another name, or object id
    #[arg(long)]
    pub(crate) id: String,
    /// Keep the old passwords
    #[arg(long)]
    pub(crate) append: bool,
    /// Name of the new password
    #[arg(long)]
    pub(crate) display_name: Option<String>,
    /// Add this certificate (PEM or base64 of DER, or @FILE) and no password
    #[arg(long, value_name = "CERTIFICATE")]
    pub(crate) cert: Option<String>,
    /// Make a certificate with its key, in a file of yours, and no password
    #[arg(long, conflicts_with = "cert")]
    pub(crate) create_cert: bool,
    /// Refused: there is no key vault here
    #[arg(long, value_name = "NAME")]
    pub(crate) keyvault: Option<String>,
    /// How long it works, in years; 1 when left out
    #[arg(long, conflicts_with = "end_date", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) years: Option<u32>,
    /// Until when it works
    #[arg(long)]
    pub(crate) end_date: Option<EndDate>,
}

/// Delete one password or certificate of a service principal
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad sp credential delete --id APP_ID --key-id KEY_ID")]
pub(crate) struct SpCredentialDeleteArgs {
    /// App id, another name, or object id
    #[arg(long)]
    pub(crate) id: String,
    /// Which one; the list shows the ids
    #[arg(long)]
    pub(crate) key_id: uuid::Uuid,
    /// A certificate, and not a password
    #[arg(long)]
    pub(crate) cert: bool,
}
