//! Calls to the disk fail: with EIO, for want of room, or after a part was written or read. Each of a run, one at a time, and many in a row.

use std::path::Path;

use crate::{
    check::{check, check_running},
    disk::{Disk, Fault, Kind},
    extent::{Report, every, folder, form, in_parallel, runtime},
    http::Http,
    kill_inside::Ran,
    ledger::Ledger,
    script::Script,
    server::{NotStarted, Server},
    site::Site,
};

fn one(template: &Path, site: &Site, fault: Fault) -> Ran {
    let disk = Disk::of(template);
    let (place, found) = (folder(), folder());
    let ledger = Ledger::new(|| 0);
    site.promise(&ledger);
    let mut problems = Vec::new();
    runtime().block_on(async {
        {
            let mounted = disk.mount(place.path());
            disk.set(fault);
            match Server::spawn(place.path(), &[]).ready() {
                // It may give up, and has to say why.
                Err(NotStarted::Ended(status, log)) if status.code() == Some(1) && log.contains("ERROR") => {}
                Err(NotStarted::Ended(status, log)) => {
                    problems.push(format!("it ended with {status} at its start:\n{log}"));
                }
                Err(NotStarted::Late(log)) => problems.push(format!("it was not ready in time:\n{log}")),
                Ok(mut server) => {
                    let script = Script {
                        site: site.clone(),
                        http: Http::new(server.url()),
                        ledger: ledger.clone(),
                        failures_are_expected: true,
                    };
                    if script.run().await.is_err() {
                        problems.push(format!(
                            "it did not answer any more, {:?}:\n{}",
                            server.ended(),
                            server.log()
                        ));
                    }
                    // The fault is over: everything is served by the same process.
                    disk.mend();
                    problems.extend(check_running(site, &ledger, Http::new(server.url()), 0).await);
                    if let Err(problem) = server.stop() {
                        problems.push(problem);
                    }
                }
            }
            drop(mounted);
        }
        disk.copy_to(found.path());
        problems.extend(check(found.path(), Some(&site.owner), Some(site), &ledger, 0).await);
    });
    Ran {
        acknowledged: ledger.acknowledged(0),
        problems,
        fired: disk.fired(),
        calls: disk.calls(),
    }
}

#[test]
fn a_disk_that_fails_loses_nothing_that_was_acknowledged() {
    let template = folder();
    let site = runtime().block_on(Site::make(template.path()));
    let mut report = Report::new("faults");
    let never = Fault {
        kind: Kind::Short,
        at: usize::MAX - 1,
        times: 1,
    };
    let whole = one(template.path(), &site, never);
    report.note("no fault", whole.problems);
    let calls = whole.calls.len();
    let mut faults = Vec::new();
    for (number, kind) in [Kind::Broken, Kind::Full, Kind::Short].into_iter().enumerate() {
        let step = form(calls / 6, every());
        faults.extend(
            (1 + number..=calls)
                .step_by(step)
                .map(|at| Fault { kind, at, times: 1 }),
        );
        // A disk that is full or broken for a while.
        let step = form(calls / 2, 20 * every());
        faults.extend(
            (1 + number..=calls)
                .step_by(step)
                .map(|at| Fault { kind, at, times: 60 }),
        );
    }
    let ran = in_parallel(faults.len(), |number| one(template.path(), &site, faults[number]));
    for (fault, ran) in faults.into_iter().zip(ran) {
        let many = if fault.times > 1 { " many times" } else { "" };
        report.add(&format!("{:?}{many}", fault.kind), usize::from(ran.fired));
        report.add("acknowledged steps checked", ran.acknowledged);
        report.note(
            &format!("{fault:?}, {:?}", ran.calls.get(fault.at.wrapping_sub(1))),
            ran.problems,
        );
    }
    report.end();
}
