//! Ids of stored objects: UUIDs, one type for each kind of object, so that one cannot be passed for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                // Only the hyphenated form: braces and URNs would be second names of the same object.
                if text.len() != 36 {
                    return Uuid::parse_str("").map(Self);
                }
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

uuid_id!(
    /// A directory: the people, groups and applications of one organisation.
    TenantId,
    /// An ARM subscription.
    SubscriptionId,
    /// One registry's content. A name that is used again gets a new id, and with it starts empty (rules 36, 41).
    RegistryId,
    /// One repository's content.
    RepositoryId,
    /// A directory object: user, group, application, service principal.
    ObjectId,
    /// An application's public name: the user name that a service principal signs in with.
    AppId,
    /// One secret or certificate of an application.
    KeyId,
    /// A role definition.
    RoleDefinitionId,
    /// A role assignment.
    RoleAssignmentId,
    /// One request, as logs, errors and the journal name it.
    RequestId,
);

/// The user name that says "the password is a registry refresh token" (`docker login`, M3).
pub const TOKEN_USER_NAME: &str = "00000000-0000-0000-0000-000000000000";

/// An upload session: 128 random bits, 32 lower-case hex digits (rule 31).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UploadId(String);

impl UploadId {
    /// The id of these random bits.
    pub fn new(random: [u8; 16]) -> Self {
        Self(random.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The id as it stands in an upload's location.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UploadId {
    type Err = InvalidUploadId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let valid = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidUploadId)
        }
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whoever knows the id and has the right may write to the session: a log needs no more than a part of it.
        write!(f, "UploadId({}…)", &self.0[..8])
    }
}

/// The text is no upload session's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an upload session")]
pub struct InvalidUploadId;
