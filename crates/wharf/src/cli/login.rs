//! `wharf login`, `wharf logout`.

use std::path::PathBuf;

use clap::Args;

/// Sign in to a server
///
/// A person signs in with a browser, which is opened; where none can be, or with --use-device-code, a code is shown that is typed into a browser elsewhere.
/// `wharf admin bootstrap --user NAME@DOMAIN` on the server's host invites the first one.
///
/// A service principal signs in with its app id and password; `wharf admin bootstrap` on the server's host makes the first one. The
/// password is kept in a file that only you can read, so that later commands need none.
///
/// Without --server, http://localhost:5000 is meant. Plain http is accepted for this machine only, unless --allow-insecure is given.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  wharf login --server https://acr.example
  wharf login --use-device-code --server https://acr.example
  wharf login --service-principal -u APP_ID -p PASSWORD --tenant TENANT
  wharf login --service-principal -u APP_ID --password-stdin --tenant TENANT --server https://acr.example < secret
  wharf login --service-principal -u APP_ID -p PASSWORD --tenant TENANT --server https://acr.example --ca-cert ca.pem
  wharf login --service-principal -u APP_ID --certificate ci.pem --tenant TENANT
  wharf login --service-principal -u APP_ID --federated-token-file /var/run/secrets/tokens/wharf --tenant TENANT")]
pub(crate) struct LoginArgs {
    /// Sign in as a service principal
    #[arg(long)]
    pub(crate) service_principal: bool,
    /// Sign in with a code that is typed into a browser elsewhere
    #[arg(long, conflicts_with = "service_principal")]
    pub(crate) use_device_code: bool,
    /// App id of the service principal
    #[arg(long, short)]
    pub(crate) username: Option<String>,
    /// Its password; asked for when neither this nor --password-stdin is given
    #[arg(long, short, env = "WHARF_PASSWORD", hide_env_values = true)]
    pub(crate) password: Option<String>,
    /// Read the password from standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,
    /// File with its certificate and the private key (PEM), in the place of a password
    #[arg(long, value_name = "FILE", env = "WHARF_CERTIFICATE", hide_env_values = true, conflicts_with_all = ["password", "password_stdin"])]
    pub(crate) certificate: Option<PathBuf>,
    /// Token of an issuer that the application accepts, in the place of a password
    #[arg(long, value_name = "TOKEN", conflicts_with_all = ["password", "password_stdin", "certificate"])]
    pub(crate) federated_token: Option<String>,
    /// File with such a token, read anew each time
    #[arg(long, value_name = "FILE", env = "WHARF_FEDERATED_TOKEN_FILE", hide_env_values = true,
        conflicts_with_all = ["password", "password_stdin", "certificate", "federated_token"])]
    pub(crate) federated_token_file: Option<PathBuf>,
    /// Tenant: its id or a domain of it; may be left out where a server has just one
    #[arg(long, short, env = "WHARF_TENANT", hide_env_values = true)]
    pub(crate) tenant: Option<String>,
    /// Address of the server
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://localhost:5000",
        env = "WHARF_SERVER",
        hide_env_values = true
    )]
    pub(crate) server: String,
    /// Name or id of the subscription to work in
    #[arg(long, short)]
    pub(crate) subscription: Option<String>,
    /// Succeed also without access to any subscription
    #[arg(long)]
    pub(crate) allow_no_subscriptions: bool,
}

/// Sign out, and forget the password and tokens
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  wharf logout\n  wharf logout --username APP_ID")]
pub(crate) struct LogoutArgs {
    /// User name or app id to sign out; the one in use when left out
    #[arg(long)]
    pub(crate) username: Option<String>,
}
