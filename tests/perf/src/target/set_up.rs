//! What the servers need before they start: a certificate, and for Wharf an installation with a registry.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use wharf_tests::Options as ServerOptions;

use super::{copy_folder, sessions};
use crate::connection::{Body, Peer};

/// See the module.
pub(crate) struct SetUp {
    folder: PathBuf,
    pub(crate) server_cores: Vec<usize>,
    client_tls: Arc<ClientConfig>,
    /// A data folder with the registry `bench`, whose admin user is enabled.
    pub(crate) installation: PathBuf,
    /// The admin user's `Authorization`.
    pub(crate) basic: String,
    /// A service principal that may push to it.
    pub(crate) robot: Robot,
    /// Refresh tokens of clients that act for one person, as the installation was left.
    pub(crate) sessions: Vec<String>,
}

/// A service principal.
pub(crate) struct Robot {
    pub(crate) tenant: String,
    pub(crate) app_id: String,
    pub(crate) secret: String,
}

impl Robot {
    /// Its `Authorization` with a secret.
    pub(crate) fn basic(&self) -> String {
        basic(&self.app_id, &self.secret)
    }
}

/// An `Authorization` (RFC 7617).
pub(crate) fn basic(user: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{secret}")))
}

impl SetUp {
    /// Makes it all in a folder.
    pub(crate) fn new(folder: &Path, server_cores: &[usize]) -> Result<Self> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        fs::write(folder.join("certificate.pem"), made.cert.pem())?;
        fs::write(folder.join("key.pem"), made.signing_key.serialize_pem())?;
        let client_tls = Arc::new(client_tls(made.cert.der().clone())?);
        let installation = folder.join("installation");
        let (basic, robot, sessions) = install(&installation)?;
        Ok(Self {
            folder: folder.to_owned(),
            server_cores: server_cores.to_owned(),
            client_tls,
            installation,
            basic,
            robot,
            sessions,
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.join("certificate.pem")
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.folder.join("key.pem")
    }

    pub(crate) fn client_tls(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.client_tls)
    }

    /// A bearer token of the admin user.
    pub(crate) fn token(&self, peer: &Peer) -> Result<String> {
        let peer = Peer {
            authorization: Some(self.basic.clone()),
            ..peer.clone()
        };
        let host = format!("127.0.0.1:{}", peer.port);
        let path = format!(
            "/oauth2/token?service={host}&scope=repository:bench/a:pull,push&scope=repository:bench/t:pull,push&scope=registry:catalog:*"
        );
        let answer = peer
            .connect(None)?
            .request("GET", &path, "", &Body::Nothing)?
            .expect(200)?;
        let document: Value = serde_json::from_slice(&answer.body)?;
        let token = document["access_token"].as_str().context("an answer without a token")?;
        Ok(format!("Bearer {token}"))
    }
}

/// One cipher suite for all servers, so that they do the same work.
fn client_tls(certificate: CertificateDer<'static>) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate)?;
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites = vec![aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256];
    let config =
        ClientConfig::builder_with_provider(Arc::new(provider)).with_protocol_versions(&[&rustls::version::TLS13])?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// Sets Wharf up as an operator does, and keeps the data folder. Returns the admin user's `Authorization`, a service principal, and a person's clients.
fn install(folder: &Path) -> Result<(String, Robot, Vec<String>)> {
    let mut wharf = ServerOptions::default().start();
    let owner = wharf.owner();
    owner.run("group create -l westus -n demo").ok();
    let registry = owner
        .run("acr create -n bench -g demo -l westus --admin-enabled true")
        .ok()
        .json();
    let shown = owner.run("acr credential show -n bench").ok().json();
    let text = |value: &Value| value.as_str().map(str::to_owned).context("no credential was shown");
    let admin = basic(&text(&shown["username"])?, &text(&shown["passwords"][0]["value"])?);
    let made = owner.command().words("ad sp create-for-rbac --role AcrPush --scopes");
    let made = made.arg(text(&registry["id"])?).go().ok().json();
    let robot = Robot {
        tenant: text(&made["tenant"])?,
        app_id: text(&made["appId"])?,
        secret: text(&made["password"])?,
    };
    let sessions = sessions::begin(&wharf, &robot.tenant)?;
    wharf.stop();
    copy_folder(&wharf.data(), folder)?;
    Ok((admin, robot, sessions))
}
