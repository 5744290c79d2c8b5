//! OAuth 2 words: token scopes of the registry, the claims of our tokens, and the answers of token endpoints.

mod answer;
mod claims;
mod header;
mod scope;

pub use answer::{DeviceCodeAnswer, DirectoryTokenAnswer, IntrospectionAnswer, OAuthErrorBody, RegistryTokenAnswer};
pub use claims::{AccessEntry, DirectoryAccessClaims, IdClaims, RegistryAccessClaims, RegistryRefreshClaims};
pub use header::TokenHeader;
pub use scope::{ScopeActions, ScopeError, ScopeResource, TokenScope, parse_scopes};
