//! Commands that end: each has a time limit, a clean environment, and an outcome that prints as a transcript.

use std::{
    ffi::{OsStr, OsString},
    fmt,
    io::{Seek, Write},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

/// What `timeout` exits with when it had to end the command.
const TIMED_OUT: i32 = 124;

/// A command to run in an environment that holds nothing but what is put there, `PATH`, and a neutral locale.
#[derive(Debug)]
pub struct Run {
    program: PathBuf,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    folder: Option<PathBuf>,
    input: Vec<u8>,
    limit: Duration,
}

impl Run {
    /// A command with no arguments yet, and 60 seconds to end.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            variables: Vec::new(),
            folder: None,
            input: Vec::new(),
            limit: Duration::from_secs(60),
        }
    }

    /// Adds one argument as it is.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments as a person types them: apart by white space. There are no quotes; see [`Run::arg`].
    #[must_use]
    pub fn words(mut self, words: &str) -> Self {
        self.arguments.extend(words.split_whitespace().map(OsString::from));
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.variables.push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// Runs the command in a folder.
    #[must_use]
    pub fn folder(mut self, folder: impl AsRef<Path>) -> Self {
        self.folder = Some(folder.as_ref().to_owned());
        self
    }

    /// Another time limit than 60 seconds, for what is known to take its time.
    #[must_use]
    pub fn limit_seconds(mut self, seconds: u64) -> Self {
        self.limit = Duration::from_secs(seconds);
        self
    }

    /// What the command reads from its standard input; nothing otherwise.
    #[must_use]
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// The command as the standard library knows it, without a time limit: for what shall go on running.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        self.prepare(&mut command);
        command
    }

    /// Runs to the end, or to the end of the time limit.
    #[must_use]
    pub fn go(self) -> Ran {
        // coreutils' `timeout` also ends what the command has started.
        let mut command = Command::new("timeout");
        command
            .arg("--kill-after=5")
            .arg(self.limit.as_secs().to_string())
            .arg(&self.program)
            .args(&self.arguments);
        self.prepare(&mut command);
        let mut input = tempfile::tempfile().expect("a temporary file can be made");
        input
            .write_all(&self.input)
            .and_then(|()| input.rewind())
            .expect("a temporary file can be written");
        let output = command
            .stdin(Stdio::from(input))
            .output()
            .unwrap_or_else(|error| panic!("{self}: {error}"));
        Ran {
            line: self.to_string(),
            status: output.status,
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    fn prepare(&self, command: &mut Command) {
        command
            .env_clear()
            .env("LANG", "C.UTF-8")
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.program.file_name().unwrap_or_default().display())?;
        self.arguments
            .iter()
            .try_for_each(|argument| write!(f, " {}", argument.display()))
    }
}

/// A command that has ended. Displayed, it is a transcript.
#[derive(Debug)]
pub struct Ran {
    line: String,
    status: ExitStatus,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Ran {
    /// Whether it exited with 0.
    #[must_use]
    pub fn success(&self) -> bool {
        self.status.success()
    }

    /// It must have succeeded.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert!(self.success(), "should have succeeded:\n{self}");
        self
    }

    /// It must have failed, and by itself: ending a command that hangs is no refusal.
    #[track_caller]
    pub fn fails(self) -> Self {
        assert!(self.status.code() != Some(TIMED_OUT), "did not end in time:\n{self}");
        assert!(!self.success(), "should have failed:\n{self}");
        self
    }

    /// It must have said this, in whichever case and on whichever stream.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.mentions(text), "should have said {text:?}:\n{self}");
        self
    }

    /// It must not have said this.
    #[track_caller]
    pub fn never_says(self, text: &str) -> Self {
        assert!(!self.mentions(text), "should not have said {text:?}:\n{self}");
        self
    }

    /// Whether it said this, in whichever case and on whichever stream.
    #[must_use]
    pub fn mentions(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.stdout.to_lowercase().contains(&text) || self.stderr.to_lowercase().contains(&text)
    }

    /// Standard output, which must be JSON.
    #[track_caller]
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("standard output is not JSON ({error}):\n{self}"))
    }

    /// Standard output as lines.
    #[must_use]
    pub fn lines(&self) -> Vec<&str> {
        self.stdout.lines().collect()
    }

    /// Standard output without white space around it.
    #[must_use]
    pub fn text(&self) -> &str {
        self.stdout.trim()
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "$ {}\n{}{}({})", self.line, self.stdout, self.stderr, self.status)
    }
}

/// Waits until something is true, and panics when it is not within the limit. For what cannot be waited for in any other way.
#[track_caller]
pub fn eventually(what: &str, limit: Duration, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < limit, "not within {limit:?}: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
