//! `wharf credential-provider`.

use std::path::PathBuf;

use clap::Args;

/// Answer kubelet's question for credentials (its exec protocol, CredentialProviderRequest v1)
///
/// kubelet starts it when it has to pull an image of this server, and gives it the image's name on standard input. It signs in as a service principal, and
/// answers with a token of the image's registry. Nothing is kept on the node. The server is named by --server, and may be left out of neither.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  wharf credential-provider --server https://acr.example --username APP_ID --password-file /etc/wharf/secret
  wharf credential-provider --server https://acr.example --username APP_ID --certificate /etc/wharf/node.pem
  wharf credential-provider --server https://acr.example --username APP_ID --federated-token-file /var/run/secrets/tokens/wharf")]
pub(crate) struct ProviderArgs {
    /// Address of the server
    #[arg(long, value_name = "URL", env = "WHARF_SERVER", hide_env_values = true)]
    pub(crate) server: String,
    /// App id of the service principal
    #[arg(long, short, env = "WHARF_CLIENT_ID", hide_env_values = true)]
    pub(crate) username: String,
    /// Tenant; may be left out where the server has just one
    #[arg(long, short, env = "WHARF_TENANT", hide_env_values = true)]
    pub(crate) tenant: Option<String>,
    /// File with the password
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// File with the certificate and its private key (PEM)
    #[arg(long, value_name = "FILE", conflicts_with = "password_file")]
    pub(crate) certificate: Option<PathBuf>,
    /// File with a token of an issuer that the application accepts; kubelet's own token for the pod's service account goes before it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["password_file", "certificate"])]
    pub(crate) federated_token_file: Option<PathBuf>,
}
