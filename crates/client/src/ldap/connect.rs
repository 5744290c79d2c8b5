//! A connection to a directory: the first of its addresses that answers, protected as the settings say.

use std::io;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{Duration, timeout};
use tokio_rustls::TlsConnector;
use wharf_types::ldap::LdapUrl;

use super::LdapError;
use super::ber;
use super::wire::{Stream, read_message};

/// StartTLS (RFC 4511 §4.14.1), as message 1: an extended request with the name 1.3.6.1.4.1.1466.20037.
const START_TLS: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";
const EXTENDED_RESPONSE: u8 = 0x78;
const ENUMERATED: u8 = 0x0a;
/// The longest answer to it, in bytes.
const START_TLS_ANSWER_BYTES: usize = 4096;

/// How a connection is protected.
pub(super) struct Protection {
    pub(super) tls: Arc<ClientConfig>,
    pub(super) plain_text: bool,
}

/// Connects to one address, within `limit`.
pub(super) async fn connect(
    url: &LdapUrl,
    protection: &Protection,
    limit: Duration,
) -> Result<Box<dyn Stream>, LdapError> {
    let made = timeout(limit, connect_and_protect(url, protection)).await;
    made.unwrap_or_else(|_| Err(LdapError::TimedOut(url.to_string())))
}

async fn connect_and_protect(url: &LdapUrl, protection: &Protection) -> Result<Box<dyn Stream>, LdapError> {
    let mut stream = reach(url).await?;
    if !url.tls && protection.plain_text {
        return Ok(Box::new(stream));
    }
    if !url.tls {
        start_tls(url, &mut stream).await?;
    }
    let name = ServerName::try_from(url.host.clone()).map_err(|error| LdapError::Tls {
        url: url.to_string(),
        reason: error.to_string(),
    })?;
    let connector = TlsConnector::from(Arc::clone(&protection.tls));
    let protected = connector.connect(name, stream).await;
    Ok(Box::new(protected.map_err(|error| tls_error(url, &error))?))
}

async fn reach(url: &LdapUrl) -> Result<TcpStream, LdapError> {
    let found = tokio::net::lookup_host((url.host.as_str(), url.port)).await;
    let found = found.map_err(|error| LdapError::Name {
        url: url.to_string(),
        reason: error.to_string(),
    })?;
    let mut last = None;
    for address in found {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                // Questions are short, and each waits for its answer.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) => last = Some(error),
        }
    }
    Err(LdapError::Unreachable {
        url: url.to_string(),
        reason: last.map_or_else(|| "the name has no address".to_owned(), |error| error.to_string()),
    })
}

async fn start_tls(url: &LdapUrl, stream: &mut TcpStream) -> Result<(), LdapError> {
    let refused = |reason: String| LdapError::StartTls {
        url: url.to_string(),
        reason,
    };
    let asked = stream.write_all(START_TLS).await;
    asked.map_err(|error| refused(error.to_string()))?;
    // Exactly one message is read: what a stranger appended to it would else be taken for something that came protected.
    let answer = read_message(stream, START_TLS_ANSWER_BYTES).await;
    let answer = answer.map_err(|error| refused(error.to_string()))?;
    match result_code(&answer) {
        Some(0) => Ok(()),
        Some(code) => Err(refused(format!("it answered with code {code}"))),
        None => Err(refused("its answer cannot be read".to_owned())),
    }
}

/// The result code of an extended response.
fn result_code(message: &[u8]) -> Option<u8> {
    let id = ber::element(ber::element(message)?.content)?;
    let response = ber::element(id.rest)?;
    let code = ber::element(response.content)?;
    let expected = response.tag == EXTENDED_RESPONSE && code.tag == ENUMERATED;
    match code.content {
        [code] if expected => Some(*code),
        _ => None,
    }
}

fn tls_error(url: &LdapUrl, error: &io::Error) -> LdapError {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    let (url, reason) = (
        url.to_string(),
        cause.map_or_else(|| error.to_string(), ToString::to_string),
    );
    match cause {
        Some(rustls::Error::InvalidCertificate(_)) => LdapError::Certificate { url, reason },
        _ => LdapError::Tls { url, reason },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_to_start_tls_says_yes_or_why_not() {
        let yes = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00";
        let no = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x34\x04\x00\x04\x00";
        let bind = b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00";
        assert_eq!(result_code(yes), Some(0));
        assert_eq!(result_code(no), Some(52));
        assert_eq!(result_code(bind), None);
        assert_eq!(START_TLS.len(), 0x1d + 2);
    }
}
