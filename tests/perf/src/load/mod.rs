//! The work that servers are given.

pub(crate) mod content;
pub(crate) mod lists;
pub(crate) mod pull;
pub(crate) mod push;
pub(crate) mod requests;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::connection::{Connection, Peer};

/// What some workers took for pieces of work.
pub(crate) struct Done {
    pub(crate) elapsed: Duration,
    /// Of each piece, in seconds, sorted.
    pub(crate) each: Vec<f64>,
}

/// Has `count` pieces of work done by some workers, each on a connection of its own. The first error ends it.
pub(crate) fn share(
    peer: &Peer,
    workers: usize,
    count: usize,
    work: impl Fn(&mut Connection, usize) -> Result<()> + Sync,
) -> Result<Done> {
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let one = || -> Result<Vec<f64>> {
        let mut connection = peer.connect(None)?;
        let mut each = Vec::new();
        loop {
            let piece = next.fetch_add(1, Ordering::Relaxed);
            if piece >= count || failed.load(Ordering::Relaxed) {
                return Ok(each);
            }
            let began = Instant::now();
            work(&mut connection, piece).inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
            each.push(began.elapsed().as_secs_f64());
        }
    };
    let began = Instant::now();
    let results = on_threads(workers, one);
    let elapsed = began.elapsed();
    let mut each: Vec<f64> = results.into_iter().collect::<Result<Vec<_>>>()?.concat();
    each.sort_by(f64::total_cmp);
    Ok(Done { elapsed, each })
}

/// Does the same on some threads at once.
pub(crate) fn on_threads<T: Send>(count: usize, work: impl Fn() -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let handles: Vec<_> = (0..count).map(|_| scope.spawn(&work)).collect();
        let join = |handle: thread::ScopedJoinHandle<'_, T>| {
            handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        handles.into_iter().map(join).collect()
    })
}
