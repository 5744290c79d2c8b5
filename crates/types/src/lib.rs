//! The vocabulary of Wharf and its pure rules.
//!
//! Names, digests, resource ids, roles, [`access::decide`], the wire types of each surface and the parser of `/v2` paths. Nothing here
//! waits, reads a file, a socket or a clock: whatever needs the outside takes it as an argument ([`time::Clock`], [`entropy::Entropy`]).
//!
//! A value of a type of this crate is valid: it is made only by parsing, so that no later code checks again.

pub mod access;
pub mod arm;
pub mod authorization;
pub mod client_name;
pub mod digest;
pub mod entropy;
pub mod graph;
pub mod id;
pub mod identity_provider;
pub mod journal;
pub mod json;
pub mod ldap;
pub mod link;
pub mod manifest;
pub mod name;
pub mod oauth;
pub mod page;
pub mod range;
pub mod resource;
pub mod rotation;
pub mod secret;
pub mod time;
pub mod user_name;
pub mod v2;
