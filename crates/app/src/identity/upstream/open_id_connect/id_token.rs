//! Whether an ID token is believed (OpenID Connect Core 1.0 §3.1.3.7, RFC 8725). Every claim that is asked for has to be there, with its type.

use serde_json::Value;
use wharf_types::identity_provider::OpenIdConnectSettings;
use wharf_types::time::Time;

use crate::identity::assertion::Statement;

/// Clocks may differ by so much (rule 24).
const TOLERANCE_SECONDS: f64 = 60.0;
/// An ID token is for the sign-in that is under way, which takes ten minutes at most.
const MAX_AGE_SECONDS: f64 = 600.0;

/// What an ID token has to match.
pub(super) struct Expected<'a> {
    pub(super) settings: &'a OpenIdConnectSettings,
    pub(super) nonce: &'a str,
    /// When the browser was sent there, if it was to prove anew who its user is.
    pub(super) proved_since: Option<Time>,
    pub(super) now: Time,
}

/// Says what is wrong with an ID token, all but its signature. A key of the issuer's is asked for only when all of this is right.
pub(super) fn check(statement: &Statement<'_>, expected: &Expected<'_>) -> Result<(), &'static str> {
    let Expected {
        settings,
        nonce,
        proved_since,
        now,
    } = expected;
    let now = now.unix_seconds() as f64;
    let text = |name: &str| statement.claims.get(name).and_then(Value::as_str);
    let number = |name: &str| statement.claims.get(name).and_then(Value::as_f64);
    if statement.issuer != settings.issuer {
        return Err("its ID token is of another issuer (iss)");
    }
    if !statement.audiences.contains(&settings.client_id) {
        return Err("its ID token is for another program (aud)");
    }
    let party = statement.claims.get("azp");
    if (statement.audiences.len() > 1 || party.is_some()) && text("azp") != Some(settings.client_id.as_str()) {
        return Err("its ID token was issued to another program (azp)");
    }
    if text("nonce") != Some(nonce) {
        return Err("its ID token is of another sign-in (nonce)");
    }
    if statement.expires + TOLERANCE_SECONDS <= now {
        return Err("its ID token has ended (exp): check the clocks");
    }
    let issued = number("iat").ok_or("its ID token does not say when it was issued (iat)")?;
    if issued > now + TOLERANCE_SECONDS || issued + MAX_AGE_SECONDS + TOLERANCE_SECONDS < now {
        return Err("its ID token was not issued just now (iat): check the clocks");
    }
    if statement
        .not_before
        .is_some_and(|begin| begin > now + TOLERANCE_SECONDS)
    {
        return Err("its ID token is not valid yet (nbf): check the clocks");
    }
    if let Some(since) = proved_since {
        let at = number("auth_time").ok_or("it does not say when you proved who you are (auth_time)")?;
        if at + TOLERANCE_SECONDS < since.unix_seconds() as f64 {
            return Err("it did not ask you again who you are (auth_time)");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn checked(change: &[(&str, Value)], proved_since: Option<Time>) -> Result<(), &'static str> {
        let mut claims = json!({
            "iss": "https://id.example", "sub": "1", "aud": "wharf", "exp": NOW + 300, "iat": NOW - 5, "nonce": "n",
        });
        for (name, value) in change {
            claims[*name] = value.clone();
        }
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!(
            "{}.{}.c2ln",
            encode(&json!({"alg": "ES256", "kid": "1"})),
            encode(&claims)
        );
        let settings = serde_json::from_value(json!({"issuer": "https://id.example", "clientId": "wharf"})).unwrap();
        let expected = Expected {
            settings: &settings,
            nonce: "n",
            proved_since,
            now: Time::from_unix_seconds(NOW),
        };
        check(&Statement::read(&text)?, &expected)
    }

    #[test]
    fn a_token_for_this_sign_in_is_right() {
        assert_eq!(checked(&[], None), Ok(()));
        assert_eq!(checked(&[("aud", json!(["wharf"]))], None), Ok(()));
        assert_eq!(
            checked(&[("aud", json!(["wharf", "x"])), ("azp", json!("wharf"))], None),
            Ok(())
        );
        assert_eq!(
            checked(&[("exp", json!(NOW - 59)), ("iat", json!(NOW + 60))], None),
            Ok(())
        );
    }

    #[test]
    fn a_token_of_anything_else_is_not() {
        for (name, value, problem) in [
            ("iss", json!("https://id.example/"), "iss"),
            ("aud", json!("other"), "aud"),
            ("aud", json!(["wharf", "other"]), "azp"),
            ("azp", json!("other"), "azp"),
            ("azp", json!(7), "azp"),
            ("nonce", json!("other"), "nonce"),
            ("nonce", Value::Null, "nonce"),
            ("exp", json!(NOW - 60), "exp"),
            ("iat", json!(NOW + 61), "iat"),
            ("iat", json!(NOW - 700), "iat"),
            ("iat", Value::Null, "iat"),
            ("nbf", json!(NOW + 61), "nbf"),
        ] {
            let refused = checked(&[(name, value.clone())], None).unwrap_err();
            assert!(refused.contains(problem), "{name} {value}: {refused}");
        }
    }

    #[test]
    fn who_was_to_prove_it_anew_has_to_have_done_so() {
        let since = Some(Time::from_unix_seconds(NOW - 30));
        assert!(checked(&[], since).is_err());
        assert!(checked(&[("auth_time", json!(NOW - 600))], since).is_err());
        assert_eq!(checked(&[("auth_time", json!(NOW - 10))], since), Ok(()));
    }
}
