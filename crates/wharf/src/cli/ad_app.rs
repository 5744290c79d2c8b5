//! `wharf ad app …`.

use clap::{Args, Subcommand};

use super::Toggle;
use super::ad::{FederatedCommand, SpCredentialDeleteArgs, SpCredentialListArgs, SpCredentialResetArgs};

/// Applications, which service principals are the instances of
#[derive(Debug, Subcommand)]
pub(crate) enum AppCommand {
    Create(Box<AppCreateArgs>),
    List(AppListArgs),
    Show(AppIdArgs),
    Update(Box<AppUpdateArgs>),
    Delete(AppDeleteArgs),
    /// Passwords and certificates of applications
    #[command(subcommand)]
    Credential(AppCredentialCommand),
    /// What applications may ask people for
    #[command(subcommand)]
    Permission(PermissionCommand),
    /// Whose tokens an application accepts in the place of a secret
    #[command(subcommand)]
    FederatedCredential(FederatedCommand),
}

/// Where answers go when people sign in, and the like
#[derive(Debug, Args)]
pub(crate) struct AppProperties {
    /// Other names, separated by spaces
    #[arg(long, num_args = 1.., value_name = "URI")]
    pub(crate) identifier_uris: Option<Vec<String>>,
    /// Redirect URIs of a server, which shows its secret: https, compared as they are written
    #[arg(long, num_args = 0.., value_name = "URI")]
    pub(crate) web_redirect_uris: Option<Vec<String>>,
    /// Redirect URIs of a page whose script fetches tokens
    #[arg(long, num_args = 0.., value_name = "URI")]
    pub(crate) spa_redirect_uris: Option<Vec<String>>,
    /// Redirect URIs of a program at people's machines: http://localhost means whichever port
    #[arg(long, num_args = 0.., value_name = "URI")]
    pub(crate) public_client_redirect_uris: Option<Vec<String>>,
    /// Where people find it
    #[arg(long, value_name = "URL")]
    pub(crate) web_home_page_url: Option<String>,
    /// Whether a device may use it without a secret
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) is_fallback_public_client: Option<Toggle>,
    /// What it says that it needs: JSON, or @FILE
    #[arg(long, value_name = "JSON")]
    pub(crate) required_resource_accesses: Option<String>,
    /// AzureADMyOrg, which every application here is
    #[arg(long, value_name = "AUDIENCE")]
    pub(crate) sign_in_audience: Option<String>,
    /// Accepted as false: tokens are fetched with a code
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) enable_id_token_issuance: Option<Toggle>,
    /// Accepted as false: tokens are fetched with a code
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) enable_access_token_issuance: Option<Toggle>,
}

/// Register an application
///
/// A name that is in use already is that of the application, which is changed.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  wharf ad app create --display-name shop --web-redirect-uris https://shop.example.com/auth/callback
  wharf ad app create --display-name page --spa-redirect-uris https://page.example.com/
  wharf ad app create --display-name tool --public-client-redirect-uris http://localhost --is-fallback-public-client")]
pub(crate) struct AppCreateArgs {
    /// Name for people
    #[arg(long)]
    pub(crate) display_name: String,
    #[command(flatten)]
    pub(crate) properties: AppProperties,
}

/// Change an application
///
/// A list takes the place of the one before; without a value it is emptied.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  wharf ad app update --id APP_ID --web-redirect-uris https://shop.example.com/auth/callback https://shop.example.com/
  wharf ad app update --id APP_ID --display-name shop --is-fallback-public-client false")]
pub(crate) struct AppUpdateArgs {
    /// App id, identifier URI or object id
    #[arg(long)]
    pub(crate) id: String,
    /// Name for people
    #[arg(long)]
    pub(crate) display_name: Option<String>,
    #[command(flatten)]
    pub(crate) properties: AppProperties,
}

/// List applications
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  wharf ad app list -o table\n  wharf ad app list --display-name shop --query \"[].appId\" -o tsv"
)]
pub(crate) struct AppListArgs {
    /// Only the one of this app id
    #[arg(long)]
    pub(crate) app_id: Option<String>,
    /// Only those whose name begins so
    #[arg(long)]
    pub(crate) display_name: Option<String>,
    /// Only those with this identifier URI
    #[arg(long)]
    pub(crate) identifier_uri: Option<String>,
    /// Only those that match an OData filter
    #[arg(long)]
    pub(crate) filter: Option<String>,
    /// All of them, and not just the first hundred
    #[arg(long)]
    pub(crate) all: bool,
}

/// Show an application
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad app show --id APP_ID")]
pub(crate) struct AppIdArgs {
    /// App id, identifier URI or object id
    #[arg(long)]
    pub(crate) id: String,
}

/// Delete an application with its service principal, and what it was given for people
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad app delete --id APP_ID")]
pub(crate) struct AppDeleteArgs {
    /// App id, identifier URI or object id
    #[arg(long)]
    pub(crate) id: String,
}

/// Passwords and certificates of applications
#[derive(Debug, Subcommand)]
pub(crate) enum AppCredentialCommand {
    /// List the passwords of an application, or its certificates: names, dates and ids
    #[command(after_long_help = "Examples:\n  wharf ad app credential list --id APP_ID -o table")]
    List(SpCredentialListArgs),
    /// Make a new password in the place of all old ones, or besides them
    #[command(
        after_long_help = "Examples:\n  wharf ad app credential reset --id APP_ID --append\n  wharf ad app credential reset --id APP_ID --create-cert --append"
    )]
    Reset(SpCredentialResetArgs),
    /// Delete one password or certificate of an application
    #[command(after_long_help = "Examples:\n  wharf ad app credential delete --id APP_ID --key-id KEY_ID")]
    Delete(SpCredentialDeleteArgs),
}

/// What applications may ask people for
#[derive(Debug, Subcommand)]
pub(crate) enum PermissionCommand {
    Grant(PermissionGrantArgs),
    ListGrants(PermissionListGrantsArgs),
    /// List what an application says that it needs
    #[command(after_long_help = "Examples:\n  wharf ad app permission list --id APP_ID")]
    List(AppIdArgs),
}

/// Agree for everybody to what an application asks for, so that nobody is asked
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  wharf ad app permission grant --id APP_ID --api 00000003-0000-0000-c000-000000000000 --scope openid profile email offline_access
  wharf ad app permission grant --id APP_ID --api 797f4846-ba00-4fd7-ba43-dac1f8f63013 --scope user_impersonation")]
pub(crate) struct PermissionGrantArgs {
    /// App id or object id of the service principal
    #[arg(long)]
    pub(crate) id: String,
    /// What it is about: 00000003-0000-0000-c000-000000000000 (who people are, and the directory), 797f4846-ba00-4fd7-ba43-dac1f8f63013 (resource manager) or 6a0ec4d3-30cb-4a83-91c0-ae56bc0e3d26 (registries)
    #[arg(long)]
    pub(crate) api: uuid::Uuid,
    /// What may be asked for, separated by spaces
    #[arg(long, num_args = 1.., required = true)]
    pub(crate) scope: Vec<String>,
    /// AllPrincipals: people agree for themselves when they are asked
    #[arg(long, default_value = "AllPrincipals")]
    pub(crate) consent_type: String,
}

/// List what was agreed to
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad app permission list-grants --id APP_ID")]
pub(crate) struct PermissionListGrantsArgs {
    /// App id or object id of the service principal; that of all when left out
    #[arg(long)]
    pub(crate) id: Option<String>,
}
