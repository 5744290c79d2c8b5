//! The built `wharf` on a data folder, perhaps under a tracer, and what its end was.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use wharf_tests::{Run, free_port, wharf};

/// Rule: whatever happened before, a start takes no longer.
const START_LIMIT: Duration = Duration::from_secs(10);
const STOP_LIMIT: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(5);

/// A running server.
pub(crate) struct Server {
    child: Child,
    port: u16,
    log: PathBuf,
    _folder: TempDir,
}

/// Why there is no server.
#[derive(Debug)]
pub(crate) enum NotStarted {
    /// It ended, with this in its log.
    Ended(ExitStatus, String),
    /// It was not ready in time.
    Late(String),
}

impl Server {
    /// Starts a server and waits until it is ready.
    pub(crate) fn start(data: &Path) -> Result<Self, NotStarted> {
        Self::spawn(data, &[]).ready()
    }

    /// The same, with another database than the file in the folder.
    pub(crate) fn start_on(data: &Path, database: Option<&str>) -> Result<Self, NotStarted> {
        Self::spawn_on(data, &[], database).ready()
    }

    /// Starts a server under a tracer: words that its own command line is put after.
    pub(crate) fn spawn(data: &Path, tracer: &[String]) -> Self {
        Self::spawn_on(data, tracer, None)
    }

    fn spawn_on(data: &Path, tracer: &[String], database: Option<&str>) -> Self {
        let port = free_port();
        let folder = TempDir::with_prefix("wharf-log-").expect("a temporary folder can be made");
        let log = folder.path().join("log");
        let output = File::create(&log).expect("a log can be written");
        let program = wharf();
        let mut words = tracer.iter().map(AsRef::as_ref).chain([program.as_os_str()]);
        let mut command = Command::new(words.next().unwrap_or_default());
        command
            .args(words)
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--data"])
            .arg(data);
        if let Some(url) = database {
            command.args(["--database", url]);
        }
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let errors = output.try_clone().expect("a file can be opened twice");
        let child = command.stdin(Stdio::null()).stdout(output).stderr(errors).spawn();
        Self {
            child: child.expect("wharf starts"),
            port,
            log,
            _folder: folder,
        }
    }

    /// Waits until it is ready.
    pub(crate) fn ready(mut self) -> Result<Self, NotStarted> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.ended() {
                return Err(NotStarted::Ended(status, self.log()));
            }
            if self
                .probe("/readyz")
                .is_some_and(|answer| answer.starts_with("HTTP/1.1 200"))
            {
                return Ok(self);
            }
            if began.elapsed() > START_LIMIT {
                let log = self.log();
                self.kill();
                return Err(NotStarted::Late(log));
            }
            thread::sleep(PAUSE);
        }
    }

    /// What it answers to a GET, head and body; none when it does not.
    pub(crate) fn probe(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(START_LIMIT)).ok()?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        .ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be asked")
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> Option<ExitStatus> {
        let began = Instant::now();
        while began.elapsed() < STOP_LIMIT {
            if let Some(status) = self.ended() {
                return Some(status);
            }
            thread::sleep(PAUSE);
        }
        None
    }

    /// Ends it as the kernel does.
    pub(crate) fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        self.wait();
    }

    /// Ends it as an operator does. It must end well.
    pub(crate) fn stop(mut self) -> Result<(), String> {
        // It may have ended by itself.
        let _ = kill_process(self.pid(), Signal::TERM);
        match self.wait() {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(format!("it ended with {status}:\n{}", self.log())),
            None => Err(format!("it did not end:\n{}", self.log())),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.ended().is_none() {
            self.kill();
        }
    }
}

/// `wharf admin` on a data folder.
pub(crate) fn admin(data: &Path, words: &str) -> wharf_tests::Ran {
    Run::new(wharf()).arg("admin").words(words).arg("--data").arg(data).go()
}
