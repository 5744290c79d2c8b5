//! `wharf group …`, and `wharf resource group …`, its older place.

use clap::{Args, Subcommand};

use super::{Location, SubscriptionArg, TagList, values::name};

/// Resource groups
#[derive(Debug, Subcommand)]
pub(crate) enum GroupCommand {
    Create(GroupCreateArgs),
    List(GroupListArgs),
    Show(GroupShowArgs),
    Exists(GroupExistsArgs),
    Delete(GroupDeleteArgs),
}

/// The older place of `wharf group`
#[derive(Debug, Subcommand)]
pub(crate) enum ResourceCommand {
    /// Resource groups
    #[command(subcommand)]
    Group(GroupCommand),
}

/// Which group.
#[derive(Debug, Args)]
pub(crate) struct GroupName {
    /// Name of the group
    #[arg(long, short, visible_alias = "resource-group", visible_short_alias = 'g', value_parser = name)]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) subscription: SubscriptionArg,
}

/// Make a resource group
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  wharf group create -l westus -n mygroup
  wharf group create -l westus -n mygroup --tags team=web stage=test
  wharf resource group create -l westus -n mygroup")]
pub(crate) struct GroupCreateArgs {
    #[command(flatten)]
    pub(crate) group: GroupName,
    /// Where; `wharf account list-locations` shows the choice
    #[arg(long, short)]
    pub(crate) location: Location,
    /// Tags, as in --tags a=b c=d
    #[arg(long, num_args = 0.., value_name = "NAME=VALUE")]
    pub(crate) tags: Option<Vec<TagList>>,
    /// Resource that manages the group
    #[arg(long)]
    pub(crate) managed_by: Option<String>,
}

/// List resource groups
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf group list -o table\n  wharf resource group list")]
pub(crate) struct GroupListArgs {
    #[command(flatten)]
    pub(crate) subscription: SubscriptionArg,
}

/// Show a resource group
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf group show -n mygroup\n  wharf resource group show -n mygroup")]
pub(crate) struct GroupShowArgs {
    #[command(flatten)]
    pub(crate) group: GroupName,
}

/// Say whether there is a resource group of that name: true or false
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf group exists -n mygroup\n  wharf resource group exists -n mygroup")]
pub(crate) struct GroupExistsArgs {
    #[command(flatten)]
    pub(crate) group: GroupName,
}

/// Delete a resource group and everything in it
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  wharf group delete -n mygroup --yes\n  wharf resource group delete -n mygroup --yes"
)]
pub(crate) struct GroupDeleteArgs {
    #[command(flatten)]
    pub(crate) group: GroupName,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Do not wait for the end
    #[arg(long)]
    pub(crate) no_wait: bool,
}
