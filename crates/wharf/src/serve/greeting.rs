//! What the server says when it is ready: where it is, and what to do next.

use std::net::SocketAddr;
use std::path::Path;

use wharf_app::App;

use crate::installation::{Config, TlsSource, plain};

pub(super) async fn show(app: &App, data: &Path, address: SocketAddr, config: &Config) -> anyhow::Result<()> {
    let public = &app.settings().public;
    let program = std::env::args().next().unwrap_or_else(|| "wharf".to_owned());
    let base = public.base();
    let mut text = format!("\nWharf is ready at {public}\n  data folder  {}\n", data.display());
    match (&config.tls, address.ip().is_loopback()) {
        (TlsSource::Off, true) => text.push_str(
            "  no TLS, so it listens on this machine alone (--tls self-signed, or --tls-cert and --tls-key)\n",
        ),
        (TlsSource::Off, false) => text.push_str(&format!(
            "  no TLS, and it listens on {address} because it was told to\n"
        )),
        (TlsSource::SelfSigned, _) => {
            text.push_str(&format!(
                "  clients have to trust  {}\n",
                data.join("tls").join("ca.pem").display()
            ));
        }
        (TlsSource::Files { .. }, _) => {}
    }
    if !app.has_owner().await.map_err(plain)? {
        let data = if config.data_is_named {
            format!(" --data {}", data.display())
        } else {
            String::new()
        };
        text.push_str(&format!(
            "
Nobody owns it yet. In another terminal, make the first owner and sign in as it:

  {program} admin bootstrap{data}
  {program} login --service-principal -u APP_ID -p PASSWORD --tenant TENANT --server {public}

Then three commands, and an image is in a registry of your own:

  {program} group create -n demo -l local && {program} acr create -n myregistry -g demo --admin-enabled true
  {program} acr credential show -n myregistry --query 'passwords[0].value' -o tsv | docker login {base} -u myregistry --password-stdin
  docker tag IMAGE {base}/myregistry/web:v1 && docker push {base}/myregistry/web:v1
"
        ));
    }
    anstream::println!("{text}");
    tracing::info!(server.address = %address, server.url = %public, "ready at {public}");
    Ok(())
}
