//! Names of registries, resource groups, repositories, tags and references.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use crate::digest::Digest;

macro_rules! text_type {
    ($name:ident) => {
        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.0)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <std::borrow::Cow<'de, str>>::deserialize(deserializer)?
                    .parse()
                    .map_err(serde::de::Error::custom)
            }
        }
    };
}

/// A registry's name: 5 to 50 letters and digits, in lower case, since it is a host name's first label and the admin user's name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistryName(String);
text_type!(RegistryName);

impl FromStr for RegistryName {
    type Err = InvalidName;

    /// Capitals are taken for small letters, as `az acr login -n MyRegistry` needs.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if (5..=50).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(InvalidName("a registry name is 5 to 50 letters and digits"))
        }
    }
}

/// A resource group's name: 1 to 90 characters, compared without regard to case and shown as it was first written (ARM).
#[derive(Clone, Eq)]
pub struct ResourceGroupName(String);
text_type!(ResourceGroupName);

impl ResourceGroupName {
    /// What the name is stored and compared under.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl FromStr for ResourceGroupName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'(' | b')');
        if (1..=90).contains(&text.len()) && text.bytes().all(allowed) && !text.ends_with('.') {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName(
                "a resource group name is 1 to 90 letters, digits, '_', '-', '.', '(' and ')', and does not end with a period",
            ))
        }
    }
}

impl PartialEq for ResourceGroupName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Hash for ResourceGroupName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

/// A place, as ARM writes it: `westus`. Spaces and capitals of a display name (`West US`) are folded away.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location(String);
text_type!(Location);

impl FromStr for Location {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let folded: String = text
            .chars()
            .filter(|c| *c != ' ')
            .map(|c| c.to_ascii_lowercase())
            .collect();
        if (1..=50).contains(&folded.len()) && folded.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            Ok(Self(folded))
        } else {
            Err(InvalidName(
                "a location is 1 to 50 letters, digits and '-', such as westus",
            ))
        }
    }
}

/// A repository's name within its registry (distribution-spec, "Pulling manifests"): lower-case components apart by slashes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryName(String);
text_type!(RepositoryName);

impl RepositoryName {
    /// The longest name, in bytes. A client counts its host name in as well, so names near it may be refused there.
    pub const MAX_BYTES: usize = 255;

    /// The first component and the rest, where there is a rest: on the base host the first component names the registry.
    pub fn split_first(&self) -> Option<(&str, RepositoryName)> {
        let (first, rest) = self.0.split_once('/')?;
        Some((first, RepositoryName(rest.to_owned())))
    }
}

impl Borrow<str> for RepositoryName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl FromStr for RepositoryName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() <= Self::MAX_BYTES && text.split('/').all(is_component) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName(
                "a repository name is at most 255 small letters and digits, with '.', '_', '__' or '-' between them and '/' between components",
            ))
        }
    }
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`, in one pass.
fn is_component(component: &str) -> bool {
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = component.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return false;
    };
    if !word(*first) || !word(*last) {
        return false;
    }
    bytes
        .split(|b| word(*b))
        .all(|separator| matches!(separator, b"" | b"." | b"_" | b"__") || separator.iter().all(|b| *b == b'-'))
}

/// A tag: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}` (distribution-spec).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagName(String);
text_type!(TagName);

impl FromStr for TagName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let valid = (1..=128).contains(&text.len())
            && word(text.as_bytes()[0])
            && text.bytes().all(|b| word(b) || matches!(b, b'.' | b'-'));
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName(
                "a tag is 1 to 128 letters, digits, '_', '.' and '-', and does not start with '.' or '-'",
            ))
        }
    }
}

/// What a manifest is asked for by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reference {
    /// A tag, which may move.
    Tag(TagName),
    /// A digest, which cannot.
    Digest(Digest),
}

impl FromStr for Reference {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // No tag holds a colon, so whatever holds one was meant as a digest and deserves that error.
        if text.contains(':') {
            text.parse().map(Self::Digest).map_err(|_| InvalidReference::Digest)
        } else {
            text.parse().map(Self::Tag).map_err(|_| InvalidReference::Tag)
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => fmt::Display::fmt(tag, f),
            Self::Digest(digest) => fmt::Display::fmt(digest, f),
        }
    }
}

/// The text is not such a name; the message says what one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidName(pub &'static str);

/// The text is neither a tag nor a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReference {
    /// It holds a colon and is no digest.
    #[error("a digest is sha256: and 64, or sha512: and 128 lower-case hex digits")]
    Digest,
    /// It is no tag.
    #[error("a tag is 1 to 128 letters, digits, '_', '.' and '-', and does not start with '.' or '-'")]
    Tag,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn repository_names_are_those_of_the_specification() {
        for name in [
            "a",
            "web",
            "team/web",
            "a.b",
            "a_b",
            "a__b",
            "a-b",
            "a---b",
            "0",
            "team/blobs",
            "blobs/uploads",
        ] {
            assert!(name.parse::<RepositoryName>().is_ok(), "{name}");
        }
        for name in [
            "", "/", "a/", "/a", "a//b", "A", "a..b", "a___b", "a._b", "-a", "a-", ".a", "..", "a/../b", "a b",
            "a%2fb", "é", "a\0",
        ] {
            assert!(name.parse::<RepositoryName>().is_err(), "{name}");
        }
        assert!("a".repeat(255).parse::<RepositoryName>().is_ok());
        assert!("a".repeat(256).parse::<RepositoryName>().is_err());
    }

    #[test]
    fn tags_are_those_of_the_specification() {
        for tag in ["v1", "_", "1.0-rc.1", "A", &"a".repeat(128)] {
            assert!(tag.parse::<TagName>().is_ok(), "{tag}");
        }
        for tag in ["", ".", "-a", "a/b", "a:b", "a b", "é", &"a".repeat(129)] {
            assert!(tag.parse::<TagName>().is_err(), "{tag}");
        }
    }

    #[test]
    fn a_registry_is_named_in_small_letters_whoever_types_it() {
        assert_eq!("MyRegistry".parse::<RegistryName>().unwrap().as_str(), "myregistry");
        for name in ["abcd", &"a".repeat(51), "my-registry", "my.registry", "myregistré"] {
            assert!(name.parse::<RegistryName>().is_err(), "{name}");
        }
    }

    #[test]
    fn resource_groups_differ_by_more_than_case() {
        let group = |text: &str| text.parse::<ResourceGroupName>().unwrap();
        assert_eq!(group("Demo"), group("demo"));
        assert_ne!(group("demo"), group("demo2"));
        assert!("demo.".parse::<ResourceGroupName>().is_err());
    }

    #[test]
    fn a_location_may_be_written_as_it_is_shown() {
        assert_eq!("West US".parse::<Location>().unwrap().as_str(), "westus");
        assert!("".parse::<Location>().is_err());
    }

    proptest! {
        #[test]
        fn parsing_a_name_never_panics(text in "\\PC{0,300}") {
            let _ = text.parse::<RepositoryName>();
            let _ = text.parse::<Reference>();
            let _ = text.parse::<RegistryName>();
            let _ = text.parse::<ResourceGroupName>();
        }

        #[test]
        fn component_check_agrees_with_the_grammar(text in "[a-c._-]{0,6}") {
            prop_assert_eq!(is_component(&text), by_grammar(&text));
        }
    }

    /// The specification's grammar, spelt out slowly: words, and between two of them one separator.
    fn by_grammar(text: &str) -> bool {
        let bytes = text.as_bytes();
        let mut at = 0;
        loop {
            let word = bytes[at..].iter().take_while(|b| b.is_ascii_alphanumeric()).count();
            if word == 0 {
                return false;
            }
            at += word;
            if at == bytes.len() {
                return true;
            }
            let separator = bytes[at..].iter().take_while(|b| !b.is_ascii_alphanumeric()).count();
            match &text[at..at + separator] {
                "." | "_" | "__" => {}
                dashes if dashes.chars().all(|c| c == '-') => {}
                _ => return false,
            }
            at += separator;
        }
    }
}
