//! What a client asks for on a person's behalf: one resource, and OpenID Connect's words.

use super::GrantError;
use crate::identity::Audience;

/// Longest text and most words (rule 28).
const MAX_BYTES: usize = 8 * 1024;
const MAX_SCOPES: usize = 100;

/// A `scope` parameter, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantScope {
    /// The API whose token is asked for.
    pub audience: Audience,
    /// Whether an ID token is asked for.
    pub openid: bool,
    /// Whether a refresh token is asked for.
    pub offline: bool,
    /// What is granted, in the words of the client: MSAL looks for them.
    pub granted: String,
}

impl GrantScope {
    /// Reads what a client asks for. Without a resource, that is the directory itself.
    pub fn parse(text: &str, base_url: &str) -> Result<Self, GrantError> {
        let shown = || text.chars().take(200).collect::<String>();
        if text.len() > MAX_BYTES || text.split_ascii_whitespace().count() > MAX_SCOPES {
            return Err(GrantError::Scope(shown()));
        }
        let mut scope = Self {
            audience: Audience::Graph,
            openid: false,
            offline: false,
            granted: String::new(),
        };
        let (mut granted, mut audience) = (Vec::new(), None);
        for word in text.split_ascii_whitespace() {
            match word {
                "openid" => scope.openid = true,
                "offline_access" => scope.offline = true,
                "profile" | "email" => {}
                resource => {
                    // `…/.default` is all that a person may do there, and so is `…/user_impersonation`.
                    let address = resource
                        .strip_suffix("/.default")
                        .or_else(|| resource.strip_suffix("/user_impersonation"))
                        .ok_or_else(|| GrantError::Scope(shown()))?;
                    let found = Audience::parse(address, base_url).ok_or_else(|| GrantError::Resource(shown()))?;
                    if audience.is_some_and(|known| known != found) {
                        return Err(GrantError::Scope(shown()));
                    }
                    audience = Some(found);
                }
            }
            granted.push(word);
        }
        scope.audience = audience.unwrap_or(Audience::Graph);
        scope.granted = granted.join(" ");
        Ok(scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://acr.example";

    #[test]
    fn a_client_asks_for_one_resource_and_for_openid_words() {
        let scope = GrantScope::parse(
            "https://management.core.windows.net//.default offline_access openid profile",
            BASE,
        );
        let scope = scope.unwrap();
        assert_eq!(
            (scope.audience, scope.openid, scope.offline),
            (Audience::ResourceManager, true, true)
        );
        assert!(
            scope
                .granted
                .starts_with("https://management.core.windows.net//.default ")
        );
        assert_eq!(GrantScope::parse("openid", BASE).unwrap().audience, Audience::Graph);
        for wrong in [
            "https://management.azure.com/.default https://graph.microsoft.com/.default",
            "repository:web:pull",
        ] {
            assert!(
                matches!(GrantScope::parse(wrong, BASE), Err(GrantError::Scope(_))),
                "{wrong}"
            );
        }
        assert!(matches!(
            GrantScope::parse("https://vault/.default", BASE),
            Err(GrantError::Resource(_))
        ));
        assert!(GrantScope::parse(&"openid ".repeat(101), BASE).is_err());
    }
}
