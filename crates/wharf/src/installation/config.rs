//! The configuration: one typed tree from a TOML file, variables and flags. A flag wins over its variable, a variable over the file.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail, ensure};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;
use wharf_app::PublicAddress;
use wharf_server::listen::Limits;
use wharf_store::meta::Database;

use wharf_app::DeviceCodeFlow;

use crate::cli::server::{DataArgs, ServeArgs, TlsMode};
use crate::environment::Environment;

/// The TOML file. Keys are called like the flags; a key that is not known stops the start (rule 69).
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data: Option<PathBuf>,
    database: Option<SecretString>,
    listen: Option<SocketAddr>,
    domain: Option<String>,
    public_url: Option<Url>,
    tls: Option<TlsMode>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    trusted_proxies: Option<Vec<IpAddr>>,
    reserved_bytes: Option<u64>,
    scrub_days: Option<u64>,
    device_code: Option<DeviceCode>,
    limits: Option<Limits>,
    sparse_images: Option<bool>,
    issuers: Option<Issuers>,
    log: Option<String>,
    log_format: Option<LogFormat>,
}

/// Whom devices without a browser may be let in by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum DeviceCode {
    Off,
    NotOwners,
    Everybody,
}

impl From<DeviceCode> for DeviceCodeFlow {
    fn from(word: DeviceCode) -> Self {
        match word {
            DeviceCode::Off => Self::Off,
            DeviceCode::NotOwners => Self::NotOwners,
            DeviceCode::Everybody => Self::Everybody,
        }
    }
}

/// Where the keys of federated issuers may be fetched from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Issuers {
    /// Private and loopback addresses too, and plain http.
    #[serde(default)]
    pub(crate) private_network: bool,
    /// A PEM file of further authorities.
    #[serde(default)]
    pub(crate) ca_cert: Option<PathBuf>,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// Where the certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TlsSource {
    /// There is none.
    Off,
    /// From an authority of the installation's own.
    SelfSigned,
    /// From these files.
    Files { certificate: PathBuf, key: PathBuf },
}

/// What the server runs with.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) data: PathBuf,
    /// Whether the folder was said, so that further commands have to say it too.
    pub(crate) data_is_named: bool,
    pub(crate) database: Option<SecretString>,
    pub(crate) listen: SocketAddr,
    pub(crate) domain: String,
    pub(crate) public_url: Option<Url>,
    pub(crate) tls: TlsSource,
    pub(crate) trusted_proxies: Vec<IpAddr>,
    pub(crate) reserved_bytes: Option<u64>,
    pub(crate) scrub_days: Option<u64>,
    pub(crate) device_code: DeviceCodeFlow,
    pub(crate) limits: Limits,
    pub(crate) sparse_images: bool,
    pub(crate) issuers: Issuers,
    pub(crate) log: String,
    pub(crate) log_format: LogFormat,
}

const DEFAULT_DOMAIN: &str = "localhost";
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 5000);

impl Config {
    /// For `wharf serve`.
    pub(crate) fn for_serve(args: ServeArgs, environment: &Environment) -> anyhow::Result<Self> {
        let file = File::read(args.data.config.as_deref())?;
        let tls = match (args.tls, args.tls_cert, args.tls_key) {
            (None, None, None) => tls(file.tls, file.tls_cert.clone(), file.tls_key.clone())?,
            (mode, certificate, key) => tls(mode, certificate, key)?,
        };
        let config = Self {
            listen: args.listen.or(file.listen).unwrap_or(DEFAULT_LISTEN),
            domain: args
                .domain
                .or(file.domain.clone())
                .unwrap_or_else(|| DEFAULT_DOMAIN.to_owned())
                .to_ascii_lowercase(),
            public_url: args.public_url.or(file.public_url.clone()),
            tls,
            ..Self::for_admin_file(args.data, file, environment)?
        };
        check_domain(&config.domain)?;
        Ok(config)
    }

    /// For `wharf admin …`, which needs only where the data is.
    pub(crate) fn for_admin(args: DataArgs, environment: &Environment) -> anyhow::Result<Self> {
        let file = File::read(args.config.as_deref())?;
        Self::for_admin_file(args, file, environment)
    }

    fn for_admin_file(args: DataArgs, file: File, environment: &Environment) -> anyhow::Result<Self> {
        let limits = file.limits.unwrap_or_default();
        limits.check()?;
        let named = args.data.or(file.data);
        let data_is_named = named.is_some();
        let data = named.or_else(|| environment.data_folder.clone());
        let database = args.database.map(SecretString::from).or(file.database);
        Ok(Self {
            data: data.context("there is no home folder to keep data in: say where with --data DIR")?,
            data_is_named,
            database: database.filter(|database| database.expose_secret() != "sqlite"),
            listen: file.listen.unwrap_or(DEFAULT_LISTEN),
            domain: file.domain.unwrap_or_else(|| DEFAULT_DOMAIN.to_owned()),
            public_url: file.public_url,
            tls: TlsSource::Off,
            trusted_proxies: file.trusted_proxies.unwrap_or_default(),
            reserved_bytes: file.reserved_bytes,
            scrub_days: file.scrub_days,
            device_code: file.device_code.map_or(DeviceCodeFlow::NotOwners, Into::into),
            limits,
            sparse_images: file.sparse_images.unwrap_or_default(),
            issuers: file.issuers.unwrap_or_default(),
            log: environment
                .log
                .clone()
                .or(file.log)
                .unwrap_or_else(|| "info".to_owned()),
            log_format: file.log_format.unwrap_or_default(),
        })
    }

    /// Which database.
    pub(crate) fn database(&self) -> anyhow::Result<Database> {
        match &self.database {
            None => Ok(Database::Sqlite(self.data.join("wharf.db"))),
            Some(url) if url.expose_secret().starts_with("postgres") => Ok(Database::Postgres(url.clone())),
            Some(_) => bail!("the database is sqlite, or a URL as in postgres://user:password@host/name"),
        }
    }

    /// How clients reach the server that runs on this data, as far as a command beside it can know: what is configured, else what the server `noted` when it
    /// was last started with flags of its own.
    pub(crate) fn public_address_beside(&self, noted: Option<Url>) -> anyhow::Result<PublicAddress> {
        let noted = noted.filter(|url| self.domain == DEFAULT_DOMAIN || url.host_str() == Some(&self.domain));
        let known = Self {
            public_url: self.public_url.clone().or(noted),
            ..self.clone()
        };
        known.public_address(self.listen.port())
    }

    /// How clients reach a server that listens on `port`.
    pub(crate) fn public_address(&self, port: u16) -> anyhow::Result<PublicAddress> {
        let Some(url) = &self.public_url else {
            let (scheme, own) = if self.tls == TlsSource::Off {
                ("http", 80)
            } else {
                ("https", 443)
            };
            return Ok(PublicAddress {
                scheme,
                domain: self.domain.clone(),
                port: (port != own).then_some(port),
            });
        };
        let scheme = match url.scheme() {
            "http" => "http",
            "https" => "https",
            other => bail!("the public URL begins with http or https, and not with {other}"),
        };
        let domain = url
            .host_str()
            .context("the public URL has no host")?
            .to_ascii_lowercase();
        ensure!(
            url.path() == "/" && url.query().is_none(),
            "the public URL is scheme, host and port alone: registries own the paths"
        );
        ensure!(
            self.domain == DEFAULT_DOMAIN || domain == self.domain,
            "the public URL's host is {domain}, and the domain is {}: they must be the same",
            self.domain
        );
        Ok(PublicAddress {
            scheme,
            domain,
            port: url.port(),
        })
    }
}

impl File {
    fn read(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read the configuration {}", path.display()))?;
        parse(&text).with_context(|| format!("the configuration {} is not right", path.display()))
    }
}

/// The line and what is wrong with it, without its text as the library shows it: the line may hold the database's password (rule 67).
fn parse(text: &str) -> anyhow::Result<File> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1;
        anyhow!("line {line}: {}", error.message())
    })
}

fn tls(mode: Option<TlsMode>, certificate: Option<PathBuf>, key: Option<PathBuf>) -> anyhow::Result<TlsSource> {
    match (mode, certificate, key) {
        (None, None, None) => Ok(TlsSource::Off),
        (Some(TlsMode::SelfSigned), None, None) => Ok(TlsSource::SelfSigned),
        (None, Some(certificate), Some(key)) => Ok(TlsSource::Files { certificate, key }),
        _ => bail!("TLS is either tls = \"self-signed\", or tls_cert together with tls_key"),
    }
}

/// A host name (RFC 1123), as registries' names are put before it.
fn check_domain(domain: &str) -> anyhow::Result<()> {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_address = domain.parse::<IpAddr>().is_ok();
    ensure!(
        domain.len() <= 200 && domain.split('.').all(label) && !is_address,
        "the domain {domain:?} is no host name: letters, digits and '-', with dots between, and no port"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(toml: &str) -> anyhow::Result<Config> {
        let file = parse(toml)?;
        let data = DataArgs {
            data: Some("/data".into()),
            database: None,
            config: None,
        };
        let environment = Environment {
            engines: crate::engine::Engines::default(),
            home: None,
            log: None,
            data_folder: None,
            config_folder: None,
            browser: None,
            colour: false,
            stderr_is_terminal: false,
            stdin_is_terminal: false,
        };
        let (certificate, key, mode) = (file.tls_cert.clone(), file.tls_key.clone(), file.tls);
        Ok(Config {
            tls: tls(mode, certificate, key)?,
            ..Config::for_admin_file(data, file, &environment)?
        })
    }

    #[test]
    fn a_key_that_is_not_known_is_named() {
        let error = config("liste = '127.0.0.1:5000'").unwrap_err().to_string();
        assert!(error.contains("liste") && error.contains("listen"), "{error}");
    }

    #[test]
    fn an_error_names_the_line_and_does_not_repeat_it() {
        for text in [
            "log = 'info'\ndatabse = 'postgres://u:hunter2@h/n'",
            "log = 'info'\ndatabase = 'postgres://u:hunter2@h/n' x",
        ] {
            let error = format!("{:#}", config(text).unwrap_err());
            assert!(error.contains("line 2") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn names_that_clients_see_carry_the_port_unless_it_is_the_schemes_own() {
        let address = |toml: &str, port| {
            config(toml)
                .unwrap()
                .public_address(port)
                .map(|address| address.to_string())
        };
        assert_eq!(address("", 5000).unwrap(), "http://localhost:5000");
        assert_eq!(
            address("domain = 'acr.test'\ntls = 'self-signed'", 443).unwrap(),
            "https://acr.test"
        );
        assert_eq!(
            address("domain = 'acr.test'\ntls = 'self-signed'", 5443).unwrap(),
            "https://acr.test:5443"
        );
        assert_eq!(
            address("domain = 'acr.test'\npublic_url = 'https://acr.test'", 5000).unwrap(),
            "https://acr.test"
        );
        assert!(address("domain = 'acr.test'\npublic_url = 'https://other.test'", 5000).is_err());
        assert!(address("public_url = 'https://acr.test/path'", 5000).is_err());
        assert!(address("public_url = 'ftp://acr.test'", 5000).is_err());
    }

    #[test]
    fn a_command_beside_the_server_makes_links_to_where_it_listens() {
        let beside = |toml: &str, noted: Option<&str>| {
            let noted = noted.map(|url| url.parse().unwrap());
            config(toml).unwrap().public_address_beside(noted).unwrap().to_string()
        };
        assert_eq!(beside("", None), "http://localhost:5000");
        assert_eq!(beside("", Some("http://localhost:5077")), "http://localhost:5077");
        assert_eq!(beside("", Some("https://acr.test")), "https://acr.test");
        let configured = "public_url = 'https://acr.test'";
        assert_eq!(beside(configured, Some("http://localhost:5077")), "https://acr.test");
        // A note of before the name was changed.
        assert_eq!(
            beside("domain = 'acr.test'", Some("https://old.test")),
            "http://acr.test:5000"
        );
    }

    #[test]
    fn limits_are_those_that_exist_and_can_be_meant() {
        let limits = |toml: &str| config(&format!("[limits]\n{toml}")).map(|config| config.limits);
        assert_eq!(limits("").unwrap(), Limits::default());
        assert_eq!(limits("connections = 100").unwrap().connections, 100);
        for (toml, said) in [
            ("conections = 100", "conections"),
            ("connections = 0", "limits.connections is 0"),
            ("idle_seconds = 86400", "from 1 to 3600"),
            ("head_seconds = -1", "line 2"),
        ] {
            let error = format!("{:#}", limits(toml).unwrap_err());
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn tls_has_one_source() {
        assert!(config("tls = 'self-signed'\ntls_cert = 'a'\ntls_key = 'b'").is_err());
        assert!(config("tls_cert = 'a'").is_err());
    }

    #[test]
    fn a_domain_is_a_host_name() {
        for domain in ["localhost", "acr.example.com", "a-b.test"] {
            assert!(check_domain(domain).is_ok(), "{domain}");
        }
        for domain in [
            "",
            "acr.test:5000",
            "https://acr.test",
            "10.0.0.1",
            "-a.test",
            "a..test",
            "a_b",
        ] {
            assert!(check_domain(domain).is_err(), "{domain}");
        }
    }
}
