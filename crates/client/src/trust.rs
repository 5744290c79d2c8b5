//! Whose certificates are believed.

use std::{path::PathBuf, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

use crate::ClientError;

/// The system's certificate authorities, or those of `SSL_CERT_FILE` and `SSL_CERT_DIR` where these are set, and one file more.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// A PEM file of further authorities, for a server with its own.
    pub ca_file: Option<PathBuf>,
}

impl Trust {
    /// A TLS configuration. An authority that the system lists and that cannot be read is left out: there are always some.
    pub(crate) fn tls(&self) -> Result<ClientConfig, ClientError> {
        let mut roots = RootCertStore::empty();
        let (_, _unusable) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(path) = &self.ca_file {
            let refuse = |reason: String| ClientError::Certificates {
                path: path.clone(),
                reason,
            };
            let certificates = CertificateDer::pem_file_iter(path).map_err(|error| refuse(error.to_string()))?;
            add(&mut roots, certificates).map_err(refuse)?;
        }
        configured(roots).map_err(ClientError::Setup)
    }
}

/// A TLS configuration that believes these authorities and no other.
pub(crate) fn tls_of_pem(pem: &[u8]) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    add(&mut roots, CertificateDer::pem_slice_iter(pem))?;
    configured(roots)
}

fn add<E: std::fmt::Display>(
    roots: &mut RootCertStore,
    certificates: impl Iterator<Item = Result<CertificateDer<'static>, E>>,
) -> Result<(), String> {
    let mut found = false;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| error.to_string())?;
        roots.add(certificate).map_err(|error| error.to_string())?;
        found = true;
    }
    if found {
        Ok(())
    } else {
        Err("it holds no PEM certificate".to_owned())
    }
}

fn configured(roots: RootCertStore) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = versions.map_err(|error| error.to_string())?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_refused_by_name() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let trust = Trust {
            ca_file: Some(file.path().to_owned()),
        };
        let error = trust.tls().unwrap_err().to_string();
        assert!(
            error.contains("no PEM certificate") && error.contains(file.path().to_str().unwrap()),
            "{error}"
        );
    }
}
