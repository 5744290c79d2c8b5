//! A docker daemon for the test run: Debian's own, with folders and a socket that nothing else on the machine uses.

use std::{
    fs::File,
    path::PathBuf,
    process::{Child, Stdio},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{HostNames, Run, eventually, host::must_be_root, program};

/// A running `dockerd`. Registries on the loopback interface may be plain HTTP for it, as for every docker daemon.
#[derive(Debug)]
pub struct Dockerd {
    process: Child,
    folder: TempDir,
    _names: Arc<HostNames>,
}

impl Dockerd {
    /// The daemon of this run: started by the first who asks, stopped when nobody holds it any more.
    #[must_use]
    pub fn shared() -> Arc<Self> {
        static RUNNING: Mutex<Weak<Dockerd>> = Mutex::new(Weak::new());
        // A test that panicked while the daemon was starting leaves nothing half done.
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.upgrade().unwrap_or_else(|| {
            let started = Arc::new(Self::start());
            *running = Arc::downgrade(&started);
            started
        })
    }

    /// What `DOCKER_HOST` has to be.
    #[must_use]
    pub fn address(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("docker.sock")
    }

    fn start() -> Self {
        must_be_root("a docker daemon");
        let folder = TempDir::with_prefix("wharf-docker-").expect("a temporary folder can be made");
        let path = |name: &str| folder.path().join(name);
        let log = File::create(path("log")).expect("a log can be written");
        // No container is ever run, so no network is touched. It starts a containerd of its own below --exec-root.
        let mut command = Run::new(program::debian("dockerd", "docker.io"))
            .words("--bridge=none --iptables=false --ip6tables=false --data-root")
            .arg(path("data"))
            .arg("--exec-root")
            .arg(path("exec"))
            .arg("--pidfile")
            .arg(path("pid"))
            .arg("--host")
            .arg(format!("unix://{}", path("docker.sock").display()))
            .env("HOME", folder.path())
            .command();
        let errors = log.try_clone().expect("a file can be opened twice");
        let process = command
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .expect("dockerd starts");
        let mut daemon = Self {
            process,
            folder,
            _names: HostNames::shared(),
        };
        let docker = program::debian("docker", "docker.io");
        eventually("dockerd answers", Duration::from_secs(60), || {
            if let Some(status) = daemon.process.try_wait().expect("a child can be asked") {
                let log = std::fs::read_to_string(daemon.folder.path().join("log")).unwrap_or_default();
                panic!("dockerd ended at its start ({status}):\n{log}");
            }
            daemon.socket().exists()
                && Run::new(&docker)
                    .arg("--host")
                    .arg(daemon.address())
                    .arg("version")
                    .go()
                    .success()
        });
        daemon
    }
}

impl Drop for Dockerd {
    fn drop(&mut self) {
        let id = Pid::from_raw(self.process.id().cast_signed()).expect("a process id is positive");
        kill_process(id, Signal::TERM).expect("a child can be signalled");
        eventually("dockerd has ended", Duration::from_secs(60), || {
            matches!(self.process.try_wait(), Ok(Some(_)))
        });
    }
}
