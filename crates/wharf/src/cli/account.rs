//! `wharf account …`.

use clap::{Args, Subcommand};

use super::values::name;

/// Subscriptions that you can use
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    Show(AccountShowArgs),
    List(AccountListArgs),
    Set(AccountSetArgs),
    GetAccessToken(GetAccessTokenArgs),
    ListLocations(ListLocationsArgs),
    /// Subscriptions by alias
    #[command(subcommand)]
    Alias(AliasCommand),
}

/// Show the subscription in use
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf account show\n  wharf account show --query id -o tsv")]
pub(crate) struct AccountShowArgs {
    /// Name or id of another one
    #[arg(
        long,
        short,
        visible_short_alias = 'n',
        visible_alias = "name",
        env = "WHARF_SUBSCRIPTION",
        hide_env_values = true
    )]
    pub(crate) subscription: Option<String>,
}

/// List the subscriptions that you can use
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf account list -o table\n  wharf account list --refresh")]
pub(crate) struct AccountListArgs {
    /// Ask the server again
    #[arg(long)]
    pub(crate) refresh: bool,
    /// Also list those that are not enabled
    #[arg(long)]
    pub(crate) all: bool,
}

/// Choose the subscription to work in
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf account set --subscription team-a")]
pub(crate) struct AccountSetArgs {
    /// Name or id
    #[arg(long, short, visible_short_alias = 'n', visible_alias = "name")]
    pub(crate) subscription: String,
}

/// Print an access token of the server's directory
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  wharf account get-access-token --query accessToken -o tsv
  wharf account get-access-token --resource https://containerregistry.azure.net")]
pub(crate) struct GetAccessTokenArgs {
    /// Name or id of the subscription whose sign-in is used
    #[arg(
        long,
        short,
        visible_short_alias = 'n',
        visible_alias = "name",
        env = "WHARF_SUBSCRIPTION",
        hide_env_values = true
    )]
    pub(crate) subscription: Option<String>,
    /// Audience of the token; the resource manager when left out
    #[arg(long, conflicts_with = "scope")]
    pub(crate) resource: Option<String>,
    /// Scope of the token, as in https://containerregistry.azure.net/.default
    #[arg(long)]
    pub(crate) scope: Option<String>,
}

/// List the places where resources can be
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf account list-locations -o table")]
pub(crate) struct ListLocationsArgs {
    #[command(flatten)]
    pub(crate) subscription: super::SubscriptionArg,
}

/// Subscriptions by alias
#[derive(Debug, Subcommand)]
pub(crate) enum AliasCommand {
    Create(AliasCreateArgs),
}

/// Make a subscription
///
/// The alias names it for this command: running the same command again answers the same subscription.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf account alias create --name team-a --display-name \"Team A\"")]
pub(crate) struct AliasCreateArgs {
    /// The alias
    #[arg(long, short, value_parser = name)]
    pub(crate) name: String,
    /// Name of the subscription; the alias when left out
    #[arg(long)]
    pub(crate) display_name: Option<String>,
    /// Accepted for likeness; no effect
    #[arg(long, value_parser = ["Production", "DevTest"], ignore_case = true)]
    pub(crate) workload: Option<String>,
    /// Accepted for likeness; no effect
    #[arg(long)]
    pub(crate) billing_scope: Option<String>,
}
