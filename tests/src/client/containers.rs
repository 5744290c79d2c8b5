//! The clients built on containers/image: podman, skopeo and buildah. Where the registry has TLS they find its authority in
//! `/etc/docker/certs.d`, as the docker daemon does.

use std::path::PathBuf;

use super::{Client, Endpoint, Home, User};
use crate::{Layout, Ran, Run, program};

fn verify_tls(run: Run, endpoint: &Endpoint) -> Run {
    run.arg(format!("--tls-verify={}", endpoint.ca.is_some()))
}

fn login(run: Run, endpoint: &Endpoint, user: &User) -> Ran {
    let run = verify_tls(run.arg("login"), endpoint)
        .words("--password-stdin --username")
        .arg(&user.name);
    run.arg(&endpoint.host).input(user.password.as_str()).go()
}

macro_rules! account {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name {
            home: Home,
            program: PathBuf,
            endpoint: Endpoint,
        }

        impl $name {
            /// Runs a subcommand, its name being one word, with these words after it. Whether TLS is verified is filled in.
            #[must_use]
            pub fn run(&self, subcommand: &str, words: &str) -> Ran {
                verify_tls(self.command().words(subcommand), &self.endpoint).words(words).go()
            }

            fn account(endpoint: &Endpoint, name: &str) -> Self {
                Self { home: Home::new(), program: program::debian(name, name), endpoint: endpoint.clone() }
            }
        }
    };
}

account!(
    /// `podman` with a store of its own.
    Podman
);
account!(
    /// `skopeo`, which has no store.
    Skopeo
);
account!(
    /// `buildah` with a store of its own.
    Buildah
);

impl Podman {
    /// `podman` with no subcommand yet. The store is plain folders, so that it works inside any container.
    #[must_use]
    pub fn command(&self) -> Run {
        let run = self
            .home
            .run(&self.program)
            .arg("--root")
            .arg(self.home.path("store"))
            .arg("--runroot");
        run.arg(self.home.path("store-run"))
            .words("--storage-driver=vfs --cgroup-manager=cgroupfs --events-backend=none")
    }
}

impl Client for Podman {
    const NAME: &'static str = "podman";

    fn new(endpoint: &Endpoint) -> Self {
        Self::account(endpoint, Self::NAME)
    }

    fn login(&self, user: &User) -> Ran {
        login(self.command(), &self.endpoint, user)
    }

    fn push(&self, image: &str) -> Ran {
        let (layout, image) = (Layout::image(), self.endpoint.image(image));
        self.command().arg("import").arg(layout.layer()).arg(&image).go().ok();
        self.run("push", &image)
    }

    fn pull(&self, image: &str) -> Ran {
        let image = self.endpoint.image(image);
        // It need not be there.
        let _ = self.command().words("rmi --force").arg(&image).go();
        self.run("pull", &image)
    }
}

impl Skopeo {
    /// `skopeo` with no subcommand yet.
    #[must_use]
    pub fn command(&self) -> Run {
        self.home.run(&self.program)
    }

    /// `skopeo copy` of anything local to the registry.
    #[must_use]
    pub fn copy_in(&self, options: &str, source: &str, image: &str) -> Ran {
        let verify = format!("--dest-tls-verify={}", self.endpoint.ca.is_some());
        let run = self.command().arg("copy").arg(verify).words(options).arg(source);
        run.arg(format!("docker://{}", self.endpoint.image(image))).go()
    }

    /// `skopeo copy` from one repository of the registry to another.
    #[must_use]
    pub fn copy(&self, options: &str, source: &str, image: &str) -> Ran {
        let verify = format!("--src-tls-verify={}", self.endpoint.ca.is_some());
        self.copy_in(
            &format!("{verify} {options}"),
            &format!("docker://{}", self.endpoint.image(source)),
            image,
        )
    }
}

impl Client for Skopeo {
    const NAME: &'static str = "skopeo";

    fn new(endpoint: &Endpoint) -> Self {
        Self::account(endpoint, Self::NAME)
    }

    fn login(&self, user: &User) -> Ran {
        login(self.command(), &self.endpoint, user)
    }

    fn push(&self, image: &str) -> Ran {
        let layout = Layout::image();
        self.copy_in("", &format!("oci:{}", layout.tagged()), image)
    }

    fn pull(&self, image: &str) -> Ran {
        let verify = format!("--src-tls-verify={}", self.endpoint.ca.is_some());
        let source = format!("docker://{}", self.endpoint.image(image));
        self.command()
            .arg("copy")
            .arg(verify)
            .arg(source)
            .arg(format!("dir:{}", self.home.fresh("pulled").display()))
            .go()
    }
}

impl Buildah {
    /// `buildah` with no subcommand yet.
    #[must_use]
    pub fn command(&self) -> Run {
        let run = self
            .home
            .run(&self.program)
            .arg("--root")
            .arg(self.home.path("store"))
            .arg("--runroot");
        run.arg(self.home.path("store-run")).arg("--storage-driver=vfs")
    }
}

impl Client for Buildah {
    const NAME: &'static str = "buildah";

    fn new(endpoint: &Endpoint) -> Self {
        Self::account(endpoint, Self::NAME)
    }

    fn login(&self, user: &User) -> Ran {
        login(self.command(), &self.endpoint, user)
    }

    fn push(&self, image: &str) -> Ran {
        let (layout, image) = (Layout::image(), self.endpoint.image(image));
        let container = self.command().words("from scratch").go().ok();
        self.command()
            .arg("add")
            .arg(container.text())
            .arg(layout.layer())
            .arg("/")
            .go()
            .ok();
        self.command()
            .words("commit --quiet --rm")
            .arg(container.text())
            .arg(&image)
            .go()
            .ok();
        self.run("push", &image)
    }

    fn pull(&self, image: &str) -> Ran {
        self.run("pull", &format!("--policy=always {}", self.endpoint.image(image)))
    }
}
