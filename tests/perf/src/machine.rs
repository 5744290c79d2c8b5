//! What the kernel says of processes and of the machine, and the cores that work is put on.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// How often a memory peak is looked for.
const SAMPLE: Duration = Duration::from_millis(50);

/// Puts the calling thread on some cores. Threads and processes that it starts from now on inherit them.
pub(crate) fn stay_on(cores: &[usize]) -> Result<()> {
    let mut set = CpuSet::new();
    cores.iter().for_each(|core| set.set(*core));
    sched_setaffinity(None, &set).with_context(|| format!("this machine has no cores {cores:?}"))
}

/// Does something on other cores, and comes back.
pub(crate) fn on_cores<T>(cores: &[usize], work: impl FnOnce() -> T) -> Result<T> {
    let before = sched_getaffinity(None).context("the cores of this thread cannot be read")?;
    stay_on(cores)?;
    let done = work();
    sched_setaffinity(None, &before).context("a thread cannot return to its cores")?;
    Ok(done)
}

/// A process and its children: nginx works in a child.
fn family(process: u32) -> Vec<u32> {
    let parent = |id: u32| -> Option<u32> { stat(id)?.get(1)?.parse().ok() };
    let ids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = ids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id| *id == process || parent(*id) == Some(process))
        .collect()
}

/// The fields of `/proc/ID/stat` after the name, which may itself hold spaces (proc(5)).
fn stat(process: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

/// The processor time that a process and its children have used so far, in seconds, to a hundredth.
pub(crate) fn cpu_seconds(process: u32) -> f64 {
    let ticks = |id: u32| -> Option<u64> {
        let fields = stat(id)?;
        Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
    };
    let used: u64 = family(process).into_iter().filter_map(ticks).sum();
    used as f64 / rustix::param::clock_ticks_per_second() as f64
}

/// The memory that a process and its children hold, in bytes.
pub(crate) fn resident_bytes(process: u32) -> u64 {
    let of = |id: u32| kibibytes(&format!("/proc/{id}/status"), "VmRSS:");
    family(process).into_iter().map(of).sum()
}

/// What has been written and is not on the disk yet, in bytes.
pub(crate) fn unsynced_bytes() -> u64 {
    kibibytes("/proc/meminfo", "Dirty:") + kibibytes("/proc/meminfo", "Writeback:")
}

/// A line `Name:   123 kB`, in bytes.
fn kibibytes(file: &str, name: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    number.unwrap_or(0) * 1024
}

/// Does something, and says how much memory a process held at most meanwhile, in bytes.
pub(crate) fn peak_during<T>(process: u32, work: impl FnOnce() -> T) -> (T, u64) {
    let (ended, peak) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                peak.fetch_max(resident_bytes(process), Ordering::Relaxed);
                thread::sleep(SAMPLE);
            }
        });
        let done = work();
        ended.store(true, Ordering::Relaxed);
        (done, peak.load(Ordering::Relaxed).max(resident_bytes(process)))
    })
}

/// What the figures were measured on.
pub(crate) fn description() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("processor unknown", |text| text.trim_start_matches([' ', '\t', ':']));
    let cores = cpuinfo.lines().filter(|line| line.starts_with("processor")).count();
    let system = rustix::system::uname();
    format!(
        "{model}, {cores} cores, {} {}",
        system.sysname().to_string_lossy(),
        system.release().to_string_lossy()
    )
}
