//! The clients that Debian does not have. As Go programs they take the certificate authority from `SSL_CERT_FILE`.

use std::{fs, path::PathBuf};

use super::{Client, Endpoint, Home, User};
use crate::{Layout, Ran, Run, image::unique, program};

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
            /// Runs it with these words.
            #[must_use]
            pub fn run(&self, words: &str) -> Ran {
                self.command().words(words).go()
            }

            /// The program with no arguments yet.
            #[must_use]
            pub fn command(&self) -> Run {
                let run = self.home.run(&self.program);
                match &self.endpoint.ca {
                    Some(ca) => run.env("SSL_CERT_FILE", ca),
                    None => run,
                }
            }

            fn account(endpoint: &Endpoint, name: &str) -> Self {
                Self { home: Home::new(), program: program::go(name), endpoint: endpoint.clone() }
            }
        }
    };
}

account!(
    /// `crane`, of go-containerregistry.
    Crane
);
account!(
    /// `oras`, of oras-go.
    Oras
);
account!(
    /// `regctl`, of regclient.
    Regctl
);
account!(
    /// `helm`, whose charts are artifacts.
    Helm
);

impl Client for Crane {
    const NAME: &'static str = "crane";
    const LOGIN_ASKS: bool = false;

    fn new(endpoint: &Endpoint) -> Self {
        Self::account(endpoint, Self::NAME)
    }

    fn login(&self, user: &User) -> Ran {
        let command = self
            .command()
            .words("auth login --password-stdin --username")
            .arg(&user.name);
        command.arg(&self.endpoint.host).input(user.password.as_str()).go()
    }

    fn push(&self, image: &str) -> Ran {
        self.command()
            .arg("push")
            .arg(Layout::image().path())
            .arg(self.endpoint.image(image))
            .go()
    }

    fn pull(&self, image: &str) -> Ran {
        self.command()
            .words("pull --format=oci")
            .arg(self.endpoint.image(image))
            .arg(self.home.fresh("pulled"))
            .go()
    }
}

impl Oras {
    /// Runs a subcommand, with `--plain-http` where the registry has no TLS, in the account's home.
    #[must_use]
    pub fn at_registry(&self, words: &str) -> Ran {
        let run = self.command().words(words);
        if self.endpoint.ca.is_none() {
            run.arg("--plain-http").go()
        } else {
            run.go()
        }
    }

    /// Writes a file into the account's home, for `push` and `attach` to name by its bare name.
    pub fn write(&self, name: &str, content: &str) {
        fs::write(self.home.path(name), content).expect("a file can be written");
    }
}

impl Client for Oras {
    const NAME: &'static str = "oras";

    fn new(endpoint: &Endpoint) -> Self {
        Self::account(endpoint, Self::NAME)
    }

    fn login(&self, user: &User) -> Ran {
        let mut run = self
            .command()
            .words("login --password-stdin --username")
            .arg(&user.name)
            .arg(&self.endpoint.host);
        if self.endpoint.ca.is_none() {
            run = run.arg("--plain-http");
        }
        run.input(user.password.as_str()).go()
    }

    fn push(&self, image: &str) -> Ran {
        let image = self.endpoint.image(image);
        self.write("artifact.txt", &unique());
        self.at_registry(&format!("push {image} artifact.txt:text/plain"))
    }

    fn pull(&self, image: &str) -> Ran {
        let folder = self.home.fresh("pulled");
        self.at_registry(&format!(
            "pull {} --output {}",
            self.endpoint.image(image),
            folder.display()
        ))
    }
}

impl Client for Regctl {
    const NAME: &'static str = "regctl";
    const SHOWS_REASONS: bool = false;

    fn new(endpoint: &Endpoint) -> Self {
        let account = Self::account(endpoint, Self::NAME);
        if endpoint.ca.is_none() {
            account
                .run(&format!("registry set --skip-check --tls disabled {}", endpoint.host))
                .ok();
        }
        account
    }

    fn login(&self, user: &User) -> Ran {
        let command = self
            .command()
            .words("registry login --pass-stdin --user")
            .arg(&user.name)
            .arg(&self.endpoint.host);
        command.input(user.password.as_str()).go()
    }

    fn push(&self, image: &str) -> Ran {
        let layout = Layout::image();
        self.run(&format!(
            "image copy ocidir://{} {}",
            layout.tagged(),
            self.endpoint.image(image)
        ))
    }

    fn pull(&self, image: &str) -> Ran {
        let folder = self.home.fresh("pulled");
        self.run(&format!(
            "image copy {} ocidir://{}:pulled",
            self.endpoint.image(image),
            folder.display()
        ))
    }
}

impl Helm {
    /// Runs a subcommand, with `--plain-http` where the registry has no TLS.
    #[must_use]
    pub fn at_registry(&self, words: &str) -> Ran {
        let run = self.command().words(words);
        if self.endpoint.ca.is_none() {
            run.arg("--plain-http").go()
        } else {
            run.go()
        }
    }

    /// `web:1.0.0` as helm has it: where the chart lies, its name, its version.
    fn chart(&self, image: &str) -> (String, String, String) {
        let image = self.endpoint.image(image);
        let (path, version) = image.rsplit_once(':').expect("an image has a tag");
        let (folder, name) = path.rsplit_once('/').expect("an image has a host");
        (format!("oci://{folder}"), name.to_owned(), version.to_owned())
    }
}

impl Client for Helm {
    const NAME: &'static str = "helm";

    fn new(endpoint: &Endpoint) -> Self {
        Self::account(endpoint, Self::NAME)
    }

    fn login(&self, user: &User) -> Ran {
        let mut run = self
            .command()
            .words("registry login --password-stdin --username")
            .arg(&user.name);
        if self.endpoint.ca.is_none() {
            run = run.arg("--plain-http");
        }
        run.arg(&self.endpoint.host).input(user.password.as_str()).go()
    }

    fn push(&self, image: &str) -> Ran {
        let (folder, name, version) = self.chart(image);
        let source = self.home.fresh("chart");
        let about = format!(
            "apiVersion: v2\nname: {name}\nversion: {version}\ndescription: {}\n",
            unique()
        );
        fs::write(source.join("Chart.yaml"), about).expect("a file can be written");
        self.command()
            .arg("package")
            .arg(&source)
            .arg("--destination")
            .arg(&source)
            .go()
            .ok();
        self.at_registry(&format!("push {}/{name}-{version}.tgz {folder}", source.display()))
    }

    fn pull(&self, image: &str) -> Ran {
        let (folder, name, version) = self.chart(image);
        let destination = self.home.fresh("pulled");
        self.at_registry(&format!(
            "pull {folder}/{name} --version {version} --destination {}",
            destination.display()
        ))
    }
}
