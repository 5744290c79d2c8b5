//! The servers that are measured.

mod configuration;
pub(crate) mod sessions;
pub(crate) mod set_up;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::connection::{Body, Peer};
use crate::machine;
use crate::options::Name;
use set_up::SetUp;

const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(40);

/// How a server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Plain,
    Tls,
}

/// On what data a server is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Data {
    /// What pulls ask for.
    Content,
    /// Nothing, but for Wharf's registry.
    Fresh,
    /// What the last start on fresh data has become.
    Kept,
}

/// A server.
pub(crate) struct Target {
    pub(crate) name: Name,
    pub(crate) set_up: Rc<SetUp>,
    folder: PathBuf,
    ports: [u16; 2],
    transport: Transport,
    process: Option<Child>,
    token: Option<String>,
    pub(crate) seeded: bool,
}

impl Target {
    /// A server that does not run yet.
    pub(crate) fn new(name: Name, set_up: Rc<SetUp>) -> Result<Self> {
        let folder = set_up.folder().join(name.title());
        fs::create_dir_all(folder.join("run"))?;
        Ok(Self {
            name,
            set_up,
            folder,
            ports: [wharf_tests::free_port(), wharf_tests::free_port()],
            transport: Transport::Plain,
            process: None,
            token: None,
            seeded: false,
        })
    }

    /// Where its data is.
    pub(crate) fn data(&self, data: Data) -> PathBuf {
        self.folder
            .join(if data == Data::Content { "content" } else { "fresh" })
    }

    /// The process that is measured.
    pub(crate) fn process(&self) -> Result<u32> {
        Ok(self.process.as_ref().context("the server does not run")?.id())
    }

    /// Starts it on the servers' cores, and says how long it was to its first answer.
    pub(crate) fn start(&mut self, data: Data, transport: Transport) -> Result<Duration> {
        self.stop()?;
        self.transport = transport;
        self.token = None;
        let folder = self.data(data);
        if data == Data::Fresh && folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        if !folder.exists() {
            fs::create_dir_all(&folder)?;
            if self.name == Name::Wharf {
                copy_folder(&self.set_up.installation, &folder)?;
            }
        }
        let mut command = self.command(&folder)?;
        let log = File::options().create(true).append(true).open(self.log())?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let began = Instant::now();
        let child = machine::on_cores(&self.set_up.server_cores, || command.spawn())?;
        self.process = Some(child.with_context(|| format!("{} does not start", self.name.title()))?);
        self.wait_for_answer(began)?;
        let taken = began.elapsed();
        if self.name == Name::Wharf {
            self.token = Some(self.set_up.token(&self.anonymous())?);
        }
        Ok(taken)
    }

    fn command(&self, data: &Path) -> Result<Command> {
        let [plain, tls] = self.ports;
        let port = self.port();
        let over_tls = self.transport == Transport::Tls;
        let run = self.folder.join("run");
        Ok(match self.name {
            Name::Nginx => configuration::nginx(&self.set_up, data, &run, plain, tls)?,
            Name::Distribution => configuration::distribution(&self.set_up, data, &run, port, over_tls)?,
            Name::Wharf => configuration::wharf(&self.set_up, data, port, over_tls),
        })
    }

    fn port(&self) -> u16 {
        self.ports[usize::from(self.transport == Transport::Tls)]
    }

    fn log(&self) -> PathBuf {
        self.folder.join("run/log")
    }

    fn wait_for_answer(&mut self, began: Instant) -> Result<()> {
        let peer = self.anonymous();
        // Any answer is one, 401 as well: it says that the server works.
        let answers = || -> Result<bool> {
            let answer = peer.connect(None)?.request("GET", "/v2/", "", &Body::Nothing)?;
            Ok(answer.head.status < 500)
        };
        while !answers().unwrap_or(false) {
            let ended = self.process.as_mut().map(Child::try_wait).transpose()?.flatten();
            if ended.is_some() || began.elapsed() > START_LIMIT {
                bail!(
                    "{} did not start:\n{}",
                    self.name.title(),
                    fs::read_to_string(self.log())?
                );
            }
            thread::sleep(Duration::from_micros(500));
        }
        Ok(())
    }

    /// Stops it as an operator does.
    pub(crate) fn stop(&mut self) -> Result<()> {
        let Some(mut child) = self.process.take() else {
            return Ok(());
        };
        let id = Pid::from_raw(child.id().cast_signed()).context("a process id is positive")?;
        kill_process(id, Signal::TERM)?;
        let asked = Instant::now();
        while child.try_wait()?.is_none() {
            if asked.elapsed() > STOP_LIMIT {
                child.kill()?;
                child.wait()?;
                bail!("{} did not stop when it was told to", self.name.title());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// The server, asked by nobody in particular.
    pub(crate) fn anonymous(&self) -> Peer {
        Peer {
            port: self.port(),
            tls: (self.transport == Transport::Tls).then(|| self.set_up.client_tls()),
            authorization: None,
        }
    }

    /// The server, asked with a token for `bench/a` and the catalogue where it knows tokens.
    pub(crate) fn peer(&self) -> Peer {
        Peer {
            authorization: self.token.clone(),
            ..self.anonymous()
        }
    }

    /// The server, asked with a credential for everything: a token names its repositories.
    pub(crate) fn peer_for_all(&self) -> Peer {
        let ours = self.name == Name::Wharf;
        Peer {
            authorization: ours.then(|| self.set_up.basic.clone()),
            ..self.anonymous()
        }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // The figures are there already; a server that would not stop has been killed.
        if let Err(error) = self.stop() {
            crate::say(&format!("{error:#}"));
        }
    }
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
