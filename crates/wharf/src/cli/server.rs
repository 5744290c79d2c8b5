//! `wharf serve`, `wharf admin …`: what runs on the server's host. Shapes only; the bodies are in `serve` and `admin`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use url::Url;

/// Where a server's data is.
#[derive(Clone, Debug, Args)]
pub(crate) struct DataArgs {
    /// Folder for the database, the blobs and the keys
    #[arg(long, value_name = "DIR", env = "WHARF_DATA", hide_env_values = true)]
    pub(crate) data: Option<PathBuf>,
    /// Database, as in postgres://user:password@host/name; an SQLite file in the data folder when left out. Better in the variable or the
    /// file than on a command line, which others can read
    #[arg(long, value_name = "URL", env = "WHARF_DATABASE", hide_env_values = true)]
    pub(crate) database: Option<String>,
    /// Configuration file (TOML); flags and variables win over it
    #[arg(long, value_name = "FILE", env = "WHARF_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
}

/// Where a certificate comes from when no file is named
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TlsMode {
    /// From an authority of the server's own; its certificate is DIR/tls/ca.pem
    SelfSigned,
}

/// Run the server
///
/// Starts the registry, the directory and the resource manager on one address, with an embedded database, and prints what to do next.
/// Without TLS it listens on loopback only, unless another address is given explicitly.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Examples:
  wharf serve
  wharf serve --data /var/lib/wharf --listen 0.0.0.0:443 --domain acr.example --tls-cert cert.pem --tls-key key.pem
  wharf serve --data ./data --listen 0.0.0.0:5443 --domain acr.test --tls self-signed")]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Address and port to listen on
    #[arg(long, value_name = "ADDR:PORT", env = "WHARF_LISTEN", hide_env_values = true)]
    pub(crate) listen: Option<std::net::SocketAddr>,
    /// Host name of the server; registries are NAME.DOMAIN
    #[arg(long, env = "WHARF_DOMAIN", hide_env_values = true)]
    pub(crate) domain: Option<String>,
    /// Certificate chain (PEM) for DOMAIN and *.DOMAIN
    #[arg(
        long,
        value_name = "FILE",
        requires = "tls_key",
        env = "WHARF_TLS_CERT",
        hide_env_values = true
    )]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(
        long,
        value_name = "FILE",
        requires = "tls_cert",
        env = "WHARF_TLS_KEY",
        hide_env_values = true
    )]
    pub(crate) tls_key: Option<PathBuf>,
    /// Make a certificate
    #[arg(
        long,
        value_enum,
        conflicts_with = "tls_cert",
        env = "WHARF_TLS",
        hide_env_values = true
    )]
    pub(crate) tls: Option<TlsMode>,
    /// Address that clients use, when a proxy stands in front
    #[arg(long, value_name = "URL", env = "WHARF_PUBLIC_URL", hide_env_values = true)]
    pub(crate) public_url: Option<Url>,
}

/// Work on the server's host, next to its data
#[derive(Debug, Subcommand)]
pub(crate) enum AdminCommand {
    Bootstrap(BootstrapArgs),
    Fsck(FsckArgs),
    VerifyJournal(VerifyJournalArgs),
}

/// Make the first owner and print its link or password: the only time it is shown
///
/// With --user the owner is a person, who gets a link, good once and for three days, to choose a password and a second factor; for somebody who owns
/// everything already it makes a new link. Without it the owner is a service principal. Either has the role Owner on everything. Where there is an owner already, nothing is done, unless
/// --another is given.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Examples:
  wharf admin bootstrap --user owner@example.com
  wharf admin bootstrap --user owner@example.com --public-url https://acr.example
  wharf admin bootstrap
  wharf admin bootstrap --data /var/lib/wharf -o json
  wharf admin bootstrap --another --name rescue")]
pub(crate) struct BootstrapArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// The person who is to own everything
    #[arg(long, value_name = "NAME@DOMAIN", conflicts_with = "name")]
    pub(crate) user: Option<String>,
    /// Address that the link begins with, where the server was given its own by flags and not by the configuration file
    #[arg(long, value_name = "URL", env = "WHARF_PUBLIC_URL", hide_env_values = true)]
    pub(crate) public_url: Option<Url>,
    /// Make one more owner, also where there is one
    #[arg(long, visible_alias = "force-new")]
    pub(crate) another: bool,
    /// Name of the owner
    #[arg(long, default_value = "owner")]
    pub(crate) name: String,
}

/// Check that the journal is whole and unchanged
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf admin verify-journal --data /var/lib/wharf")]
pub(crate) struct VerifyJournalArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
}

/// Look at everything that is stored, whether its bytes are what their digests say
///
/// What is found damaged is not served any more, and is whole again when it is pushed again; what was restored is served again. It works beside a
/// running server. Ends with 1 when something is damaged.
#[derive(Clone, Debug, Args)]
#[command(
    after_long_help = "Examples:\n  wharf admin fsck --data /var/lib/wharf\n  wharf admin fsck -o json --query damaged"
)]
pub(crate) struct FsckArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
}
