//! Identity providers: where people sign in beside the accounts of their own.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::ObjectId;
use crate::ldap::LdapInput;

/// How a provider is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProviderKind {
    /// OpenID Connect.
    OpenIdConnect,
    /// LDAP, Active Directory among it.
    Ldap,
}

impl ProviderKind {
    /// All of them.
    pub const ALL: &[ProviderKind] = &[Self::OpenIdConnect, Self::Ldap];

    /// The word that is stored, and that the command line takes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenIdConnect => "oidc",
            Self::Ldap => "ldap",
        }
    }

    /// The graph's name of the type (`@odata.type`).
    pub const fn odata_type(self) -> &'static str {
        match self {
            Self::OpenIdConnect => "#microsoft.graph.openIdConnectProvider",
            // The graph knows none: a name of its form.
            Self::Ldap => "#microsoft.graph.ldapProvider",
        }
    }

    /// The settings that say where the secret goes, and whether anybody on the way can read it.
    pub const fn places_of_the_secret(self) -> &'static [&'static str] {
        match self {
            Self::OpenIdConnect => &["issuer"],
            Self::Ldap => &["urls", "plainText", "certificateAuthorities"],
        }
    }

    /// What the graph calls the secret that we sign in there with.
    pub const fn secret_name(self) -> &'static str {
        match self {
            Self::OpenIdConnect => "clientSecret",
            Self::Ldap => "bindPassword",
        }
    }
}

/// A text that names none of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such kind")]
pub struct UnknownKind;

impl FromStr for ProviderKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.as_str() == text)
            .ok_or(UnknownKind)
    }
}

impl fmt::Display for ProviderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where the second factor of those who come from a provider is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SecondFactor {
    /// Here, as of everybody else.
    #[default]
    Here,
    /// There: what the provider says of it is believed.
    Trusted,
}

impl SecondFactor {
    /// The word that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Trusted => "trusted",
        }
    }
}

impl FromStr for SecondFactor {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "here" => Ok(Self::Here),
            "trusted" => Ok(Self::Trusted),
            _ => Err(UnknownKind),
        }
    }
}

/// Whoever the provider says to be in a group of its own is a member of a group of ours.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupMapping {
    /// What the provider calls its group, exactly.
    pub value: String,
    /// Our group.
    #[serde(rename = "groupId")]
    pub group: ObjectId,
}

/// What a provider's kind needs, as the graph shows it and as it is stored.
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and not for long")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderSettings {
    /// OpenID Connect.
    OpenIdConnect(OpenIdConnectSettings),
    /// LDAP.
    Ldap(Box<LdapInput>),
}

impl ProviderSettings {
    /// Reads the settings of a kind. Unknown fields are refused.
    ///
    /// # Errors
    /// What is wrong with them, naming the field.
    pub fn read(kind: ProviderKind, settings: Value) -> Result<Self, serde_json::Error> {
        match kind {
            ProviderKind::OpenIdConnect => serde_json::from_value(settings).map(Self::OpenIdConnect),
            ProviderKind::Ldap => serde_json::from_value(settings).map(|input| Self::Ldap(Box::new(input))),
        }
    }

    /// The fields as the graph shows them and as they are stored.
    pub fn fields(&self) -> Map<String, Value> {
        let value = match self {
            Self::OpenIdConnect(settings) => serde_json::to_value(settings),
            Self::Ldap(input) => serde_json::to_value(input),
        };
        // Structs of texts and lists have text keys.
        match value {
            Ok(Value::Object(fields)) => fields,
            _ => Map::new(),
        }
    }

    /// How the provider is spoken to.
    pub const fn kind(&self) -> ProviderKind {
        match self {
            Self::OpenIdConnect(_) => ProviderKind::OpenIdConnect,
            Self::Ldap(_) => ProviderKind::Ldap,
        }
    }
}

/// How we say who we are at a token endpoint (OpenID Connect Core 1.0 §9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// In the `Authorization` field.
    #[default]
    ClientSecretBasic,
    /// In the form.
    ClientSecretPost,
}

/// What an OpenID Connect provider needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpenIdConnectSettings {
    /// The provider's name, exactly as its own metadata says it (OpenID Connect Discovery 1.0 §4.3).
    pub issuer: String,
    /// What we are called there.
    pub client_id: String,
    /// What is asked for, beside `openid`.
    #[serde(default = "usual_scope")]
    pub scope: String,
    /// How we say who we are.
    #[serde(default)]
    pub client_authentication: ClientAuthentication,
    /// What the claims are called.
    #[serde(default)]
    pub claims_mapping: ClaimNames,
    /// Values of `amr` of which one says that a second factor was shown.
    #[serde(default)]
    pub second_factor_methods: Vec<String>,
    /// Values of `acr` of which one says that a second factor was shown. They are asked for as well.
    #[serde(default)]
    pub second_factor_contexts: Vec<String>,
}

fn usual_scope() -> String {
    "openid profile email".to_owned()
}

/// What a provider calls what it says about people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ClaimNames {
    /// The name that they sign in with.
    pub user_principal_name: String,
    /// Their name for people.
    pub display_name: String,
    /// Where mail reaches them; believed only with `email_verified`.
    pub email: String,
    /// The groups that they are in.
    pub groups: String,
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self {
            user_principal_name: "preferred_username".to_owned(),
            display_name: "name".to_owned(),
            email: "email".to_owned(),
            groups: "groups".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_have_defaults_and_refuse_what_they_do_not_know() {
        let kind = ProviderKind::OpenIdConnect;
        let read = ProviderSettings::read(kind, json!({"issuer": "https://id.example", "clientId": "wharf"})).unwrap();
        assert_eq!(read.kind(), kind);
        assert_eq!(read.fields()["claimsMapping"]["groups"], "groups");
        assert_eq!(read.fields()["scope"], "openid profile email");
        assert_eq!(
            ProviderSettings::read(kind, Value::Object(read.fields())).unwrap(),
            read
        );
        let error = ProviderSettings::read(kind, json!({"issuer": "i", "clientId": "c", "colour": 1})).unwrap_err();
        assert!(error.to_string().contains("colour"), "{error}");
    }

    #[test]
    fn words_are_read_back() {
        for kind in ProviderKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
        }
        for place in [SecondFactor::Here, SecondFactor::Trusted] {
            assert_eq!(place.as_str().parse(), Ok(place));
        }
        assert_eq!("saml".parse::<ProviderKind>(), Err(UnknownKind));
    }
}
