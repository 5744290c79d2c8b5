//! The listening socket's settings. Linux gives them to each connection that it accepts, so that none of them costs a system call there.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use socket2::SockRef;

use super::limits::{Limits, seconds};

/// How many connections may wait to be accepted; the kernel's own bound (`net.core.somaxconn`) is 4,096 as well.
const BACKLOG: i32 = 4096;
/// How much of an answer the kernel takes before it could send it. It bounds what a client that does not read holds of its memory, and how much of such a
/// client's progress is not seen.
pub(super) const UNSENT_BYTES: u32 = 256 * 1024;

pub(super) fn prepare(listener: &TcpListener, limits: &Limits) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let socket = SockRef::from(listener);
    socket.listen(BACKLOG)?;
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_notsent_lowat(UNSENT_BYTES)?;
    socket.set_tcp_user_timeout(Some(user_timeout(limits)))
}

/// A client that acknowledges nothing, or whose window stays shut, is ended by the kernel: it alone sees that to the byte.
fn user_timeout(limits: &Limits) -> Duration {
    2 * seconds(limits.transfer_grace_seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_has_what_was_set_on_its_listener() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        prepare(&listener, &Limits::default()).unwrap();
        let _client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        listener.set_nonblocking(false).unwrap();
        let (stream, _) = listener.accept().unwrap();
        let socket = SockRef::from(&stream);
        assert!(socket.tcp_nodelay().unwrap());
        assert_eq!(socket.tcp_notsent_lowat().unwrap(), UNSENT_BYTES);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(Duration::from_secs(120)));
    }
}
