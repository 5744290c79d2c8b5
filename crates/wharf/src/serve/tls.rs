//! Certificates: from files, read again when they change; or from an authority of the installation's own.

use std::fs::{self, File};
use std::io::Write;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ProducesTickets;
use wharf_app::PublicAddress;
use wharf_server::listen::Tls;

use crate::environment;
use crate::installation::{Config, DataFolder, TlsSource};

/// The certificate in use.
#[derive(Clone)]
pub(super) struct Certificate {
    pub(super) tls: Tls,
    tickets: Arc<dyn ProducesTickets>,
    certificate: PathBuf,
    key: PathBuf,
    read_at: Arc<Mutex<Option<SystemTime>>>,
}

const AUTHORITY_LIFE: Duration = Duration::from_secs(10 * 365 * 24 * 3600);
/// Longer than a server runs without a restart, which makes a new one; shorter than clients refuse (825 days).
const CERTIFICATE_LIFE: Duration = Duration::from_secs(800 * 24 * 3600);

/// The certificate that the configuration asks for; none without TLS.
pub(super) fn certificate(
    config: &Config,
    data: &DataFolder,
    public: &PublicAddress,
    listen: IpAddr,
) -> anyhow::Result<Option<Certificate>> {
    let (certificate, key) = match &config.tls {
        TlsSource::Off => return Ok(None),
        TlsSource::Files { certificate, key } => (certificate.clone(), key.clone()),
        TlsSource::SelfSigned => self_signed(&data.path().join("tls"), public, listen)?,
    };
    // Sessions go on over a renewal: their keys are not the certificate's, and change by themselves.
    let tickets = rustls::crypto::aws_lc_rs::Ticketer::new().context("cannot make keys for TLS sessions")?;
    let tls = Tls::new(read(&certificate, &key, &tickets)?);
    let read_at = Arc::new(Mutex::new(modified(&certificate)));
    Ok(Some(Certificate {
        tls,
        tickets,
        certificate,
        key,
        read_at,
    }))
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

impl Certificate {
    /// Takes a renewed certificate into use; one that cannot be read leaves the old one in use.
    pub(super) async fn reload_if_changed(&self) {
        let now = modified(&self.certificate);
        let mut read_at = self.read_at.lock().unwrap_or_else(PoisonError::into_inner);
        if now.is_none() || *read_at == now {
            return;
        }
        match read(&self.certificate, &self.key, &self.tickets) {
            Ok(config) => {
                self.tls.renew(config);
                *read_at = now;
                tracing::info!("the certificate {} was renewed", self.certificate.display());
            }
            Err(error) => tracing::warn!("the renewed certificate cannot be used yet: {error:#}"),
        }
    }
}

fn read(certificate: &Path, key: &Path, tickets: &Arc<dyn ProducesTickets>) -> anyhow::Result<rustls::ServerConfig> {
    let bad = |path: &Path| format!("{} holds no PEM of what it should", path.display());
    let chain = CertificateDer::pem_file_iter(certificate)
        .with_context(|| format!("cannot read the certificate {}", certificate.display()))?;
    let chain = chain.collect::<Result<Vec<_>, _>>().with_context(|| bad(certificate))?;
    if chain.is_empty() {
        bail!("{} holds no certificate", certificate.display());
    }
    let private =
        PrivateKeyDer::from_pem_file(key).with_context(|| format!("cannot read the private key {}", key.display()))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    // TLS 1.2 and 1.3 (rule 69).
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = builder
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .with_context(|| {
            format!(
                "the certificate {} and the key {} do not belong together",
                certificate.display(),
                key.display()
            )
        })?;
    config.ticketer = Arc::clone(tickets);
    Ok(config)
}

/// The server's certificate for the domain, every name below it and this machine, from an authority that is made once and kept.
fn self_signed(folder: &Path, public: &PublicAddress, listen: IpAddr) -> anyhow::Result<(PathBuf, PathBuf)> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let issuer = authority(folder, &public.domain)?;
    let mut params = CertificateParams::new(vec![
        public.domain.clone(),
        format!("*.{}", public.domain),
        "localhost".to_owned(),
    ])?;
    let loopback = ["127.0.0.1", "::1"].into_iter().filter_map(|text| text.parse().ok());
    let own = (!listen.is_unspecified()).then_some(listen);
    let mut addresses: Vec<IpAddr> = loopback.chain(own).collect();
    addresses.dedup();
    params
        .subject_alt_names
        .extend(addresses.into_iter().map(SanType::IpAddress));
    params
        .distinguished_name
        .push(DnType::CommonName, public.domain.clone());
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    valid_for(&mut params, CERTIFICATE_LIFE);
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &issuer)?;
    let (certificate_path, key_path) = (folder.join("server.pem"), folder.join("server.key"));
    write(&certificate_path, &certificate.pem(), 0o644)?;
    write(&key_path, &key.serialize_pem(), 0o600)?;
    Ok((certificate_path, key_path))
}

fn authority(folder: &Path, domain: &str) -> anyhow::Result<Issuer<'static, KeyPair>> {
    let (certificate_path, key_path) = (folder.join("ca.pem"), folder.join("ca.key"));
    if let (Ok(certificate), Ok(key)) = (fs::read_to_string(&certificate_path), fs::read_to_string(&key_path)) {
        let key = KeyPair::from_pem(&key).with_context(|| format!("{} is damaged", key_path.display()))?;
        return Issuer::from_ca_cert_pem(&certificate, key)
            .with_context(|| format!("{} is damaged", certificate_path.display()));
    }
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
        .distinguished_name
        .push(DnType::CommonName, format!("Wharf authority of {domain}"));
    valid_for(&mut params, AUTHORITY_LIFE);
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    write(&key_path, &key.serialize_pem(), 0o600)?;
    write(&certificate_path, &certificate.pem(), 0o644)?;
    Ok(Issuer::new(params, key))
}

fn valid_for(params: &mut CertificateParams, life: Duration) {
    let now = environment::now();
    params.not_before = now - Duration::from_secs(3600);
    params.not_after = now + life;
}

/// Replaces a file as a whole.
fn write(path: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    let draft = path.with_extension("new");
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&draft);
    file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&draft, path))
        .with_context(|| format!("cannot write {}", path.display()))
}
