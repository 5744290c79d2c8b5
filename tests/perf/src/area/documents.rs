//! Small things: manifests, small blobs, small images, lists.

use anyhow::{Result, ensure};

use super::{REPOSITORY, Run, pulled_manifest};
use crate::connection::Peer;
use crate::load::content;
use crate::load::lists::{self, Walk};
use crate::load::{push, requests};
use crate::machine::cpu_seconds;
use crate::results::{median, percentile};
use crate::target::{Data, Transport};

pub(super) const CONNECTIONS: usize = 64;

impl Run<'_> {
    pub(super) fn requests(&mut self) -> Result<()> {
        self.start_on_content(Transport::Plain)?;
        let manifest = content::digest(&pulled_manifest(&self.sources)?);
        let rows = [
            ("manifest by tag", format!("/v2/{REPOSITORY}/manifests/latest")),
            ("manifest by digest", format!("/v2/{REPOSITORY}/manifests/{manifest}")),
            ("blob of 4 KiB", self.blob_path(&self.sources.small)?),
        ];
        for repetition in 0..self.scale.repetitions {
            for at in self.order(repetition) {
                for (row, path) in &rows {
                    let peer = self.targets[at].peer();
                    self.rate(at, row, &peer, &peer.get(path))?;
                }
            }
        }
        Ok(())
    }

    /// How many of a request a server answers, what each costs it, and how long the slowest take.
    pub(super) fn rate(&mut self, at: usize, row: &str, peer: &Peer, request: &str) -> Result<()> {
        let target = &self.targets[at];
        let (process, name) = (target.process()?, target.name);
        let before = cpu_seconds(process);
        let rate = requests::repeat(peer, request, CONNECTIONS, self.scale.requests)?;
        let used = cpu_seconds(process) - before;
        let count = rate.each.len() as f64;
        self.results.add(row, name, count / rate.elapsed.as_secs_f64())?;
        self.results
            .add(&format!("{row}: server CPU"), name, used / count * 1e6)?;
        let p99 = percentile(&rate.each, 0.99) * 1e3;
        self.results.add(&format!("{row}: p99"), name, p99)
    }

    pub(super) fn images(&mut self) -> Result<()> {
        const ROW: &str = "500 small images, 16 workers";
        for repetition in 0..self.scale.repetitions {
            for at in self.registries(repetition) {
                let target = &mut self.targets[at];
                target.start(Data::Fresh, Transport::Plain)?;
                rustix::fs::sync();
                let process = target.process()?;
                let before = cpu_seconds(process);
                let done = push::images(&target.peer(), REPOSITORY, self.scale.images, 16)?;
                let used = cpu_seconds(process) - before;
                target.stop()?;
                let (count, name) = (self.scale.images as f64, target.name);
                self.results.add(ROW, name, count / done.elapsed.as_secs_f64())?;
                for (part, share) in [("p50", 0.5), ("p99", 0.99)] {
                    let taken = percentile(&done.each, share) * 1e3;
                    self.results.add(&format!("{ROW}: one image, {part}"), name, taken)?;
                }
                self.results
                    .add(&format!("{ROW}: server CPU"), name, used / count * 1e3)?;
            }
        }
        Ok(())
    }

    pub(super) fn lists(&mut self) -> Result<()> {
        for at in self.registries(0) {
            let target = &mut self.targets[at];
            target.start(Data::Fresh, Transport::Plain)?;
            let title = target.name.title();
            crate::say(&format!("{title}: {} tags", self.scale.tags));
            push::tags(&target.peer(), "bench/t", self.scale.tags, false)?;
            crate::say(&format!("{title}: {} repositories", self.scale.repositories));
            push::repositories(&target.peer_for_all(), "bench/r", self.scale.repositories)?;
        }
        rustix::fs::sync();
        for repetition in 0..self.scale.repetitions {
            for at in self.registries(repetition) {
                self.lists_once(at)?;
            }
        }
        Ok(())
    }

    fn lists_once(&mut self, at: usize) -> Result<()> {
        let target = &self.targets[at];
        let name = target.name;
        let tags = |path: &str| walk(&target.peer(), path, "tags", self.scale.tags);
        // The repository of the tags is one more.
        let repositories = |path: &str| {
            walk(
                &target.peer_for_all(),
                path,
                "repositories",
                self.scale.repositories + 1,
            )
        };
        let whole: f64 = tags("/v2/bench/t/tags/list")?.pages.iter().sum();
        let pages = tags("/v2/bench/t/tags/list?n=100")?.pages;
        let deep = pages.len() - pages.len().div_ceil(10);
        let large = repositories("/v2/_catalog?n=1000")?.pages;
        let small = repositories("/v2/_catalog?n=100")?.pages;
        for (row, seconds) in [
            ("10,000 tags: whole list", whole),
            ("10,000 tags: page of 100", middle(&pages)),
            ("10,000 tags: page of 100, last tenth", middle(&pages[deep..])),
            ("5,000 repositories: page of 1,000", middle(&large)),
            ("5,000 repositories: page of 100", middle(&small)),
        ] {
            self.results.add(row, name, seconds * 1e3)?;
        }
        Ok(())
    }
}

/// A walk that must find everything.
fn walk(peer: &Peer, path: &str, key: &str, expected: usize) -> Result<Walk> {
    let mut connection = peer.connect(None)?;
    let walk = lists::walk(&mut connection, path, key)?;
    ensure!(
        walk.entries == expected,
        "{path} lists {} entries, not {expected}",
        walk.entries
    );
    Ok(walk)
}

fn middle(seconds: &[f64]) -> f64 {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    median(&sorted).unwrap_or(0.0)
}
