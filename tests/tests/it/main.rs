//! Specifications of Wharf as its users see it. Fixtures are in `tests/src`.
//!
//! `spec` holds for every client and is instantiated in each client's module, which adds what is that client's own.

mod acr_login;
mod across;
mod buildah;
mod conformance;
mod corp;
mod crane;
mod docker;
mod founding;
mod helm;
mod identity_provider;
mod keycloak;
mod ldap;
mod life;
mod oras;
mod podman;
mod refusals;
mod regctl;
mod relying_parties;
mod skopeo;
mod slow_and_many;
mod spec;
mod two_nodes;
mod workloads;
