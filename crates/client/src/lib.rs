//! Typed HTTP client of a Wharf server (or of anything that speaks the same wire): directory sign-in, resource manager, Graph.
//!
//! The command line uses it, and so will replication and import; therefore nothing here prints, reads the environment
//! (except for the platform's own certificate store), keeps files or knows the wall clock. What a caller must supply: a
//! source of tokens ([`TokenSource`]) and a source of random request ids ([`TransportOptions::request_id`]).
//!
//! **Invariant:** credentials go only to the origin that was configured, or that the server's metadata names. Redirects are never
//! followed, and of a `nextLink` only path and query are used.
//!
//! [`Fetcher`] is for addresses that somebody else chose, and [`ldap`] for an organisation's own directory.
//!
//! **Invariant:** every wait is bounded: connecting, answering, retries, pages, long-running operations, size of an answer.

pub mod arm;
pub mod graph;
pub mod ldap;

mod api;
mod directory;
mod endpoints;
mod error;
mod fetch;
mod operation;
mod proof;
mod registry;
mod retry;
mod server_url;
mod token;
mod transport;
mod trust;

pub use arm::ResourceManager;
pub use directory::{DeviceCodes, Directory, IssuedToken, PersonTokens};
pub use endpoints::Endpoints;
pub use error::{ClientError, ServiceError};
pub use fetch::{FetchError, FetchPolicy, Fetcher};
pub use graph::Graph;
pub use proof::{ClientCertificate, ClientProof};
pub use registry::{REGISTRY_SCOPE, RegistryTokens};
pub use retry::RetryPolicy;
pub use server_url::ServerUrl;
pub use token::{ClientCredentials, TokenFuture, TokenSource};
pub use transport::{Transport, TransportOptions};
pub use trust::Trust;
