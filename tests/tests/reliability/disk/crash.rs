//! What a machine finds after its power was lost, under the strictest reading of POSIX: bytes of a file are there when that file was synced after they
//! were written, a name is there (or gone) when its folder was synced after it was made (or removed). Of everything else any part may be there.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use super::{Change, Node, ROOT};

/// Sectors are written as a whole.
const SECTOR: usize = 512;

/// Which of the changes that were not synced are there.
pub(crate) enum Keep {
    /// None.
    Nothing,
    /// Each with this probability in percent, of a seed's choice; writes perhaps in part.
    Some { percent: u64, random: Random },
}

/// Numbers that a seed determines (xorshift64).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % limit
    }
}

#[derive(Default)]
struct Thing {
    /// What was synced: of a file its bytes, of a folder its names.
    bytes: Vec<u8>,
    names: BTreeMap<String, Node>,
    /// What was done since, in order.
    pending: Vec<Change>,
    mode: u32,
    is_folder: bool,
}

/// Disk states, from the log of what was done.
pub(crate) struct Replay {
    things: HashMap<Node, Thing>,
}

impl Replay {
    pub(crate) fn new() -> Self {
        let root = Thing {
            is_folder: true,
            mode: 0o700,
            ..Thing::default()
        };
        Self {
            things: HashMap::from([(ROOT, root)]),
        }
    }

    /// Goes on by one change.
    pub(crate) fn apply(&mut self, change: &Change) {
        let (on, new) = match change {
            Change::NewFile { node, mode } => (*node, Some((*mode, false))),
            Change::NewFolder { node, mode } => (*node, Some((*mode, true))),
            Change::Write { node, .. } | Change::Resize { node, .. } | Change::Sync { node } => (*node, None),
            Change::Name { folder, .. } | Change::Unname { folder, .. } | Change::Rename { folder, .. } => {
                (*folder, None)
            }
        };
        let thing = self.things.entry(on).or_default();
        if let Some((mode, is_folder)) = new {
            (thing.mode, thing.is_folder) = (mode, is_folder);
        } else if matches!(change, Change::Sync { .. }) {
            for change in std::mem::take(&mut thing.pending) {
                thing.settle(&change);
            }
        } else {
            thing.pending.push(change.clone());
        }
    }

    /// What is found after the power was lost now.
    pub(crate) fn found(&self, mut keep: Keep) -> Found {
        let mut nodes: Vec<_> = self.things.iter().collect();
        nodes.sort_by_key(|(node, _)| **node);
        let things = nodes.into_iter().map(|(node, thing)| (*node, thing.found(&mut keep)));
        Found {
            things: things.collect(),
        }
    }
}

impl Thing {
    fn settle(&mut self, change: &Change) {
        match change {
            Change::Write { offset, bytes, .. } => {
                if self.bytes.len() < offset + bytes.len() {
                    self.bytes.resize(offset + bytes.len(), 0);
                }
                self.bytes[*offset..offset + bytes.len()].copy_from_slice(bytes);
            }
            Change::Resize { length, .. } => self.bytes.resize(*length, 0),
            Change::Name { name, node, .. } => {
                self.names.insert(name.clone(), *node);
            }
            Change::Unname { name, .. } => {
                self.names.remove(name);
            }
            Change::Rename { from, to, .. } => {
                if let Some(node) = self.names.remove(from) {
                    self.names.insert(to.clone(), node);
                }
            }
            Change::NewFile { .. } | Change::NewFolder { .. } | Change::Sync { .. } => {}
        }
    }

    fn found(&self, keep: &mut Keep) -> Self {
        let mut found = Self {
            bytes: self.bytes.clone(),
            names: self.names.clone(),
            pending: Vec::new(),
            mode: self.mode,
            is_folder: self.is_folder,
        };
        if let Keep::Some { percent, random } = keep {
            for change in &self.pending {
                if random.below(100) < *percent {
                    found.settle(&torn(change, random));
                }
            }
        }
        found
    }
}

/// One write of four is cut at the end of a sector.
fn torn(change: &Change, random: &mut Random) -> Change {
    match change {
        Change::Write { node, offset, bytes } if bytes.len() > SECTOR && random.below(4) == 0 => {
            let sectors = 1 + random.below((bytes.len() / SECTOR) as u64);
            let kept = bytes.len().min(SECTOR * usize::try_from(sectors).unwrap_or(1));
            Change::Write {
                node: *node,
                offset: *offset,
                bytes: bytes[..kept].into(),
            }
        }
        other => other.clone(),
    }
}

/// A disk's state.
pub(crate) struct Found {
    things: BTreeMap<Node, Thing>,
}

impl Found {
    /// Writes it to an empty folder.
    pub(crate) fn write_to(&self, folder: &Path) {
        self.write_folder(ROOT, folder, &mut HashMap::new());
    }

    fn write_folder(&self, node: Node, folder: &Path, written: &mut HashMap<Node, PathBuf>) {
        for (name, node) in &self.things[&node].names {
            let (path, thing) = (folder.join(name), &self.things[node]);
            if thing.is_folder {
                fs::create_dir(&path).expect("a folder can be made");
                self.write_folder(*node, &path, written);
            } else if let Some(other) = written.get(node) {
                // A rename of which only the new name was synced leaves both.
                fs::hard_link(other, &path).expect("a link can be made");
            } else {
                write(&path, &thing.bytes, thing.mode);
                written.insert(*node, path);
            }
        }
    }

    /// Two states of the same sum are the same, as far as a server can see.
    pub(crate) fn sum(&self) -> u64 {
        let mut sum = DefaultHasher::new();
        self.add(ROOT, &mut sum);
        sum.finish()
    }

    fn add(&self, node: Node, sum: &mut DefaultHasher) {
        for (name, node) in self.things[&node]
            .names
            .iter()
            .filter(|(name, _)| !name.ends_with("-shm"))
        {
            name.hash(sum);
            self.things[node].bytes.hash(sum);
            if self.things[node].is_folder {
                self.add(*node, sum);
            }
        }
    }
}

/// Writes a file with these permissions.
pub(crate) fn write(path: &Path, bytes: &[u8], mode: u32) {
    let file = fs::File::options().write(true).create_new(true).mode(mode).open(path);
    let written = file.and_then(|mut file| file.write_all(bytes));
    written.expect("a file can be written");
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: Node = 2;

    fn name(change: &str) -> Change {
        let (folder, name) = (ROOT, "file".to_owned());
        match change {
            "add" => Change::Name {
                folder,
                name,
                node: FILE,
            },
            _ => Change::Unname { folder, name },
        }
    }

    fn write(text: &str) -> Change {
        Change::Write {
            node: FILE,
            offset: 0,
            bytes: text.as_bytes().into(),
        }
    }

    /// The file's bytes as they are found, if its name is.
    fn found(changes: &[Change], keep: Keep) -> Option<String> {
        let mut replay = Replay::new();
        changes.iter().for_each(|change| replay.apply(change));
        let found = replay.found(keep);
        let node = found.things[&ROOT].names.get("file")?;
        Some(String::from_utf8_lossy(&found.things[node].bytes).into_owned())
    }

    #[test]
    fn what_was_not_synced_is_gone_or_there_and_what_was_synced_is_there() {
        let new = Change::NewFile {
            node: FILE,
            mode: 0o600,
        };
        let all = || Keep::Some {
            percent: 100,
            random: Random::new(1),
        };
        let mut log = vec![new, name("add"), write("one")];
        assert_eq!(found(&log, Keep::Nothing), None);
        assert_eq!(found(&log, all()).as_deref(), Some("one"));
        log.push(Change::Sync { node: FILE });
        assert_eq!(found(&log, Keep::Nothing), None, "its folder was not synced");
        log.push(Change::Sync { node: ROOT });
        assert_eq!(found(&log, Keep::Nothing).as_deref(), Some("one"));
        log.push(write("two"));
        log.push(name("remove"));
        assert_eq!(found(&log, Keep::Nothing).as_deref(), Some("one"));
        assert_eq!(found(&log, all()), None);
        log.push(Change::Sync { node: ROOT });
        assert_eq!(found(&log, Keep::Nothing), None);
    }
}
