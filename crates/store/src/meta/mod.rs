//! The database: one SQL text per statement, for SQLite and PostgreSQL.
//!
//! [`Read`] is a connection that can only read; [`Tx`] is a write transaction, which can read as well. A [`Tx`] is committed together with the
//! [`journal::Entry`] that says what it changed ([`Tx::commit`]): a change without a record does not compile.
//!
//! One file for each noun. Rules live in the schema (`migrations/`): unique, foreign key, check. A write looks at how many rows it touched.

#[macro_use]
mod query;

mod connection;
mod generations;
mod migrate;
mod open;
mod writer;

pub mod admin_password;
pub mod application;
pub mod authorization_code;
pub mod blob;
pub mod consent;
pub mod credential;
pub mod device_code;
mod directory_look;
pub mod external_identity;
pub mod federated_credential;
pub mod group;
pub mod identity_provider;
pub mod installation;
pub mod invitation;
pub mod journal;
pub mod key_credential;
pub mod last_use;
pub mod manifest;
pub mod passkey;
pub mod refresh_family;
pub mod registry;
pub mod repository;
pub mod resource_group;
pub mod revoked_token;
pub mod role_assignment;
pub mod scrub;
pub mod service_principal;
pub mod sign_in_failure;
pub mod signing_key;
pub mod subscription;
pub mod tag;
pub mod tombstone;
pub mod upload;
pub mod upstream_attempt;
pub mod used_assertion;
pub mod user;
pub mod user_secret;
pub mod web_session;

pub use connection::{Read, Tx, Unrecorded};
pub use generations::{ContentShard, Generations};
pub use open::{Database, MetaStore};

use std::str::FromStr;

use crate::StoreError;

/// Reads a stored text back into its type. A row that fits no value is an error that names table and row, never a default.
fn stored<T: FromStr>(table: &'static str, id: impl ToString, text: &str) -> Result<T, StoreError> {
    text.parse()
        .map_err(|_| StoreError::corrupt(table, id, format!("{text:?} is not a value of this column")))
}

/// Reads names back that the database put into one text; none of them holds a comma. They are in order as a rule; to ask for that costs the database a
/// second sorting, and us a look.
fn listed<T: FromStr + Ord>(table: &'static str, names: Option<String>) -> Result<Vec<T>, StoreError> {
    let names = names.unwrap_or_default();
    let names = names.split_terminator(',').map(|name| stored(table, name, name));
    let mut names = names.collect::<Result<Vec<T>, _>>()?;
    names.sort();
    Ok(names)
}

/// Reads a stored JSON text back.
fn stored_json<T: serde::de::DeserializeOwned>(
    table: &'static str,
    id: impl ToString,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::corrupt(table, id, error))
}

/// A list's cursor, which is whatever a client sent, cut at a NUL byte: PostgreSQL takes no text with one. Names hold none, so what follows it cannot
/// decide where a page starts.
fn cursor(after: &str) -> &str {
    after.split('\0').next().unwrap_or_default()
}

/// A value as JSON text. The types that are stored so have string keys and no special numbers, so this does not fail.
fn json_text<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A stored size or count, which the schema keeps from being negative.
fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A size or count for the database, which counts in signed numbers.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
