//! Everything that persists.
//!
//! - [`meta`]: the database, SQLite or PostgreSQL. It is the only source of truth (rule 56).
//! - [`blob`]: the bytes of blobs, in files or an object store. A file without a row is garbage; a row is never committed before its file.
//!
//! Nothing here decides about access or knows of HTTP.

pub mod blob;
mod error;
pub mod meta;

pub use error::StoreError;
