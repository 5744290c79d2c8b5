//! What a person's entry says.

use wharf_types::ldap::{LdapSettings, SubjectId};

use super::LdapError;
use super::groups::Groups;
use super::search::Entry;

/// Longest text that is taken of an entry, in characters.
const MAX_TEXT: usize = 256;
/// ACCOUNTDISABLE of Active Directory's `userAccountControl`.
const ACCOUNT_DISABLED: u64 = 2;
/// What `pwdAccountLockedTime` holds where an administrator locked the account for good. Any other value is a lock of some minutes after wrong guesses, by which nobody loses what they have
/// (rule 6).
const LOCKED_FOR_GOOD: &str = "000001010000Z";

/// Somebody, as their directory knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LdapPerson {
    /// The entry.
    pub dn: String,
    /// What identifies them for good.
    pub subject: SubjectId,
    /// What they are called: with a domain, or without.
    pub name: String,
    /// Their full name.
    pub display_name: Option<String>,
    /// Their mail address.
    pub mail: Option<String>,
    /// What their groups are called; nothing where the provider has no groups.
    pub groups: Option<Vec<String>>,
    /// Whether these are all their groups.
    pub groups_complete: bool,
    /// Whether the account is switched off.
    pub disabled: bool,
}

/// The attributes that are asked for.
pub(super) fn attributes(settings: &LdapSettings) -> Vec<&str> {
    vec![
        &settings.subject_attribute,
        &settings.name_attribute,
        &settings.mail_attribute,
        &settings.display_name_attribute,
        "userAccountControl",
        "pwdAccountLockedTime",
        "nsAccountLock",
    ]
}

/// Whether the account is switched off: in Active Directory, by the password policy of OpenLDAP, in 389 Directory Server and FreeIPA.
pub(super) fn is_disabled(entry: &Entry) -> bool {
    let control = entry.text("userAccountControl").and_then(|text| text.parse().ok());
    let flagged = control.is_some_and(|control: u64| control & ACCOUNT_DISABLED != 0);
    let locked = entry.text("pwdAccountLockedTime") == Some(LOCKED_FOR_GOOD);
    let off = entry
        .text("nsAccountLock")
        .is_some_and(|text| text.eq_ignore_ascii_case("true"));
    flagged || locked || off
}

/// The name that the entry says.
pub(super) fn name<'a>(settings: &LdapSettings, entry: &'a Entry) -> Result<&'a str, LdapError> {
    let name = entry.text(&settings.name_attribute);
    name.ok_or_else(|| missing(entry, &settings.name_attribute))
}

pub(super) fn person(settings: &LdapSettings, entry: &Entry, groups: Option<Groups>) -> Result<LdapPerson, LdapError> {
    let identity = entry.value(&settings.subject_attribute);
    let subject = identity.and_then(|value| SubjectId::from_value(&settings.subject_attribute, value));
    let text = |attribute: &str| {
        let plain = entry.text(attribute)?.chars().filter(|c| !c.is_control());
        Some(plain.take(MAX_TEXT).collect())
    };
    Ok(LdapPerson {
        dn: entry.dn.clone(),
        subject: subject.ok_or_else(|| missing(entry, &settings.subject_attribute))?,
        name: name(settings, entry)?.to_owned(),
        display_name: text(&settings.display_name_attribute),
        mail: text(&settings.mail_attribute),
        groups_complete: groups.as_ref().is_none_or(|groups| groups.complete),
        groups: groups.map(|groups| groups.names),
        disabled: is_disabled(entry),
    })
}

fn missing(entry: &Entry, attribute: &str) -> LdapError {
    LdapError::Attribute {
        dn: entry.dn.clone(),
        attribute: attribute.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use ldap3::SearchEntry;

    use super::*;

    fn entry(attribute: &str, value: &str) -> Entry {
        SearchEntry {
            dn: "uid=alice,dc=example,dc=org".to_owned(),
            attrs: HashMap::from([(attribute.to_owned(), vec![value.to_owned()])]),
            bin_attrs: HashMap::new(),
        }
        .into()
    }

    #[test]
    fn an_account_is_off_as_each_kind_of_directory_says_it() {
        for (attribute, value, off) in [
            ("userAccountControl", "514", true),
            ("userAccountControl", "512", false),
            ("userAccountControl", "66050", true),
            ("useraccountcontrol", "2", true),
            ("pwdAccountLockedTime", "000001010000Z", true),
            ("pwdAccountLockedTime", "20261122050000Z", false),
            ("nsAccountLock", "TRUE", true),
            ("nsAccountLock", "false", false),
            ("uid", "alice", false),
        ] {
            assert_eq!(is_disabled(&entry(attribute, value)), off, "{attribute}: {value}");
        }
    }
}
