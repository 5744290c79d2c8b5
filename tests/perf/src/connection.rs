//! An HTTP/1.1 client that costs as little as possible: what it spends is not measured, but it shares the machine.
//!
//! Bodies of plain pulls are discarded in the kernel (`recv` with `MSG_TRUNC`), bodies of pushes leave by `sendfile`.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::net::{AddressFamily, RecvFlags, SocketType, bind, connect, recv, socket};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use crate::head::{self, Head};
use crate::pace::Pace;

/// No server is waited for longer than this.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The most of a body that one call discards.
const PIECE: usize = 4 << 20;
/// What is accepted of a server's head and of an answer that is kept.
const MOST_KEPT: usize = 16 << 20;
const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, */*";

/// A server, and as whom it is asked.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) port: u16,
    pub(crate) tls: Option<Arc<ClientConfig>>,
    pub(crate) authorization: Option<String>,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// A connection that is kept alive. `buffer[start..]` has been received and not been used.
pub(crate) struct Connection {
    stream: Stream,
    /// The header lines of every request.
    common: String,
    buffer: Vec<u8>,
    start: usize,
    scrap: Vec<u8>,
}

/// What is sent.
pub(crate) enum Body<'a> {
    Nothing,
    Bytes(&'a [u8]),
    /// Bytes of a file, and then some more, no faster than the pace.
    File(&'a File, Range<u64>, &'a [u8], Option<u64>),
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) head: Head,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The answer, if it has this status.
    pub(crate) fn expect(self, status: u16) -> Result<Self> {
        let body = String::from_utf8_lossy(&self.body[..self.body.len().min(300)]);
        ensure!(
            self.head.status == status,
            "{status} was expected, not {}: {body}",
            self.head.status
        );
        Ok(self)
    }

    /// Its `Location`, as a path.
    pub(crate) fn location(&self) -> Result<String> {
        let location = self.head.location.as_deref().context("an answer without Location")?;
        Ok(head::path_of(location).to_owned())
    }
}

impl Peer {
    /// The address of the loopback interface that it listens on.
    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// A request without a body, as it goes over the wire.
    pub(crate) fn get(&self, path: &str) -> String {
        format!("GET {path} HTTP/1.1\r\n{}\r\n", self.common())
    }

    /// A form, as it goes over the wire.
    pub(crate) fn post(&self, path: &str, form: &str) -> String {
        format!(
            "POST {path} HTTP/1.1\r\n{}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            self.common(),
            form.len()
        )
    }

    /// Connects from another address of the loopback network, as another client would.
    pub(crate) fn connect_from(&self, source: Ipv4Addr) -> Result<Connection> {
        let socket = socket(AddressFamily::INET, SocketType::STREAM, None)?;
        bind(&socket, &SocketAddr::from((source, 0)))?;
        connect(&socket, &self.address())?;
        self.over(TcpStream::from(socket))
    }

    fn common(&self) -> String {
        let authorization = self.authorization.as_deref();
        let authorization = authorization.map_or(String::new(), |value| format!("Authorization: {value}\r\n"));
        format!("Host: 127.0.0.1:{}\r\nAccept: {ACCEPT}\r\n{authorization}", self.port)
    }

    /// Connects, with a receive buffer of this size where a slow client is to be played.
    pub(crate) fn connect(&self, receive_buffer: Option<usize>) -> Result<Connection> {
        let tcp = TcpStream::connect_timeout(&self.address(), TIMEOUT)?;
        if let Some(size) = receive_buffer {
            rustix::net::sockopt::set_socket_recv_buffer_size(&tcp, size)?;
        }
        self.over(tcp)
    }

    fn over(&self, tcp: TcpStream) -> Result<Connection> {
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(TIMEOUT))?;
        tcp.set_write_timeout(Some(TIMEOUT))?;
        let stream = match &self.tls {
            None => Stream::Plain(tcp),
            Some(config) => {
                let name = ServerName::from(std::net::IpAddr::from(Ipv4Addr::LOCALHOST));
                let session = ClientConnection::new(Arc::clone(config), name)?;
                Stream::Tls(Box::new(StreamOwned::new(session, tcp)))
            }
        };
        Ok(Connection {
            stream,
            common: self.common(),
            buffer: Vec::with_capacity(64 << 10),
            start: 0,
            scrap: Vec::new(),
        })
    }
}

impl Connection {
    /// Sends a request and reads the answer. `headers` are whole lines.
    pub(crate) fn request(&mut self, method: &str, path: &str, headers: &str, body: &Body<'_>) -> Result<Answer> {
        self.send(method, path, headers, body)
            .and_then(|()| self.answer(method))
            .with_context(|| format!("{method} {path}"))
    }

    /// Pulls `path` once and discards it. Returns whether it came to its end before `until`.
    pub(crate) fn pull(
        &mut self,
        path: &str,
        until: Instant,
        pace: Option<u64>,
        mut count: impl FnMut(u64),
    ) -> Result<bool> {
        self.send("GET", path, "", &Body::Nothing)?;
        let head = self.head()?;
        ensure!(head.status == 200, "GET {path} was answered with {}", head.status);
        let mut left = head.length.context("a blob without Content-Length")?;
        let had = (self.buffer.len() - self.start).min(usize::try_from(left)?);
        self.start += had;
        left -= had as u64;
        count(had as u64);
        let piece = if pace.is_some() { 64 << 10 } else { PIECE };
        let mut pace = Pace::new(pace);
        while left > 0 {
            let wanted = piece.min(usize::try_from(left).unwrap_or(PIECE));
            let got = self.discard(wanted)? as u64;
            ensure!(got > 0, "GET {path} ended {left} bytes early");
            left -= got;
            count(got);
            if Instant::now() > until {
                return Ok(false);
            }
            pace.wait(got);
        }
        Ok(true)
    }

    fn discard(&mut self, wanted: usize) -> Result<usize> {
        if self.scrap.len() < wanted {
            // Never written by plain pulls, so it costs address space and no memory.
            self.scrap = vec![0; wanted];
        }
        let scrap = &mut self.scrap[..wanted];
        Ok(match &mut self.stream {
            Stream::Plain(tcp) => recv(&*tcp, scrap, RecvFlags::TRUNC)?.1,
            Stream::Tls(tls) => tls.read(scrap)?,
        })
    }

    fn send(&mut self, method: &str, path: &str, headers: &str, body: &Body<'_>) -> Result<()> {
        let length = match body {
            Body::Nothing if matches!(method, "GET" | "HEAD") => None,
            Body::Nothing => Some(0),
            Body::Bytes(bytes) => Some(bytes.len() as u64),
            Body::File(_, range, rest, _) => Some(range.end - range.start + rest.len() as u64),
        };
        let length = length.map_or(String::new(), |length| format!("Content-Length: {length}\r\n"));
        let mut head = format!("{method} {path} HTTP/1.1\r\n{}{headers}{length}\r\n", self.common).into_bytes();
        if let Body::Bytes(bytes) = body {
            head.extend_from_slice(bytes);
        }
        self.write(&head)?;
        if let Body::File(file, range, rest, pace) = body {
            self.send_file(file, range.clone(), *pace)?;
            self.write(rest)?;
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        match &mut self.stream {
            Stream::Plain(tcp) => tcp.write_all(bytes)?,
            Stream::Tls(tls) => tls.write_all(bytes)?,
        }
        Ok(())
    }

    fn send_file(&mut self, file: &File, range: Range<u64>, pace: Option<u64>) -> Result<()> {
        let Stream::Plain(tcp) = &self.stream else {
            bail!("files are pushed over plain connections alone");
        };
        let piece = if pace.is_some() { 256 << 10 } else { 1 << 20 };
        let (mut at, mut pace) = (range.start, Pace::new(pace));
        while at < range.end {
            let wanted = piece.min(usize::try_from(range.end - at)?);
            let sent = rustix::fs::sendfile(tcp, file, Some(&mut at), wanted)?;
            ensure!(sent > 0, "the file ended early");
            pace.wait(sent as u64);
        }
        Ok(())
    }

    fn fill(&mut self) -> Result<()> {
        self.buffer.drain(..self.start);
        self.start = 0;
        ensure!(self.buffer.len() < MOST_KEPT, "an answer that does not end");
        let had = self.buffer.len();
        self.buffer.resize(had + (16 << 10), 0);
        let got = match &mut self.stream {
            Stream::Plain(tcp) => tcp.read(&mut self.buffer[had..]),
            Stream::Tls(tls) => tls.read(&mut self.buffer[had..]),
        };
        self.buffer.truncate(had + *got.as_ref().unwrap_or(&0));
        ensure!(got? > 0, "the connection was closed");
        Ok(())
    }

    fn head(&mut self) -> Result<Head> {
        loop {
            if let Some((head, length)) = head::parse(&self.buffer[self.start..])? {
                self.start += length;
                if head.status != 100 {
                    return Ok(head);
                }
            } else {
                self.fill()?;
            }
        }
    }

    fn answer(&mut self, method: &str) -> Result<Answer> {
        let head = self.head()?;
        let body = match head.length {
            _ if method == "HEAD" || matches!(head.status, 204 | 304) => Vec::new(),
            _ if head.chunked => self.chunks()?,
            Some(length) => self.take(usize::try_from(length)?)?,
            None => bail!("an answer without a length"),
        };
        Ok(Answer { head, body })
    }

    fn take(&mut self, length: usize) -> Result<Vec<u8>> {
        while self.buffer.len() - self.start < length {
            self.fill()?;
        }
        let taken = self.buffer[self.start..self.start + length].to_vec();
        self.start += length;
        Ok(taken)
    }

    /// RFC 9112 §7.1.
    fn chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = loop {
                let found = self.buffer[self.start..].windows(2).position(|pair| pair == b"\r\n");
                match found {
                    Some(at) => break String::from_utf8(self.take(at + 2)?)?,
                    None => self.fill()?,
                }
            };
            let length = usize::from_str_radix(line.trim(), 16).context("the length of a chunk")?;
            body.extend_from_slice(&self.take(length)?);
            self.take(2)?;
            if length == 0 {
                return Ok(body);
            }
        }
    }
}
