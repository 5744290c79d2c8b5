//! A certificate with its key for a service principal, as `--create-cert` makes it.

use std::path::PathBuf;

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use time::OffsetDateTime;

use crate::{
    environment::{Environment, now, random_id},
    failure::Failure,
    profile::replace_private,
};

/// Makes a key (P-256) and a certificate of it, and writes both to a new file in the home folder that only its owner can read. Returns the certificate (DER).
pub(crate) fn make(name: &str, end: OffsetDateTime) -> Result<(Vec<u8>, PathBuf), Failure> {
    let failed = |error: rcgen::Error| Failure::general(format!("cannot make a certificate: {error}"));
    let key = KeyPair::generate().map_err(failed)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = now();
    params.not_after = end;
    let certificate = params.self_signed(&key).map_err(failed)?;
    let folder = Environment::read().home;
    let folder = folder.ok_or_else(|| Failure::general("there is no home folder to write the key to"))?;
    let path = folder.join(format!("wharf-{}.pem", random_id().simple()));
    let content = format!("{}{}", key.serialize_pem(), certificate.pem());
    let written = replace_private(&path, content.as_bytes());
    written.map_err(|error| Failure::general(format!("cannot write {}: {error}", path.display())))?;
    Ok((certificate.der().to_vec(), path))
}
