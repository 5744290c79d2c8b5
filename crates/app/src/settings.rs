//! What the operator chose, as far as the product's operations need it.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use wharf_client::FetchPolicy;
use wharf_client::ldap::LdapLimits;
use wharf_types::name::RegistryName;

/// How clients reach the installation: scheme, domain, and the port where it is not the scheme's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicAddress {
    /// `http` or `https`.
    pub scheme: &'static str,
    /// The domain that registries' names stand before.
    pub domain: String,
    /// The port, unless it is the scheme's own.
    pub port: Option<u16>,
}

impl PublicAddress {
    /// The base host with its port: `localhost:5000`.
    pub fn base(&self) -> String {
        self.with_port(&self.domain)
    }

    /// A registry's own host with its port: `myregistry.example.com`. This is its canonical name: the audience of its tokens.
    pub fn registry(&self, name: &RegistryName) -> String {
        self.with_port(&format!("{name}.{}", self.domain))
    }

    /// The base URL, without a slash at the end.
    pub fn base_url(&self) -> String {
        format!("{}://{}", self.scheme, self.base())
    }

    fn with_port(&self, host: &str) -> String {
        match self.port {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }
}

impl fmt::Display for PublicAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base_url())
    }
}

/// Whom devices may be let in by with a code (RFC 8628). The code can be had by whoever talks somebody into typing it, so that what it opens is limited
/// (rule 18).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceCodeFlow {
    /// By nobody.
    Off,
    /// By people who cannot give rights to others.
    NotOwners,
    /// By everybody.
    Everybody,
}

/// What the operator chose.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How clients reach the installation.
    pub public: PublicAddress,
    /// Proxies whose word about the client's address is taken; none by default.
    pub trusted_proxies: Vec<IpAddr>,
    /// Whether other processes write to the same database: then memory that has not heard of them for a while is not trusted.
    pub shared_database: bool,
    /// How long a directory access token lives (rule 24).
    pub directory_token_life: Duration,
    /// How long a registry access token lives (rule 24).
    pub registry_token_life: Duration,
    /// How long a registry refresh token lives (rule 17).
    pub refresh_token_life: Duration,
    /// Whom devices may be let in by.
    pub device_code: DeviceCodeFlow,
    /// Upload sessions end when nothing was written to them for this long (rule 31).
    pub upload_idle: Duration,
    /// Upload sessions end this long after their start (rule 31).
    pub upload_life: Duration,
    /// How many slow password hashes are computed at once; each takes 64 MiB (rule 4).
    pub hashing_slots: usize,
    /// Whether an image may name blobs that its repository does not have (yet). An index may always list manifests that are not there.
    pub sparse_images: bool,
    /// Everything that is stored is looked at once in this time; never, where there is none (rule 59).
    pub scrub_period: Option<Duration>,
    /// Where federated issuers' keys may be fetched from (rule 49).
    pub issuers: FetchPolicy,
    /// How long LDAP directories are waited for.
    pub directories: LdapLimits,
    /// A deleted registry's name is held back for this long (rule 41).
    pub name_hold: Duration,
}

impl Settings {
    /// The defaults, reached at `public`.
    pub fn new(public: PublicAddress) -> Self {
        const HOUR: Duration = Duration::from_secs(3600);
        Self {
            public,
            trusted_proxies: Vec::new(),
            shared_database: false,
            directory_token_life: HOUR,
            registry_token_life: Duration::from_secs(75 * 60),
            refresh_token_life: 3 * HOUR,
            device_code: DeviceCodeFlow::NotOwners,
            upload_idle: 24 * HOUR,
            upload_life: 7 * 24 * HOUR,
            hashing_slots: 2,
            sparse_images: false,
            scrub_period: Some(30 * 24 * HOUR),
            issuers: FetchPolicy::default(),
            directories: LdapLimits::default(),
            name_hold: 30 * 24 * HOUR,
        }
    }
}
