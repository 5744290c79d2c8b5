//! How an LDAP provider is set up.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{BindTemplate, FilterTemplate};

const MAX_URLS: usize = 8;
const MAX_DN_BYTES: usize = 1024;
const MAX_PEM_BYTES: usize = 12 * 1024;
const LDAP_PORT: u16 = 389;
const LDAPS_PORT: u16 = 636;

/// Settings that cannot be used: which, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidLdapSettings(String);

fn invalid(what: &str, why: impl fmt::Display) -> InvalidLdapSettings {
    InvalidLdapSettings(format!("{what} {why}"))
}

/// The kinds of directory whose usual schema is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LdapPreset {
    /// `inetOrgPerson` and `groupOfNames` (RFC 2798, RFC 4519), as in OpenLDAP and 389 Directory Server.
    #[default]
    OpenLdap,
    /// Active Directory and Samba.
    ActiveDirectory,
    /// FreeIPA.
    FreeIpa,
}

/// How groups in groups are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NestedGroups {
    /// Not at all: the groups that name the person.
    None,
    /// By asking level by level which groups name the groups that were found.
    Levels,
    /// The directory answers for all levels at once: the filter holds Active Directory's matching rule 1.2.840.113556.1.4.1941, say.
    Server,
}

/// What somebody says of a directory; all but addresses and user base has a usual value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LdapInput {
    /// `ldaps://host[:port]`, or `ldap://host[:port]` with StartTLS. Tried in order.
    pub urls: Vec<String>,
    /// The kind of directory, for the usual values of the rest.
    pub preset: LdapPreset,
    /// Passwords may travel in clear to `ldap://`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub plain_text: bool,
    /// Authorities, as PEM, for the directory's certificates, instead of the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_authorities: Option<String>,
    /// The account that looks people up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bind_dn: Option<String>,
    /// Instead of such an account: people are bound at once, under this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bind_template: Option<String>,
    /// Below which entry people are.
    pub user_base: String,
    /// By which filter a person is found: `(uid={name})`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_filter: Option<String>,
    /// What identifies a person for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_attribute: Option<String>,
    /// What a person is called, with or without a domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_attribute: Option<String>,
    /// A person's mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail_attribute: Option<String>,
    /// A person's full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name_attribute: Option<String>,
    /// Below which entry groups are. Without it there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_base: Option<String>,
    /// By which filter a member's groups are found: `(member={dn})`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_filter: Option<String>,
    /// What a group is called in the provider's mappings; `dn` for its distinguished name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_attribute: Option<String>,
    /// How groups in groups are found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nested_groups: Option<NestedGroups>,
    /// The domain of whoever signs in by a short name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_domain: Option<String>,
}

/// Where a directory answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LdapUrl {
    /// TLS from the first byte.
    pub tls: bool,
    /// A name or an address.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// How a directory is reached and read. Complete: whatever the operator left to the preset is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LdapSettings {
    /// Tried in order.
    pub urls: Vec<LdapUrl>,
    /// Whether `ldap://` goes without StartTLS.
    pub plain_text: bool,
    /// Authorities, as PEM, instead of the system's.
    pub certificate_authorities: Option<String>,
    /// The account that looks people up.
    pub bind_dn: Option<String>,
    /// How people are bound without such an account.
    pub bind_template: Option<BindTemplate>,
    /// Below which entry people are.
    pub user_base: String,
    /// How a person is found.
    pub user_filter: FilterTemplate,
    /// What identifies a person.
    pub subject_attribute: String,
    /// What a person is called.
    pub name_attribute: String,
    /// A person's mail address.
    pub mail_attribute: String,
    /// A person's full name.
    pub display_name_attribute: String,
    /// Below which entry groups are.
    pub group_base: Option<String>,
    /// How a member's groups are found.
    pub group_filter: FilterTemplate,
    /// What a group is called.
    pub group_attribute: String,
    /// How groups in groups are found.
    pub nested_groups: NestedGroups,
    /// The domain of short names.
    pub default_domain: Option<String>,
}

struct Usual {
    user_filter: &'static str,
    subject: &'static str,
    name: &'static str,
    display_name: &'static str,
    group_filter: &'static str,
    group: &'static str,
    nested: NestedGroups,
}

impl LdapPreset {
    const fn usual(self) -> Usual {
        match self {
            Self::OpenLdap => Usual {
                user_filter: "(&(objectClass=inetOrgPerson)(uid={name}))",
                subject: "entryUUID",
                name: "uid",
                display_name: "cn",
                group_filter: "(&(objectClass=groupOfNames)(member={dn}))",
                group: "cn",
                nested: NestedGroups::Levels,
            },
            Self::ActiveDirectory => Usual {
                user_filter: "(&(objectCategory=person)(objectClass=user)(userPrincipalName={principal}))",
                subject: "objectGUID",
                name: "userPrincipalName",
                display_name: "displayName",
                group_filter: "(&(objectClass=group)(member:1.2.840.113556.1.4.1941:={dn}))",
                group: "sAMAccountName",
                nested: NestedGroups::Server,
            },
            Self::FreeIpa => Usual {
                user_filter: "(&(objectClass=posixAccount)(uid={name}))",
                subject: "ipaUniqueID",
                name: "uid",
                display_name: "displayName",
                group_filter: "(&(objectClass=ipaUserGroup)(member={dn}))",
                group: "cn",
                nested: NestedGroups::Levels,
            },
        }
    }
}

impl LdapSettings {
    /// Checks what somebody said, and fills in the rest.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn new(input: &LdapInput) -> Result<Self, InvalidLdapSettings> {
        let usual = input.preset.usual();
        let urls = urls(&input.urls)?;
        if input.plain_text && urls.iter().any(|url| url.tls) {
            return Err(invalid("plainText", "is for ldap:// alone, and an address is ldaps://"));
        }
        let group_filter = input.group_filter.as_deref().unwrap_or(usual.group_filter);
        let group_filter = FilterTemplate::of_member(group_filter).map_err(|why| invalid("groupFilter", why))?;
        let nested_groups = input.nested_groups.unwrap_or(match group_filter.has_name() {
            // Groups have no name to sign in with.
            true => NestedGroups::None,
            false => usual.nested,
        });
        if nested_groups == NestedGroups::Levels && group_filter.has_name() {
            return Err(invalid(
                "groupFilter",
                "has to ask for {dn} alone where nestedGroups is 'levels'",
            ));
        }
        let user_filter = input.user_filter.as_deref().unwrap_or(usual.user_filter);
        let settings = Self {
            urls,
            plain_text: input.plain_text,
            certificate_authorities: authorities(input.certificate_authorities.as_deref())?,
            bind_dn: optional_dn("bindDn", input.bind_dn.as_deref())?,
            bind_template: bind_template(input.bind_template.as_deref())?,
            user_base: dn("userBase", &input.user_base)?,
            user_filter: FilterTemplate::of_person(user_filter).map_err(|why| invalid("userFilter", why))?,
            subject_attribute: attribute("subjectAttribute", &input.subject_attribute, usual.subject)?,
            name_attribute: attribute("nameAttribute", &input.name_attribute, usual.name)?,
            mail_attribute: attribute("mailAttribute", &input.mail_attribute, "mail")?,
            display_name_attribute: attribute(
                "displayNameAttribute",
                &input.display_name_attribute,
                usual.display_name,
            )?,
            group_base: optional_dn("groupBase", input.group_base.as_deref())?,
            group_filter,
            group_attribute: attribute("groupAttribute", &input.group_attribute, usual.group)?,
            nested_groups,
            default_domain: domain(input.default_domain.as_deref())?,
        };
        if settings.bind_dn.is_some() && settings.bind_template.is_some() {
            return Err(invalid("bindTemplate", "is for directories without bindDn: choose one"));
        }
        Ok(settings)
    }
}

fn urls(texts: &[String]) -> Result<Vec<LdapUrl>, InvalidLdapSettings> {
    if texts.is_empty() || texts.len() > MAX_URLS {
        return Err(invalid(
            "urls",
            format!("has to list 1 to {MAX_URLS} addresses: ldaps://ldap.example.org"),
        ));
    }
    texts.iter().map(|text| text.parse()).collect()
}

fn authorities(pem: Option<&str>) -> Result<Option<String>, InvalidLdapSettings> {
    let Some(pem) = pem else { return Ok(None) };
    if pem.len() > MAX_PEM_BYTES || !pem.contains("-----BEGIN CERTIFICATE-----") {
        return Err(invalid(
            "certificateAuthorities",
            "has to be certificates as PEM, at most 12 KiB",
        ));
    }
    Ok(Some(pem.to_owned()))
}

fn bind_template(text: Option<&str>) -> Result<Option<BindTemplate>, InvalidLdapSettings> {
    let template = text.map(BindTemplate::new).transpose();
    template.map_err(|why| invalid("bindTemplate", why))
}

fn dn(what: &str, text: &str) -> Result<String, InvalidLdapSettings> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_DN_BYTES || !text.contains('=') || text.chars().any(char::is_control) {
        return Err(invalid(
            what,
            "has to be a distinguished name: ou=people,dc=example,dc=org",
        ));
    }
    Ok(text.to_owned())
}

fn optional_dn(what: &str, text: Option<&str>) -> Result<Option<String>, InvalidLdapSettings> {
    text.map(|text| dn(what, text)).transpose()
}

/// An attribute description (RFC 4512 §2.5) without options.
fn attribute(what: &str, text: &Option<String>, usual: &str) -> Result<String, InvalidLdapSettings> {
    let text = text.as_deref().unwrap_or(usual);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    if !(1..=128).contains(&text.len()) || !text.bytes().all(allowed) {
        return Err(invalid(what, "has to be the name of an attribute"));
    }
    Ok(text.to_owned())
}

fn domain(text: Option<&str>) -> Result<Option<String>, InvalidLdapSettings> {
    let Some(text) = text else { return Ok(None) };
    // A domain is what may stand in a user principal name.
    let probe: Result<crate::user_name::UserPrincipalName, _> = format!("a@{text}").parse();
    probe.map_err(|_| invalid("defaultDomain", "has to be a domain name"))?;
    Ok(Some(text.to_ascii_lowercase()))
}

impl FromStr for LdapUrl {
    type Err = InvalidLdapSettings;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            invalid(
                text,
                "is no address of a directory: ldaps://ldap.example.org or ldap://ldap.example.org:389",
            )
        };
        let (scheme, rest) = text.trim().split_once("://").ok_or_else(wrong)?;
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "ldaps" => true,
            "ldap" => false,
            _ => return Err(wrong()),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match authority.strip_prefix('[') {
            Some(bracketed) => bracketed.split_once(']').ok_or_else(wrong)?,
            None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
        };
        let literal = authority.starts_with('[') && host.parse::<std::net::Ipv6Addr>().is_ok();
        let named = !host.is_empty()
            && host
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
        let port = match port.strip_prefix(':') {
            Some(port) => port.parse().map_err(|_| wrong())?,
            None if port.is_empty() => [LDAP_PORT, LDAPS_PORT][usize::from(tls)],
            None => return Err(wrong()),
        };
        if !(literal || (named && !authority.starts_with('['))) || host.len() > 253 || port == 0 {
            return Err(wrong());
        }
        Ok(Self {
            tls,
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for LdapUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "ldaps" } else { "ldap" };
        match self.host.contains(':') {
            true => write!(f, "{scheme}://[{}]:{}", self.host, self.port),
            false => write!(f, "{scheme}://{}:{}", self.host, self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> LdapInput {
        LdapInput {
            urls: vec!["ldaps://ldap.example.org".to_owned()],
            user_base: "ou=people,dc=example,dc=org".to_owned(),
            ..LdapInput::default()
        }
    }

    #[test]
    fn an_address_says_scheme_host_and_port() {
        let shown = |text: &str| text.parse::<LdapUrl>().map(|url| url.to_string());
        assert_eq!(
            shown("ldaps://ldap.example.org").unwrap(),
            "ldaps://ldap.example.org:636"
        );
        assert_eq!(shown("LDAP://10.0.0.1:3389/").unwrap(), "ldap://10.0.0.1:3389");
        assert_eq!(shown("ldap://[::1]").unwrap(), "ldap://[::1]:389");
        for text in [
            "",
            "ldap.example.org",
            "https://a",
            "ldap://",
            "ldap://a:0",
            "ldap://a:x",
            "ldap://a/dc=example",
            "ldap://user@a",
            "ldap://[a]",
            "ldap://[::1",
            "ldap://::1",
            "ldap://a b",
        ] {
            assert!(shown(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_preset_fills_in_what_was_not_said() {
        let settings = LdapSettings::new(&input()).unwrap();
        assert_eq!(settings.subject_attribute, "entryUUID");
        assert_eq!(settings.nested_groups, NestedGroups::Levels);
        let windows = LdapInput {
            preset: LdapPreset::ActiveDirectory,
            name_attribute: Some("sAMAccountName".to_owned()),
            ..input()
        };
        let settings = LdapSettings::new(&windows).unwrap();
        assert_eq!(settings.subject_attribute, "objectGUID");
        assert_eq!(settings.name_attribute, "sAMAccountName");
        assert!(settings.group_filter.as_str().contains("1.2.840.113556.1.4.1941"));
    }

    #[test]
    fn what_cannot_be_used_is_refused_by_name() {
        type Change = fn(&mut LdapInput);
        let cases: [(Change, &str); 12] = [
            (|input| input.urls.clear(), "urls"),
            (|input| input.urls[0] = "http://a".to_owned(), "http://a"),
            (|input| input.user_base = "people".to_owned(), "userBase"),
            (|input| input.user_filter = Some("(uid=alice)".to_owned()), "userFilter"),
            (
                |input| input.subject_attribute = Some("a=b".to_owned()),
                "subjectAttribute",
            ),
            (|input| input.group_filter = Some("(cn=x)".to_owned()), "groupFilter"),
            (|input| input.bind_dn = Some(String::new()), "bindDn"),
            (|input| input.bind_template = Some("admin".to_owned()), "bindTemplate"),
            (
                |input| input.certificate_authorities = Some("x".to_owned()),
                "certificateAuthorities",
            ),
            (|input| input.default_domain = Some("a b".to_owned()), "defaultDomain"),
            (|input| input.plain_text = true, "plainText"),
            (
                |input| {
                    input.group_filter = Some("(memberUid={name})".to_owned());
                    input.nested_groups = Some(NestedGroups::Levels);
                },
                "groupFilter",
            ),
        ];
        for (change, named) in cases {
            let mut changed = input();
            change(&mut changed);
            let error = LdapSettings::new(&changed).unwrap_err().to_string();
            assert!(error.starts_with(named), "{named}: {error}");
        }
    }

    #[test]
    fn what_was_said_reads_back_as_it_was_written_and_a_misspelt_setting_is_refused() {
        let text = serde_json::to_string(&input()).unwrap();
        assert_eq!(serde_json::from_str::<LdapInput>(&text).unwrap(), input());
        assert!(serde_json::from_str::<LdapInput>(r#"{"urls":[],"starttls":false}"#).is_err());
    }
}
