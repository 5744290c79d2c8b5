//! What clients are given on a person's behalf: authorization codes, device codes, refresh tokens, ID tokens (OAuth 2, OpenID Connect, rules 13 to 19).
//!
//! Whatever a client has begins with a person who proved who they are ([`crate::identity`]) and becomes a family of refresh tokens, whose id is the credential
//! of every access token that comes of it: when the family ends, so do they.

mod client;
mod code;
mod consent;
mod device_code;
mod grant;
mod introspection;
mod redirect;
mod refresh;
mod scope;

pub use client::{Client, PUBLIC_CLIENT, PresentedClient};
pub use code::{AuthorizationRequest, CodeProof};
pub use consent::{AgreedApplication, NewConsent};
pub use device_code::{DEVICE_CODE_LIFE, DeviceCodeRequest, IssuedDeviceCode};
pub use grant::{GrantError, PersonTokens};
pub use introspection::SeenUser;
pub(crate) use redirect::check_addresses;
pub use scope::{GrantScope, Permission};
pub use wharf_store::meta::consent::{Consent, ConsentResource};
pub use wharf_store::meta::device_code::{DeviceCode, DeviceCodeState};
pub use wharf_store::meta::refresh_family::ClientKind;
