//! The resource manager. One file per noun; every method is one operation of the wire.

mod activity;
mod check_access;
mod registry;
mod resource_group;
mod role;
mod subscription;

use std::sync::Arc;

use crate::{Endpoints, TokenSource, Transport, api::Api};

pub use activity::ActivityFilter;

/// The api-versions that are sent; the same as `az` sends.
mod version {
    pub(super) const ACTIVITY: &str = "2015-04-01";
    pub(super) const ALIAS: &str = "2021-10-01";
    pub(super) const REGISTRY: &str = "2026-09-01-preview";
    pub(super) const RESOURCES: &str = "2024-11-01";
    pub(super) const ROLE_ASSIGNMENT: &str = "2022-04-01";
    pub(super) const ROLE_DEFINITION: &str = "2022-05-01-preview";
    pub(super) const SUBSCRIPTION: &str = "2022-12-01";
}

/// A client of the resource manager.
#[derive(Clone, Debug)]
pub struct ResourceManager {
    api: Api,
}

impl ResourceManager {
    /// Opens no connection yet.
    pub fn new(transport: Transport, endpoints: &Endpoints, tokens: Arc<dyn TokenSource>) -> Self {
        let audience = &endpoints.resource_manager_audience;
        Self {
            api: Api::new(transport, endpoints.resource_manager.clone(), audience, tokens),
        }
    }
}
