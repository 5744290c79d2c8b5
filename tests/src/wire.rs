//! HTTP/1.1 by hand, for connections that no library would make: thousands at once, and half-finished ones.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Interest},
    net::{TcpSocket, TcpStream},
};

/// A connection to the server on this machine.
#[derive(Debug)]
pub(crate) struct Wire(BufReader<TcpStream>);

/// An answer, without its body.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: String,
}

impl Wire {
    /// Connects from one of this machine's addresses, 127.0.0.0/8: each is a source of its own.
    pub(crate) async fn open(port: u16, source: Ipv4Addr) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddrV4::new(source, 0).into())?;
        let server = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Ok(Self(BufReader::with_capacity(2048, socket.connect(server).await?)))
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.0.get_mut().write_all(bytes.as_ref()).await
    }

    /// Waits until the connection is reset, without reading anything of what comes before.
    pub(crate) async fn reset(&self) -> io::Result<()> {
        self.0.get_ref().ready(Interest::ERROR).await.map(drop)
    }

    /// Reads one answer to its end.
    pub(crate) async fn answer(&mut self) -> io::Result<Answer> {
        let mut answer = Answer::default();
        let mut length = 0;
        for number in 0.. {
            let mut line = String::new();
            if self.0.read_line(&mut line).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end();
            if number == 0 {
                let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
                answer.status = status.ok_or(io::ErrorKind::InvalidData)?;
            } else if line.is_empty() {
                break;
            } else if let Some((name, value)) = line.split_once(':') {
                match name.to_ascii_lowercase().as_str() {
                    "content-length" => length = value.trim().parse().map_err(io::Error::other)?,
                    "location" => answer.location = value.trim().to_owned(),
                    _ => {}
                }
            }
        }
        tokio::io::copy(&mut (&mut self.0).take(length), &mut tokio::io::sink()).await?;
        Ok(answer)
    }

    /// Asks with a body, and reads the answer to its end.
    pub(crate) async fn ask(&mut self, method: &str, target: &str, lines: &str, body: &[u8]) -> io::Result<Answer> {
        let length = body.len();
        let head = format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n{lines}\r\n");
        self.send([head.as_bytes(), body].concat()).await?;
        self.answer().await
    }
}
