//! What every surface needs to know of a request: its id, where it comes from, when it came, and for which host.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use wharf_app::App;
use wharf_app::identity::{Caller, Presented};
use wharf_types::id::RequestId;
use wharf_types::secret::Secret;

use crate::host::{self, Host};
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
        let agrees = host::agrees(peer.server_name.as_deref(), parts)
            || settings.trusted_proxies.contains(&peer.address.ip().to_canonical());
        let caller = Caller {
            request,
            address: Some(address),
            now: environment.clock.now(),
        };
        Self {
            caller,
            host: Host::of(parts, &settings.public).filter(|_| agrees),
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

/// The longest `Authorization` that is looked at.
const MAX_AUTHORIZATION_BYTES: usize = 16 * 1024;

/// Who the request says calls. Something that is neither Basic nor Bearer, or cannot be read, is a bearer token that nobody issued: it is refused, and not
/// taken for nothing.
pub(crate) fn presented(headers: &HeaderMap) -> Presented {
    let Some(value) = headers.get(AUTHORIZATION) else {
        return Presented::Nothing;
    };
    read_authorization(value).unwrap_or(Presented::Bearer(String::new()))
}

fn read_authorization(value: &HeaderValue) -> Option<Presented> {
    let text = value
        .to_str()
        .ok()
        .filter(|text| text.len() <= MAX_AUTHORIZATION_BYTES)?;
    let (scheme, rest) = text.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Presented::Bearer(rest.to_owned()));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(rest).or_else(|_| STANDARD_NO_PAD.decode(rest)).ok()?;
    let decoded = String::from_utf8(decoded).ok()?;
    // A user name holds no colon, a password may (RFC 7617 §2).
    let (user, secret) = decoded.split_once(':')?;
    Some(Presented::Basic {
        user: user.to_owned(),
        secret: Secret::new(secret),
    })
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
    fn schemes_are_compared_without_regard_to_case() {
        for value in ["Basic YWxpY2U6YTpi", "basic YWxpY2U6YTpi", "BASIC  YWxpY2U6YTpi"] {
            let Presented::Basic { user, secret } = read(value) else {
                panic!("{value}")
            };
            assert_eq!((user.as_str(), secret.expose()), ("alice", "a:b"));
        }
        assert!(matches!(read("bearer abc"), Presented::Bearer(token) if token == "abc"));
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
