//! Fetching a document from an address that somebody else chose (rule 49): federated issuers' metadata, say.
//!
//! **Invariant:** a connection goes to an address that was looked at. The name is resolved once, what may not be reached is left out, and the connection is made
//! to what is left. Redirects are not followed, no proxy is used, size and time are bounded.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::{ClientError, Trust};

/// The largest document, in bytes.
const DOCUMENT_MAX: usize = 256 * 1024;
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
const LIMIT: Duration = Duration::from_secs(10);

/// What may be fetched beyond https from the public network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FetchPolicy {
    /// Private, loopback and link-local addresses too, and plain http.
    pub private_network: bool,
    /// A PEM file of further authorities.
    pub ca_file: Option<PathBuf>,
}

/// Fetches documents. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Fetcher {
    http: reqwest::Client,
    private_network: bool,
}

/// Why a document was not fetched. The text is for whoever configured the address; nothing of the answer is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The address is none that may be fetched.
    #[error("{0} is no address that may be fetched: it has to be https, at the public network")]
    Address(String),
    /// No answer, or not in time.
    #[error("{0} cannot be reached")]
    Unreachable(String),
    /// An answer that is none.
    #[error("{0} answered with something else than a document")]
    Answer(String),
}

struct Guarded {
    private_network: bool,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let private_network = self.private_network;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|found| private_network || is_public(found.ip())).collect();
            if allowed.is_empty() {
                return Err(io::Error::other("the name leads to no address that may be reached").into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

impl Fetcher {
    /// Opens no connection yet.
    ///
    /// # Errors
    /// [`ClientError::Certificates`] when the extra authorities cannot be read.
    pub fn new(policy: &FetchPolicy) -> Result<Self, ClientError> {
        let trust = Trust {
            ca_file: policy.ca_file.clone(),
        };
        let private_network = policy.private_network;
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(trust.tls()?)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_LIMIT)
            .timeout(LIMIT)
            .pool_max_idle_per_host(0)
            .user_agent(concat!("wharf/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(Guarded { private_network }))
            .build()
            .map_err(|error| ClientError::Setup(error.to_string()))?;
        Ok(Self { http, private_network })
    }

    /// Whether an address may be fetched, as far as its text says.
    pub fn admits(&self, url: &Url) -> bool {
        let scheme = url.scheme() == "https" || (self.private_network && url.scheme() == "http");
        let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        // An address needs no resolver, so it is looked at here.
        let host = match url.host() {
            Some(Host::Domain(_)) => true,
            Some(Host::Ipv4(address)) => self.private_network || is_public(address.into()),
            Some(Host::Ipv6(address)) => self.private_network || is_public(address.into()),
            None => false,
        };
        scheme && plain && host
    }

    /// The document at an address.
    ///
    /// # Errors
    /// What the address or its server did wrong.
    pub async fn document(&self, url: &Url) -> Result<Bytes, FetchError> {
        let shown = || url.to_string();
        let (status, document) = self.answer(url, self.http.get(url.clone())).await?;
        if status.is_success() {
            Ok(document)
        } else {
            Err(FetchError::Answer(shown()))
        }
    }

    /// The document at an address that asks for a bearer token (RFC 6750 §2.1).
    ///
    /// # Errors
    /// What the address or its server did wrong.
    pub async fn document_for(&self, url: &Url, bearer: &str) -> Result<Bytes, FetchError> {
        let (status, document) = self.answer(url, self.http.get(url.clone()).bearer_auth(bearer)).await?;
        if status.is_success() {
            Ok(document)
        } else {
            Err(FetchError::Answer(url.to_string()))
        }
    }

    /// Sends a form, and returns whether it was done, with what was said of it.
    ///
    /// # Errors
    /// What the address or its server did wrong; an answer that says no is none.
    pub async fn send_form(
        &self,
        url: &Url,
        fields: &[(&str, &str)],
        basic: Option<(&str, &str)>,
    ) -> Result<(bool, Bytes), FetchError> {
        let request = self.http.post(url.clone()).form(fields);
        let request = match basic {
            Some((name, secret)) => request.basic_auth(name, Some(secret)),
            None => request,
        };
        let (status, document) = self.answer(url, request).await?;
        Ok((status.is_success(), document))
    }

    async fn answer(
        &self,
        url: &Url,
        request: reqwest::RequestBuilder,
    ) -> Result<(reqwest::StatusCode, Bytes), FetchError> {
        let shown = || url.to_string();
        if !self.admits(url) {
            return Err(FetchError::Address(shown()));
        }
        let asked = request.header("accept", "application/json").send();
        let mut response = asked.await.map_err(|_| FetchError::Unreachable(shown()))?;
        let mut document = BytesMut::new();
        while let Some(piece) = response.chunk().await.map_err(|_| FetchError::Unreachable(shown()))? {
            if document.len() + piece.len() > DOCUMENT_MAX {
                return Err(FetchError::Answer(shown()));
            }
            document.extend_from_slice(&piece);
        }
        Ok((response.status(), document.freeze()))
    }
}

/// Whether an address is one of the public network (RFC 6890 and its registries).
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19));
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // Global unicast is 2000::/3. Of that, tunnels carry an IPv4 address that nobody has looked at, and some is for documents alone.
    let tunnel = (first == 0x2001 && second == 0) || first == 0x2002;
    let documents = (first == 0x2001 && second == 0x0db8) || first == 0x3fff;
    first & 0xe000 == 0x2000 && !tunnel && !documents
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_network_is_public() {
        for address in ["1.1.1.1", "20.190.128.1", "2606:4700::1111", "::ffff:1.1.1.1"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.0.8",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:0:7f00:1::",
            "2001:db8::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn an_address_is_https_at_the_public_network_unless_it_is_said_otherwise() {
        let fetcher = |private_network| {
            let policy = FetchPolicy {
                private_network,
                ca_file: None,
            };
            Fetcher::new(&policy).unwrap()
        };
        let (public, private) = (fetcher(false), fetcher(true));
        let url = |text: &str| Url::parse(text).unwrap();
        assert!(public.admits(&url("https://token.actions.example/keys")));
        for text in [
            "http://token.actions.example/keys",
            "https://127.0.0.1/keys",
            "https://[::1]/keys",
            "https://169.254.169.254/latest",
            "https://2130706433/keys",
        ] {
            assert!(!public.admits(&url(text)), "{text}");
            assert!(private.admits(&url(text)), "{text}");
        }
        for text in ["ftp://a.example/", "https://user:pw@a.example/", "file:///etc/passwd"] {
            assert!(!private.admits(&url(text)), "{text}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_not_reached() {
        let policy = FetchPolicy::default();
        let fetcher = Fetcher::new(&policy).unwrap();
        let error = fetcher
            .document(&Url::parse("https://localhost:1/").unwrap())
            .await
            .unwrap_err();
        assert_eq!(error, FetchError::Unreachable("https://localhost:1/".into()));
    }
}
