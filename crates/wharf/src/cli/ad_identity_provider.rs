//! `wharf ad identity-provider …` and `wharf ad user identity …`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use wharf_types::identity_provider::{ProviderKind, SecondFactor};

use super::Toggle;
use super::ad_ldap::{IdentityProviderTestArgs, LdapFields};
use super::ad_user::identifier;

/// Where people sign in beside the accounts of their own
#[derive(Debug, Subcommand)]
pub(crate) enum IdentityProviderCommand {
    Create(IdentityProviderCreateArgs),
    List(IdentityProviderListArgs),
    Show(IdentityProviderShowArgs),
    Update(IdentityProviderUpdateArgs),
    Delete(IdentityProviderDeleteArgs),
    Test(IdentityProviderTestArgs),
}

fn kind(text: &str) -> Result<ProviderKind, String> {
    let known: Vec<_> = ProviderKind::ALL.iter().map(|kind| kind.as_str()).collect();
    text.parse()
        .map_err(|_| format!("one of {} is expected", known.join(", ")))
}

fn second_factor(text: &str) -> Result<SecondFactor, String> {
    text.parse().map_err(|_| "here or trusted is expected".to_owned())
}

/// `VALUE=GROUP`. A value may hold the sign itself, as distinguished names do; a group's name or id holds none.
fn mapping(text: &str) -> Result<(String, String), String> {
    match text.rsplit_once('=') {
        Some((value, group)) if !value.is_empty() && !group.is_empty() => Ok((value.to_owned(), group.to_owned())),
        _ => Err("VALUE=GROUP is expected: what the provider calls its group, and the id or name of ours".to_owned()),
    }
}

/// What can be said of every provider.
#[derive(Debug, Args)]
pub(crate) struct ProviderFields {
    /// What may follow the @ of the names of those who come from there
    #[arg(long, num_args = 1.., value_name = "DOMAIN")]
    pub(crate) domains: Option<Vec<String>>,
    /// Whether people may sign in by it
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) enabled: Option<Toggle>,
    /// Where the second factor is asked for: here, or there and trusted
    #[arg(long, value_name = "here|trusted", value_parser = second_factor)]
    pub(crate) second_factor: Option<SecondFactor>,
    /// Add whoever comes for the first time
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) create_users: Option<Toggle>,
    /// Members of that group of the provider's are members of this one of ours; all mappings at once
    #[arg(long, num_args = 0.., value_name = "VALUE=GROUP", value_parser = mapping)]
    pub(crate) group_mappings: Option<Vec<(String, String)>>,
    /// OpenID Connect: the provider's name, as its metadata says it
    #[arg(long, value_name = "URL")]
    pub(crate) issuer: Option<String>,
    /// OpenID Connect: what this registry is called there
    #[arg(long)]
    pub(crate) client_id: Option<String>,
    #[command(flatten)]
    pub(crate) ldap: LdapFields,
    /// Other settings of the kind: JSON, or @FILE with it
    #[arg(long, value_name = "JSON")]
    pub(crate) parameters: Option<String>,
    /// What this registry signs in there with
    #[arg(long, env = "WHARF_PROVIDER_SECRET", hide_env_values = true)]
    pub(crate) secret: Option<String>,
    /// Read the secret from standard input
    #[arg(long, conflicts_with = "secret_file")]
    pub(crate) secret_stdin: bool,
    /// File with the secret
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
}

/// Let people sign in by a provider of their organisation
///
/// The provider has to be told redirectUri of the answer. Whoever comes from there bears a name that ends with one of the domains.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  wharf ad identity-provider create --type oidc --display-name Contoso --domains contoso.example --issuer https://id.contoso.example --client-id wharf --secret-file secret --create-users
  wharf ad identity-provider create --type oidc --display-name Contoso --domains contoso.example --issuer https://id.contoso.example --client-id wharf --second-factor trusted --group-mappings /developers=developers
  wharf ad identity-provider create --type ldap --display-name Corp --domains corp.example --default-domain corp.example --urls ldaps://ldap.corp.example --bind-dn cn=reader,dc=corp,dc=example --secret-file secret --user-base ou=people,dc=corp,dc=example --group-base ou=groups,dc=corp,dc=example --group-mappings developers=developers --create-users")]
pub(crate) struct IdentityProviderCreateArgs {
    /// How it is spoken to: oidc or ldap
    #[arg(long = "type", value_name = "KIND", value_parser = kind)]
    pub(crate) kind: ProviderKind,
    /// What the sign-in page shows
    #[arg(long, short = 'n')]
    pub(crate) display_name: String,
    #[command(flatten)]
    pub(crate) fields: ProviderFields,
}

/// List the providers
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad identity-provider list -o table")]
pub(crate) struct IdentityProviderListArgs {}

/// Which provider.
#[derive(Debug, Args)]
pub(crate) struct ProviderArg {
    /// Object id or display name of the provider
    #[arg(long)]
    pub(crate) id: String,
}

/// Show a provider; never its secret
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad identity-provider show --id Contoso --query redirectUri -o tsv")]
pub(crate) struct IdentityProviderShowArgs {
    #[command(flatten)]
    pub(crate) provider: ProviderArg,
}

/// Change a provider, or switch it on or off: off ends the sessions and memberships that it gave at once
#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("what").required(true).multiple(true).args([
        "display_name", "domains", "enabled", "second_factor", "create_users", "group_mappings", "issuer", "client_id", "parameters", "urls", "preset",
        "plain_text", "ca_file", "bind_dn", "bind_template", "user_base", "user_filter", "subject_attribute", "name_attribute",
        "mail_attribute", "display_name_attribute", "group_base", "group_filter", "group_attribute", "nested_groups", "default_domain",
        "secret", "secret_stdin", "secret_file",
    ])),
    after_long_help = "\
Examples:
  wharf ad identity-provider update --id Contoso --enabled false
  wharf ad identity-provider update --id Contoso --group-mappings /developers=developers /operators=operators
  wharf ad identity-provider update --id Contoso --secret-stdin < secret"
)]
pub(crate) struct IdentityProviderUpdateArgs {
    #[command(flatten)]
    pub(crate) provider: ProviderArg,
    /// What the sign-in page shows
    #[arg(long, short = 'n')]
    pub(crate) display_name: Option<String>,
    #[command(flatten)]
    pub(crate) fields: ProviderFields,
}

/// Delete a provider: sessions and memberships that it gave end at once, accounts stay
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad identity-provider delete --id Contoso")]
pub(crate) struct IdentityProviderDeleteArgs {
    #[command(flatten)]
    pub(crate) provider: ProviderArg,
}

/// What identity providers call a person
#[derive(Debug, Subcommand)]
pub(crate) enum UserIdentityCommand {
    Add(UserIdentityAddArgs),
    List(UserIdentityListArgs),
    Remove(UserIdentityRemoveArgs),
}

/// Link a person with what a provider calls them: whoever that is there is this person here
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  wharf ad user identity add --id alice@contoso.example --identity-provider Contoso
  wharf ad user identity add --id alice@contoso.example --identity-provider Contoso --subject 248289761001")]
pub(crate) struct UserIdentityAddArgs {
    /// User principal name or object id
    #[arg(long, value_parser = identifier)]
    pub(crate) id: String,
    /// Object id or display name of the provider
    #[arg(long)]
    pub(crate) identity_provider: String,
    /// What the provider calls them (sub); left out, it is who comes from there first under the person's name
    #[arg(long)]
    pub(crate) subject: Option<String>,
}

/// List what providers call a person
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad user identity list --id alice@contoso.example")]
pub(crate) struct UserIdentityListArgs {
    /// User principal name or object id
    #[arg(long, value_parser = identifier)]
    pub(crate) id: String,
}

/// Remove a link: the person is signed out everywhere
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  wharf ad user identity remove --id alice@contoso.example --identity-provider Contoso"
)]
pub(crate) struct UserIdentityRemoveArgs {
    /// User principal name or object id
    #[arg(long, value_parser = identifier)]
    pub(crate) id: String,
    /// Object id or display name of the provider
    #[arg(long)]
    pub(crate) identity_provider: String,
}
