//! Turning away whoever has connections enough (rule 47): quickly and at little cost.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// How many are told so at once. Beyond that connections are closed without a word.
const MOST: usize = 64;
/// How long one gets to read it.
const LINGER: Duration = Duration::from_secs(1);
/// How much of its request is read off.
const MAX_BYTES: u64 = 64 * 1024;

const ANSWER: &[u8] =
    b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nConnection: close\r\nContent-Type: text/plain\r\n\
Content-Length: 38\r\n\r\ntoo many connections from this address";

/// Turns connections away.
#[derive(Debug)]
pub(super) struct Refusals(Arc<Semaphore>);

impl Refusals {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(MOST)))
    }

    /// Ends a connection without TLS with the reason, if there is time for it.
    pub(super) fn refuse(&self, mut stream: TcpStream) {
        let Ok(slot) = Arc::clone(&self.0).try_acquire_owned() else {
            return;
        };
        tokio::spawn(async move {
            let _slot = slot;
            // Closing before the request was read would reset the connection, and take the answer with it.
            let telling = async {
                stream.write_all(ANSWER).await?;
                stream.shutdown().await?;
                tokio::io::copy(&mut stream.take(MAX_BYTES), &mut tokio::io::sink()).await
            };
            // Whoever does not stay to hear it has lost nothing.
            let _ = timeout(LINGER, telling).await;
        });
    }
}
