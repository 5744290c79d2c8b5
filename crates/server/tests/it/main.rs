//! The surfaces as their clients see them: one module for each surface, and those that go across.

mod access;
mod applications;
mod arm;
mod assertions;
mod directory;
mod documents;
mod endpoint_table;
mod explain;
mod grants;
mod graph;
mod groups;
mod journal;
mod listen;
mod people;
mod registry;
mod registry_resource;
mod roles;
mod rules;
mod scrub;
mod sign_in;
mod users;
