//! The bytes between a directory and the protocol's library.
//!
//! The library reads messages of any length and any depth, the latter by calling itself: a directory, or whoever stands for one, could end the process. So it is given one end of a pair of
//! sockets, and only messages that were looked at go through it.

use std::io;

use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError as Library, StdStream};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::task::JoinSet;

use super::ber;
use super::limits::{CONNECTION_BYTES, MESSAGE_BYTES};

/// A connection, protected as it has to be.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The library's handle, and the tasks that serve it. They end with it.
pub(super) struct Wire {
    pub(super) ldap: Ldap,
    _tasks: JoinSet<()>,
}

impl Wire {
    /// Puts the library onto a connection.
    pub(super) async fn new(stream: Box<dyn Stream>) -> Result<Self, Library> {
        let (ours, library) = UnixStream::pair()?;
        let settings = LdapConnSettings::new().set_std_stream(StdStream::Unix(library.into_std()?));
        let (connection, ldap) = LdapConnAsync::with_settings(settings, "ldapi://wharf").await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            // Why it ended is what the question learns: no answer.
            let _ = connection.drive().await;
        });
        tasks.spawn(relay(stream, ours));
        Ok(Self { ldap, _tasks: tasks })
    }
}

async fn relay(directory: Box<dyn Stream>, library: UnixStream) {
    let (mut from_directory, mut to_directory) = tokio::io::split(directory);
    let (mut from_library, mut to_library) = library.into_split();
    let up = tokio::io::copy(&mut from_library, &mut to_directory);
    let down = async {
        let mut left = CONNECTION_BYTES;
        loop {
            let message = read_message(&mut from_directory, left.min(MESSAGE_BYTES)).await?;
            left -= message.len();
            to_library.write_all(&message).await?;
        }
    };
    // Either side may end it.
    tokio::select! {
        _ = up => {}
        ended = down => {
            let ended: io::Result<()> = ended;
            if ended.is_err_and(|error| error.kind() == io::ErrorKind::InvalidData) {
                tracing::warn!("a directory answered with something that is not read");
            }
        }
    }
}

/// The next message, if it is one and not longer than `limit` bytes.
pub(super) async fn read_message(from: &mut (impl AsyncRead + Unpin), limit: usize) -> io::Result<Vec<u8>> {
    let garbage = || io::Error::from(io::ErrorKind::InvalidData);
    let mut message = vec![0; 2];
    from.read_exact(&mut message).await?;
    let head = ber::head_bytes([message[0], message[1]]).ok_or_else(garbage)?;
    message.resize(head, 0);
    from.read_exact(&mut message[2..]).await?;
    let body = ber::body_bytes(&message).ok_or_else(garbage)?;
    if head + body > limit {
        return Err(garbage());
    }
    // Read as it comes: what is announced is not yet there.
    from.take(body as u64).read_to_end(&mut message).await?;
    if message.len() < head + body {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    if ber::is_sound(&message) {
        Ok(message)
    } else {
        Err(garbage())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &[u8], limit: usize) -> Result<usize, io::ErrorKind> {
        let mut bytes = bytes;
        let message = read_message(&mut bytes, limit).await;
        message.map(|message| message.len()).map_err(|error| error.kind())
    }

    #[tokio::test]
    async fn a_message_is_read_whole_or_not_at_all() {
        let bound = [
            0x30, 0x0c, 0x02, 0x01, 0x01, 0x61, 0x07, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00, 0x30,
        ];
        assert_eq!(read(&bound, 100).await, Ok(14));
        assert_eq!(read(&bound, 13).await, Err(io::ErrorKind::InvalidData));
        assert_eq!(read(&bound[..9], 100).await, Err(io::ErrorKind::UnexpectedEof));
        assert_eq!(read(b"HTTP/1.1 400", 100).await, Err(io::ErrorKind::InvalidData));
        assert_eq!(
            read(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0], MESSAGE_BYTES).await,
            Err(io::ErrorKind::InvalidData)
        );
    }
}
