//! The disk as a file system of the kernel's.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use fuser::{
    BackgroundSession, BsdFileFlags, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation,
    INodeNo, LockOwner, MountOption, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory,
    ReplyEmpty, ReplyEntry, ReplyOpen, ReplyStatfs, ReplyWrite, Request, TimeOrNow, WriteFlags,
};

use super::{Change, Content, Disk, Entry, Node, State, Verdict};

/// The kernel may remember names and sizes: nobody else changes them.
const REMEMBERED: Duration = Duration::from_secs(3600);
const BLOCK: u32 = 4096;
/// 16 GiB, so that no reserve is touched.
const BLOCKS: u64 = 4 << 20;

/// A disk that is mounted, until it is dropped.
pub(crate) struct Mounted(Option<BackgroundSession>);

impl Disk {
    /// Mounts it on a folder that exists.
    pub(crate) fn mount(&self, folder: &Path) -> Mounted {
        let mut config = Config::default();
        config.mount_options = vec![MountOption::FSName("wharf-tests".to_owned())];
        let session = fuser::spawn_mount(self.clone(), folder, &config);
        Mounted(Some(
            session.expect("a disk can be mounted: the tests run as root and need /dev/fuse"),
        ))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if let Some(session) = self.0.take() {
            let ended = session.umount_and_join();
            if !std::thread::panicking() {
                ended.expect("the disk can be unmounted");
            }
        }
    }
}

impl Entry {
    fn attr(&self, node: Node) -> FileAttr {
        let (kind, size) = match &self.content {
            Content::File(bytes) => (FileType::RegularFile, bytes.len() as u64),
            Content::Folder(_) => (FileType::Directory, 0),
        };
        FileAttr {
            ino: INodeNo(node),
            size,
            blocks: size.div_ceil(512),
            atime: UNIX_EPOCH,
            mtime: UNIX_EPOCH,
            ctime: UNIX_EPOCH,
            crtime: UNIX_EPOCH,
            kind,
            perm: u16::try_from(self.mode & 0o777).unwrap_or(0o600),
            nlink: 1,
            uid: 0,
            gid: 0,
            rdev: 0,
            blksize: BLOCK,
            flags: 0,
        }
    }
}

impl Verdict {
    /// For calls that are done as a whole or not at all.
    fn whole(self) -> Result<(), Errno> {
        match self {
            Self::Go | Self::Short => Ok(()),
            Self::Broken => Err(Errno::EIO),
            Self::Full => Err(Errno::ENOSPC),
        }
    }
}

impl State {
    fn child(&self, folder: INodeNo, name: &OsStr) -> Result<(Node, &Entry), Errno> {
        match &self.nodes.get(&folder.0).ok_or(Errno::ENOENT)?.content {
            Content::File(_) => Err(Errno::ENOTDIR),
            Content::Folder(entries) => {
                let node = *entries.get(&text(name)).ok_or(Errno::ENOENT)?;
                Ok((node, &self.nodes[&node]))
            }
        }
    }

    fn path_in(&self, folder: INodeNo, name: &OsStr) -> String {
        let folder = self.path(folder.0);
        let name = text(name);
        if folder.is_empty() {
            name
        } else {
            format!("{folder}/{name}")
        }
    }

    fn new_node(&mut self, folder: INodeNo, name: &OsStr, mode: u32, content: Content) -> Result<FileAttr, Errno> {
        if self.child(folder, name).is_ok() {
            return Err(Errno::EEXIST);
        }
        let (what, path) = match content {
            Content::File(_) => ("create", self.path_in(folder, name)),
            Content::Folder(_) => ("mkdir", self.path_in(folder, name)),
        };
        self.call(what, path, true).whole()?;
        let node = self.make(folder.0, &text(name), mode & 0o777, content);
        Ok(self.nodes[&node].attr(node))
    }

    fn remove(&mut self, what: &'static str, folder: INodeNo, name: &OsStr) -> Result<(), Errno> {
        self.child(folder, name)?;
        let path = self.path_in(folder, name);
        self.call(what, path, false).whole()?;
        let (folder, name) = (folder.0, text(name));
        self.entries(folder).remove(&name);
        self.log.push(Change::Unname { folder, name });
        Ok(())
    }

    fn rename(&mut self, from: (INodeNo, &OsStr), to: (INodeNo, &OsStr)) -> Result<(), Errno> {
        let (node, _) = self.child(from.0, from.1)?;
        let path = self.path_in(to.0, to.1);
        self.call("rename", path, true).whole()?;
        // POSIX: two names of one file stay as they are.
        if self.child(to.0, to.1).is_ok_and(|(there, _)| there == node) {
            return Ok(());
        }
        let (folder, name) = (from.0.0, text(from.1));
        self.entries(folder).remove(&name);
        if from.0 == to.0 {
            let to = text(to.1);
            self.entries(folder).insert(to.clone(), node);
            self.log.push(Change::Rename { folder, from: name, to });
        } else {
            self.name(to.0.0, &text(to.1), node);
            self.log.push(Change::Unname { folder, name });
        }
        Ok(())
    }

    fn sync(&mut self, what: &'static str, node: INodeNo) -> Result<(), Errno> {
        let path = self.path(node.0);
        self.call(what, path, false).whole()?;
        self.log.push(Change::Sync { node: node.0 });
        Ok(())
    }

    fn resize(&mut self, node: INodeNo, length: u64) -> Result<(), Errno> {
        let path = self.path(node.0);
        self.call("truncate", path, false).whole()?;
        let length = usize::try_from(length).map_err(|_| Errno::EFBIG)?;
        self.bytes(node.0).resize(length, 0);
        self.log.push(Change::Resize { node: node.0, length });
        Ok(())
    }

    fn write(&mut self, node: INodeNo, offset: u64, bytes: &[u8]) -> Result<usize, Errno> {
        let path = self.path(node.0);
        let bytes = match self.call("write", path, true) {
            Verdict::Short => &bytes[..bytes.len().div_ceil(2)],
            verdict => {
                verdict.whole()?;
                bytes
            }
        };
        let offset = usize::try_from(offset).map_err(|_| Errno::EFBIG)?;
        let file = self.bytes(node.0);
        if file.len() < offset + bytes.len() {
            file.resize(offset + bytes.len(), 0);
        }
        file[offset..offset + bytes.len()].copy_from_slice(bytes);
        let (node, written) = (node.0, bytes.len());
        let bytes = Arc::from(bytes);
        self.log.push(Change::Write { node, offset, bytes });
        Ok(written)
    }

    fn read(&mut self, node: INodeNo, offset: u64, size: u32) -> Result<Vec<u8>, Errno> {
        let path = self.path(node.0);
        let verdict = self.call("read", path, false);
        verdict.whole()?;
        let file = self.bytes(node.0);
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(file.len());
        let mut end = start.saturating_add(size as usize).min(file.len());
        if verdict == Verdict::Short {
            end = start + (end - start).div_ceil(2);
        }
        Ok(file[start..end].to_vec())
    }

    /// How a file is opened: each read and write reaches the disk, but for the one that is mapped into memory.
    fn open_flags(&self, node: Node) -> FopenFlags {
        if self.path(node).ends_with("-shm") {
            FopenFlags::FOPEN_KEEP_CACHE
        } else {
            FopenFlags::FOPEN_DIRECT_IO
        }
    }
}

fn text(name: &OsStr) -> String {
    name.to_string_lossy().into_owned()
}

/// Sends what a call came to.
macro_rules! answer {
    ($reply:ident, $result:expr, $value:pat => $sent:expr) => {
        match $result {
            Ok($value) => $sent,
            Err(error) => $reply.error(error),
        }
    };
}

impl Filesystem for Disk {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        answer!(reply, self.state().child(parent, name), (node, entry) => {
            reply.entry(&REMEMBERED, &entry.attr(node), Generation(0));
        });
    }

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        let state = self.state();
        answer!(reply, state.nodes.get(&ino.0).ok_or(Errno::ENOENT), entry => reply.attr(&REMEMBERED, &entry.attr(ino.0)));
    }

    fn setattr(
        &self,
        _: &Request,
        ino: INodeNo,
        mode: Option<u32>,
        _: Option<u32>,
        _: Option<u32>,
        size: Option<u64>,
        _: Option<TimeOrNow>,
        _: Option<TimeOrNow>,
        _: Option<SystemTime>,
        _: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let mut state = self.state();
        if let (Some(mode), Some(entry)) = (mode, state.nodes.get_mut(&ino.0)) {
            entry.mode = mode & 0o777;
        }
        let done = size.map_or(Ok(()), |size| state.resize(ino, size));
        answer!(reply, done, () => reply.attr(&REMEMBERED, &state.nodes[&ino.0].attr(ino.0)));
    }

    fn mkdir(&self, _: &Request, parent: INodeNo, name: &OsStr, mode: u32, umask: u32, reply: ReplyEntry) {
        let content = Content::Folder(BTreeMap::new());
        let made = self.state().new_node(parent, name, mode & !umask, content);
        answer!(reply, made, attr => reply.entry(&REMEMBERED, &attr, Generation(0)));
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        answer!(reply, self.state().remove("unlink", parent, name), () => reply.ok());
    }

    fn rmdir(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        answer!(reply, self.state().remove("rmdir", parent, name), () => reply.ok());
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        newparent: INodeNo,
        newname: &OsStr,
        _: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let done = self.state().rename((parent, name), (newparent, newname));
        answer!(reply, done, () => reply.ok());
    }

    fn link(&self, _: &Request, ino: INodeNo, newparent: INodeNo, newname: &OsStr, reply: ReplyEntry) {
        let mut state = self.state();
        if state.child(newparent, newname).is_ok() {
            return reply.error(Errno::EEXIST);
        }
        let path = state.path_in(newparent, newname);
        answer!(reply, state.call("link", path, true).whole(), () => {
            state.name(newparent.0, &text(newname), ino.0);
            reply.entry(&REMEMBERED, &state.nodes[&ino.0].attr(ino.0), Generation(0));
        });
    }

    fn open(&self, _: &Request, ino: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        let mut state = self.state();
        let path = state.path(ino.0);
        answer!(reply, state.call("open", path, false).whole(), () => reply.opened(FileHandle(0), state.open_flags(ino.0)));
    }

    fn create(&self, _: &Request, parent: INodeNo, name: &OsStr, mode: u32, umask: u32, _: i32, reply: ReplyCreate) {
        let mut state = self.state();
        let made = state.new_node(parent, name, mode & !umask, Content::File(Vec::new()));
        answer!(reply, made, attr => {
            let flags = state.open_flags(attr.ino.0);
            reply.created(&REMEMBERED, &attr, Generation(0), FileHandle(0), flags);
        });
    }

    fn read(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        answer!(reply, self.state().read(ino, offset, size), bytes => reply.data(&bytes));
    }

    fn write(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        answer!(reply, self.state().write(ino, offset, data), written => {
            reply.written(u32::try_from(written).unwrap_or(u32::MAX));
        });
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn fsync(&self, _: &Request, ino: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        answer!(reply, self.state().sync("fsync", ino), () => reply.ok());
    }

    fn fsyncdir(&self, _: &Request, ino: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        answer!(reply, self.state().sync("fsync folder", ino), () => reply.ok());
    }

    fn readdir(&self, _: &Request, ino: INodeNo, _: FileHandle, offset: u64, mut reply: ReplyDirectory) {
        let state = self.state();
        let Some(Content::Folder(entries)) = state.nodes.get(&ino.0).map(|entry| &entry.content) else {
            return reply.error(Errno::ENOTDIR);
        };
        for (at, (name, node)) in (1_u64..).zip(entries).skip(usize::try_from(offset).unwrap_or(0)) {
            if reply.add(INodeNo(*node), at, state.nodes[node].attr(*node).kind, name) {
                break;
            }
        }
        reply.ok();
    }

    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        reply.statfs(BLOCKS, BLOCKS, BLOCKS, BLOCKS, BLOCKS, BLOCK, 255, BLOCK);
    }
}
