//! The names that people sign in with.

use std::fmt;
use std::str::FromStr;

use crate::name::InvalidName;

/// A user principal name: `alice@example.com`. Compared without regard to case, shown as it was first written. The characters are those that Entra
/// permits, and `+`, which mail addresses hold; all of them are ASCII, so that no two names look alike and differ.
#[derive(Clone)]
pub struct UserPrincipalName(String);

impl UserPrincipalName {
    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the name is stored and compared under.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl FromStr for UserPrincipalName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const INVALID: InvalidName = InvalidName(
            "a user principal name is NAME@DOMAIN: at most 64 letters, digits and '.', '-', '_', '+', '!', '#', '^', '~', '\\'' before the '@', and a domain name after it",
        );
        let (local, domain) = text.split_once('@').ok_or(INVALID)?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_+!#^~'".contains(&byte);
        let is_local = (1..=64).contains(&local.len())
            && local.bytes().all(allowed)
            && !local.starts_with('.')
            && !local.ends_with('.');
        let is_domain = domain.len() <= 253 && domain.split('.').all(is_label);
        if is_local && is_domain {
            Ok(Self(text.to_owned()))
        } else {
            Err(INVALID)
        }
    }
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

impl PartialEq for UserPrincipalName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for UserPrincipalName {}

impl fmt::Display for UserPrincipalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UserPrincipalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn people_are_named_like_mailboxes_in_any_case() {
        let name = |text: &str| text.parse::<UserPrincipalName>();
        for text in [
            "alice@example.com",
            "o'brien+ci@build-1.example",
            "a@localhost",
            "A.B@EXAMPLE.COM",
        ] {
            assert_eq!(name(text).unwrap().as_str(), text);
        }
        assert_eq!(name("Alice@Example.COM"), name("alice@example.com"));
        assert_eq!(name("Alice@Example.COM").unwrap().key(), "alice@example.com");
        let long = format!("{}@example.com", "a".repeat(65));
        for text in [
            "",
            "alice",
            "@",
            "alice@",
            "@example.com",
            "a@b@c",
            "a b@c",
            ".a@b",
            "a.@b",
            "a@-b",
            "a@b-",
            "a@b..c",
            "a@.b",
            "é@b",
            "a@é",
            "a/b@c",
            "a%40b@c",
            "a\0@b",
            &long,
        ] {
            assert!(name(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn parsing_a_name_never_panics(text in "\\PC{0,300}") {
            let _ = text.parse::<UserPrincipalName>();
        }
    }
}
