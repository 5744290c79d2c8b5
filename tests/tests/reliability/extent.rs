//! How much a trial does, and what it says at its end.

use std::{
    env, fs,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::check::Problems;

/// Whether a trial is to be done in its full form: `scripts/trial` says so.
pub(crate) fn is_full() -> bool {
    env::var_os("WHARF_TRIAL").is_some()
}

/// Every how many points of a full form are tried: each, or each so-manieth when the variable is a number.
pub(crate) fn every() -> usize {
    #[expect(clippy::disallowed_methods, reason = "a trial has no other configuration")]
    let number = env::var("WHARF_TRIAL").ok().and_then(|form| form.parse().ok());
    number.unwrap_or(1).max(1)
}

/// One of these, by the form that is run.
pub(crate) fn form<T>(short: T, full: T) -> T {
    if is_full() { full } else { short }
}

/// What a trial counted.
#[derive(Debug)]
pub(crate) struct Report {
    name: &'static str,
    counts: Vec<(String, usize)>,
    problems: Vec<String>,
}

impl Report {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            counts: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Adds to a count.
    pub(crate) fn add(&mut self, what: &str, more: usize) {
        match self.counts.iter_mut().find(|(known, _)| known == what) {
            Some((_, count)) => *count += more,
            None => self.counts.push((what.to_owned(), more)),
        }
    }

    /// Takes note of what was wrong at a place.
    pub(crate) fn note(&mut self, place: &str, problems: Problems) {
        self.problems
            .extend(problems.into_iter().map(|problem| format!("{place}: {problem}")));
    }

    /// Prints the counts, and fails if something was wrong.
    #[expect(clippy::print_stderr, reason = "what a trial counted is its result")]
    pub(crate) fn end(mut self) {
        let problems = self.problems.len();
        self.add("problems", problems);
        let counts: Vec<String> = self
            .counts
            .iter()
            .map(|(what, count)| format!("{what} {count}"))
            .collect();
        eprintln!("trial {}: {}", self.name, counts.join(", "));
        let first = self.problems.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
        assert!(problems == 0, "{problems} problems:\n{first}");
    }
}

/// A folder in memory, for disks that are written and thrown away by the hundred.
pub(crate) fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() {
        TempDir::with_prefix_in("wharf-trial-", memory)
    } else {
        TempDir::with_prefix("wharf-trial-")
    };
    made.expect("a temporary folder can be made")
}

/// Copies a data folder.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("a folder can be read").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}

pub(crate) fn runtime() -> Runtime {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime starts")
}

/// Does something for each number below a limit, on both of the machine's hands.
pub(crate) fn in_parallel<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return done;
            }
            done.push((number, work(number)));
        }
    };
    let mut all = std::thread::scope(|scope| {
        let workers = [scope.spawn(run), scope.spawn(run)];
        let ended = workers.map(|worker| worker.join().expect("a trial's worker ends"));
        ended.into_iter().flatten().collect::<Vec<_>>()
    });
    all.sort_by_key(|(number, _)| *number);
    all.into_iter().map(|(_, value)| value).collect()
}
