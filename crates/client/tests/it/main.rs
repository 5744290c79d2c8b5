//! The client against a small stand-in server: which requests it sends, and what it makes of the answers.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod arm;
mod graph;
mod sign_in;
mod stand_in;
mod trouble;

use std::sync::Arc;

use secrecy::SecretString;
use wharf_client::{
    ClientError, Endpoints, Graph, ResourceManager, ServerUrl, TokenFuture, TokenSource, Transport, TransportOptions,
};

use stand_in::StandIn;

/// Hands out `token-1`, and `token-2` when asked for a fresh one.
struct FixedTokens;

impl TokenSource for FixedTokens {
    fn token<'a>(&'a self, _scope: &'a str, fresh: bool) -> TokenFuture<'a> {
        Box::pin(async move { Ok(SecretString::from(if fresh { "token-2" } else { "token-1" })) })
    }
}

fn transport() -> Transport {
    let id = "7f951dda-4ed3-4680-a7ca-43fe172d538d".parse().unwrap();
    Transport::new(TransportOptions::new("test", Arc::new(move || id))).unwrap()
}

fn server_url(server: &StandIn) -> ServerUrl {
    ServerUrl::parse(&server.url(), false).unwrap()
}

fn endpoints(server: &StandIn) -> Endpoints {
    let url = server_url(server);
    Endpoints {
        name: "test".to_owned(),
        resource_manager: url.clone(),
        resource_manager_audience: "https://arm.example".to_owned(),
        directory: url.clone(),
        graph: url,
        graph_audience: "https://graph.example".to_owned(),
        login_server_suffix: None,
        tenant: None,
    }
}

fn resource_manager(server: &StandIn) -> ResourceManager {
    ResourceManager::new(transport(), &endpoints(server), Arc::new(FixedTokens))
}

fn graph(server: &StandIn) -> Graph {
    Graph::new(transport(), &endpoints(server), Arc::new(FixedTokens))
}

fn message(error: &ClientError) -> String {
    error.to_string()
}
