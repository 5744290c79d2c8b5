//! What docker and podman keep of registries on this machine: their configuration files, and the programs that keep secrets for them. No daemon is asked.

mod auth_file;
mod helper;

use std::path::PathBuf;

pub(crate) use auth_file::{AuthFile, Keeper};
pub(crate) use helper::{HELPER, Stored, helper_program};

/// Where docker's and podman's files are, and programs are looked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Engines {
    /// Docker's `config.json`.
    pub(crate) docker: Option<PathBuf>,
    /// Where podman, buildah and skopeo write a login: the first of these whose folder can be made.
    pub(crate) containers_login: Vec<PathBuf>,
    /// Where they look as well, and what stays over a restart of the machine.
    pub(crate) containers_lasting: Option<PathBuf>,
    /// The folders of `PATH`.
    pub(crate) programs: Vec<PathBuf>,
    /// Where programs of one user go.
    pub(crate) own_programs: Option<PathBuf>,
}

impl Engines {
    /// Docker's file.
    pub(crate) fn docker(&self) -> Option<AuthFile> {
        self.docker.clone().map(AuthFile::new)
    }

    /// The file that a login of podman's goes to.
    pub(crate) fn containers(&self) -> Option<AuthFile> {
        let writable = |file: &&PathBuf| {
            let folder = file.parent();
            folder.is_some_and(|folder| crate::profile::make_private_folder(folder).is_ok())
        };
        self.containers_login.iter().find(writable).cloned().map(AuthFile::new)
    }

    /// The file in which podman is told of a credential helper.
    pub(crate) fn containers_lasting(&self) -> Option<AuthFile> {
        self.containers_lasting.clone().map(AuthFile::new)
    }

    /// All of them, each once.
    pub(crate) fn files(&self) -> Vec<AuthFile> {
        let mut paths: Vec<PathBuf> = Vec::new();
        let all = self
            .docker
            .iter()
            .chain(&self.containers_login)
            .chain(&self.containers_lasting);
        for path in all {
            if !paths.contains(path) {
                paths.push(path.clone());
            }
        }
        paths.into_iter().map(AuthFile::new).collect()
    }
}
