//! What tests of the whole product need: a server in the test's own process, a clock and an entropy that the test holds, and actors.
//!
//! An actor does what a client does, by public routes alone: it signs in at the directory, fetches tokens, calls. So a test reads as what somebody did:
//!
//! ```text
//! let server = TestServer::start().await;
//! let registry = server.registry("myregistry").await;
//! let robot = server.robot_with("AcrPull", &registry).await;
//! robot.delete(&registry.id).await.expect(404);
//! ```
//!
//! Requests go through the router as they would from a connection, without one: nothing listens, so that a whole suite takes seconds. What only a real
//! connection shows is for the tests outside the workspace's crates.
//!
//! SQLite in a folder of its own by default; with `TEST_POSTGRES_URL` set, a database of its own on that server.

mod actor;
mod answer;
mod authenticator;
mod browser;
mod clock;
mod database;
mod directory;
mod entropy;
mod person;
mod place;
mod repository;
mod server;
mod stored;

pub use actor::{Actor, Ask};
pub use answer::Answer;
pub use authenticator::{Authenticator, Given};
pub use browser::Browser;
pub use clock::TestClock;
pub use entropy::TestEntropy;
pub use person::{Person, between, code_of};
pub use place::TestRegistry;
pub use repository::{IMAGE, INDEX, TestRepository, descriptor, digest, image};
pub use server::TestServer;
