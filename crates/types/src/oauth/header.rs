//! The header of our tokens (RFC 7515 §4), read before any key is looked for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::json::parse_strict;

/// The longest token that is looked at, in bytes.
const MAX_BYTES: usize = 16 * 1024;

/// What a token says that it is, and which key it was signed with. True only once the signature has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenHeader {
    /// `typ`: the kind of token (RFC 8725 §3.11).
    pub kind: String,
    /// `kid`: the key.
    pub key: String,
}

impl TokenHeader {
    /// Reads the header of a token of ours: three parts in base64url without padding, ES256, a kind, a key, and nothing that has to be understood beyond
    /// that (`crit`, RFC 7515 §4.1.11). Nothing for any other text.
    pub fn read(token: &str) -> Option<Self> {
        if token.len() > MAX_BYTES {
            return None;
        }
        let mut parts = token.split('.');
        let (header, claims, signature) = (parts.next()?, parts.next()?, parts.next()?);
        let base64url = |part: &str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            !part.is_empty() && part.bytes().all(allowed)
        };
        if parts.next().is_some() || ![header, claims, signature].into_iter().all(base64url) {
            return None;
        }
        let document = parse_strict(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        let text = |name: &str| document.get(name).and_then(Value::as_str);
        if text("alg") != Some("ES256") || document.get("crit").is_some() {
            return None;
        }
        Some(Self {
            kind: text("typ")?.to_owned(),
            key: text("kid")?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str) -> String {
        format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(header))
    }

    #[test]
    fn a_header_of_ours_names_its_kind_and_its_key() {
        let read = TokenHeader::read(&token(
            r#"{"typ":"at+jwt","alg":"ES256","kid":"k","jku":"https://evil.test"}"#,
        ));
        let expected = TokenHeader {
            kind: "at+jwt".to_owned(),
            key: "k".to_owned(),
        };
        assert_eq!(read, Some(expected));
    }

    #[test]
    fn any_other_header_is_none_of_ours() {
        for header in [
            r#"{"typ":"at+jwt","alg":"none","kid":"k"}"#,
            r#"{"typ":"at+jwt","alg":"HS256","kid":"k"}"#,
            r#"{"typ":"at+jwt","alg":"es256","kid":"k"}"#,
            r#"{"typ":"at+jwt","alg":"ES256"}"#,
            r#"{"alg":"ES256","kid":"k"}"#,
            r#"{"typ":"at+jwt","alg":"ES256","kid":1}"#,
            r#"{"typ":"at+jwt","alg":"ES256","kid":"k","crit":[]}"#,
            r#"{"typ":"at+jwt","alg":"none","alg":"ES256","kid":"k"}"#,
            "[]",
            "",
        ] {
            assert_eq!(TokenHeader::read(&token(header)), None, "{header}");
        }
    }

    #[test]
    fn a_token_has_three_parts_of_base64url() {
        let good = token(r#"{"typ":"at+jwt","alg":"ES256","kid":"k"}"#);
        assert!(TokenHeader::read(&good).is_some());
        let header = good.split('.').next().unwrap();
        for text in [
            header.to_owned(),
            format!("{header}.e30"),
            format!("{header}.e30."),
            format!("{header}..AA"),
            format!("{header}.e30.AA."),
            format!("{header}=.e30.AA"),
            format!("{header}.e3+.AA"),
            format!(" {good}"),
            format!("{header}.{}.AA", "a".repeat(MAX_BYTES)),
        ] {
            assert_eq!(TokenHeader::read(&text), None, "{text}");
        }
    }
}
