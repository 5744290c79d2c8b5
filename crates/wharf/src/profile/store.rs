//! The folder of the profile, and how it is changed by one command at a time.

use std::{
    fs::File,
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use rustix::fs::{FlockOperation, flock};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Profile, VERSION,
    file::{make_private_folder, read_private, replace_private},
};

/// How long one command waits for another that is changing the same folder.
const LOCK_WAIT_MAX: Duration = Duration::from_secs(10);

/// The folder of the profile. Nothing is read or made until it is needed.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    folder: PathBuf,
}

impl Store {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(crate) fn profile(&self) -> anyhow::Result<Profile> {
        let profile: Profile = self.read("profile.json")?;
        if profile.version > VERSION {
            bail!(
                "{} was written by a newer wharf",
                self.folder.join("profile.json").display()
            );
        }
        Ok(profile)
    }

    /// Changes the profile while no other command does.
    pub(crate) fn update_profile<T>(
        &self,
        change: impl FnOnce(&mut Profile) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let _lock = self.lock()?;
        let mut profile = self.profile()?;
        let result = change(&mut profile)?;
        self.write("profile.json", &profile)?;
        Ok(result)
    }

    /// Changes another file of the folder while no other command does.
    pub(super) fn update<T: DeserializeOwned + Serialize + Default, R>(
        &self,
        name: &str,
        change: impl FnOnce(&mut T) -> R,
    ) -> anyhow::Result<R> {
        let _lock = self.lock()?;
        let mut content: T = self.read(name)?;
        let result = change(&mut content);
        self.write(name, &content)?;
        Ok(result)
    }

    pub(super) fn read<T: DeserializeOwned + Default>(&self, name: &str) -> anyhow::Result<T> {
        let path = self.folder.join(name);
        let content = read_private(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let Some(content) = content else {
            return Ok(T::default());
        };
        // The parser's own words could quote a secret: only the place is told.
        let broken = |error: serde_json::Error| {
            let path = path.display();
            anyhow::anyhow!(
                "{path} is damaged at line {}; delete it and sign in again",
                error.line()
            )
        };
        serde_json::from_slice(&content).map_err(broken)
    }

    fn write<T: Serialize>(&self, name: &str, content: &T) -> anyhow::Result<()> {
        let path = self.folder.join(name);
        let content = serde_json::to_vec_pretty(content)?;
        replace_private(&path, &content).with_context(|| format!("cannot write {}", path.display()))
    }

    fn lock(&self) -> anyhow::Result<File> {
        let shown = self.folder.display();
        make_private_folder(&self.folder).with_context(|| format!("cannot make the folder {shown}"))?;
        let open = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.folder.join("lock"));
        let file = open.with_context(|| format!("cannot write to {shown}"))?;
        let started = Instant::now();
        while flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            if started.elapsed() > LOCK_WAIT_MAX {
                bail!("another wharf command is changing {shown} and does not finish");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_made_at_once_are_all_kept() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("wharf"));
        std::thread::scope(|scope| {
            for number in 0..8 {
                let store = store.clone();
                scope.spawn(move || {
                    store
                        .update("list.json", |list: &mut Vec<u32>| list.push(number))
                        .unwrap();
                });
            }
        });
        assert_eq!(store.read::<Vec<u32>>("list.json").unwrap().len(), 8);
    }

    #[test]
    fn a_damaged_file_is_named_and_not_quoted() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("profile.json"), "{\n\"secret\": hunter2").unwrap();
        let error = Store::new(folder.path().to_owned()).profile().unwrap_err().to_string();
        assert!(
            error.contains("profile.json is damaged at line 2") && !error.contains("hunter2"),
            "{error}"
        );
    }

    #[test]
    fn a_profile_of_a_newer_version_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("profile.json"), r#"{"version": 99}"#).unwrap();
        assert!(
            Store::new(folder.path().to_owned())
                .profile()
                .unwrap_err()
                .to_string()
                .contains("newer wharf")
        );
    }
}
