//! The command line: `az`'s words and flags, so that replacing the first word of a command works.
//!
//! Only shapes and help texts live here. What a command does is in `commands`, `serve` and `admin`.

pub(crate) mod account;
pub(crate) mod acr;
pub(crate) mod activity;
pub(crate) mod ad;
pub(crate) mod ad_app;
pub(crate) mod ad_group;
pub(crate) mod ad_identity_provider;
pub(crate) mod ad_ldap;
pub(crate) mod ad_user;
pub(crate) mod explain;
pub(crate) mod group;
pub(crate) mod login;
pub(crate) mod provider;
#[cfg(test)]
mod reference;
pub(crate) mod role;
pub(crate) mod server;
mod values;

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand};

use crate::output::{Format, Query};

pub(crate) use values::{EndDate, Location, TagList, Toggle};

const LONG_ABOUT: &str = "\
A container registry cloud that you run yourself.

`wharf serve` is the server. Every other command is a client of a server and speaks the grammar of the Azure \
command line: `wharf acr create` takes what `az acr create` takes, and prints what it prints.";

const EXAMPLES: &str = "\
Examples:
  wharf serve                                   run a server on http://localhost:5000
  wharf admin bootstrap                         make its first owner (on the server's host)
  wharf login --service-principal -u APP_ID -p PASSWORD --tenant TENANT
  wharf group create -n mygroup -l local
  wharf acr create -n myregistry -g mygroup --admin-enabled true
  wharf acr credential show -n myregistry

Exit codes:
  0  done
  1  failed
  2  the command line makes no sense
  3  what was asked for does not exist";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "wharf",
    version,
    about = "A container registry cloud that you run yourself",
    long_about = LONG_ABOUT,
    after_long_help = EXAMPLES,
    propagate_version = false,
    max_term_width = 120
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags that every command takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// Output format
    #[arg(
        long,
        short,
        global = true,
        value_enum,
        ignore_case = true,
        default_value_t,
        env = "WHARF_OUTPUT",
        hide_env_values = true
    )]
    pub(crate) output: Format,
    /// JMESPath query on the result, as in --query "[].loginServer"
    #[arg(long, global = true, value_name = "JMESPATH")]
    pub(crate) query: Option<Query>,
    /// Only show errors, no warnings
    #[arg(long, global = true)]
    pub(crate) only_show_errors: bool,
    /// Show what is going on
    #[arg(long, global = true)]
    pub(crate) verbose: bool,
    /// Show every request; never a secret
    #[arg(long, global = true)]
    pub(crate) debug: bool,
    /// PEM file of a certificate authority to trust besides the system's; remembered by `wharf login`
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "WHARF_CA_CERT",
        hide_env_values = true
    )]
    pub(crate) ca_cert: Option<PathBuf>,
    /// Allow plain http to another machine: everything, passwords too, can be read on the way
    #[arg(long, global = true, action = ArgAction::SetTrue, env = "WHARF_ALLOW_INSECURE", hide_env_values = true)]
    pub(crate) allow_insecure: bool,
}

/// Which subscription a command works in.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SubscriptionArg {
    /// Name or id of the subscription; the default one is shown by `wharf account show`
    #[arg(long, env = "WHARF_SUBSCRIPTION", hide_env_values = true)]
    pub(crate) subscription: Option<String>,
}

/// The first word.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Login(login::LoginArgs),
    Logout(login::LogoutArgs),
    /// Subscriptions that you can use
    #[command(subcommand)]
    Account(account::AccountCommand),
    /// Resource groups
    #[command(subcommand)]
    Group(group::GroupCommand),
    /// The older place of `wharf group`
    #[command(subcommand)]
    Resource(group::ResourceCommand),
    /// Container registries
    #[command(subcommand)]
    Acr(Box<acr::AcrCommand>),
    /// Directory: people, groups, service principals
    #[command(subcommand)]
    Ad(ad::AdCommand),
    /// Roles and who holds them
    #[command(subcommand)]
    Role(Box<role::RoleCommand>),
    Serve(server::ServeArgs),
    /// Work on the server's host, next to its data
    #[command(subcommand)]
    Admin(server::AdminCommand),
    CredentialProvider(provider::ProviderArgs),
    Version(VersionArgs),
}

/// Show the version of this program
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf version --query wharf -o tsv")]
pub(crate) struct VersionArgs {}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_tree_is_sound() {
        Cli::command().debug_assert();
    }

    fn leaves(command: &clap::Command, path: &str, found: &mut Vec<(String, clap::Command)>) {
        let path = format!("{path} {}", command.get_name());
        let children: Vec<_> = command
            .get_subcommands()
            .filter(|child| child.get_name() != "help")
            .collect();
        if children.is_empty() {
            found.push((path.clone(), command.clone()));
        }
        children.into_iter().for_each(|child| leaves(child, &path, found));
    }

    #[test]
    fn every_command_shows_an_example_of_itself() {
        let mut found = Vec::new();
        leaves(&Cli::command(), "", &mut found);
        for (path, command) in found {
            let help = command
                .get_after_long_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(help.starts_with("Examples:\n"), "{path} has no examples");
            assert!(help.contains(path.trim()), "the examples of{path} do not use it");
        }
    }

    #[test]
    fn the_commands_of_the_founding_documents_are_understood() {
        let scope = "/subscriptions/s/resourceGroups/myregistry-acr/providers/Microsoft.ContainerRegistry/registries/myregistry";
        for line in [
            "wharf group create -l westus -n myregistry-acr".to_owned(),
            "wharf resource group create -l westus -n myregistry-acr".to_owned(),
            "wharf acr create -n myregistry -l westus -g myregistry-acr --admin-enabled true".to_owned(),
            "wharf acr create --name myregistry --resource-group g --sku Basic".to_owned(),
            "wharf acr update -n myregistry --admin-enabled true".to_owned(),
            "wharf acr credential show -n myregistry".to_owned(),
            "wharf acr credential renew -n myregistry --password-name password2".to_owned(),
            format!("wharf ad sp create-for-rbac --scopes {scope} --role Owner --password secret-of-my-own-choice"),
            format!("wharf role assignment create --scope {scope} --role Owner --assignee app"),
        ] {
            if let Err(error) = Cli::try_parse_from(line.split(' ')) {
                panic!("{line}: {error}");
            }
        }
    }

    #[test]
    fn the_contract_for_scripts_is_understood() {
        for line in [
            "wharf serve",
            "wharf serve --config c.toml --data d --listen 127.0.0.1:5000 --domain acr.test --tls-cert c --tls-key k",
            "wharf serve --data d --domain acr.test --tls self-signed --public-url https://acr.test --database sqlite:x",
            "wharf admin bootstrap --data d -o json",
            "wharf admin bootstrap --data d --database postgres://h/d --another",
            "wharf admin verify-journal --data d",
        ] {
            if let Err(error) = Cli::try_parse_from(line.split(' ')) {
                panic!("{line}: {error}");
            }
        }
        for line in [
            "wharf serve --tls-cert c",
            "wharf serve --tls self-signed --tls-cert c --tls-key k",
            "wharf serve --tls no",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }
}
