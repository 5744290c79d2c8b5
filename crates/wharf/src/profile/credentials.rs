//! `credentials.json`: what service principals prove with who they are, and refresh tokens of people, so that a sign-in lasts longer than a token.

use std::{io::Read, path::PathBuf};

use anyhow::{Context, anyhow};
use serde::{Deserialize, Serialize};
use wharf_client::{ClientCertificate, ClientProof};
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
    #[serde(flatten)]
    proof: Proof,
}

/// What a principal proves with who it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Proof {
    /// Its secret.
    Secret(SecretText),
    /// A file with its certificate and its key, which stays where it is.
    Certificate(PathBuf),
    /// A token of an issuer that it accepts.
    FederatedToken(SecretText),
    /// A file with one, which others write anew.
    FederatedTokenFile(PathBuf),
    /// A person's, good once: the next one takes its place.
    RefreshToken(SecretText),
}

/// The longest file of a proof, in bytes.
const FILE_MAX: u64 = 1 << 20;

impl Proof {
    /// What is to be sent, read anew where it is in a file.
    pub(crate) fn read(&self) -> anyhow::Result<ClientProof> {
        let file = |path: &PathBuf| {
            let mut content = Vec::new();
            let opened = std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
            opened.take(FILE_MAX).read_to_end(&mut content)?;
            anyhow::Ok(content)
        };
        Ok(match self {
            Self::RefreshToken(_) => {
                anyhow::bail!("a person signs in with a browser or a device code, not as an application")
            }
            Self::Secret(secret) => ClientProof::Secret(secret.expose().into()),
            Self::FederatedToken(token) => ClientProof::Assertion(token.expose().into()),
            Self::FederatedTokenFile(path) => {
                let token = String::from_utf8(file(path)?).with_context(|| format!("{} is no text", path.display()))?;
                ClientProof::Assertion(token.trim().into())
            }
            Self::Certificate(path) => {
                let certificate = ClientCertificate::from_pem(&file(path)?);
                ClientProof::Certificate(certificate.with_context(|| path.display().to_string())?)
            }
        })
    }
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
    pub(crate) fn proof(&self, principal: &Principal) -> anyhow::Result<Proof> {
        let credentials: Vec<Credential> = self.read(FILE)?;
        let found = credentials
            .into_iter()
            .find(|credential| credential.principal == *principal);
        let found = found.ok_or_else(|| anyhow!("there is no secret for {}; sign in again", principal.app_id))?;
        Ok(found.proof)
    }

    pub(crate) fn keep_proof(&self, principal: &Principal, proof: Proof) -> anyhow::Result<()> {
        self.update(FILE, |credentials: &mut Vec<Credential>| {
            credentials.retain(|credential| credential.principal != *principal);
            credentials.push(Credential {
                principal: principal.clone(),
                proof,
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
