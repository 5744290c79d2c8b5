//! Room on the disk (rule 58).

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::statvfs;

/// What is kept free for the database, the journal and deletes, which go on when uploads are refused: so much, or a twentieth of a smaller disk.
const RESERVED_BYTES: u64 = 256 * 1024 * 1024;
const RESERVED_PART: u64 = 20;

/// The file system that a store is on.
#[derive(Clone, Debug)]
pub(super) struct Room {
    root: Arc<Path>,
    reserved_bytes: Option<u64>,
}

impl Room {
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.into(),
            reserved_bytes: None,
        }
    }

    pub(super) fn reserve(&mut self, bytes: u64) {
        self.reserved_bytes = Some(bytes);
    }

    /// Fails as a write to a full disk does, when `more_bytes` would touch the reserve.
    pub(super) fn check(&self, more_bytes: u64) -> io::Result<()> {
        let space = statvfs(&*self.root)?;
        let (free, total) = (
            space.f_bavail.saturating_mul(space.f_frsize),
            space.f_blocks.saturating_mul(space.f_frsize),
        );
        let reserved = self
            .reserved_bytes
            .unwrap_or_else(|| RESERVED_BYTES.min(total / RESERVED_PART));
        if free < reserved.saturating_add(more_bytes) {
            Err(io::ErrorKind::StorageFull.into())
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_touch_the_reserve_finds_no_room() {
        let folder = tempfile::tempdir().unwrap();
        let mut room = Room::new(folder.path());
        room.reserve(0);
        assert!(room.check(0).is_ok());
        assert_eq!(room.check(u64::MAX).unwrap_err().kind(), io::ErrorKind::StorageFull);
        room.reserve(u64::MAX);
        assert_eq!(room.check(0).unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
