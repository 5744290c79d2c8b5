//! What every surface needs to know of a request: its id, where it comes from, when it came, and for which host.

use std::net::IpAddr;

use http::HeaderMap;
use http::header::{AUTHORIZATION, USER_AGENT};
use http::request::Parts;
use wharf_app::App;
use wharf_app::identity::{Caller, Presented};
use wharf_types::authorization::Authorization;
use wharf_types::client_name::ClientName;
use wharf_types::id::RequestId;

use crate::host::Host;
use crate::listen::Peer;

/// The name of the header that repeats the request's id, as ACR and `az` call it.
pub(crate) const CORRELATION_ID: &str = "x-ms-correlation-request-id";

/// A request, as far as every surface needs it.
#[derive(Clone, Debug)]
pub(crate) struct RequestInfo {
    pub(crate) caller: Caller,
    pub(crate) host: Option<Host>,
}

impl RequestInfo {
    pub(crate) fn of(app: &App, peer: &Peer, parts: &Parts) -> Self {
        let (environment, settings) = (app.environment(), app.settings());
        let request = RequestId(environment.entropy.uuid());
        let address = client_address(peer, parts, &settings.trusted_proxies);
        // A proxy of the operator's names its own host in the handshake, or none.
        let is_proxy = || settings.trusted_proxies.contains(&peer.address.ip().to_canonical());
        let agrees = |host: &Host| host.agrees(peer.server_name.as_deref(), &settings.public) || is_proxy();
        let caller = Caller {
            request,
            address: Some(address),
            client: parts
                .headers
                .get(USER_AGENT)
                .map(|agent| ClientName::of(agent.as_bytes()))
                .unwrap_or_default(),
            now: environment.clock.now(),
        };
        Self {
            caller,
            host: Host::of(parts, &settings.public).filter(agrees),
        }
    }
}

/// The peer's address; behind proxies that are trusted, the last address that none of them has. What stands before it may be the client's invention.
fn client_address(peer: &Peer, parts: &Parts, trusted: &[IpAddr]) -> IpAddr {
    let peer = peer.address.ip().to_canonical();
    if !trusted.contains(&peer) {
        return peer;
    }
    let mut nearest = peer;
    let fields = parts.headers.get_all("x-forwarded-for").iter().rev();
    for text in fields.flat_map(|value| value.to_str().unwrap_or("").rsplit(',')) {
        let Ok(address) = text.trim().parse::<IpAddr>() else {
            break;
        };
        nearest = address.to_canonical();
        if !trusted.contains(&nearest) {
            break;
        }
    }
    nearest
}

/// Who the request says calls. Something that is neither Basic nor Bearer, or cannot be read, is a bearer token that nobody issued: it is refused, and not
/// taken for nothing. So are two: a proxy in front may have looked at the other one.
pub(crate) fn presented(headers: &HeaderMap) -> Presented {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let only = match (values.next(), values.next()) {
        (None, _) => return Presented::Nothing,
        (Some(value), None) => value.to_str().ok(),
        (Some(_), Some(_)) => None,
    };
    match only.and_then(Authorization::parse) {
        Some(Authorization::Basic { user, secret }) => Presented::Basic { user, secret },
        Some(Authorization::Bearer(token)) => Presented::Bearer(token),
        None => Presented::Bearer(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Presented {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, value.parse().unwrap());
        presented(&headers)
    }

    #[test]
    fn what_cannot_be_read_is_not_taken_for_nothing() {
        for value in ["Basic ???", "Basic YWxpY2U=", "Digest x", "x", ""] {
            assert!(
                matches!(read(value), Presented::Bearer(token) if token.is_empty()),
                "{value}"
            );
        }
        assert!(matches!(presented(&HeaderMap::new()), Presented::Nothing));
    }
}
