//! The text of an assertion: a JWT of somebody else's (RFC 7519), read strictly and believed only after its signature was checked.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;
use wharf_types::json::parse_strict;

/// The longest assertion that is looked at, in bytes.
const MAX_BYTES: usize = 16 * 1024;

/// Thumbprints come with padding from some clients.
const EITHER_PADDING: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What an assertion says. None of it is true before [`Statement::is_signed_by`] is.
#[derive(Debug)]
pub(in crate::identity) struct Statement<'a> {
    pub(super) algorithm: Algorithm,
    /// `kid`.
    pub(super) key: Option<String>,
    /// `x5t`: SHA-1 of the certificate.
    pub(super) sha1: Option<Vec<u8>>,
    /// `x5t#S256`.
    pub(super) sha256: Option<Vec<u8>>,
    pub(in crate::identity) issuer: String,
    pub(in crate::identity) subject: String,
    pub(in crate::identity) audiences: Vec<String>,
    /// Seconds since 1970; some clients send fractions.
    pub(in crate::identity) expires: f64,
    pub(in crate::identity) not_before: Option<f64>,
    /// `jti`.
    pub(super) id: Option<String>,
    /// All that it says.
    pub(in crate::identity) claims: Value,
    message: &'a str,
    signature: &'a str,
}

impl<'a> Statement<'a> {
    pub(in crate::identity) fn read(text: &'a str) -> Result<Self, &'static str> {
        if text.len() > MAX_BYTES {
            return Err("It is longer than 16 KiB.");
        }
        let parts = text.rsplit_once('.').and_then(|(message, signature)| {
            let (header, claims) = message.split_once('.')?;
            (!claims.contains('.')).then_some((message, header, claims, signature))
        });
        let (message, header, claims, signature) = parts.ok_or("It has not three parts.")?;
        let object = |part: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
            parse_strict(&bytes).ok().filter(Value::is_object)
        };
        let header = object(header).ok_or("Its header is no JSON object in base64url.")?;
        let claims = object(claims).ok_or("Its claims are no JSON object in base64url.")?;
        // Keys that it brings itself (jwk, jku, x5u, x5c) are never looked at (rule 21).
        if header.get("crit").is_some() {
            return Err("Its header asks for something that is not understood (crit).");
        }
        let text = |object: &Value, name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
        let algorithm = match header.get("alg").and_then(Value::as_str) {
            Some("RS256") => Algorithm::RS256,
            Some("PS256") => Algorithm::PS256,
            Some("ES256") => Algorithm::ES256,
            _ => return Err("Its alg is another one."),
        };
        let thumbprint = |name| {
            header
                .get(name)
                .and_then(Value::as_str)
                .and_then(|text| EITHER_PADDING.decode(text).ok())
        };
        let audiences = match claims.get("aud") {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => return Err("It has no aud."),
        };
        Ok(Self {
            algorithm,
            key: text(&header, "kid"),
            sha1: thumbprint("x5t"),
            sha256: thumbprint("x5t#S256"),
            issuer: text(&claims, "iss").ok_or("It has no iss.")?,
            subject: text(&claims, "sub").ok_or("It has no sub.")?,
            audiences,
            expires: claims.get("exp").and_then(Value::as_f64).ok_or("It has no exp.")?,
            not_before: claims.get("nbf").and_then(Value::as_f64),
            id: text(&claims, "jti"),
            claims,
            message,
            signature,
        })
    }

    /// Whether it is signed with that key, by its own algorithm.
    pub(super) fn is_signed_by(&self, key: &DecodingKey) -> bool {
        jsonwebtoken::crypto::verify(self.signature, self.message.as_bytes(), key, self.algorithm).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(header: &str, claims: &str) -> String {
        format!(
            "{}.{}.c2ln",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims)
        )
    }

    const CLAIMS: &str = r#"{"iss":"i","sub":"s","aud":"a","exp":1.5,"jti":"j"}"#;

    #[test]
    fn a_thumbprint_may_keep_its_padding_and_a_time_its_fraction() {
        for x5t in ["AAECAwQFBgcICQoLDA0ODxAREhM", "AAECAwQFBgcICQoLDA0ODxAREhM="] {
            let text = text(&format!(r#"{{"alg":"RS256","x5t":"{x5t}"}}"#), CLAIMS);
            let read = Statement::read(&text).unwrap();
            assert_eq!(read.sha1.as_deref(), Some(&(0..20).collect::<Vec<u8>>()[..]));
            assert!((read.expires - 1.5).abs() < f64::EPSILON);
        }
    }

    #[test]
    fn what_is_not_signed_as_it_has_to_be_is_not_read() {
        for header in [
            r#"{"alg":"none"}"#,
            r#"{"alg":"HS256"}"#,
            r#"{"alg":"RS256","crit":["x"]}"#,
            r#"{"alg":"none","alg":"RS256"}"#,
            "[]",
        ] {
            assert!(Statement::read(&text(header, CLAIMS)).is_err(), "{header}");
        }
        for claims in [
            r#"{"iss":"i","sub":"s","aud":"a"}"#,
            r#"{"iss":"i","sub":"s","aud":"a","exp":"1"}"#,
            r#"{"iss":"i","aud":"a","exp":1}"#,
            r#"{"iss":"i","sub":"s","exp":1}"#,
        ] {
            assert!(
                Statement::read(&text(r#"{"alg":"RS256"}"#, claims)).is_err(),
                "{claims}"
            );
        }
        assert!(Statement::read("a.b").is_err());
        assert!(Statement::read(&format!("{}.x", text(r#"{"alg":"RS256"}"#, CLAIMS))).is_err());
    }
}
