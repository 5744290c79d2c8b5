//! Graph. One file per noun; every method is one operation of the wire.

mod application;
mod directory_object;
mod group;
mod identity_provider;
mod identity_provider_test;
mod permission_grant;
mod service_principal;
mod user;

use std::sync::Arc;

use crate::{Endpoints, TokenSource, Transport, api::Api};

/// A client of Graph.
#[derive(Clone, Debug)]
pub struct Graph {
    api: Api,
}

impl Graph {
    /// Opens no connection yet.
    pub fn new(transport: Transport, endpoints: &Endpoints, tokens: Arc<dyn TokenSource>) -> Self {
        Self {
            api: Api::new(transport, endpoints.graph.clone(), &endpoints.graph_audience, tokens),
        }
    }
}

/// A `$filter` as the query of a list; none lists all.
fn filter_query(filter: Option<&str>) -> Vec<(&str, &str)> {
    filter.map(|filter| ("$filter", filter)).into_iter().collect()
}
