//! Client assertions (RFC 7521, RFC 7523): an application proves who it is by a signed statement, its own or an issuer's that it trusts, and has no secret.
//!
//! [`statement`] reads one, [`certificate`] is about those that the application signs with the key of a certificate, [`federated`] about those that
//! somebody else signed for it, [`issuer`] fetches that one's keys.

mod certificate;
mod federated;
mod issuer;
mod statement;

pub use certificate::NewCertificate;
pub use federated::NewFederatedCredential;
pub(crate) use issuer::IssuerKeys;
pub(in crate::identity) use issuer::Metadata;

use wharf_store::meta::service_principal::ServicePrincipal;
use wharf_types::access::Principal;
use wharf_types::id::{KeyId, TenantId};

use crate::identity::{Audience, Caller, IssuedToken, SignedIn};
use crate::{App, Error};
pub(in crate::identity) use statement::Statement;

/// Why an assertion does not open.
#[derive(Debug, thiserror::Error)]
pub enum AssertionError {
    /// What can go wrong with any operation.
    #[error(transparent)]
    Operation(#[from] Error),
    /// It is no assertion, or signed in a way that is not accepted.
    #[error("The client assertion cannot be read: it has to be a JWT signed with RS256, PS256 or ES256. {0}")]
    Malformed(&'static str),
    /// Signed with a key that is none of the application's, or changed since.
    #[error(
        "The client assertion is not signed with a certificate of the application, or the certificate is not valid now: wharf ad sp credential reset --id APP_ID --cert FILE adds one."
    )]
    Key,
    /// Meant for somebody else.
    #[error("The client assertion is for another audience: its aud has to be {0}.")]
    Audience(String),
    /// Too old, too young, or good for too long.
    #[error(
        "The client assertion is not within its valid time range, or is valid for longer than a day. Check the clocks: it is {0} here."
    )]
    Times(String),
    /// Used before for the same resource.
    #[error("The client assertion was used before for this resource: make a new one, with a jti of its own.")]
    Used,
    /// Nothing says that the application accepts it.
    #[error(
        "No matching federated identity record found for the presented assertion: issuer '{issuer}', subject '{subject}', audience '{audience}'. They have to be those of a federated credential of the application, exactly: wharf ad app federated-credential create."
    )]
    NoFederatedCredential {
        /// `iss`.
        issuer: String,
        /// `sub`.
        subject: String,
        /// `aud`.
        audience: String,
    },
    /// Its issuer's keys cannot be had.
    #[error("The keys of the issuer cannot be fetched: {0}.")]
    Issuer(String),
    /// Signed with none of its issuer's keys.
    #[error("The assertion is not signed with a key that its issuer publishes now.")]
    IssuerKey,
}

/// A request for a token, with an assertion.
#[derive(Clone, Debug)]
pub struct AssertionGrant<'a> {
    /// The tenant, where the address names one.
    pub tenant: Option<TenantId>,
    /// `client_id`, which may be left out where the assertion says it.
    pub client_id: Option<&'a str>,
    /// The assertion.
    pub assertion: &'a str,
    /// Names of this token endpoint: what the assertion has to be for.
    pub endpoints: Vec<String>,
    /// What it is brought for.
    pub purpose: AssertionUse,
}

/// What an assertion is brought for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssertionUse {
    /// A token of the application's own, for that API: it is good for one.
    Token(Audience),
    /// To show who the client is. It may come again within its time, since MSAL makes one for some minutes: what is asked for with it is bound to a code or a
    /// refresh token, which are good once.
    Client,
}

/// The longest statement that is remembered as used: nobody needs a longer one.
const LONGEST_LIFE_SECONDS: f64 = 24.0 * 3600.0;
/// Clocks may differ by so much (rule 24).
const TOLERANCE_SECONDS: f64 = 60.0;

impl App {
    /// A service principal's token for an API, for an assertion in the place of a secret.
    pub async fn client_assertion_token(
        &self,
        caller: Caller,
        grant: AssertionGrant<'_>,
        audience: Audience,
    ) -> Result<IssuedToken, AssertionError> {
        let (principal, key) = self.client_assertion_check(caller, grant).await?;
        let (tenant, id, app) = (principal.tenant, principal.id, principal.app_id);
        Ok(self.directory_token_issue(tenant, id, app, key, audience, caller.now)?)
    }

    /// The service principal that shows by an assertion who it is, and the credential behind that.
    pub async fn client_assertion_check(
        &self,
        caller: Caller,
        grant: AssertionGrant<'_>,
    ) -> Result<(ServicePrincipal, KeyId), AssertionError> {
        let statement = Statement::read(grant.assertion).map_err(AssertionError::Malformed)?;
        let client = grant.client_id.unwrap_or(&statement.subject);
        let principal = match client.parse() {
            Ok(app_id) => self.service_principal_for_sign_in(app_id, grant.tenant).await?,
            Err(_) => None,
        };
        let is_own = statement.issuer.eq_ignore_ascii_case(client) && statement.subject.eq_ignore_ascii_case(client);
        let found = if is_own {
            Box::pin(self.certificate_check(caller, &grant, principal.as_ref(), &statement)).await
        } else {
            Box::pin(self.federated_check(caller, principal.as_ref(), &statement)).await
        };
        let tenant = principal.as_ref().map(|principal| principal.tenant);
        match (found, principal) {
            (Ok(key), Some(principal)) => {
                let signed_in = SignedIn {
                    tenant: principal.tenant,
                    principal: Principal::ServicePrincipal(principal.id),
                    credential: key,
                    confined_to: None,
                    refresh: None,
                };
                self.sign_in_done(caller, signed_in, &principal.app_id.to_string());
                Ok((principal, key))
            }
            (Err(AssertionError::Operation(error)), _) => Err(error.into()),
            (found, _) => {
                // Nothing can be guessed here, but a flood is slowed as every other.
                match self.sign_in_failed(caller, client, tenant, false).await? {
                    Error::Unauthenticated => Err(found.err().unwrap_or(AssertionError::Key)),
                    slowed => Err(slowed.into()),
                }
            }
        }
    }

    /// Goes on if a statement may be used at this time.
    fn statement_in_time(&self, caller: Caller, statement: &Statement) -> Result<(), AssertionError> {
        let now = caller.now.unix_seconds() as f64;
        let began = statement
            .not_before
            .is_none_or(|begin| begin <= now + TOLERANCE_SECONDS);
        let lives = statement.expires + TOLERANCE_SECONDS > now;
        let is_short = statement.expires <= now + LONGEST_LIFE_SECONDS + TOLERANCE_SECONDS;
        if began && lives && is_short {
            Ok(())
        } else {
            Err(AssertionError::Times(caller.now.to_string()))
        }
    }
}
