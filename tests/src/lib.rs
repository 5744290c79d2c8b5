//! Wharf seen from outside: the built `wharf` binary and real registry clients, run as a user runs them.
//!
//! Everything here is a fixture; the specifications are in `tests/it`. Nothing links to Wharf's own crates, so that
//! a test can use only what a user can. Every command is bounded in time and isolated from the home of whoever runs it,
//! and a program that is missing fails the test with what to install.

mod authenticator_app;
mod browser;
mod chromium;
mod cli;
mod client;
mod command;
mod crowd;
mod disk;
mod dockerd;
mod host;
mod http;
mod image;
mod keycloak;
mod oci;
mod options;
mod pages;
mod person;
pub mod program;
mod relying_party;
mod server;
mod slapd;
mod visitor;
mod wire;
mod world;

pub use authenticator_app::AuthenticatorApp;
pub use browser::{Browser, Seen};
pub use chromium::Chromium;
pub use cli::Cli;
pub use client::{Buildah, Client, Crane, Docker, Endpoint, Helm, Oras, Podman, Regctl, Skopeo, User};
pub use command::{Ran, Run, eventually};
pub use crowd::{Crowd, Found};
pub use disk::Disk;
pub use dockerd::Dockerd;
pub use host::HostNames;
pub use http::{Reply, Request};
pub use image::{Layout, digest, unique};
pub use keycloak::Keycloak;
pub use oci::{Algorithm, Ask, Oci, Place, SignIn};
pub use options::{Options, free_port, new_database};
pub use pages::Pages;
pub use person::Person;
pub use program::{debian, go, node_package, wharf};
pub use relying_party::relying_party;
pub use server::Wharf;
pub use slapd::Slapd;
pub use visitor::Visitor;
pub use world::{Role, World};
