//! People.

use serde::{Deserialize, Deserializer, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::arm::{SecretText, input::InputBody};

/// A user as answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Object id.
    pub id: Uuid,
    /// Sign-in name.
    pub user_principal_name: String,
    /// For people.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Where mail reaches them.
    #[serde(default)]
    pub mail: Option<String>,
    /// Whether they may sign in.
    #[serde(default)]
    pub account_enabled: Option<bool>,
    /// When they were added.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub created_date_time: Option<OffsetDateTime>,
}

/// A password that somebody else chose for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PasswordProfile {
    /// The password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretText>,
    /// Whether another has to be chosen at the next sign-in; it does unless this says no (Graph).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub force_change_password_next_sign_in: Option<bool>,
}

/// Body of POST: exactly what `az` sends, and `mail`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserPost {
    /// Sign-in name.
    pub user_principal_name: String,
    /// For people.
    pub display_name: String,
    /// The part before the `@` of a mailbox here; Wharf has none, and keeps nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail_nickname: Option<String>,
    /// Where mail reaches them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// Whether they may sign in.
    pub account_enabled: bool,
    /// The password to begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_profile: Option<PasswordProfile>,
}

impl InputBody for UserPost {
    const READ_ONLY: &'static [&'static str] = &["id", "createdDateTime"];
}

/// Body of PATCH: what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserPatch {
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// See [`UserPost::mail_nickname`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail_nickname: Option<String>,
    /// Where mail reaches them; `null` for nowhere.
    #[serde(default, deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    pub mail: Option<Option<String>>,
    /// Whether they may sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_enabled: Option<bool>,
    /// Another password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_profile: Option<PasswordProfile>,
}

impl InputBody for UserPatch {
    const READ_ONLY: &'static [&'static str] = &["id", "createdDateTime"];
}

/// Tells `null` from a field that is not there.
pub(super) fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arm::input::parse;

    #[test]
    fn the_body_that_az_sends_is_accepted_and_its_password_does_not_print() {
        let body = br#"{"userPrincipalName":"a@b.example","displayName":"A","mailNickname":"a","accountEnabled":true,
            "passwordProfile":{"password":"violet tangent harbour 9","forceChangePasswordNextSignIn":false}}"#;
        let post = parse::<UserPost>(body).unwrap();
        assert!(!format!("{post:?}").contains("violet"));
        assert!(
            parse::<UserPost>(
                br#"{"userPrincipalName":"a@b.example","displayName":"A","accountEnabled":true,"jobTitle":"x"}"#
            )
            .is_err()
        );
    }

    #[test]
    fn no_mail_is_not_the_same_as_mail_that_stays() {
        assert_eq!(parse::<UserPatch>(br#"{"mail":null}"#).unwrap().mail, Some(None));
        assert_eq!(parse::<UserPatch>(b"{}").unwrap().mail, None);
        let patch = parse::<UserPatch>(br#"{"mail":"a@b"}"#).unwrap();
        assert_eq!(patch.mail, Some(Some("a@b".to_owned())));
        assert_eq!(serde_json::to_string(&patch).unwrap(), r#"{"mail":"a@b"}"#);
    }
}
