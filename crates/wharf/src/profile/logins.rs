//! `registry-logins.json`: what `docker login` gave our credential helper to keep. What comes of the sign-in itself is not kept.

use super::Store;
use crate::engine::Stored;

const FILE: &str = "registry-logins.json";

impl Store {
    /// All of them.
    pub(crate) fn logins(&self) -> anyhow::Result<Vec<Stored>> {
        self.read(FILE)
    }

    /// Keeps one, in the place of the one that the registry had.
    pub(crate) fn keep_login(&self, login: Stored) -> anyhow::Result<()> {
        self.update(FILE, |logins: &mut Vec<Stored>| {
            logins.retain(|known| known.server_url != login.server_url);
            logins.push(login);
        })
    }

    /// Forgets a registry's.
    pub(crate) fn forget_login(&self, server_url: &str) -> anyhow::Result<()> {
        self.update(FILE, |logins: &mut Vec<Stored>| {
            logins.retain(|known| known.server_url != server_url);
        })
    }
}
