//! A disk that can be filled.

use std::path::PathBuf;

use crate::{Run, host::must_be_root, program};

/// A file system in memory that ends where it is told to.
#[derive(Debug)]
pub struct Disk(PathBuf);

impl Disk {
    /// Mounts it on a folder, which is made.
    #[must_use]
    pub fn mount(folder: PathBuf, mebibytes: usize) -> Self {
        must_be_root("a disk");
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        let mount = Run::new(program::debian("mount", "mount")).words("-t tmpfs wharf-tests -o");
        mount.arg(format!("size={mebibytes}m,mode=0700")).arg(&folder).go().ok();
        Self(folder)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        Run::new(program::debian("umount", "mount")).arg(&self.0).go().ok();
    }
}
