//! Whether a credential can be replaced without breaking anybody.
//!
//! Where an account has two passwords, or an application several secrets, one is replaced while clients move to the other one. When the old one may go
//! is what people have to guess elsewhere; here it is said.

use std::time::Duration;

use ::time::OffsetDateTime;
use serde::{Deserialize, Serialize};

use crate::time::Time;

/// Who did not come for so long is taken for gone, if another credential is in use.
const QUIET: Duration = Duration::from_secs(7 * 24 * 3600);

/// How a credential stands to the others that open the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Rotation {
    /// Nothing has used it since it was made.
    NeverUsed,
    /// Nothing has used it for a week, and another one was used since: whoever used it has moved.
    Replaced,
    /// It was used within the last week.
    InUse,
    /// Nothing has used it for a week, but nothing has used another one since either: whoever used it may come back.
    NotReplaced,
}

impl Rotation {
    /// Of a credential that was last used at `used`, beside `others`.
    pub fn of(used: Option<Time>, others: impl IntoIterator<Item = Option<Time>>, now: Time) -> Self {
        let Some(used) = used else { return Self::NeverUsed };
        if now < used + QUIET {
            return Self::InUse;
        }
        let moved = others.into_iter().flatten().any(|other| other > used);
        if moved { Self::Replaced } else { Self::NotReplaced }
    }

    /// Whether nobody is known who would miss it.
    pub const fn is_safe(self) -> bool {
        matches!(self, Self::NeverUsed | Self::Replaced)
    }
}

/// What is shown of a credential's use, beside what the cloud's answers hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CredentialUse {
    /// When it was made.
    #[serde(with = "::time::serde::rfc3339")]
    pub created_date_time: OffsetDateTime,
    /// Its last use; none that is known of.
    pub last_used: Option<LastUsed>,
    /// How it stands to the others.
    pub rotation: Rotation,
    /// Whether it can be regenerated or removed without breaking anybody who is known.
    pub safe_to_regenerate: bool,
}

/// The last use of a credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LastUsed {
    /// When.
    #[serde(with = "::time::serde::rfc3339")]
    pub date_time: OffsetDateTime,
    /// From which address; empty where it is not known.
    pub ip_address: String,
    /// By which program, as it called itself; empty where it did not.
    pub client: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 3600;

    fn at(seconds: i64) -> Time {
        Time::from_us(seconds * 1_000_000)
    }

    #[test]
    fn a_credential_can_go_when_its_users_have_moved() {
        let now = at(100 * DAY);
        let ago = |days: i64| Some(at((100 - days) * DAY));
        for (used, other, expected) in [
            (None, None, Rotation::NeverUsed),
            (None, ago(1), Rotation::NeverUsed),
            (ago(0), None, Rotation::InUse),
            (ago(6), ago(1), Rotation::InUse),
            (ago(7), ago(1), Rotation::Replaced),
            (ago(8), ago(9), Rotation::NotReplaced),
            (ago(90), None, Rotation::NotReplaced),
        ] {
            let rotation = Rotation::of(used, [other], now);
            assert_eq!(rotation, expected, "{used:?} beside {other:?}");
        }
        assert!(Rotation::NeverUsed.is_safe() && Rotation::Replaced.is_safe());
        assert!(!Rotation::InUse.is_safe() && !Rotation::NotReplaced.is_safe());
    }
}
