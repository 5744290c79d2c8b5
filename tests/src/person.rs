//! Somebody at a shell who has `wharf`, docker and podman, all with one home.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
};

use tempfile::TempDir;

use crate::{Dockerd, Endpoint, Layout, Ran, Run, User, World, program};

/// A home with nothing in it, and the programs of somebody who works there.
#[derive(Debug)]
pub struct Person {
    home: TempDir,
    daemon: Arc<Dockerd>,
    endpoint: Endpoint,
    server: String,
}

impl Person {
    /// Somebody who knows the world's registry and is not signed in.
    #[must_use]
    pub fn new(world: &World) -> Self {
        let home = TempDir::with_prefix("wharf-person-").expect("a temporary folder can be made");
        for folder in ["bin", "run"] {
            std::fs::create_dir(home.path().join(folder)).expect("a folder can be made");
        }
        Self {
            home,
            daemon: Dockerd::shared(),
            endpoint: world.endpoint(),
            server: world.wharf.url(),
        }
    }

    /// Somebody who has signed in to the server, and to no registry.
    #[must_use]
    #[track_caller]
    pub fn signed_in(world: &World, user: &User) -> Self {
        let person = Self::new(world);
        person.sign_in(user).ok();
        person
    }

    /// Signs in to the server.
    #[must_use]
    pub fn sign_in(&self, user: &User) -> Ran {
        let words = format!(
            "login --service-principal -u {} -p {} --server {} --allow-no-subscriptions -o none",
            user.name, user.password, self.server
        );
        self.wharf(&words)
    }

    /// A path below the home.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The folder of the person's own programs.
    #[must_use]
    pub fn programs(&self) -> PathBuf {
        self.path("bin")
    }

    /// Runs `wharf`.
    #[must_use]
    pub fn wharf(&self, words: &str) -> Ran {
        self.run(&program::wharf()).words(words).go()
    }

    /// A program in this home, with no arguments yet.
    #[must_use]
    pub fn run(&self, program: &Path) -> Run {
        let mut path = OsString::from(self.programs());
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let run = Run::new(program)
            .folder(self.home.path())
            .env("HOME", self.home.path())
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("TMPDIR", self.home.path())
            .env("DOCKER_HOST", self.daemon.address())
            .env("PATH", path);
        match &self.endpoint.ca {
            Some(ca) => run.env("SSL_CERT_FILE", ca),
            None => run,
        }
    }

    /// Runs `docker`.
    #[must_use]
    pub fn docker(&self, words: &str) -> Ran {
        self.run(&program::debian("docker", "docker.io")).words(words).go()
    }

    /// Makes an image and pushes it with docker.
    #[must_use]
    pub fn docker_push(&self, image: &str) -> Ran {
        let (layout, image) = (Layout::image(), self.endpoint.image(image));
        let import = self.run(&program::debian("docker", "docker.io"));
        import.arg("import").arg(layout.layer()).arg(&image).go().ok();
        self.docker(&format!("push {image}"))
    }

    /// Fetches an image with docker.
    #[must_use]
    pub fn docker_pull(&self, image: &str) -> Ran {
        let image = self.endpoint.image(image);
        // It need not be there.
        let _ = self.docker(&format!("image rm --force {image}"));
        self.docker(&format!("pull {image}"))
    }

    /// Fetches an image with podman.
    #[must_use]
    pub fn podman_pull(&self, image: &str) -> Ran {
        let podman = self.run(&program::debian("podman", "podman"));
        let podman = podman
            .arg("--root")
            .arg(self.path("store"))
            .arg("--runroot")
            .arg(self.path("store-run"));
        podman
            .words("--storage-driver=vfs --cgroup-manager=cgroupfs --events-backend=none pull")
            .arg(format!("--tls-verify={}", self.endpoint.ca.is_some()))
            .arg(self.endpoint.image(image))
            .go()
    }

    /// Fetches an image with buildah.
    #[must_use]
    pub fn buildah_pull(&self, image: &str) -> Ran {
        let buildah = self.run(&program::debian("buildah", "buildah"));
        let buildah = buildah
            .arg("--root")
            .arg(self.path("store"))
            .arg("--runroot")
            .arg(self.path("store-run"));
        buildah
            .words("--storage-driver=vfs pull --policy=always")
            .arg(format!("--tls-verify={}", self.endpoint.ca.is_some()))
            .arg(self.endpoint.image(image))
            .go()
    }

    /// Looks at an image with skopeo.
    #[must_use]
    pub fn skopeo_inspect(&self, image: &str) -> Ran {
        let skopeo = self.run(&program::debian("skopeo", "skopeo"));
        skopeo
            .arg("inspect")
            .arg(format!("--tls-verify={}", self.endpoint.ca.is_some()))
            .arg(format!("docker://{}", self.endpoint.image(image)))
            .go()
    }
}
