//! The address of a server: `https`, or `http` to this machine.

use std::fmt;

use url::{Host, Url};

use crate::ClientError;

/// Base URL of a server: scheme, host, port; an optional path prefix without a trailing slash; no query, no user.
///
/// Plain `http` would show secrets to the network, so it is accepted for loopback hosts only, unless the caller says
/// otherwise.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerUrl {
    url: Url,
    plain_http_allowed: bool,
}

impl ServerUrl {
    /// Reads an address. Without a scheme, `https` is meant.
    ///
    /// # Errors
    /// [`ClientError::Address`] for anything that is no such address.
    pub fn parse(text: &str, plain_http_allowed: bool) -> Result<Self, ClientError> {
        let refuse = |reason: &str| ClientError::Address {
            url: text.to_owned(),
            reason: reason.to_owned(),
        };
        let with_scheme = if text.contains("://") {
            text.to_owned()
        } else {
            format!("https://{text}")
        };
        let mut url = Url::parse(&with_scheme).map_err(|error| refuse(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refuse("the address of a server begins with https:// or http://"));
        }
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("the address of a server has no user, query or fragment"));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        if url.scheme() == "http" && !plain_http_allowed && !is_loopback(&url) {
            return Err(refuse(
                "plain http would show secrets to the network, and is accepted for this machine only",
            ));
        }
        Ok(Self {
            url,
            plain_http_allowed,
        })
    }

    /// An address that this server named (the directory, Graph), under the same rule. Where the server names its own
    /// origin by another host than the one we reached it by (`advertised`), ours is kept.
    pub(crate) fn follow(&self, named: &str, advertised: Option<&Url>) -> Result<Self, ClientError> {
        // Whether its own name is fit for secrets is not asked where that name is not used.
        let own = Url::parse(named)
            .ok()
            .filter(|named| advertised.is_some_and(|own| own.origin() == named.origin()));
        if let Some(own) = own {
            let mut url = self.url.clone();
            url.set_path(own.path().trim_end_matches('/'));
            return Ok(Self { url, ..self.clone() });
        }
        let followed = Self::parse(named, self.plain_http_allowed)?;
        if self.url.scheme() == "https" && followed.url.scheme() == "http" {
            return Err(ClientError::Address {
                url: named.to_owned(),
                reason: format!("{self} sends us to an address without TLS"),
            });
        }
        Ok(followed)
    }

    /// The parsed address.
    pub fn as_url(&self) -> &Url {
        &self.url
    }

    /// Whether the connection is encrypted.
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// This address with `path` (unencoded, split at slashes) and `query` added.
    pub(crate) fn at(&self, path: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments
                .pop_if_empty()
                .extend(path.split('/').filter(|segment| !segment.is_empty()));
        }
        if !query.is_empty() {
            // `%20`, not `+`: what `az` sends, and so what servers are tested with.
            let encode = |text| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC);
            let pairs: Vec<_> = query
                .iter()
                .map(|(key, value)| format!("{key}={}", encode(value)))
                .collect();
            url.set_query(Some(&pairs.join("&")));
        }
        url
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.url.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, String> {
        ServerUrl::parse(text, false)
            .map(|url| url.to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn an_address_is_https_unless_it_is_this_machine() {
        assert_eq!(parse("acr.example:8443/").unwrap(), "https://acr.example:8443");
        for local in [
            "http://localhost:5000",
            "http://127.0.0.1:5000",
            "http://[::1]:5000",
            "http://web.localhost",
        ] {
            assert_eq!(parse(local).unwrap(), local);
        }
        assert!(parse("http://acr.example").unwrap_err().contains("this machine only"));
        assert!(parse("http://localhost.evil.example").is_err());
        assert!(ServerUrl::parse("http://acr.example", true).is_ok());
        assert!(parse("ftp://acr.example").is_err());
        assert!(parse("https://user@acr.example").is_err());
    }

    #[test]
    fn segments_and_filters_are_percent_encoded() {
        let server = ServerUrl::parse("https://acr.example/prefix", false).unwrap();
        let url = server.at("/a/b c", &[("$filter", "name eq 'x'")]);
        assert_eq!(
            url.as_str(),
            "https://acr.example/prefix/a/b%20c?$filter=name%20eq%20%27x%27"
        );
    }

    #[test]
    fn a_server_reached_by_another_name_than_its_own_is_still_reached_by_it() {
        let server = ServerUrl::parse("http://127.0.0.1:6000", false).unwrap();
        let own = Url::parse("http://localhost:5000").unwrap();
        assert_eq!(
            server
                .follow("http://localhost:5000/t", Some(&own))
                .unwrap()
                .to_string(),
            "http://127.0.0.1:6000/t"
        );
        let named = Url::parse("http://acr.example:5000").unwrap();
        assert_eq!(
            server
                .follow("http://acr.example:5000/t", Some(&named))
                .unwrap()
                .to_string(),
            "http://127.0.0.1:6000/t"
        );
        assert!(server.follow("http://acr.example:5000/t", Some(&own)).is_err());
        assert_eq!(
            server.follow("https://login.example", Some(&own)).unwrap().to_string(),
            "https://login.example"
        );
    }

    #[test]
    fn an_encrypted_server_cannot_send_us_to_an_unencrypted_one() {
        let server = ServerUrl::parse("https://acr.example", true).unwrap();
        assert!(server.follow("http://acr.example/t", None).is_err());
    }
}
