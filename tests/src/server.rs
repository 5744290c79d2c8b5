//! A `wharf serve` of a test's own.

use std::{
    fs::{DirBuilder, File},
    os::unix::fs::DirBuilderExt,
    path::PathBuf,
    process::{Child, ExitStatus},
    sync::Arc,
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{
    Cli, HostNames, Options, Ran, Request, Run, User, disk::Disk, eventually, free_port, options::new_database, program,
};

/// The domain that `wharf serve` is started with. Its names are put into `/etc/hosts` by [`crate::HostNames`].
pub(crate) const DOMAIN: &str = "wharf.test";

const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// A running server. Stopped with SIGTERM when dropped, and then it must exit with 0.
#[derive(Debug)]
pub struct Wharf {
    process: Option<Child>,
    port: u16,
    options: Options,
    database: Option<String>,
    /// The address that clients know, where it is another node's.
    public_url: Option<String>,
    // Fields are dropped in this order: a disk is unmounted before the folder that holds it is removed.
    _disk: Option<Disk>,
    _names: Option<Arc<HostNames>>,
    folder: TempDir,
}

impl Wharf {
    /// With nothing made yet but its folders.
    pub(crate) fn with(options: Options) -> Self {
        let folder = TempDir::with_prefix("wharf-it-").expect("a temporary folder can be made");
        let disk = options
            .disk_mebibytes
            .map(|size| Disk::mount(folder.path().join("data"), size));
        let database = options.postgres.then(new_database);
        Self {
            process: None,
            port: free_port(),
            options,
            database,
            public_url: None,
            _disk: disk,
            _names: options.tls.then(HostNames::shared),
            folder,
        }
    }

    /// A server as a newcomer starts it: SQLite, no TLS.
    #[must_use]
    #[track_caller]
    pub fn start() -> Self {
        Options::default().start()
    }

    /// Another server of the same installation, behind the same name: it shares the database and the master key, and has a folder of its own.
    #[must_use]
    #[track_caller]
    pub fn another_node(&self) -> Self {
        let options = Options {
            postgres: false,
            ..self.options
        };
        let mut node = Self::with(options);
        node.database.clone_from(&self.database);
        node.public_url = Some(format!("http://{DOMAIN}:{}", self.port));
        let keys = node.data().join("keys");
        let mut private = DirBuilder::new();
        private.recursive(true).mode(0o700);
        private.create(&keys).expect("a folder can be made");
        std::fs::copy(self.data().join("keys/master.key"), keys.join("master.key")).expect("the key can be copied");
        node.start_again();
        node
    }

    /// The port it listens on, the same after each restart.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The certificate authority of its self-signed certificate, when it has TLS.
    #[must_use]
    pub fn ca(&self) -> Option<PathBuf> {
        self.options.tls.then(|| self.data().join("tls/ca.pem"))
    }

    /// The address that needs no DNS (without TLS) or the bare domain (with it).
    #[must_use]
    pub fn url(&self) -> String {
        if self.options.tls {
            format!("https://{DOMAIN}:{}", self.port)
        } else {
            format!("http://localhost:{}", self.port)
        }
    }

    /// What it has written to its standard output and error so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The command that starts it.
    #[must_use]
    pub fn serve(&self) -> Run {
        let mut run = Run::new(program::wharf())
            .words("serve --domain wharf.test --data")
            .arg(self.data())
            .arg("--listen")
            .arg(format!("127.0.0.1:{}", self.port))
            .env("HOME", self.folder.path());
        if self.options.tls {
            run = run.words("--tls self-signed");
        }
        if let Some(url) = &self.database {
            run = run.arg("--database").arg(url);
        }
        if let Some(url) = &self.public_url {
            run = run.arg("--public-url").arg(url);
        }
        let mut configuration = String::new();
        if self.options.sparse_images {
            configuration.push_str("sparse_images = true\n");
        }
        if self.options.private_issuers {
            configuration.push_str("[issuers]\nprivate_network = true\n");
        }
        if !configuration.is_empty() {
            let file = self.folder.path().join("wharf.toml");
            std::fs::write(&file, configuration).expect("a file can be written");
            run = run.arg("--config").arg(file);
        }
        run
    }

    /// Starts it on the data and the port it had.
    #[track_caller]
    pub fn start_again(&mut self) {
        assert!(self.process.is_none(), "wharf runs already");
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"))
            .expect("a log can be written");
        let errors = log.try_clone().expect("a file can be opened twice");
        let child = self
            .serve()
            .command()
            .stdin(std::process::Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn();
        self.process = Some(child.expect("wharf starts"));
        eventually("wharf is ready", START_LIMIT, || {
            let ended = self
                .process
                .as_mut()
                .and_then(|child| child.try_wait().expect("a child can be asked"));
            if let Some(status) = ended {
                self.process = None;
                panic!("wharf ended at its start ({status}):\n{}", self.log());
            }
            self.ready()
        });
    }

    /// Whether `/readyz` answers 200.
    #[must_use]
    pub fn ready(&self) -> bool {
        let ca = self.ca();
        // A self-signed certificate is made at the first start, and there is nothing to trust before.
        if ca.as_ref().is_some_and(|path| !path.is_file()) {
            return false;
        }
        let request = Request::new("GET", format!("{}/readyz", self.url())).trusting(ca.as_deref());
        request.send().is_ok_and(|reply| reply.status == 200)
    }

    /// Stops it as an operator does, with SIGTERM, and waits for its end.
    #[track_caller]
    pub fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.wait()
    }

    /// Ends it as a crash or the kernel does, with SIGKILL.
    #[track_caller]
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.wait();
    }

    /// The most memory that it has had at once (resident, in MiB).
    #[must_use]
    pub fn peak_mebibytes(&self) -> u64 {
        let child = self.process.as_ref().expect("wharf runs");
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("it has a status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kibibytes.expect("the status names its peak") / 1024
    }

    /// Sends it a signal.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        let child = self.process.as_ref().expect("wharf runs");
        let id = Pid::from_raw(child.id().cast_signed()).expect("a process id is positive");
        kill_process(id, signal).expect("a child can be signalled");
    }

    /// Waits for its end.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        let mut child = self.process.take().expect("wharf runs");
        let mut status = None;
        eventually("wharf has ended", STOP_LIMIT, || {
            status = child.try_wait().expect("a child can be asked");
            status.is_some()
        });
        status.expect("it has ended")
    }

    /// `wharf admin` with these words, on the server's host and on its data.
    #[must_use]
    pub fn admin(&self, words: &str) -> Ran {
        let mut run = Run::new(program::wharf())
            .arg("admin")
            .words(words)
            .arg("--data")
            .arg(self.data());
        if let Some(url) = &self.database {
            run = run.arg("--database").arg(url);
        }
        run.env("HOME", self.folder.path()).go()
    }

    /// The credential of the first owner.
    #[must_use]
    #[track_caller]
    pub fn bootstrap(&self) -> serde_json::Value {
        self.admin("bootstrap -o json").ok().json()
    }

    /// A command line that is not signed in, with a configuration folder of its own.
    #[must_use]
    pub fn cli(&self) -> Cli {
        Cli::new(self.url(), self.ca())
    }

    /// The command line of the first owner, signed in. Once for each server.
    #[must_use]
    #[track_caller]
    pub fn owner(&self) -> Cli {
        let first = self.bootstrap();
        let text = |key: &str| {
            first[key]
                .as_str()
                .unwrap_or_else(|| panic!("bootstrap names {key}: {first}"))
                .to_owned()
        };
        let cli = self.cli();
        cli.login(&User::new(text("appId"), text("password")), &text("tenant"))
            .ok();
        cli
    }
}

impl Drop for Wharf {
    fn drop(&mut self) {
        if thread::panicking() {
            if let Some(mut child) = self.process.take() {
                // The test has failed already; its server must go in any case.
                let _ = child.kill();
                let _ = child.wait();
            }
            #[expect(clippy::print_stderr, reason = "a failed test shows what its server had to say")]
            let () = eprintln!("--- the log of wharf ---\n{}", self.log());
        } else if self.process.is_some() {
            let status = self.stop();
            assert!(
                status.success(),
                "wharf should end with 0 on SIGTERM, not {status}:\n{}",
                self.log()
            );
        }
    }
}
