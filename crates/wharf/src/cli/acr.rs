//! `wharf acr …`.

use clap::{Args, Subcommand, ValueEnum};

use super::{
    Location, SubscriptionArg, TagList, Toggle, activity::ActivityCommand, explain::ExplainArgs, values::name,
};

/// Container registries
#[derive(Debug, Subcommand)]
pub(crate) enum AcrCommand {
    Create(AcrCreateArgs),
    Show(AcrShowArgs),
    List(AcrListArgs),
    Update(AcrUpdateArgs),
    Delete(AcrDeleteArgs),
    CheckName(AcrCheckNameArgs),
    Login(AcrLoginArgs),
    /// Let docker, podman and buildah ask this program, so that they never ask you
    #[command(subcommand)]
    CredentialHelper(HelperCommand),
    ShowUsage(AcrShowUsageArgs),
    /// The admin account's passwords
    #[command(subcommand)]
    Credential(CredentialCommand),
    /// What was done, by whom, and with what result
    #[command(subcommand)]
    Activity(ActivityCommand),
    Explain(ExplainArgs),
}

/// Which registry.
#[derive(Debug, Args)]
pub(crate) struct RegistryName {
    /// Name of the registry
    #[arg(long, short, value_parser = name)]
    pub(crate) name: String,
    /// Its resource group; found by the registry's name when left out
    #[arg(long, short = 'g', value_parser = name)]
    pub(crate) resource_group: Option<String>,
    #[command(flatten)]
    pub(crate) subscription: SubscriptionArg,
}

/// Tiers
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SkuArg {
    #[value(name = "Basic")]
    Basic,
    #[value(name = "Standard")]
    Standard,
    #[value(name = "Premium")]
    Premium,
}

/// Which roles reach content
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleModeArg {
    /// AcrPull, AcrPush, Reader, Contributor, Owner …
    #[value(name = "rbac")]
    Rbac,
    /// Repository Reader, Writer … with conditions
    #[value(name = "rbac-abac")]
    RbacAbac,
}

/// What happens to addresses that no rule names
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DefaultActionArg {
    #[value(name = "Allow")]
    Allow,
    #[value(name = "Deny")]
    Deny,
}

/// Settings that a registry gets when it is made, or later.
#[derive(Debug, Default, Args)]
pub(crate) struct RegistrySettings {
    /// Switch the admin account on or off
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) admin_enabled: Option<Toggle>,
    /// Allow or forbid access from the public network
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) public_network_enabled: Option<Toggle>,
    /// What happens to addresses that no network rule names
    #[arg(long, value_enum, ignore_case = true)]
    pub(crate) default_action: Option<DefaultActionArg>,
    /// Allow or forbid artifacts to leave by import and transfer
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) allow_exports: Option<Toggle>,
    /// Serve blobs from hosts of their own
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) data_endpoint_enabled: Option<Toggle>,
    /// Which roles reach content
    #[arg(long, value_enum, ignore_case = true)]
    pub(crate) role_assignment_mode: Option<RoleModeArg>,
    /// Tags, as in --tags a=b c=d; --tags "" removes them all
    #[arg(long, num_args = 0.., value_name = "NAME=VALUE")]
    pub(crate) tags: Option<Vec<TagList>>,
}

/// Make a registry
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  wharf acr create -n myregistry -g mygroup
  wharf acr create -n myregistry -l westus -g mygroup --admin-enabled true
  wharf acr create -n myregistry -g mygroup --sku Premium --tags team=web")]
pub(crate) struct AcrCreateArgs {
    /// Name of the registry: 5 to 50 lower-case letters and digits, unique on the server
    #[arg(long, short, value_parser = name)]
    pub(crate) name: String,
    /// Its resource group
    #[arg(long, short = 'g', value_parser = name)]
    pub(crate) resource_group: String,
    /// Where; the group's location when left out
    #[arg(long, short)]
    pub(crate) location: Option<Location>,
    /// Tier
    #[arg(long, value_enum, ignore_case = true, default_value = "Standard")]
    pub(crate) sku: SkuArg,
    #[command(flatten)]
    pub(crate) settings: RegistrySettings,
    /// Add a hash to the host name, so that nobody can take the name over later
    #[arg(long, value_parser = ["Unsecure", "TenantReuse", "SubscriptionReuse", "ResourceGroupReuse", "NoReuse"], ignore_case = true)]
    pub(crate) dnl_scope: Option<String>,
    /// Spread over zones
    #[arg(long, value_parser = ["Enabled", "Disabled"], ignore_case = true)]
    pub(crate) zone_redundancy: Option<String>,
    #[command(flatten)]
    pub(crate) subscription: SubscriptionArg,
}

/// Show a registry
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  wharf acr show -n myregistry
  wharf acr show -n myregistry --query loginServer -o tsv")]
pub(crate) struct AcrShowArgs {
    #[command(flatten)]
    pub(crate) registry: RegistryName,
}

/// List registries
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  wharf acr list -o table\n  wharf acr list -g mygroup --query \"[].loginServer\" -o tsv"
)]
pub(crate) struct AcrListArgs {
    /// Only those of one resource group
    #[arg(long, short = 'g', value_parser = name)]
    pub(crate) resource_group: Option<String>,
    #[command(flatten)]
    pub(crate) subscription: SubscriptionArg,
}

/// Change a registry
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  wharf acr update -n myregistry --admin-enabled true
  wharf acr update -n myregistry --sku Premium
  wharf acr update -n myregistry --anonymous-pull-enabled true")]
pub(crate) struct AcrUpdateArgs {
    #[command(flatten)]
    pub(crate) registry: RegistryName,
    /// Another tier
    #[arg(long, value_enum, ignore_case = true)]
    pub(crate) sku: Option<SkuArg>,
    #[command(flatten)]
    pub(crate) settings: RegistrySettings,
    /// Let anyone pull
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) anonymous_pull_enabled: Option<Toggle>,
}

/// Delete a registry and all its images
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf acr delete -n myregistry --yes")]
pub(crate) struct AcrDeleteArgs {
    #[command(flatten)]
    pub(crate) registry: RegistryName,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// Say whether a name is free and allowed
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf acr check-name -n myregistry")]
pub(crate) struct AcrCheckNameArgs {
    /// The name
    #[arg(long, short, value_parser = name)]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) subscription: SubscriptionArg,
}

/// Show limits and how much of them is used
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf acr show-usage -n myregistry -o table")]
pub(crate) struct AcrShowUsageArgs {
    #[command(flatten)]
    pub(crate) registry: RegistryName,
}

/// The admin account's passwords
#[derive(Debug, Subcommand)]
pub(crate) enum CredentialCommand {
    Show(CredentialShowArgs),
    Renew(CredentialRenewArgs),
}

/// Show the admin account's name and passwords
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  wharf acr credential show -n myregistry
  wharf acr credential show -n myregistry --query \"passwords[0].value\" -o tsv")]
pub(crate) struct CredentialShowArgs {
    #[command(flatten)]
    pub(crate) registry: RegistryName,
}

/// Which password
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PasswordNameArg {
    Password,
    Password2,
}

/// Replace one of the admin account's passwords; the other stays as it is
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf acr credential renew -n myregistry --password-name password2")]
pub(crate) struct CredentialRenewArgs {
    #[command(flatten)]
    pub(crate) registry: RegistryName,
    /// Which one
    #[arg(long, value_enum, ignore_case = true)]
    pub(crate) password_name: PasswordNameArg,
}

/// Let docker and podman use a registry as you
///
/// Your sign-in is exchanged for a token of the registry, which lasts three hours and is written where docker and podman keep their logins; no daemon is
/// needed. Run it again to go on. Where the credential helper is installed, nothing is written: docker and podman ask it each time.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  wharf acr login -n myregistry
  wharf acr login -n myregistry --expose-token
  TOKEN=$(wharf acr login -n myregistry --expose-token --query accessToken -o tsv)
  docker login myregistry.acr.example -u 00000000-0000-0000-0000-000000000000 -p $TOKEN
  wharf acr login -n myregistry -u myregistry -p PASSWORD")]
pub(crate) struct AcrLoginArgs {
    #[command(flatten)]
    pub(crate) registry: RegistryName,
    /// What follows the name in the login server, where the registry was made with a hash (--dnl-scope)
    #[arg(long, value_parser = name)]
    pub(crate) suffix: Option<String>,
    /// Print the token, and write it nowhere
    #[arg(long, short = 't', conflicts_with_all = ["username", "password"])]
    pub(crate) expose_token: bool,
    /// Log in as this user instead: the admin user, or the app id of a service principal
    #[arg(long, short)]
    pub(crate) username: Option<String>,
    /// Its password; asked for when left out
    #[arg(
        long,
        short,
        requires = "username",
        env = "WHARF_REGISTRY_PASSWORD",
        hide_env_values = true
    )]
    pub(crate) password: Option<String>,
}

/// The credential helper of docker, podman and buildah
#[derive(Debug, Subcommand)]
pub(crate) enum HelperCommand {
    Install(HelperInstallArgs),
    Uninstall(HelperUninstallArgs),
}

/// Install the credential helper for the registries that you can see
///
/// A link `docker-credential-wharf` to this program is placed where programs are found, and docker's and podman's files name it for each registry. From then
/// on they ask it, and it asks the server, for as long as you are signed in. Run it again for registries that are new, or name one.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  wharf acr credential-helper install
  wharf acr credential-helper install -n myregistry --bin-dir /usr/local/bin")]
pub(crate) struct HelperInstallArgs {
    /// Only for this registry
    #[arg(long, short, value_parser = name)]
    pub(crate) name: Option<String>,
    /// Folder for the link; beside this program when left out, or ~/.local/bin
    #[arg(long, value_name = "FOLDER")]
    pub(crate) bin_dir: Option<std::path::PathBuf>,
    #[command(flatten)]
    pub(crate) subscription: SubscriptionArg,
}

/// Remove the credential helper
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf acr credential-helper uninstall")]
pub(crate) struct HelperUninstallArgs {
    /// Folder of the link; all of PATH is looked at when left out
    #[arg(long, value_name = "FOLDER")]
    pub(crate) bin_dir: Option<std::path::PathBuf>,
}
