//! The registry protocol and its token endpoint, as clients use them.

mod anonymous;
mod bad_input;
mod blobs;
mod catalog;
mod client_auth_flows;
mod endings;
mod endpoint_table;
mod exchange;
mod lists;
mod manifests;
mod mounts;
mod names;
mod referrers;
mod sessions;
mod token_endpoint;
mod uploads;
