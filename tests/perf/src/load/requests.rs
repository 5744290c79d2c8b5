//! One small request again and again on many connections, from one thread: a thread for each would measure the switching between them.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::event::{Timespec, epoll};

use crate::connection::Peer;
use crate::head;

/// The longest wait for any answer at all.
const PATIENCE: Timespec = Timespec { tv_sec: 30, tv_nsec: 0 };

/// What the connections were answered.
pub(crate) struct Rate {
    pub(crate) elapsed: Duration,
    /// How long each answer took, in seconds, sorted.
    pub(crate) each: Vec<f64>,
}

struct Slot {
    stream: TcpStream,
    sent: Instant,
    received: Vec<u8>,
}

/// Sends a request for a time, and until each connection could have been answered once. An answer other than 200 is an error.
pub(crate) fn repeat(peer: &Peer, request: &str, connections: usize, time: Duration) -> Result<Rate> {
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let mut slots = Vec::with_capacity(connections);
    for at in 0..connections {
        let stream = TcpStream::connect(peer.address())?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        epoll::add(
            &poll,
            &stream,
            epoll::EventData::new_u64(at as u64),
            epoll::EventFlags::IN,
        )?;
        slots.push(Slot {
            stream,
            sent: Instant::now(),
            received: Vec::with_capacity(8 << 10),
        });
    }
    let began = Instant::now();
    let mut each = Vec::new();
    for slot in &mut slots {
        slot.send(request.as_bytes())?;
    }
    let mut block = vec![0; 64 << 10];
    let mut events = Vec::with_capacity(connections);
    while began.elapsed() < time || each.len() < connections {
        events.clear();
        let ready = epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), Some(&PATIENCE))?;
        ensure!(ready > 0, "no answer within {} s", PATIENCE.tv_sec);
        for event in &events {
            let slot = &mut slots[usize::try_from(event.data.u64())?];
            if slot.receive(&mut block)? {
                each.push(slot.sent.elapsed().as_secs_f64());
                slot.send(request.as_bytes())?;
            }
        }
    }
    let elapsed = began.elapsed();
    each.sort_by(f64::total_cmp);
    Ok(Rate { elapsed, each })
}

impl Slot {
    fn send(&mut self, request: &[u8]) -> Result<()> {
        self.sent = Instant::now();
        let sent = self.stream.write(request)?;
        ensure!(sent == request.len(), "a request did not fit into an empty socket");
        Ok(())
    }

    /// Takes what has come, and says whether it is a whole answer.
    fn receive(&mut self, block: &mut [u8]) -> Result<bool> {
        let got = match self.stream.read(block) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            got => got?,
        };
        ensure!(got > 0, "the connection was closed");
        self.received.extend_from_slice(&block[..got]);
        let Some((head, length)) = head::parse(&self.received)? else {
            return Ok(false);
        };
        ensure!(head.status == 200, "answered with {}", head.status);
        let whole = length as u64 + head.length.context("an answer without Content-Length")?;
        if (self.received.len() as u64) < whole {
            return Ok(false);
        }
        self.received.clear();
        Ok(true)
    }
}
