//! What a server needs of the machine: memory, and time to start.

use std::thread;
use std::time::Duration;

use anyhow::Result;

use super::{REPOSITORY, Run, seed};
use crate::load::content::Blob;
use crate::load::pull;
use crate::load::push::{self, Manner};
use crate::machine::{peak_during, resident_bytes};
use crate::options::Name;
use crate::target::{Data, Transport};

const MIB: f64 = 1024.0 * 1024.0;
const PULL_PACE: u64 = 1 << 20;
const PUSH_PACE: u64 = 4 << 20;

impl Run<'_> {
    /// Once: peaks differ little, and each takes long.
    pub(super) fn memory(&mut self) -> Result<()> {
        let path = self.blob_path(&self.sources.medium)?;
        for at in self.order(0) {
            let target = &mut self.targets[at];
            let name = target.name;
            seed(target, &self.sources)?;
            target.start(Data::Content, Transport::Plain)?;
            // Whatever it does after its start is done by then.
            thread::sleep(Duration::from_secs(1));
            let process = target.process()?;
            self.results
                .add("memory, idle", name, resident_bytes(process) as f64 / MIB)?;
            let (peer, count, time) = (target.peer(), self.scale.slow_pulls, self.scale.slow);
            let (pulled, peak) = peak_during(process, || pull::pull(&peer, &path, count, time, Some(PULL_PACE)));
            pulled?;
            self.results
                .add("memory, 200 pulls of 1 MiB/s", name, peak as f64 / MIB)?;
            if name == Name::Nginx {
                continue;
            }
            target.start(Data::Fresh, Transport::Plain)?;
            let blobs: Vec<Blob<'_>> = (0..self.scale.slow_pushes as u64)
                .map(|number| self.sources.paced.fresh(number))
                .collect();
            let slowly = Manner {
                pace: Some(PUSH_PACE),
                ..Manner::default()
            };
            let (peer, process) = (target.peer(), target.process()?);
            let (pushed, peak) = peak_during(process, || push::blobs(&peer, REPOSITORY, &blobs, blobs.len(), slowly));
            pushed?;
            self.results
                .add("memory, 100 pushes of 16 MiB", name, peak as f64 / MIB)?;
            target.stop()?;
        }
        Ok(())
    }

    pub(super) fn start(&mut self) -> Result<()> {
        for repetition in 0..self.scale.repetitions {
            for at in self.order(repetition) {
                let target = &mut self.targets[at];
                target.start(Data::Fresh, Transport::Plain)?;
                // The first start makes files; what is wanted is how long an installation is away.
                let taken = target.start(Data::Kept, Transport::Plain)?;
                target.stop()?;
                self.results
                    .add("start, empty", target.name, taken.as_secs_f64() * 1e3)?;
            }
        }
        let Some(ours) = self.targets.iter_mut().find(|target| target.name == Name::Wharf) else {
            return Ok(());
        };
        ours.start(Data::Fresh, Transport::Plain)?;
        crate::say(&format!("Wharf: {} manifests", self.scale.manifests));
        push::tags(&ours.peer_for_all(), REPOSITORY, self.scale.manifests, true)?;
        for _ in 0..self.scale.repetitions {
            let taken = ours.start(Data::Kept, Transport::Plain)?;
            self.results
                .add("start, 100,000 manifests", Name::Wharf, taken.as_secs_f64() * 1e3)?;
        }
        Ok(())
    }
}
