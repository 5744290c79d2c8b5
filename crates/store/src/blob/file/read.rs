//! Reading a blob's file.

use std::fs::{File, Metadata};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use super::blocking;
use crate::StoreError;
use crate::blob::{BlobRead, Block};

/// A blob's file, opened.
pub(super) struct OpenFile {
    open: Arc<(File, PathBuf)>,
    stamp: u64,
}

impl OpenFile {
    pub(super) fn new(file: File, path: PathBuf, about: &Metadata) -> Self {
        let mut stamp = DefaultHasher::new();
        // The kernel moves the last of them with each write, and nobody can set it.
        (about.dev(), about.ino(), about.ctime(), about.ctime_nsec()).hash(&mut stamp);
        Self {
            open: Arc::new((file, path)),
            stamp: stamp.finish(),
        }
    }
}

#[async_trait]
impl BlobRead for OpenFile {
    fn stamp(&self) -> u64 {
        self.stamp
    }

    fn read_now(&self, offset: u64, bytes: &mut [u8]) -> bool {
        read_from_memory(&self.open.0, offset, bytes)
    }

    async fn read_at(&self, offset: u64, mut block: Block) -> Result<Block, StoreError> {
        let open = Arc::clone(&self.open);
        blocking(move || {
            let (file, path) = &*open;
            match file.read_exact_at(block.as_mut_slice(), offset) {
                Ok(()) => Ok(block),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    Err(StoreError::corrupt("blob", path.display(), "ended early"))
                }
                Err(error) => Err(StoreError::file(format!("cannot read {}", path.display()), error)),
            }
        })
        .await
    }
}

/// Reads what the kernel has in memory, and nothing that it would have to wait for (preadv2(2), `RWF_NOWAIT`).
#[cfg(target_os = "linux")]
fn read_from_memory(file: &File, mut offset: u64, mut bytes: &mut [u8]) -> bool {
    use rustix::io::{ReadWriteFlags, preadv2};
    while !bytes.is_empty() {
        let into = io::IoSliceMut::new(bytes);
        match preadv2(file, &mut [into], offset, ReadWriteFlags::NOWAIT) {
            Ok(count @ 1..) => {
                bytes = &mut bytes[count..];
                offset += count as u64;
            }
            // It would wait, the file system does not know, or the file ended: the thread that may wait finds out.
            Ok(0) | Err(_) => return false,
        }
    }
    true
}

#[cfg(not(target_os = "linux"))]
fn read_from_memory(_: &File, _: u64, _: &mut [u8]) -> bool {
    false
}
