//! What `wharf ad identity-provider` takes for LDAP directories.

use std::path::PathBuf;

use clap::Args;
use wharf_types::ldap::{LdapPreset, NestedGroups};

use super::Toggle;
use super::ad_identity_provider::ProviderArg;

fn preset(text: &str) -> Result<LdapPreset, String> {
    match text {
        "openldap" => Ok(LdapPreset::OpenLdap),
        "active-directory" => Ok(LdapPreset::ActiveDirectory),
        "freeipa" => Ok(LdapPreset::FreeIpa),
        _ => Err("openldap, active-directory or freeipa is expected".to_owned()),
    }
}

fn nested(text: &str) -> Result<NestedGroups, String> {
    match text {
        "none" => Ok(NestedGroups::None),
        "levels" => Ok(NestedGroups::Levels),
        "server" => Ok(NestedGroups::Server),
        _ => Err("none, levels or server is expected".to_owned()),
    }
}

/// The settings of a directory. What is left out is as usual in the kind of directory that `--preset` names.
#[derive(Debug, Args)]
pub(crate) struct LdapFields {
    /// LDAP: addresses, tried in order: ldaps://host[:port], or ldap://host[:port] with StartTLS
    #[arg(long, num_args = 1.., value_name = "URL")]
    pub(crate) urls: Option<Vec<String>>,
    /// LDAP: what kind of directory it is: openldap, active-directory or freeipa
    #[arg(long, value_name = "KIND", value_parser = preset)]
    pub(crate) preset: Option<LdapPreset>,
    /// LDAP: let passwords travel in clear to ldap://
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) plain_text: Option<Toggle>,
    /// LDAP: file with the authorities of its certificates, instead of the system's
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// LDAP: the account that looks people up; its password is the secret
    #[arg(long, value_name = "DN")]
    pub(crate) bind_dn: Option<String>,
    /// LDAP: without such an account, the name that people are bound with: {name}@corp.example
    #[arg(long, value_name = "TEMPLATE")]
    pub(crate) bind_template: Option<String>,
    /// LDAP: below which entry people are
    #[arg(long, value_name = "DN")]
    pub(crate) user_base: Option<String>,
    /// LDAP: by which filter a person is found: (uid={name}), with {principal} for the name and its domain
    #[arg(long, value_name = "FILTER")]
    pub(crate) user_filter: Option<String>,
    /// LDAP: what identifies a person for good
    #[arg(long, value_name = "ATTRIBUTE")]
    pub(crate) subject_attribute: Option<String>,
    /// LDAP: what a person is called, with or without a domain
    #[arg(long, value_name = "ATTRIBUTE")]
    pub(crate) name_attribute: Option<String>,
    /// LDAP: a person's mail address
    #[arg(long, value_name = "ATTRIBUTE")]
    pub(crate) mail_attribute: Option<String>,
    /// LDAP: a person's full name
    #[arg(long, value_name = "ATTRIBUTE")]
    pub(crate) display_name_attribute: Option<String>,
    /// LDAP: below which entry groups are; without it there are none
    #[arg(long, value_name = "DN")]
    pub(crate) group_base: Option<String>,
    /// LDAP: by which filter a member's groups are found: (member={dn})
    #[arg(long, value_name = "FILTER")]
    pub(crate) group_filter: Option<String>,
    /// LDAP: what a group is called in group mappings; dn for its distinguished name
    #[arg(long, value_name = "ATTRIBUTE")]
    pub(crate) group_attribute: Option<String>,
    /// LDAP: groups in groups: none, found level by level, or answered for by the server at once
    #[arg(long, value_name = "none|levels|server", value_parser = nested)]
    pub(crate) nested_groups: Option<NestedGroups>,
    /// LDAP: the domain of whoever signs in by a short name
    #[arg(long, value_name = "DOMAIN")]
    pub(crate) default_domain: Option<String>,
}

/// Try a directory out from where the server is: connect, bind, find a person and their groups
///
/// Exits with 1 when a step fails; the table shows which, and what is wrong.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  wharf ad identity-provider test --id Corp -o table
  wharf ad identity-provider test --id Corp --user alice -o table")]
pub(crate) struct IdentityProviderTestArgs {
    #[command(flatten)]
    pub(crate) provider: ProviderArg,
    /// Whom to look up, by the name that they would sign in with
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
}
