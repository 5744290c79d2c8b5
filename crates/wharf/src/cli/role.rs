//! `wharf role …`.

use clap::{Args, Subcommand, ValueEnum};

use super::{SubscriptionArg, Toggle, values::name};

/// Roles and who holds them
#[derive(Debug, Subcommand)]
pub(crate) enum RoleCommand {
    /// What roles there are
    #[command(subcommand)]
    Definition(DefinitionCommand),
    /// Who holds which role where
    #[command(subcommand)]
    Assignment(AssignmentCommand),
}

/// What roles there are
#[derive(Debug, Subcommand)]
pub(crate) enum DefinitionCommand {
    List(DefinitionListArgs),
}

/// List roles
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  wharf role definition list -o table
  wharf role definition list --name AcrPull --query \"[].permissions\"")]
pub(crate) struct DefinitionListArgs {
    /// Only the one of this name or id
    #[arg(long, short)]
    pub(crate) name: Option<String>,
    /// Those that can be given here; the subscription when left out
    #[arg(long)]
    pub(crate) scope: Option<String>,
    /// Those that can be given in this resource group
    #[arg(long, short = 'g', value_parser = name, conflicts_with = "scope")]
    pub(crate) resource_group: Option<String>,
    /// Only roles of your own making
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) custom_role_only: Option<Toggle>,
    #[command(flatten)]
    pub(crate) subscription: SubscriptionArg,
}

/// Who holds which role where
#[derive(Debug, Subcommand)]
pub(crate) enum AssignmentCommand {
    Create(AssignmentCreateArgs),
    List(AssignmentListArgs),
    Delete(AssignmentDeleteArgs),
}

/// Kinds of principals
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PrincipalTypeArg {
    #[value(name = "User")]
    User,
    #[value(name = "Group")]
    Group,
    #[value(name = "ServicePrincipal")]
    ServicePrincipal,
    #[value(name = "ForeignGroup")]
    ForeignGroup,
}

/// Give a role
#[derive(Debug, Args)]
#[command(
    group(clap::ArgGroup::new("who").required(true).args(["assignee", "assignee_object_id"])),
    group(clap::ArgGroup::new("where").required(true).args(["scope", "resource_group"])),
    after_long_help = "\
Examples:
  wharf role assignment create --assignee APP_ID --role AcrPull --scope \"$(wharf acr show -n myregistry --query id -o tsv)\"
  wharf role assignment create --assignee alice@example.com --role Reader -g mygroup
  wharf role assignment create --assignee-object-id \"$(wharf ad group show -g developers --query id -o tsv)\" --assignee-principal-type Group --role AcrPush -g mygroup"
)]
pub(crate) struct AssignmentCreateArgs {
    /// Role: name, id, or full id
    #[arg(long)]
    pub(crate) role: String,
    /// Who: user principal name, app id, or object id
    #[arg(long)]
    pub(crate) assignee: Option<String>,
    /// Who, by object id, without looking it up
    #[arg(long)]
    pub(crate) assignee_object_id: Option<uuid::Uuid>,
    /// What kind of principal that object id is
    #[arg(long, value_enum, ignore_case = true, requires = "assignee_object_id")]
    pub(crate) assignee_principal_type: Option<PrincipalTypeArg>,
    /// Where: a resource id; of a subscription, a resource group, a registry
    #[arg(long)]
    pub(crate) scope: Option<String>,
    /// Where: a resource group
    #[arg(long, short = 'g', value_parser = name)]
    pub(crate) resource_group: Option<String>,
    /// A note for people
    #[arg(long)]
    pub(crate) description: Option<String>,
    /// Restrict it, for example to repositories by name
    #[arg(long)]
    pub(crate) condition: Option<String>,
    /// Version of the condition's language; 2.0 when left out
    #[arg(long, requires = "condition")]
    pub(crate) condition_version: Option<String>,
    /// A GUID to call it by; made when left out
    #[arg(long, short)]
    pub(crate) name: Option<uuid::Uuid>,
    #[command(flatten)]
    pub(crate) subscription: SubscriptionArg,
}

/// Which assignments.
#[derive(Debug, Args)]
pub(crate) struct AssignmentFilter {
    /// Only of this principal: app id, sign-in name, or object id
    #[arg(long, conflicts_with = "assignee_object_id")]
    pub(crate) assignee: Option<String>,
    /// Only of this principal, by object id, without looking it up
    #[arg(long)]
    pub(crate) assignee_object_id: Option<uuid::Uuid>,
    /// Only of this role: name, id, or full id
    #[arg(long)]
    pub(crate) role: Option<String>,
    /// Only here: a resource id
    #[arg(long)]
    pub(crate) scope: Option<String>,
    /// Only in this resource group
    #[arg(long, short = 'g', value_parser = name, conflicts_with = "scope")]
    pub(crate) resource_group: Option<String>,
    /// Also those given above, which hold here too
    #[arg(long)]
    pub(crate) include_inherited: bool,
    #[command(flatten)]
    pub(crate) subscription: SubscriptionArg,
}

/// List who holds which role
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  wharf role assignment list --all -o table
  wharf role assignment list --scope SCOPE --include-inherited -o table
  wharf role assignment list --assignee APP_ID --all")]
pub(crate) struct AssignmentListArgs {
    #[command(flatten)]
    pub(crate) filter: AssignmentFilter,
    /// All of the subscription, whatever they are given on
    #[arg(long, conflicts_with_all = ["scope", "resource_group"])]
    pub(crate) all: bool,
    /// Also those that a principal holds through groups
    #[arg(long)]
    pub(crate) include_groups: bool,
    /// Look up the names of principals
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) fill_principal_name: Option<Toggle>,
    /// Look up the names of roles
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) fill_role_definition_name: Option<Toggle>,
}

/// Take roles away
#[derive(Debug, Args)]
#[command(
    group(clap::ArgGroup::new("what").required(true).multiple(true).args(["ids", "assignee", "assignee_object_id", "role", "scope", "resource_group"])),
    after_long_help = "\
Examples:
  wharf role assignment delete --assignee APP_ID --role AcrPull --scope SCOPE
  wharf role assignment delete --ids ASSIGNMENT_ID"
)]
pub(crate) struct AssignmentDeleteArgs {
    /// Full ids of assignments; everything else is ignored then
    #[arg(long, num_args = 1..)]
    pub(crate) ids: Vec<String>,
    #[command(flatten)]
    pub(crate) filter: AssignmentFilter,
    /// Accepted for likeness: there is no question
    #[arg(long, short)]
    pub(crate) yes: bool,
}
