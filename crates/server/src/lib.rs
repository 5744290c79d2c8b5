//! The product over HTTP.
//!
//! One listener, several surfaces, told apart by host and path ([`surface`]). A handler unpacks the request, calls one operation of [`wharf_app::App`], and packs
//! the answer; each surface has one table from errors to its own statuses and codes. Nothing here reads the database or decides about access.

mod body;
mod call;
pub mod endpoint;
mod filter;
mod host;
pub mod listen;
mod operations;
mod path;
mod request;
pub mod surface;

pub use surface::{answer, router};
