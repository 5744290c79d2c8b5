//! An organisation's own directory, asked over LDAP (RFC 4511): whether a password is somebody's, who they are, and which groups they are in.
//!
//! It only reads. Referrals are not followed: they name servers that nobody chose.
//!
//! **Invariant:** no password is sent before the connection is protected, unless the operator said so; none is sent that is empty, because a directory takes such a bind for one
//! without a name and says yes (RFC 4513 §5.1.2).
//!
//! **Invariant:** every wait, every answer and every count is bounded ([`LdapLimits`]), and nothing that a directory answers can end more than the one question: what the protocol's
//! library reads was looked at before (`wire.rs`), and the library runs in a task of its own.

mod ber;
mod connect;
mod directory;
mod error;
mod groups;
mod limits;
mod person;
mod search;
mod trial;
mod wire;

pub use directory::LdapDirectory;
pub use error::{LdapError, LdapRefusal};
pub use limits::LdapLimits;
pub use person::LdapPerson;
pub use trial::{LdapStep, LdapTrial};
