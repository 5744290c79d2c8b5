//! Pulls of one blob, again and again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::on_threads;
use crate::connection::Peer;

/// What came in.
pub(crate) struct Pulled {
    pub(crate) bytes: u64,
    pub(crate) elapsed: Duration,
}

/// Pulls `path` on some connections for a time, each at most at `pace` bytes a second.
pub(crate) fn pull(peer: &Peer, path: &str, connections: usize, time: Duration, pace: Option<u64>) -> Result<Pulled> {
    let bytes = AtomicU64::new(0);
    let began = Instant::now();
    let until = began + time;
    // A slow client with a large buffer is a fast one for a while.
    let buffer = pace.map(|_| 64 << 10);
    let one = || -> Result<()> {
        let mut connection = peer.connect(buffer)?;
        let mut count = |got| {
            bytes.fetch_add(got, Ordering::Relaxed);
        };
        while connection.pull(path, until, pace, &mut count)? {}
        Ok(())
    };
    on_threads(connections, one).into_iter().collect::<Result<Vec<_>>>()?;
    Ok(Pulled {
        bytes: bytes.into_inner(),
        elapsed: began.elapsed(),
    })
}
