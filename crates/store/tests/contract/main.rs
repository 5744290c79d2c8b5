//! The storage contract: what every database and every place for bytes must do, and what must not happen.
//!
//! A case is a function over the surface, and its name is a sentence that is true of it. `store_contract!` makes each a test on SQLite and on
//! PostgreSQL, `blob_contract!` one on each place for bytes. There is no compile-time check of SQL, so every statement runs here at least once on both.
//!
//! PostgreSQL is the server that `TEST_POSTGRES_URL` names (backend.rs).

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says why it does nothing"
)]

#[macro_use]
mod backend;
mod fixture;

mod blob;
mod blobs;
mod clock;
mod consents;
mod credentials;
mod directory;
mod groups;
mod identity_providers;
mod journal;
mod manifests;
mod migration;
mod passkeys;
mod plans;
mod referrers;
mod registries;
mod repositories;
mod role_assignments;
mod scrub;
mod sign_in;
mod subscriptions;
mod tags;
mod transactions;
mod uploads;
mod users;
mod workloads;
