//! What a test says of the server that it needs.

use std::net::TcpListener;

use crate::{Run, Wharf, program};

/// A TCP port of 127.0.0.1 that nobody listens on now.
#[must_use]
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
    listener.local_addr().expect("a listener has an address").port()
}

/// How a [`Wharf`] is to be started.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    pub(crate) tls: bool,
    pub(crate) postgres: bool,
    pub(crate) disk_mebibytes: Option<usize>,
    pub(crate) sparse_images: bool,
    pub(crate) private_issuers: bool,
}

impl Options {
    /// With `--tls self-signed`.
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// With a new database of the PostgreSQL server that `TEST_POSTGRES_URL` names.
    #[must_use]
    pub fn postgres(mut self) -> Self {
        self.postgres = true;
        self
    }

    /// With a disk of its own for the data folder, of this size.
    #[must_use]
    pub fn disk(mut self, mebibytes: usize) -> Self {
        self.disk_mebibytes = Some(mebibytes);
        self
    }

    /// With `sparse_images = true` in its configuration file.
    #[must_use]
    pub fn sparse_images(mut self) -> Self {
        self.sparse_images = true;
        self
    }

    /// With issuers and identity providers of this machine allowed in its configuration file.
    #[must_use]
    pub fn private_issuers(mut self) -> Self {
        self.private_issuers = true;
        self
    }

    /// Starts it on a free port with a new data folder, and waits until it is ready.
    #[must_use]
    #[track_caller]
    pub fn start(self) -> Wharf {
        let mut wharf = Wharf::with(self);
        wharf.start_again();
        wharf
    }
}

/// Makes an empty database of the PostgreSQL server that `TEST_POSTGRES_URL` names, and returns its address.
#[must_use]
pub fn new_database() -> String {
    let Some(server) = std::env::var_os("TEST_POSTGRES_URL").and_then(|url| url.into_string().ok()) else {
        panic!("TEST_POSTGRES_URL is not set: run the tests by scripts/with-postgres");
    };
    let name = format!("it_{}_{}", std::process::id(), free_port());
    let psql = program::debian("psql", "postgresql");
    Run::new(psql)
        .arg(&server)
        .arg("--quiet")
        .arg("--command")
        .arg(format!("CREATE DATABASE {name}"))
        .go()
        .ok();
    let (base, _) = server
        .rsplit_once('/')
        .expect("TEST_POSTGRES_URL ends in a database's name");
    format!("{base}/{name}")
}
