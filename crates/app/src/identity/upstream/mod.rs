//! Identity providers: people sign in with what their organisation has, beside accounts of our own.
//!
//! [`providers`] are objects of the directory; [`links`] say which account a provider's subject is; [`sign_in`] is where every kind of provider ends: what it
//! says of somebody ([`Claims`]) becomes an account, memberships and a session. How a kind is spoken to has a file of its own.
//!
//! **Invariants.** Who comes by a provider bears a name within its domains. An account that was there before is never taken over because of its name: somebody
//! who may links it. What a provider gave, it takes away, and nothing of it holds once it is switched off. What somebody gave by hand it leaves alone.

mod ldap;
mod links;
mod memberships;
mod open_id_connect;
mod providers;
mod sign_in;

pub(crate) use ldap::{Directories, PasswordPlace};
pub use open_id_connect::{UpstreamAnswer, UpstreamReturn};
pub use providers::{NewProvider, ProviderChange};
pub use sign_in::{Claims, UpstreamError, UpstreamRefusal};
