//! A disk in memory that keeps a log of what was done to it, and fails when it is told to.
//!
//! It is mounted with FUSE ([`mount`]), so that the built `wharf` uses it like any other. Each call is counted: a [`Fault`] names the call at which
//! something goes wrong. [`crash`] makes of the log what a machine that lost its power would find.

pub(crate) mod crash;
mod mount;

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rustix::process::{Pid, Signal, kill_process};

/// A file or folder of the disk.
pub(crate) type Node = u64;
pub(crate) const ROOT: Node = 1;

/// What changed. Positions in the log are points in time.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    NewFile {
        node: Node,
        mode: u32,
    },
    NewFolder {
        node: Node,
        mode: u32,
    },
    Write {
        node: Node,
        offset: usize,
        bytes: Arc<[u8]>,
    },
    Resize {
        node: Node,
        length: usize,
    },
    Name {
        folder: Node,
        name: String,
        node: Node,
    },
    Unname {
        folder: Node,
        name: String,
    },
    /// Within one folder: one change, which is there or not.
    Rename {
        folder: Node,
        from: String,
        to: String,
    },
    Sync {
        node: Node,
    },
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The process is killed before the call is done.
    Kill(Pid),
    /// `EIO`.
    Broken,
    /// `ENOSPC`, of calls that need room.
    Full,
    /// A part of a write is done, or a part of a read.
    Short,
}

/// What goes wrong, and at which call; `times` calls in a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    pub(crate) kind: Kind,
    pub(crate) at: usize,
    pub(crate) times: usize,
}

#[derive(Clone, Debug)]
enum Content {
    File(Vec<u8>),
    Folder(BTreeMap<String, Node>),
}

#[derive(Clone, Debug)]
struct Entry {
    content: Content,
    mode: u32,
}

#[derive(Debug, Default)]
struct State {
    nodes: BTreeMap<Node, Entry>,
    last: Node,
    log: Vec<Change>,
    fault: Option<Fault>,
    is_counting: bool,
    /// The calls that could have failed: name and path.
    calls: Vec<(&'static str, String)>,
    fired: bool,
    /// After a kill nothing more reaches the disk.
    frozen: bool,
}

/// The disk. Clones are the same disk.
#[derive(Clone, Debug)]
pub(crate) struct Disk(Arc<Mutex<State>>);

/// What is to become of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Go,
    Broken,
    Full,
    Short,
}

impl Disk {
    /// An empty disk.
    pub(crate) fn empty() -> Self {
        let mut state = State {
            last: ROOT,
            is_counting: true,
            ..State::default()
        };
        state.nodes.insert(
            ROOT,
            Entry {
                content: Content::Folder(BTreeMap::new()),
                mode: 0o700,
            },
        );
        Self(Arc::new(Mutex::new(state)))
    }

    /// A disk with what is in a folder.
    pub(crate) fn of(folder: &Path) -> Self {
        let disk = Self::empty();
        disk.state().fill(ROOT, folder);
        disk.state().log.clear();
        disk
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many changes there were.
    pub(crate) fn now(&self) -> usize {
        self.state().log.len()
    }

    pub(crate) fn log(&self) -> Vec<Change> {
        self.state().log.clone()
    }

    /// Lets something go wrong; calls are counted from the first one on.
    pub(crate) fn set(&self, fault: Fault) {
        self.state().fault = Some(fault);
    }

    /// Ends what goes wrong, and the counting.
    pub(crate) fn mend(&self) {
        let mut state = self.state();
        (state.fault, state.is_counting) = (None, false);
    }

    /// Whether it did go wrong.
    pub(crate) fn fired(&self) -> bool {
        self.state().fired
    }

    /// The calls that could have failed.
    pub(crate) fn calls(&self) -> Vec<(&'static str, String)> {
        self.state().calls.clone()
    }

    /// Writes all of it to a folder.
    pub(crate) fn copy_to(&self, folder: &Path) {
        self.state().copy_to(ROOT, folder);
    }
}

impl State {
    fn fill(&mut self, node: Node, folder: &Path) {
        for entry in fs::read_dir(folder).expect("a folder can be read").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let about = entry.metadata().expect("a file can be looked at");
            let mode = std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o777;
            if about.is_dir() {
                let made = self.make(node, &name, mode, Content::Folder(BTreeMap::new()));
                self.fill(made, &entry.path());
            } else {
                let bytes = fs::read(entry.path()).expect("a file can be read");
                self.make(node, &name, mode, Content::File(bytes));
            }
        }
    }

    fn copy_to(&self, node: Node, folder: &Path) {
        let Content::Folder(entries) = &self.nodes[&node].content else {
            return;
        };
        for (name, node) in entries {
            let path = folder.join(name);
            match &self.nodes[node].content {
                Content::File(bytes) => crash::write(&path, bytes, self.nodes[node].mode),
                Content::Folder(_) => {
                    fs::create_dir(&path).expect("a folder can be made");
                    self.copy_to(*node, &path);
                }
            }
        }
    }

    fn make(&mut self, folder: Node, name: &str, mode: u32, content: Content) -> Node {
        self.last += 1;
        let node = self.last;
        self.log.push(match content {
            Content::File(_) => Change::NewFile { node, mode },
            Content::Folder(_) => Change::NewFolder { node, mode },
        });
        self.nodes.insert(node, Entry { content, mode });
        self.name(folder, name, node);
        node
    }

    fn name(&mut self, folder: Node, name: &str, node: Node) {
        self.entries(folder).insert(name.to_owned(), node);
        let name = name.to_owned();
        self.log.push(Change::Name { folder, name, node });
    }

    fn entries(&mut self, folder: Node) -> &mut BTreeMap<String, Node> {
        match self.nodes.get_mut(&folder).map(|entry| &mut entry.content) {
            Some(Content::Folder(entries)) => entries,
            _ => panic!("{folder} is no folder"),
        }
    }

    fn bytes(&mut self, file: Node) -> &mut Vec<u8> {
        match self.nodes.get_mut(&file).map(|entry| &mut entry.content) {
            Some(Content::File(bytes)) => bytes,
            _ => panic!("{file} is no file"),
        }
    }

    /// Where a node is, for the list of calls.
    fn path(&self, node: Node) -> String {
        let of = |node: Node| {
            self.nodes.iter().find_map(|(folder, entry)| match &entry.content {
                Content::Folder(entries) => {
                    let name = entries.iter().find(|(_, found)| **found == node);
                    name.map(|(name, _)| (*folder, name.clone()))
                }
                Content::File(_) => None,
            })
        };
        let (mut path, mut at) = (String::new(), node);
        while let Some((folder, name)) = of(at) {
            path = if path.is_empty() {
                name
            } else {
                format!("{name}/{path}")
            };
            at = folder;
        }
        path
    }

    /// Counts a call, and says what is to become of it.
    fn call(&mut self, what: &'static str, path: String, needs_room: bool) -> Verdict {
        if self.frozen {
            return Verdict::Broken;
        }
        // SQLite maps this file into its memory: an error there is a signal, and what is in it is made anew after a crash.
        if path.ends_with("-shm") || !self.is_counting {
            return Verdict::Go;
        }
        self.calls.push((what, path));
        let Some(fault) = self.fault else { return Verdict::Go };
        let at = self.calls.len();
        if at < fault.at || at >= fault.at + fault.times {
            return Verdict::Go;
        }
        let verdict = match fault.kind {
            Kind::Kill(process) => {
                self.frozen = true;
                // It may have ended by itself.
                let _ = kill_process(process, Signal::KILL);
                Verdict::Broken
            }
            Kind::Broken => Verdict::Broken,
            Kind::Full if needs_room => Verdict::Full,
            Kind::Short if matches!(what, "write" | "read") => Verdict::Short,
            Kind::Full | Kind::Short => return Verdict::Go,
        };
        self.fired = true;
        verdict
    }
}
