//! `wharf ad user …` and `wharf ad signed-in-user …`.

use clap::{Args, Subcommand};
use wharf_types::user_name::UserPrincipalName;

use super::Toggle;
use super::ad_identity_provider::UserIdentityCommand;

/// A person by object id or name: nothing else goes into a path.
pub(crate) fn identifier(text: &str) -> Result<String, String> {
    if text.parse::<uuid::Uuid>().is_ok() || text.parse::<UserPrincipalName>().is_ok() {
        Ok(text.to_owned())
    } else {
        Err("a user principal name such as alice@example.com, or an object id, is expected".to_owned())
    }
}

/// People
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    Create(UserCreateArgs),
    List(UserListArgs),
    Show(UserIdArgs),
    Invite(UserInviteArgs),
    Update(UserUpdateArgs),
    Delete(UserDeleteArgs),
    GetMemberGroups(UserMemberGroupsArgs),
    /// What identity providers call a person
    #[command(subcommand)]
    Identity(UserIdentityCommand),
}

/// Add a person, without any right
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  wharf ad user create --display-name \"Alice Adams\" --user-principal-name alice@example.com
  WHARF_NEW_PASSWORD=… wharf ad user create --display-name Alice --user-principal-name alice@example.com")]
pub(crate) struct UserCreateArgs {
    /// Name for people
    #[arg(long)]
    pub(crate) display_name: String,
    /// Name to sign in with, such as alice@example.com
    #[arg(long)]
    pub(crate) user_principal_name: String,
    /// Password to begin with
    #[arg(long, env = "WHARF_NEW_PASSWORD", hide_env_values = true)]
    pub(crate) password: Option<String>,
    /// Accepted for likeness: at the first sign-in everybody chooses a password of their own
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) force_change_password_next_sign_in: Option<Toggle>,
    /// Accepted for likeness: there are no mailboxes here
    #[arg(long)]
    pub(crate) mail_nickname: Option<String>,
}

/// List people
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  wharf ad user list -o table\n  wharf ad user list --display-name Al --query \"[].userPrincipalName\" -o tsv"
)]
pub(crate) struct UserListArgs {
    /// Only those whose display name begins so
    #[arg(long)]
    pub(crate) display_name: Option<String>,
    /// Only the one of this user principal name
    #[arg(long)]
    pub(crate) upn: Option<String>,
    /// Only those that match an OData filter
    #[arg(long)]
    pub(crate) filter: Option<String>,
}

/// Show a person
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad user show --id alice@example.com")]
pub(crate) struct UserIdArgs {
    /// User principal name or object id
    #[arg(long, value_parser = identifier)]
    pub(crate) id: String,
}

/// Make a link with which a person chooses a password and a second factor, also in the place of those that they lost
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad user invite --id alice@example.com --query inviteRedeemUrl -o tsv")]
pub(crate) struct UserInviteArgs {
    /// User principal name or object id
    #[arg(long, value_parser = identifier)]
    pub(crate) id: String,
}

/// Change a person, or let them sign in no longer: what they hold then ends at once
#[derive(Debug, Args)]
#[command(
    group(clap::ArgGroup::new("what").required(true).multiple(true)
        .args(["display_name", "account_enabled", "password", "force_change_password_next_sign_in", "mail_nickname"])),
    after_long_help = "\
Examples:
  wharf ad user update --id alice@example.com --account-enabled false
  wharf ad user update --id alice@example.com --display-name \"Alice Baker\""
)]
pub(crate) struct UserUpdateArgs {
    /// User principal name or object id
    #[arg(long, value_parser = identifier)]
    pub(crate) id: String,
    /// Name for people
    #[arg(long)]
    pub(crate) display_name: Option<String>,
    /// Whether they may sign in
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) account_enabled: Option<Toggle>,
    /// Password in the place of theirs
    #[arg(long)]
    pub(crate) password: Option<String>,
    /// Accepted for likeness; needs --password
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true", requires = "password")]
    pub(crate) force_change_password_next_sign_in: Option<Toggle>,
    /// Accepted for likeness: there are no mailboxes here
    #[arg(long)]
    pub(crate) mail_nickname: Option<String>,
}

/// Delete a person: their roles and memberships end at once
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad user delete --id alice@example.com")]
pub(crate) struct UserDeleteArgs {
    /// User principal name or object id
    #[arg(long, value_parser = identifier)]
    pub(crate) id: String,
}

/// List the groups that a person is in, also by way of other groups
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad user get-member-groups --id alice@example.com -o table")]
pub(crate) struct UserMemberGroupsArgs {
    /// User principal name or object id
    #[arg(long, value_parser = identifier)]
    pub(crate) id: String,
    /// Only security groups; all are
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) security_enabled_only: Option<Toggle>,
}

/// Whoever is signed in
#[derive(Debug, Subcommand)]
pub(crate) enum SignedInUserCommand {
    Show(SignedInUserShowArgs),
}

/// Show the person who is signed in
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf ad signed-in-user show --query userPrincipalName -o tsv")]
pub(crate) struct SignedInUserShowArgs {}
