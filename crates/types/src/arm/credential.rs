//! The admin account's two passwords: `listCredentials` and `regenerateCredential`.

use serde::{Deserialize, Serialize};

use super::{SecretText, input::InputBody};
use crate::rotation::CredentialUse;

/// Which of the two passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PasswordName {
    /// The first.
    Password,
    /// The second.
    Password2,
}

/// Answer of both operations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryCredentials {
    /// The registry's name.
    pub username: String,
    /// `password`, then `password2`.
    pub passwords: Vec<RegistryPassword>,
}

/// One password of the admin account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryPassword {
    /// Which one.
    pub name: PasswordName,
    /// The password.
    pub value: SecretText,
    /// Its use; an addition of ours.
    #[serde(flatten)]
    pub activity: Option<CredentialUse>,
}

/// Body of `regenerateCredential`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegenerateCredential {
    /// The password to replace; the other one stays.
    pub name: PasswordName,
}

impl InputBody for RegenerateCredential {
    const READ_ONLY: &'static [&'static str] = &[];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arm::input::parse;

    #[test]
    fn the_passwords_are_called_password_and_password2() {
        let names = [PasswordName::Password, PasswordName::Password2];
        assert_eq!(serde_json::to_string(&names).unwrap(), r#"["password","password2"]"#);
        assert!(parse::<RegenerateCredential>(br#"{"name":"password3"}"#).is_err());
    }
}
