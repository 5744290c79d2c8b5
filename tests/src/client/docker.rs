//! Docker: the command line of Debian and a daemon of the run's own. The daemon talks to the registry.

use std::{path::PathBuf, sync::Arc};

use super::{Client, Endpoint, Home, User};
use crate::{Dockerd, Layout, Ran, Run, program};

/// `docker` with a configuration of its own; the daemon and its images are shared.
#[derive(Debug)]
pub struct Docker {
    home: Home,
    program: PathBuf,
    daemon: Arc<Dockerd>,
    endpoint: Endpoint,
}

impl Docker {
    /// Runs `docker` with these words.
    #[must_use]
    pub fn run(&self, words: &str) -> Ran {
        self.command().words(words).go()
    }

    /// `docker` with no arguments yet.
    #[must_use]
    pub fn command(&self) -> Run {
        self.home.run(&self.program).env("DOCKER_HOST", self.daemon.address())
    }

    /// Makes an image in the daemon, under a name in the registry.
    #[track_caller]
    pub fn make(&self, image: &str) {
        let layout = Layout::image();
        self.command()
            .arg("import")
            .arg(layout.layer())
            .arg(self.endpoint.image(image))
            .go()
            .ok();
    }

    /// Forgets an image, so that the next pull has to fetch it.
    pub fn forget(&self, image: &str) {
        // It need not be there.
        let _ = self.run(&format!("image rm --force {}", self.endpoint.image(image)));
    }
}

impl Client for Docker {
    const NAME: &'static str = "docker";

    fn new(endpoint: &Endpoint) -> Self {
        Self {
            home: Home::new(),
            program: program::debian("docker", "docker.io"),
            daemon: Dockerd::shared(),
            endpoint: endpoint.clone(),
        }
    }

    fn login(&self, user: &User) -> Ran {
        let command = self
            .command()
            .words("login --password-stdin --username")
            .arg(&user.name)
            .arg(&self.endpoint.host);
        command.input(user.password.as_str()).go()
    }

    fn push(&self, image: &str) -> Ran {
        self.make(image);
        self.run(&format!("push {}", self.endpoint.image(image)))
    }

    fn pull(&self, image: &str) -> Ran {
        self.forget(image);
        self.run(&format!("pull {}", self.endpoint.image(image)))
    }
}
