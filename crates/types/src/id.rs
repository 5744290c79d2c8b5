//! Ids of stored objects: UUIDs, one type for each kind of object, so that one cannot be passed for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::time::Time;

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
    /// One registry refresh token.
    TokenId,
    /// A role definition.
    RoleDefinitionId,
    /// A role assignment.
    RoleAssignmentId,
    /// One request, as logs, errors and the journal name it.
    RequestId,
);

/// The user name that says "the password is a registry refresh token" (`docker login`, M3).
pub const TOKEN_USER_NAME: &str = "00000000-0000-0000-0000-000000000000";

/// An upload session, as it is stored: 128 random bits, 32 lower-case hex digits (rule 31).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId([u8; 16]);

impl SessionId {
    /// The id of these random bits.
    pub const fn new(random: [u8; 16]) -> Self {
        Self(random)
    }

    /// Its bits.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl FromStr for SessionId {
    type Err = InvalidUploadId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        unhex(text.as_bytes()).map(Self).ok_or(InvalidUploadId)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(f, &self.0)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(")?;
        hex(f, &self.0[..4])?;
        f.write_str("…)")
    }
}

/// An upload session, as its client names it: the session, when it was started, and a seal over both and over whose it is. What was given out is known
/// by its seal, so that it need not be stored. 112 lower-case hex digits.
#[derive(Clone, PartialEq, Eq)]
pub struct UploadId {
    /// The session.
    pub session: SessionId,
    /// When it was started.
    pub started_at: Time,
    /// What shows that this installation gave the id out, and to whom.
    pub seal: [u8; 32],
}

impl FromStr for UploadId {
    type Err = InvalidUploadId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (session, rest) = text.as_bytes().split_at_checked(32).ok_or(InvalidUploadId)?;
        let (started_at, seal) = rest.split_at_checked(16).ok_or(InvalidUploadId)?;
        Ok(Self {
            session: SessionId(unhex(session).ok_or(InvalidUploadId)?),
            started_at: Time::from_us(i64::from_be_bytes(unhex(started_at).ok_or(InvalidUploadId)?)),
            seal: unhex(seal).ok_or(InvalidUploadId)?,
        })
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(f, self.session.as_bytes())?;
        hex(f, &self.started_at.as_us().to_be_bytes())?;
        hex(f, &self.seal)
    }
}

impl fmt::Debug for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whoever knows the id and has the right may write to the session: a log needs no more than a part of it.
        write!(f, "UploadId({:?})", self.session)
    }
}

/// The text is no upload session's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an upload session")]
pub struct InvalidUploadId;

fn hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// Lower-case digits, exactly as many as are wanted: a value has one spelling.
fn unhex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let digit = |character: u8| match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    };
    if text.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_id_has_one_spelling() {
        let id = UploadId {
            session: SessionId::new([0xab; 16]),
            started_at: Time::from_us(-2),
            seal: [7; 32],
        };
        let text = id.to_string();
        assert_eq!((text.len(), text.parse()), (112, Ok(id.clone())));
        let cases = [
            text.to_uppercase(),
            text[1..].to_owned(),
            format!("{text}0"),
            text.replacen('a', "g", 1),
            String::new(),
            "é".repeat(56),
        ];
        for case in cases {
            assert_eq!(case.parse::<UploadId>(), Err(InvalidUploadId), "{case}");
        }
        assert_eq!(format!("{id:?}"), "UploadId(SessionId(abababab…))");
    }
}
