//! `credentials.json`: secrets of service principals and refresh tokens of people, so that a sign-in lasts longer than a token.

use anyhow::anyhow;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use wharf_types::arm::SecretText;

use super::{Account, Store};

const FILE: &str = "credentials.json";

/// A principal of a tenant of a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Principal {
    pub(crate) server: String,
    pub(crate) tenant: String,
    pub(crate) app_id: String,
}

#[derive(Serialize, Deserialize)]
struct Credential {
    #[serde(flatten)]
    principal: Principal,
    secret: SecretText,
}

impl Principal {
    /// The principal that works in a subscription.
    pub(crate) fn of(account: &Account) -> Self {
        let (server, tenant) = (account.server.clone(), account.tenant_id.clone());
        Self {
            server,
            tenant,
            app_id: account.user.name.clone(),
        }
    }
}

impl Store {
    pub(crate) fn secret(&self, principal: &Principal) -> anyhow::Result<SecretString> {
        let credentials: Vec<Credential> = self.read(FILE)?;
        let found = credentials
            .into_iter()
            .find(|credential| credential.principal == *principal);
        let found = found.ok_or_else(|| anyhow!("there is no secret for {}; sign in again", principal.app_id))?;
        Ok(SecretString::from(found.secret.expose()))
    }

    pub(crate) fn keep_secret(&self, principal: &Principal, secret: SecretText) -> anyhow::Result<()> {
        self.update(FILE, |credentials: &mut Vec<Credential>| {
            credentials.retain(|credential| credential.principal != *principal);
            credentials.push(Credential {
                principal: principal.clone(),
                secret,
            });
        })
    }

    /// Forgets secrets and tokens of one app id, or all.
    pub(crate) fn forget_secrets(&self, app_id: Option<&str>) -> anyhow::Result<()> {
        let goes = |principal: &Principal| app_id.is_none_or(|id| principal.app_id.eq_ignore_ascii_case(id));
        self.update(FILE, |credentials: &mut Vec<Credential>| {
            credentials.retain(|credential| !goes(&credential.principal));
        })?;
        self.forget_tokens(goes)
    }
}
