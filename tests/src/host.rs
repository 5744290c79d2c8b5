//! Names and trust that belong to the whole machine: `/etc/hosts`, and `/etc/docker/certs.d`, which dockerd reads and no
//! setting moves (podman, skopeo and buildah read it too). Both are left as they were.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use rustix::fs::{FlockOperation, flock};

use crate::server::DOMAIN;

const HOSTS: &str = "/etc/hosts";
const MARK: &str = "# wharf-tests";

/// Host names of one server on this machine, with the certificate authority that vouches for them. Taken back when dropped.
#[derive(Debug)]
pub struct HostNames {
    line: String,
    folders: Vec<PathBuf>,
}

impl HostNames {
    /// Makes `{name}.wharf.test` for each name, and the bare domain, known and trusted on this port.
    #[must_use]
    pub fn add(names: &[&str], port: u16, ca: &Path) -> Self {
        assert!(
            rustix::process::geteuid().is_root(),
            "host names and trust anchors of dockerd can only be set by root: run scripts/test"
        );
        let hosts: Vec<String> = names.iter().map(|name| format!("{name}.{DOMAIN}")).collect();
        // A port makes the line this server's own, so that removing it takes away nobody else's.
        let line = format!("127.0.0.1 {DOMAIN} {} {MARK} {port}", hosts.join(" "));
        edit_hosts(|text| format!("{}\n{line}\n", text.trim_end()));
        let folders = hosts
            .iter()
            .map(|host| PathBuf::from(format!("/etc/docker/certs.d/{host}:{port}")))
            .collect();
        let names = Self { line, folders };
        for folder in &names.folders {
            fs::create_dir_all(folder)
                .and_then(|()| fs::copy(ca, folder.join("ca.crt")))
                .expect("a trust anchor can be placed");
        }
        names
    }
}

impl Drop for HostNames {
    fn drop(&mut self) {
        edit_hosts(|text| {
            text.lines()
                .filter(|line| *line != self.line)
                .map(|line| format!("{line}\n"))
                .collect()
        });
        for folder in &self.folders {
            // What is left behind trusts a key that is gone, for a port of this machine: no reason to fail a test.
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// Rewrites `/etc/hosts` in place: where it is a mounted file, as in a container, it cannot be replaced by renaming.
fn edit_hosts(edit: impl FnOnce(&str) -> String) {
    let lock = File::open(HOSTS).expect("/etc/hosts can be read");
    flock(&lock, FlockOperation::LockExclusive).expect("/etc/hosts can be locked");
    let text = fs::read_to_string(HOSTS).expect("/etc/hosts can be read");
    fs::write(HOSTS, edit(&text)).expect("/etc/hosts can be written");
}
