//! Names and trust that belong to the whole machine: `/etc/hosts`, and `/etc/docker/certs.d`, which dockerd reads and no
//! setting moves (podman, skopeo and buildah read it too). Both are left as they were.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use rustix::fs::{FlockOperation, flock};

const HOSTS: &str = "/etc/hosts";

/// The host names of the tests: the domain that `wharf serve` is started with, and its registries.
const LINE: &str = "127.0.0.1 wharf.test myregistry.wharf.test # wharf-tests";

/// The names of all tests in `/etc/hosts`, until nobody holds this any more.
///
/// They are the same for every server, each on a port of its own, and a docker daemon holds them for as long as it runs:
/// it reads the file only every few seconds, so names that come and go would be missed.
#[derive(Debug)]
pub struct HostNames(());

impl HostNames {
    /// Makes the names known.
    #[must_use]
    pub fn shared() -> Arc<Self> {
        static ADDED: Mutex<Weak<HostNames>> = Mutex::new(Weak::new());
        let mut added = ADDED.lock().unwrap_or_else(PoisonError::into_inner);
        added.upgrade().unwrap_or_else(|| {
            must_be_root("host names");
            edit_hosts(|text| format!("{}{LINE}\n", without_line(text)));
            let names = Arc::new(Self(()));
            *added = Arc::downgrade(&names);
            names
        })
    }
}

impl Drop for HostNames {
    fn drop(&mut self) {
        edit_hosts(without_line);
    }
}

/// A certificate authority that dockerd, podman, skopeo and buildah trust for one host and port, until dropped.
#[derive(Debug)]
pub(crate) struct Trust(PathBuf);

impl Trust {
    pub(crate) fn place(host: &str, ca: &Path) -> Self {
        must_be_root("trust anchors of dockerd");
        let folder = PathBuf::from(format!("/etc/docker/certs.d/{host}"));
        fs::create_dir_all(&folder)
            .and_then(|()| fs::copy(ca, folder.join("ca.crt")))
            .expect("a trust anchor can be placed");
        Self(folder)
    }
}

impl Drop for Trust {
    fn drop(&mut self) {
        // What is left behind trusts a key that is gone, for a port of this machine: no reason to fail a test.
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn must_be_root(what: &str) {
    assert!(
        rustix::process::geteuid().is_root(),
        "{what} need root: run scripts/test"
    );
}

fn without_line(text: &str) -> String {
    text.lines()
        .filter(|line| *line != LINE)
        .map(|line| format!("{line}\n"))
        .collect()
}

/// Edits `/etc/hosts` in place, because in a container it is a mounted file, which cannot be replaced by renaming; and without
/// emptying it first, because others read it at any time.
fn edit_hosts(edit: impl FnOnce(&str) -> String) {
    let file = File::options()
        .read(true)
        .write(true)
        .open(HOSTS)
        .expect("/etc/hosts can be opened");
    flock(&file, FlockOperation::LockExclusive).expect("/etc/hosts can be locked");
    let text = edit(&fs::read_to_string(HOSTS).expect("/etc/hosts can be read"));
    let written = file
        .write_all_at(text.as_bytes(), 0)
        .and_then(|()| file.set_len(text.len() as u64));
    written.expect("/etc/hosts can be written");
}
