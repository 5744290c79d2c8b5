//! Large blobs, pulled and pushed.

use anyhow::Result;

use super::{REPOSITORY, Run};
use crate::load::content::Blob;
use crate::load::pull;
use crate::load::push::{self, Manner};
use crate::machine::{cpu_seconds, unsynced_bytes};
use crate::target::{Data, Transport};

const GIB: f64 = 1024.0 * 1024.0 * 1024.0;

impl Run<'_> {
    pub(super) fn pull(&mut self, transport: Transport, row: &str) -> Result<()> {
        self.start_on_content(transport)?;
        let path = self.blob_path(&self.sources.large)?;
        for target in &self.targets {
            // So that every server has opened it, and Wharf has hashed it once: to the end, which takes longer than a later pull.
            pull::pull(&target.peer(), &path, 1, self.scale.pull * 3, None)?;
        }
        for repetition in 0..self.scale.repetitions {
            for at in self.order(repetition) {
                for (connections, row) in [
                    (1, format!("{row}, 1 connection")),
                    (16, format!("{row}, 16 connections")),
                ] {
                    let target = &self.targets[at];
                    let process = target.process()?;
                    let before = cpu_seconds(process);
                    let pulled = pull::pull(&target.peer(), &path, connections, self.scale.pull, None)?;
                    let used = cpu_seconds(process) - before;
                    let (bytes, name) = (pulled.bytes as f64, target.name);
                    self.results
                        .add(&row, name, bytes / pulled.elapsed.as_secs_f64() / 1e9)?;
                    self.results
                        .add(&format!("{row}: server CPU"), name, used / (bytes / GIB))?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn push(&mut self) -> Result<()> {
        let in_chunks = Manner {
            chunk: Some(self.scale.chunk),
            ..Manner::default()
        };
        let mut number = 0;
        for repetition in 0..self.scale.repetitions {
            for at in self.registries(repetition) {
                for (row, manner, count) in [
                    ("push 1 GiB in one PUT", Manner::default(), 1),
                    ("push 1 GiB in chunks of 16 MiB", in_chunks, 1),
                    ("8 pushes of 128 MiB", Manner::default(), 8),
                ] {
                    number += 100;
                    self.push_once(at, row, manner, count, number)?;
                }
            }
        }
        Ok(())
    }

    fn push_once(&mut self, at: usize, row: &str, manner: Manner, count: u64, number: u64) -> Result<()> {
        let source = if count == 1 {
            &self.sources.large
        } else {
            &self.sources.parallel
        };
        let blobs: Vec<Blob<'_>> = (0..count).map(|at| source.fresh(number + at)).collect();
        let bytes = (count * source.size) as f64;
        let target = &mut self.targets[at];
        target.start(Data::Fresh, Transport::Plain)?;
        rustix::fs::sync();
        let process = target.process()?;
        let (cpu, unsynced) = (cpu_seconds(process), unsynced_bytes());
        let done = push::blobs(&target.peer(), REPOSITORY, &blobs, blobs.len(), manner)?;
        let unsynced = unsynced_bytes().saturating_sub(unsynced);
        let cpu = cpu_seconds(process) - cpu;
        target.stop()?;
        let name = target.name;
        self.results.add(row, name, bytes / done.elapsed.as_secs_f64() / 1e9)?;
        self.results
            .add(&format!("{row}: server CPU"), name, cpu / (bytes / GIB))?;
        self.results.add(
            &format!("{row}: unsynced after"),
            name,
            unsynced as f64 / (1 << 20) as f64,
        )
    }
}
