//! Secrets, tokens, sign-in, and the directory: people, groups, applications and service principals.

mod applications;
mod assertion;
mod bootstrap;
mod callers;
mod common_secrets;
mod credentials;
mod groups;
mod known_secrets;
mod memberships;
pub(crate) mod people;
mod revoked_tokens;
mod secret_check;
mod service_principals;
mod sign_in;
mod signer;
mod slow_hash;
mod throttle;
mod token_cache;
pub(crate) mod tokens;
mod upstream;
mod usage;
mod user_credentials;
mod users;
mod vault;

pub use applications::{ApplicationChange, NewApplication};
pub(crate) use assertion::IssuerKeys;
pub use assertion::{AssertionError, AssertionGrant, AssertionUse, NewCertificate, NewFederatedCredential};
pub use bootstrap::FirstOwner;
pub use callers::{Caller, Presented};
pub use credentials::{IssuedCredential, NewCredential};
pub use groups::{GroupChange, GroupFilter, NewGroup};
pub(crate) use known_secrets::KnownSecrets;
pub use memberships::DirectoryObject;
pub(crate) use memberships::principal_kind;
pub use people::{
    Browser, BrowserSession, Confirmed, Factor, FactorOffer, Factors, FirstPerson, INVITATION_LIFE, PasskeyAnswer,
    PasskeyAsk, SignInProgress,
};
pub(crate) use revoked_tokens::RevokedTokens;
pub(crate) use secret_check::hex;
pub use service_principals::PrincipalFilter;
pub(crate) use sign_in::SignedIn;
pub(crate) use signer::Signer;
pub(crate) use slow_hash::SlowHasher;
pub(crate) use throttle::Throttle;
pub(crate) use token_cache::TokenCaches;
pub(crate) use tokens::DirectoryTokenProblem;
pub use tokens::{Audience, IssuedToken};
pub(crate) use upstream::Directories;
pub use upstream::{
    Claims, NewProvider, ProviderChange, UpstreamAnswer, UpstreamError, UpstreamRefusal, UpstreamReturn,
};
pub(crate) use usage::Usage;
pub(crate) use user_credentials::user_credential;
pub use users::{FirstPassword, NewUser, UserChange, UserFilter};
pub use vault::Vault;
pub use wharf_client::ldap::{LdapPerson, LdapStep, LdapTrial};
pub use wharf_store::meta::application::{Application, ClientSettings};
pub use wharf_store::meta::credential::Credential;
pub use wharf_store::meta::external_identity::ExternalIdentity;
pub use wharf_store::meta::federated_credential::FederatedCredential;
pub use wharf_store::meta::group::Group;
pub use wharf_store::meta::identity_provider::IdentityProvider;
pub use wharf_store::meta::key_credential::KeyCredential;
pub use wharf_store::meta::last_use::LastUse;
pub use wharf_store::meta::passkey::Passkey;
pub use wharf_store::meta::refresh_family::RefreshFamily;
pub use wharf_store::meta::service_principal::ServicePrincipal;
pub use wharf_store::meta::user::User;
pub use wharf_store::meta::web_session::{WebSession, WebSessionStage};
