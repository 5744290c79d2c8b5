//! The process is killed from outside, by strace, as it enters its k-th system call of a name.
//!
//! strace counts for each thread, so a point is a system call's name and its number in the thread that reaches it first.

use std::{path::Path, thread};

use wharf_tests::debian;

use crate::{
    check::{Problems, check},
    extent::{Report, copy, every, folder, form, in_parallel, is_full, runtime},
    http::Http,
    ledger::Ledger,
    script::Script,
    server::{NotStarted, Server},
    site::Site,
};

/// What writes to files, and what answers and asks between them.
const CALLS: [&str; 16] = [
    "pwrite64",
    "write",
    "fsync",
    "fdatasync",
    "rename",
    "unlink",
    "openat",
    "mkdir",
    "ftruncate",
    "link",
    "writev",
    "sendto",
    "pread64",
    "fcntl",
    "close",
    "futex",
];

/// The numbers at which a call is tried.
fn numbers() -> Vec<usize> {
    if is_full() {
        (1..=40)
            .chain((44..=100).step_by(4))
            .chain((120..=600).step_by(20))
            .step_by(every())
            .collect()
    } else {
        vec![1, 5, 20]
    }
}

struct Killed {
    acknowledged: usize,
    problems: Problems,
}

/// Runs the script until the server is killed; none when it got to the end alive.
fn one(template: &Path, site: &Site, call: &str, number: usize) -> Option<Killed> {
    let data = folder();
    copy(template, data.path());
    let trace = debian("strace", "strace").display().to_string();
    let inject = format!("inject={call}:signal=KILL:when={number}");
    let words = [
        &trace,
        "-D",
        "-f",
        "-o",
        "/dev/null",
        "-e",
        &format!("trace={call}"),
        "-e",
        &inject,
    ];
    let ledger = Ledger::new(|| 0);
    site.promise(&ledger);
    runtime().block_on(async {
        match Server::spawn(data.path(), &words.map(str::to_owned)).ready() {
            Err(NotStarted::Ended(..)) => {}
            Err(NotStarted::Late(log)) => panic!("the server did not start:\n{log}"),
            Ok(mut server) => {
                let script = Script {
                    site: site.clone(),
                    http: Http::new(server.url()),
                    ledger: ledger.clone(),
                    failures_are_expected: false,
                };
                if script.run().await.is_ok() && server.ended().is_none() {
                    server.kill();
                    return None;
                }
                server.wait();
            }
        }
        let mut problems = check(data.path(), Some(&site.owner), Some(site), &ledger, 0).await;
        problems.extend(ledger.surprises());
        Some(Killed {
            acknowledged: ledger.acknowledged(0),
            problems,
        })
    })
}

#[test]
fn a_server_that_is_killed_from_outside_keeps_what_it_acknowledged() {
    let template = folder();
    let site = runtime().block_on(Site::make(template.path()));
    let mut report = Report::new("kill-outside");
    let calls = form(&CALLS[..5], &CALLS[..]);
    let tried = in_parallel(calls.len(), |at| {
        let mut points = Vec::new();
        // A call that is not reached so often by any thread is not reached more often either; but threads differ from run to run.
        let mut missed = 0;
        for number in numbers() {
            match one(template.path(), &site, calls[at], number) {
                Some(killed) => points.push((format!("{} {number}", calls[at]), killed)),
                None => missed += 1,
            }
            if missed == 3 || thread::panicking() {
                break;
            }
        }
        points
    });
    for (point, killed) in tried.into_iter().flatten() {
        report.add("kill points", 1);
        report.add("acknowledged steps checked", killed.acknowledged);
        report.note(&point, killed.problems);
    }
    report.end();
}
