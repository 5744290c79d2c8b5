//! Real clients behind one trait, so that one specification holds for all of them (`tests/it/spec.rs`).
//!
//! Each value is a person's account with that client: its own home, its own stored credentials.

mod containers;
mod docker;
mod go;

use std::path::PathBuf;

pub use containers::{Buildah, Podman, Skopeo};
pub use docker::Docker;
pub use go::{Crane, Helm, Oras, Regctl};
use tempfile::TempDir;

use crate::{Ran, Run};

/// A user name and a password.
#[derive(Debug, Clone)]
pub struct User {
    /// The admin user's name, or the application id of a service principal.
    pub name: String,
    /// The secret.
    pub password: String,
}

impl User {
    /// Somebody with this name and password.
    #[must_use]
    pub fn new(name: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            password: password.into(),
        }
    }

    /// The same name with a password that is not its own.
    #[must_use]
    pub fn with_wrong_password(&self) -> Self {
        Self::new(&self.name, "wrong-password")
    }
}

/// How clients write the address of one registry.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// What a login is for: `localhost:5000` or `myregistry.wharf.test:5001`.
    pub host: String,
    /// What comes before a repository's name: `myregistry/` or nothing.
    pub prefix: String,
    /// The certificate authority to trust; without one the registry speaks plain HTTP.
    pub ca: Option<PathBuf>,
}

impl Endpoint {
    /// The full reference of `web:1.0.0` in this registry.
    #[must_use]
    pub fn image(&self, name: &str) -> String {
        format!("{}/{}{name}", self.host, self.prefix)
    }
}

/// What every client can do. Images are given as `web:1.0.0`, beneath the endpoint; tags are semantic versions,
/// because helm takes nothing else.
pub trait Client: Sized {
    /// The client's name, which is also a valid repository name.
    const NAME: &'static str;
    /// Whether a login asks the registry at all: crane only writes down what it is told.
    const LOGIN_ASKS: bool = true;
    /// Whether it shows the words that a refusal comes with: regctl says "unauthorized" and no more.
    const SHOWS_REASONS: bool = true;

    /// An account that has not signed in anywhere.
    #[must_use]
    fn new(endpoint: &Endpoint) -> Self;
    /// Signs in.
    fn login(&self, user: &User) -> Ran;
    /// Makes an image with bytes of its own and pushes it.
    fn push(&self, image: &str) -> Ran;
    /// Fetches an image whole, and not from a local copy.
    fn pull(&self, image: &str) -> Ran;

    /// An account that is signed in.
    #[must_use]
    #[track_caller]
    fn signed_in(endpoint: &Endpoint, user: &User) -> Self {
        let client = Self::new(endpoint);
        client.login(user).ok();
        client
    }

    /// Signs in and pulls: what fails first is the outcome.
    fn login_and_pull(&self, user: &User, image: &str) -> Ran {
        let login = self.login(user);
        if login.success() { self.pull(image) } else { login }
    }
}

/// A home folder with nothing in it, and commands that see no other.
#[derive(Debug)]
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(TempDir::with_prefix("wharf-home-").expect("a temporary folder can be made"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A path in it that does not exist yet.
    fn fresh(&self, name: &str) -> PathBuf {
        TempDir::with_prefix_in(name, self.0.path())
            .expect("a temporary folder can be made")
            .keep()
    }

    fn run(&self, program: &std::path::Path) -> Run {
        Run::new(program)
            .folder(self.0.path())
            .env("HOME", self.0.path())
            .env("DOCKER_CONFIG", self.path("docker"))
            .env("REGISTRY_AUTH_FILE", self.path("auth.json"))
            .env("TMPDIR", self.0.path())
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("XDG_DATA_HOME", self.path("data"))
            .env("XDG_RUNTIME_DIR", self.path("run"))
    }
}
