//! `wharf ad group …`.

use clap::{Args, Subcommand};

use super::Toggle;

/// Groups of people, service principals and groups: what a group holds, its members hold
#[derive(Debug, Subcommand)]
pub(crate) enum AdGroupCommand {
    Create(AdGroupCreateArgs),
    List(AdGroupListArgs),
    Show(AdGroupShowArgs),
    Delete(AdGroupDeleteArgs),
    GetMemberGroups(AdGroupMemberGroupsArgs),
    /// Members of groups
    #[command(subcommand)]
    Member(MemberCommand),
    /// Owners of groups: whoever made one may manage it
    #[command(subcommand)]
    Owner(OwnerCommand),
}

/// Make a group, without members and without any right
///
/// One that bears both names already is as good, and is shown.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad group create --display-name developers --mail-nickname developers")]
pub(crate) struct AdGroupCreateArgs {
    /// Name for people
    #[arg(long)]
    pub(crate) display_name: String,
    /// Name for mail clients
    #[arg(long)]
    pub(crate) mail_nickname: String,
    /// What it is for
    #[arg(long)]
    pub(crate) description: Option<String>,
    /// Make another one, also when one bears both names already
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) force: Option<Toggle>,
}

/// List groups
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad group list -o table\n  wharf ad group list --display-name dev")]
pub(crate) struct AdGroupListArgs {
    /// Only those whose display name begins so
    #[arg(long)]
    pub(crate) display_name: Option<String>,
    /// Only those that match an OData filter
    #[arg(long)]
    pub(crate) filter: Option<String>,
}

/// Which group.
#[derive(Debug, Args)]
pub(crate) struct AdGroupArg {
    /// Object id or display name of the group
    #[arg(long, short)]
    pub(crate) group: String,
}

/// Show a group
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad group show -g developers")]
pub(crate) struct AdGroupShowArgs {
    #[command(flatten)]
    pub(crate) group: AdGroupArg,
}

/// Delete a group: what its members held through it ends at once
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad group delete -g developers")]
pub(crate) struct AdGroupDeleteArgs {
    #[command(flatten)]
    pub(crate) group: AdGroupArg,
}

/// List the ids of the groups that a group is in, also by way of other groups
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad group get-member-groups -g developers")]
pub(crate) struct AdGroupMemberGroupsArgs {
    #[command(flatten)]
    pub(crate) group: AdGroupArg,
    /// Only security groups; all are
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) security_enabled_only: Option<Toggle>,
}

/// Members of groups
#[derive(Debug, Subcommand)]
pub(crate) enum MemberCommand {
    Add(MemberAddArgs),
    Remove(MemberRemoveArgs),
    List(MemberListArgs),
    Check(MemberCheckArgs),
}

/// Add a member: what the group holds, it holds from the next request on
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  wharf ad group member add -g developers --member-id \"$(wharf ad user show --id alice@example.com --query id -o tsv)\""
)]
pub(crate) struct MemberAddArgs {
    #[command(flatten)]
    pub(crate) group: AdGroupArg,
    /// Object id of a person, a service principal or a group
    #[arg(long)]
    pub(crate) member_id: uuid::Uuid,
}

/// Take a member out: what it held through the group ends at once
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad group member remove -g developers --member-id OBJECT_ID")]
pub(crate) struct MemberRemoveArgs {
    #[command(flatten)]
    pub(crate) group: AdGroupArg,
    /// Object id of the member
    #[arg(long)]
    pub(crate) member_id: uuid::Uuid,
}

/// List the members of a group
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad group member list -g developers -o table")]
pub(crate) struct MemberListArgs {
    #[command(flatten)]
    pub(crate) group: AdGroupArg,
}

/// Say whether an object is in a group, also by way of other groups
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  wharf ad group member check -g developers --member-id OBJECT_ID --query value -o tsv"
)]
pub(crate) struct MemberCheckArgs {
    #[command(flatten)]
    pub(crate) group: AdGroupArg,
    /// Object id of a person, a service principal or a group
    #[arg(long)]
    pub(crate) member_id: uuid::Uuid,
}

/// Owners of groups
#[derive(Debug, Subcommand)]
pub(crate) enum OwnerCommand {
    List(OwnerListArgs),
}

/// Show who made a group, and may manage it
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad group owner list -g developers")]
pub(crate) struct OwnerListArgs {
    #[command(flatten)]
    pub(crate) group: AdGroupArg,
}
