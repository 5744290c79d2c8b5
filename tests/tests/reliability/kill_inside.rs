//! The process is killed between every two things that it does to its disk: before each call of a run, on a disk that counts them ([`crate::disk`]).
//!
//! This reaches every gap between two durable steps without a word about it in the product's code (docs/decisions/0008).

use std::path::Path;

use crate::{
    check::{Problems, check},
    disk::{Disk, Fault, Kind},
    extent::{Report, every, folder, form, in_parallel, runtime},
    http::Http,
    ledger::Ledger,
    script::Script,
    server::{NotStarted, Server},
    site::Site,
};

/// What one run came to.
pub(crate) struct Ran {
    pub(crate) acknowledged: usize,
    pub(crate) problems: Problems,
    pub(crate) fired: bool,
    /// What was done to the disk, in order.
    pub(crate) calls: Vec<(&'static str, String)>,
}

/// Runs the script on a disk, and kills the server before its call `at`; afterwards the server starts from what is there.
fn one(template: &Path, site: &Site, at: usize) -> Ran {
    let disk = Disk::of(template);
    let (place, found) = (folder(), folder());
    let ledger = Ledger::new(|| 0);
    site.promise(&ledger);
    runtime().block_on(async {
        {
            let mounted = disk.mount(place.path());
            let server = Server::spawn(place.path(), &[]);
            let kind = Kind::Kill(server.pid());
            disk.set(Fault { kind, at, times: 1 });
            match server.ready() {
                Err(NotStarted::Ended(..)) => {}
                Err(NotStarted::Late(log)) => panic!("the server did not start:\n{log}"),
                Ok(mut server) => {
                    let script = Script {
                        site: site.clone(),
                        http: Http::new(server.url()),
                        ledger: ledger.clone(),
                        failures_are_expected: false,
                    };
                    let ended = script.run().await;
                    if ended.is_ok() {
                        server.kill();
                    }
                    server.wait();
                }
            }
            drop(mounted);
        }
        disk.copy_to(found.path());
        let mut problems = check(found.path(), Some(&site.owner), Some(site), &ledger, 0).await;
        problems.extend(ledger.surprises());
        Ran {
            acknowledged: ledger.acknowledged(0),
            problems,
            fired: disk.fired(),
            calls: disk.calls(),
        }
    })
}

#[test]
fn a_server_that_is_killed_between_any_two_steps_keeps_what_it_acknowledged() {
    let template = folder();
    let site = runtime().block_on(Site::make(template.path()));
    let mut report = Report::new("kill-inside");
    // A run that is not killed says how many calls there are.
    let whole = one(template.path(), &site, usize::MAX);
    report.note("no kill", whole.problems);
    let calls = whole.calls.len();
    let points: Vec<usize> = (1..=calls).step_by(form(calls / 12, every())).collect();
    let ran = in_parallel(points.len(), |point| one(template.path(), &site, points[point]));
    let mut kinds: Vec<&str> = ran
        .iter()
        .filter_map(|ran| ran.calls.last())
        .map(|(what, _)| *what)
        .collect();
    kinds.sort_unstable();
    for kind in kinds {
        report.add(&format!("killed before {kind}"), 1);
    }
    for (point, ran) in points.into_iter().zip(ran) {
        report.add("kill points", usize::from(ran.fired));
        report.add("acknowledged steps checked", ran.acknowledged);
        report.note(&format!("before call {point}, {:?}", ran.calls.last()), ran.problems);
    }
    report.end();
}
