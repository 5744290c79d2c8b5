//! Secrets, tokens, sign-in, applications and service principals.

mod applications;
mod bootstrap;
mod callers;
mod common_secrets;
mod credentials;
mod revoked_tokens;
mod secret_check;
mod service_principals;
mod sign_in;
mod signer;
mod slow_hash;
mod throttle;
mod token_cache;
mod tokens;
mod usage;
mod vault;

pub use applications::NewApplication;
pub use bootstrap::FirstOwner;
pub use callers::{Caller, Presented};
pub use credentials::{IssuedCredential, NewCredential};
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
pub(crate) use usage::{Usage, Use};
pub use vault::Vault;
pub use wharf_store::meta::application::Application;
pub use wharf_store::meta::credential::Credential;
pub use wharf_store::meta::service_principal::ServicePrincipal;
