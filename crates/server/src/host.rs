//! Which host a request is for (rule 38).
//!
//! The host chooses the tenant: `{registry}.{domain}` is a registry, the domain itself, `localhost` and IP addresses are the base host. Whatever else comes in is
//! refused. URLs in answers are made of configured names; only an address or `localhost`, by which this machine is reached in a way that the
//! configuration cannot know, is repeated as it was parsed, with the port that the client used.

use std::net::IpAddr;

use http::request::Parts;
use http::{Uri, header};
use wharf_app::PublicAddress;
use wharf_types::name::RegistryName;

/// The host that a request names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// The base host. On it, the first component of a repository's name is its registry.
    Base {
        /// How clients reach it: host and port.
        authority: String,
    },
    /// A registry's own host.
    Registry {
        /// The registry.
        name: RegistryName,
        /// Its canonical host and port.
        authority: String,
    },
}

impl Host {
    /// The host of a request; nothing when it is none of ours.
    pub(crate) fn of(parts: &Parts, public: &PublicAddress) -> Option<Self> {
        Self::parse(host_text(parts)?, public)
    }

    /// The host that a text names, with or without a port.
    pub(crate) fn parse(text: &str, public: &PublicAddress) -> Option<Self> {
        let (host, port) = split_port(text)?;
        Self::named(host, port, public)
    }

    fn named(host: &str, port: Option<u16>, public: &PublicAddress) -> Option<Self> {
        let host = host.to_ascii_lowercase();
        if host == public.domain {
            return Some(Self::Base {
                authority: public.base(),
            });
        }
        if host == "localhost" || ip(&host).is_some() {
            let authority = port.map_or(host.clone(), |port| format!("{host}:{port}"));
            return Some(Self::Base { authority });
        }
        let label = host.strip_suffix(&public.domain)?.strip_suffix('.')?;
        let name: RegistryName = label.parse().ok()?;
        Some(Self::Registry {
            authority: public.registry(&name),
            name,
        })
    }

    /// Whether it is the one that the connection was made to, as far as that was said in the handshake: a certificate for many registries must not lead from
    /// one to another (RFC 9110 §7.4). The base host has several names.
    pub(crate) fn agrees(&self, server_name: Option<&str>, public: &PublicAddress) -> bool {
        let Some(server_name) = server_name else { return true };
        match (self, Self::named(server_name, None, public)) {
            (Self::Base { .. }, Some(Self::Base { .. })) => true,
            (Self::Registry { name, .. }, Some(Self::Registry { name: other, .. })) => *name == other,
            _ => false,
        }
    }

    /// Host and port, as they stand in URLs and as the `service` of a challenge.
    pub(crate) fn authority(&self) -> &str {
        match self {
            Self::Base { authority } | Self::Registry { authority, .. } => authority,
        }
    }
}

/// `:authority` of HTTP/2 and the absolute form, or `Host`; where both stand they must agree.
fn host_text(parts: &Parts) -> Option<&str> {
    let mut fields = parts.headers.get_all(header::HOST).iter();
    let field = fields.next().map(|value| value.to_str());
    if fields.next().is_some() {
        return None;
    }
    match (parts.uri.authority().map(|_| authority(&parts.uri)), field) {
        (Some(from_uri), None) => from_uri,
        (Some(from_uri), Some(Ok(field))) => from_uri.filter(|text| text.eq_ignore_ascii_case(field)),
        (None, Some(Ok(field))) => Some(field),
        _ => None,
    }
}

fn authority(uri: &Uri) -> Option<&str> {
    uri.authority()
        .map(|authority| authority.as_str())
        .filter(|text| !text.contains('@'))
}

/// Host and port; the host keeps the brackets of an IPv6 address.
fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port.parse().ok()?)),
        _ => (text, None),
    };
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
    (!host.is_empty() && host.bytes().all(plain)).then_some((host, port))
}

fn ip(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(value: &str) -> Option<Host> {
        let public = PublicAddress {
            scheme: "https",
            domain: "example.com".into(),
            port: Some(8443),
        };
        let (parts, ()) = http::Request::builder()
            .uri("/v2/")
            .header("host", value)
            .body(())
            .unwrap()
            .into_parts();
        Host::of(&parts, &public)
    }

    #[test]
    fn the_host_names_the_registry_or_the_base() {
        let base = |authority: &str| {
            Some(Host::Base {
                authority: authority.into(),
            })
        };
        assert_eq!(host("example.com"), base("example.com:8443"));
        assert_eq!(host("Example.com:9999"), base("example.com:8443"));
        assert_eq!(host("localhost:5000"), base("localhost:5000"));
        assert_eq!(host("127.0.0.1:5000"), base("127.0.0.1:5000"));
        assert_eq!(host("[::1]:5000"), base("[::1]:5000"));
        let registry = Host::Registry {
            name: "myregistry".parse().unwrap(),
            authority: "myregistry.example.com:8443".into(),
        };
        assert_eq!(host("myregistry.example.com"), Some(registry.clone()));
        assert_eq!(host("MyRegistry.Example.Com:1"), Some(registry));
    }

    #[test]
    fn a_host_that_is_not_ours_is_refused() {
        for value in [
            "",
            "other.com",
            "a.b.example.com",
            "myregistryexample.com",
            ".example.com",
            "web.example.com",
            "example.com:x",
            "evil@example.com",
            "exa mple.com",
        ] {
            assert_eq!(host(value), None, "{value}");
        }
    }

    #[test]
    fn the_host_of_the_handshake_is_that_of_its_requests() {
        let public = PublicAddress {
            scheme: "https",
            domain: "example.com".into(),
            port: None,
        };
        let agreed = |server_name: Option<&str>, value: &str| host(value).unwrap().agrees(server_name, &public);
        for (server_name, value) in [
            (Some("myregistry.example.com"), "myregistry.example.com"),
            (Some("myregistry.example.com"), "MyRegistry.Example.Com:8443"),
            (Some("example.com"), "127.0.0.1:8443"),
            (Some("localhost"), "example.com"),
            (None, "myregistry.example.com"),
        ] {
            assert!(agreed(server_name, value), "{server_name:?}, {value}");
        }
        for value in ["other5.example.com", "example.com", "127.0.0.1"] {
            assert!(!agreed(Some("myregistry.example.com"), value), "{value}");
        }
        for server_name in [
            "myregistry.example.com",
            "other.com",
            "myregistry.example.com.other.com",
        ] {
            assert!(!agreed(Some(server_name), "example.com"), "{server_name}");
        }
    }

    #[test]
    fn two_hosts_in_one_request_must_agree() {
        let public = PublicAddress {
            scheme: "http",
            domain: "localhost".into(),
            port: None,
        };
        let parts = |uri: &str, value: &str| {
            http::Request::builder()
                .uri(uri)
                .header("host", value)
                .body(())
                .unwrap()
                .into_parts()
                .0
        };
        assert!(Host::of(&parts("http://localhost/v2/", "localhost"), &public).is_some());
        assert!(Host::of(&parts("http://localhost/v2/", "127.0.0.1"), &public).is_none());
    }
}
