//! The command line of `wharf` as one person or machine uses it.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::{Ran, Run, User, program};

/// A person or a machine at a shell with `wharf`, and nobody else's sign-in.
#[derive(Debug)]
pub struct Cli {
    folder: TempDir,
    server: String,
    ca: Option<PathBuf>,
}

impl Cli {
    /// Nobody yet, with a configuration folder of their own.
    pub(crate) fn new(server: String, ca: Option<PathBuf>) -> Self {
        Self {
            folder: TempDir::with_prefix("wharf-cli-").expect("a temporary folder can be made"),
            server,
            ca,
        }
    }

    /// Runs `wharf` with these words. Output is JSON unless they say otherwise.
    #[must_use]
    pub fn run(&self, words: &str) -> Ran {
        self.command().words(words).go()
    }

    /// `wharf` with no arguments yet, for those that hold white space.
    #[must_use]
    pub fn command(&self) -> Run {
        let run = Run::new(program::wharf())
            .env("WHARF_CONFIG_DIR", self.folder.path())
            .env("HOME", self.folder.path());
        match &self.ca {
            Some(ca) => run.env("SSL_CERT_FILE", ca),
            None => run,
        }
    }

    /// Signs in as a service principal.
    #[must_use]
    pub fn login(&self, user: &User, tenant: &str) -> Ran {
        let command = self
            .command()
            .words("login --service-principal -u")
            .arg(&user.name)
            .arg("-p")
            .arg(&user.password);
        command
            .arg("--tenant")
            .arg(tenant)
            .arg("--server")
            .arg(&self.server)
            .go()
    }
}
