//! What clients are given on a person's behalf: authorization codes, device codes, refresh tokens, ID tokens (OAuth 2, OpenID Connect, rules 13 to 19).
//!
//! Whatever a client has begins with a person who proved who they are ([`crate::identity`]) and becomes a family of refresh tokens, whose id is the credential
//! of every access token that comes of it: when the family ends, so do they.

mod client;
mod code;
mod device_code;
mod grant;
mod introspection;
mod refresh;
mod scope;

pub use client::{Client, PUBLIC_CLIENT, client_find};
pub use code::{AuthorizationRequest, CodeProof};
pub use device_code::{DEVICE_CODE_LIFE, DeviceCodeRequest, IssuedDeviceCode};
pub use grant::{GrantError, PersonTokens};
pub use scope::GrantScope;
pub use wharf_store::meta::device_code::{DeviceCode, DeviceCodeState};
