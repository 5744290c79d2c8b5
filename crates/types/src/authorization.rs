//! The `Authorization` header: Basic (RFC 7617) and Bearer (RFC 6750).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use crate::secret::Secret;

/// The longest value that is looked at, in bytes.
pub const MAX_BYTES: usize = 16 * 1024;

/// What a request brings to say who it is.
#[derive(Clone, Debug)]
pub enum Authorization {
    /// A user name and a secret.
    Basic {
        /// The name; it holds no colon.
        user: String,
        /// What follows the first colon.
        secret: Secret,
    },
    /// A token, whatever it is.
    Bearer(String),
}

impl Authorization {
    /// Reads the header's value; nothing for another scheme, and for what is not of the scheme's form.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_BYTES {
            return None;
        }
        let (scheme, rest) = text.split_once(' ')?;
        let rest = rest.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(Self::Bearer(rest.to_owned()));
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = STANDARD.decode(rest).or_else(|_| STANDARD_NO_PAD.decode(rest)).ok()?;
        let decoded = String::from_utf8(decoded).ok()?;
        // A user name holds no colon, a password may (RFC 7617 §2). Neither holds a control character, which no client types and no database keeps.
        let (user, secret) = decoded.split_once(':')?;
        if decoded.contains(|c: char| c.is_ascii_control()) {
            return None;
        }
        Some(Self::Basic {
            user: user.to_owned(),
            secret: Secret::new(secret),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_are_compared_without_regard_to_case() {
        for value in ["Basic YWxpY2U6YTpi", "basic YWxpY2U6YTpi", "BASIC  YWxpY2U6YTpi"] {
            let Some(Authorization::Basic { user, secret }) = Authorization::parse(value) else {
                panic!("{value}")
            };
            assert_eq!((user.as_str(), secret.expose()), ("alice", "a:b"));
        }
        assert!(matches!(Authorization::parse("bearer abc"), Some(Authorization::Bearer(token)) if token == "abc"));
    }

    #[test]
    fn padding_may_be_left_out() {
        for value in ["Basic YTpi", "Basic YTpiYw==", "Basic YTpiYw"] {
            assert!(Authorization::parse(value).is_some(), "{value}");
        }
    }

    #[test]
    fn what_is_not_of_the_form_is_nothing() {
        let long = format!("Bearer {}", "a".repeat(MAX_BYTES));
        // `YWxpY2U=` holds no colon, `YTpiAA==` a NUL, `Ojo=` is two colons and fine.
        for value in [
            "Basic ???",
            "Basic YWxpY2U=",
            "Basic YTpiAA==",
            "Digest x",
            "x",
            "",
            "Basic",
            &long,
        ] {
            assert!(Authorization::parse(value).is_none(), "{value}");
        }
        assert!(Authorization::parse("Basic Ojo=").is_some());
    }
}
