//! Wire types of Graph (`{GRAPH}/v1.0`): the part that `az ad`, the Azure SDKs and our own client use.
//!
//! One file per noun. An application and its service principal list the same credentials, because both stores must
//! sign in with the same app id. This module knows nothing of HTTP, storage or authorisation.

pub mod application;
pub mod credential;
pub mod directory_object;
pub mod error;
pub mod federated_credential;
pub mod group;
pub mod identity_provider;
pub mod identity_provider_test;
pub mod invitation;
pub mod list;
pub mod permission_grant;
pub mod service_principal;
pub mod user;

pub use application::Application;
pub use credential::PasswordCredential;
pub use directory_object::DirectoryObject;
pub use error::{GraphError, GraphErrorDetail};
pub use group::Group;
pub use identity_provider::IdentityProvider;
pub use list::GraphPage;
pub use service_principal::ServicePrincipal;
pub use user::User;
