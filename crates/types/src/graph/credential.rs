//! Secrets of applications and service principals: `addPassword`, `removePassword`.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::arm::{SecretText, input::InputBody};
use crate::rotation::CredentialUse;

/// A secret as listed; the text itself only in the answer of `addPassword`, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PasswordCredential {
    /// Id of the secret; what `removePassword` takes.
    pub key_id: Uuid,
    /// For people.
    #[serde(default)]
    pub display_name: Option<String>,
    /// First characters of the secret, so that people can tell which one they hold.
    #[serde(default)]
    pub hint: Option<String>,
    /// From when it works.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub start_date_time: Option<OffsetDateTime>,
    /// Until when it works.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub end_date_time: Option<OffsetDateTime>,
    /// The secret; only in the answer of `addPassword`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_text: Option<SecretText>,
    /// Printed by clients; always null here.
    #[serde(default)]
    pub custom_key_identifier: Option<String>,
    /// Its use; an addition of ours.
    #[serde(flatten)]
    pub activity: Option<CredentialUse>,
}

/// Body of `addPassword`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddPassword {
    /// What kind of secret; absent means the defaults.
    #[serde(default)]
    pub password_credential: NewPassword,
}

impl InputBody for AddPassword {
    const READ_ONLY: &'static [&'static str] = &[
        "passwordCredential.keyId",
        "passwordCredential.hint",
        "passwordCredential.customKeyIdentifier",
        "passwordCredential.@odata.type",
    ];
}

/// What kind of secret to make.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewPassword {
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// From when it works; now when absent.
    #[serde(
        default,
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub start_date_time: Option<OffsetDateTime>,
    /// Until when it works; a year when absent.
    #[serde(
        default,
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub end_date_time: Option<OffsetDateTime>,
    /// A secret of the caller's choice. Microsoft's Graph refuses it; we take it, since the older `create-for-rbac --password` promised
    /// it. It must follow the rules for chosen passwords.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_text: Option<SecretText>,
}

/// Body of `removePassword`. The secret's id must be among those listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RemovePassword {
    /// Id of the secret.
    pub key_id: Uuid,
}

impl InputBody for RemovePassword {
    const READ_ONLY: &'static [&'static str] = &[];
}

/// A certificate that an application signs in with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyCredential {
    /// Id of the key; made by the server when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<Uuid>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// `AsymmetricX509Cert`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `Verify`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
    /// The certificate, base64 of DER; sent, never answered in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Thumbprint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_key_identifier: Option<String>,
    /// From when it works.
    #[serde(
        default,
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub start_date_time: Option<OffsetDateTime>,
    /// Until when it works.
    #[serde(
        default,
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub end_date_time: Option<OffsetDateTime>,
    /// Its use; an addition of ours.
    #[serde(flatten)]
    pub activity: Option<CredentialUse>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arm::input::parse;

    #[test]
    fn the_body_that_az_sends_is_accepted() {
        let body = br#"{"passwordCredential":{"displayName":"rbac","endDateTime":"2027-11-21T10:00:00Z","startDateTime":"2026-11-21T10:00:00Z"}}"#;
        let add = parse::<AddPassword>(body).unwrap();
        assert_eq!(add.password_credential.display_name.as_deref(), Some("rbac"));
        assert!(parse::<AddPassword>(br#"{"passwordCredential":{"displayName":null}}"#).is_ok());
    }

    #[test]
    fn a_listed_secret_has_no_text() {
        let body = r#"{"keyId":"7f951dda-4ed3-4680-a7ca-43fe172d538d"}"#;
        let listed: PasswordCredential = serde_json::from_str(body).unwrap();
        assert!(!serde_json::to_string(&listed).unwrap().contains("secretText"));
    }
}
