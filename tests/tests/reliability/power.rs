//! The power is lost, on a disk that keeps of what was not synced as little as POSIX allows, or any part of it.
//!
//! One run is recorded from the first start on an empty disk; from the record the disk is made as it would be found after any change.

use std::collections::BTreeSet;

use crate::{
    check::check,
    disk::{
        Change, Disk,
        crash::{Keep, Random, Replay},
    },
    extent::{Report, folder, form, in_parallel, runtime},
    http::Http,
    ledger::Ledger,
    script::Script,
    server::Server,
    site::{Owner, Site},
};

/// What was recorded.
struct Record {
    log: Vec<Change>,
    ledger: Ledger,
    site: Site,
    /// When the owner was known, and when the rest was.
    owner_at: usize,
    site_at: usize,
}

fn record() -> Record {
    let (disk, place) = (Disk::empty(), folder());
    let clock = disk.clone();
    let ledger = Ledger::new(move || clock.now());
    let mounted = disk.mount(place.path());
    let server = Server::start(place.path()).expect("a new server starts");
    let (site, owner_at, site_at) = runtime().block_on(async {
        let http = Http::new(server.url());
        let owner = Owner::bootstrap(place.path(), None).expect("there is a first owner");
        let owner_at = disk.now();
        let site = Site::set_up(owner, &http, &ledger)
            .await
            .expect("a new installation can be set up");
        let site_at = disk.now();
        let script = Script {
            site: site.clone(),
            http,
            ledger: ledger.clone(),
            failures_are_expected: false,
        };
        script.run().await.expect("the server answers");
        (site, owner_at, site_at)
    });
    assert_eq!(ledger.surprises(), Vec::<String>::new());
    let log = disk.log();
    drop(server);
    drop(mounted);
    Record {
        log,
        ledger,
        site,
        owner_at,
        site_at,
    }
}

/// The times at which the power is lost: those where most hangs on it, which are before something is synced and after something is acknowledged, and more
/// between them.
fn times(record: &Record, count: usize) -> Vec<usize> {
    let before_sync = record
        .log
        .iter()
        .enumerate()
        .filter(|(_, change)| matches!(change, Change::Sync { .. }));
    let before_sync = before_sync.map(|(at, _)| at);
    let all: BTreeSet<usize> = before_sync.chain(record.ledger.times()).filter(|at| *at > 0).collect();
    let all: Vec<usize> = all.into_iter().collect();
    let step = all.len().div_ceil(count).max(1);
    all.into_iter().rev().step_by(step).collect()
}

#[test]
fn what_was_acknowledged_is_there_after_the_power_was_lost() {
    let record = record();
    let mut report = Report::new("power");
    let mut chosen: Vec<(usize, Option<u64>)> = Vec::new();
    for at in times(&record, form(16, usize::MAX)) {
        chosen.push((at, None));
    }
    let times = times(&record, form(16, usize::MAX));
    // In the full form each time has two states with a part kept.
    let parts = times.iter().chain(times.iter().take(form(0, usize::MAX)));
    for (seed, at) in (1..).zip(parts) {
        chosen.push((*at, Some(seed)));
    }
    chosen.sort_unstable();
    // One pass over the record makes all states.
    let (mut replay, mut done, mut states, mut sums) = (Replay::new(), 0, Vec::new(), BTreeSet::new());
    for (at, seed) in chosen {
        while done < at {
            replay.apply(&record.log[done]);
            done += 1;
        }
        let keep = seed.map_or(Keep::Nothing, |seed| Keep::Some {
            percent: [20, 50, 80, 95][(seed % 4) as usize],
            random: Random::new(seed),
        });
        let found = replay.found(keep);
        // Promises differ from time to time, also where the disk does not.
        if sums.insert((found.sum(), record.ledger.acknowledged(at))) {
            states.push((at, seed, found));
        }
    }
    let problems = in_parallel(states.len(), |number| {
        let (at, _, found) = &states[number];
        let data = folder();
        found.write_to(data.path());
        let owner = (*at >= record.owner_at).then_some(&record.site.owner);
        let site = (*at >= record.site_at).then_some(&record.site);
        runtime().block_on(check(data.path(), owner, site, &record.ledger, *at))
    });
    for ((at, seed, _), problems) in states.iter().zip(problems) {
        let kind = if seed.is_none() {
            "states with nothing unsynced kept"
        } else {
            "states with a part kept"
        };
        report.add(kind, 1);
        report.add("acknowledged steps checked", record.ledger.acknowledged(*at));
        report.note(
            &format!("after change {at} ({:?}), seed {seed:?}", record.log.get(at - 1)),
            problems,
        );
    }
    report.end();
}
