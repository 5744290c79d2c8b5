//! Writing past the page cache.
//!
//! The bytes of a large body are written to the disk from where they were received: the kernel neither copies them nor keeps them until somebody asks for
//! the sync, which is short then. The price is alignment: what is not a whole number of blocks at the place of one is written as usual, and so is everything
//! where the file system does not know of this.

use std::fs::File;
use std::io::{self, Write};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

/// Places in the file, lengths and addresses in memory that are multiples of it will do for every disk that we know.
pub(super) const ALIGNMENT: usize = 4096;

/// A file that is being written.
pub(super) struct Direct {
    file: File,
    /// The file's flag is set.
    is_direct: bool,
    /// The file system takes it, as far as is known.
    may_be_direct: bool,
}

impl Direct {
    pub(super) fn new(file: File) -> Self {
        Self {
            file,
            is_direct: false,
            may_be_direct: true,
        }
    }

    /// Writes at the file's position, which is `at`.
    pub(super) fn write_all(&mut self, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            self.switch(self.may_be_direct && is_aligned(bytes, at));
            match self.file.write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    bytes = &bytes[written..];
                    at += written as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // This file system wants more than we know.
                Err(error) if error.kind() == io::ErrorKind::InvalidInput && self.is_direct => {
                    self.may_be_direct = false;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn switch(&mut self, wanted: bool) {
        if wanted != self.is_direct {
            let switched = fcntl_getfl(&self.file).and_then(|flags| {
                let flags = if wanted {
                    flags | OFlags::DIRECT
                } else {
                    flags - OFlags::DIRECT
                };
                fcntl_setfl(&self.file, flags)
            });
            match switched {
                Ok(()) => self.is_direct = wanted,
                Err(_) => self.may_be_direct = false,
            }
        }
    }

    /// Takes away what lies beyond `length`, if that is possible.
    pub(super) fn cut(&self, length: u64) {
        let _ = self.file.set_len(length);
    }
}

fn is_aligned(bytes: &[u8], at: u64) -> bool {
    // Small bodies are better off in the page cache: whoever pushed them is likely to read them.
    bytes.len() >= 16 * ALIGNMENT
        && bytes.len().is_multiple_of(ALIGNMENT)
        && at.is_multiple_of(ALIGNMENT as u64)
        && bytes.as_ptr().align_offset(ALIGNMENT) == 0
}
