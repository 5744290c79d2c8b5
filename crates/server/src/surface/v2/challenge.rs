//! `WWW-Authenticate` (RFC 6750 §3; distribution, "Token Authentication Specification").

use http::HeaderValue;

/// What a client has to do to be let in.
#[derive(Clone, Debug)]
pub(crate) struct Challenge {
    pub(crate) realm: String,
    pub(crate) service: String,
    pub(crate) scope: Option<String>,
}

impl Challenge {
    /// The header's value. No blank follows a comma and no comma stands outside of `scope`: `az` splits there.
    ///
    /// `error` is a code and words for people: docker shows these, and not the body's.
    pub(crate) fn header(&self, error: Option<(&str, &str)>) -> HeaderValue {
        let mut text = format!("Bearer realm=\"{}\",service=\"{}\"", self.realm, self.service);
        if let Some(scope) = &self.scope {
            text.push_str(&format!(",scope=\"{scope}\""));
        }
        if let Some((error, description)) = error {
            let plain = |c: &char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\' | ',');
            let description: String = description.chars().filter(plain).collect();
            text.push_str(&format!(",error=\"{error}\",error_description=\"{description}\""));
        }
        // Every part was parsed from names that hold nothing but visible ASCII.
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("Bearer"))
    }
}
