//! The data folder: one process serves from it, and the master key is in it, readable by nobody else.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use rustix::fs::{FlockOperation, flock};
use url::Url;
use wharf_app::identity::Vault;
use wharf_types::entropy::Entropy;

const PUBLIC_URL: &str = "public-url";

/// A data folder.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
}

/// Held while a server uses the folder.
#[derive(Debug)]
pub(crate) struct InUse {
    _file: File,
}

impl DataFolder {
    /// The folder, which is made where it does not exist.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        make_folder(path).with_context(|| format!("cannot make the data folder {}", path.display()))?;
        Ok(Self { path: path.to_owned() })
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the folder for this server: two would overwrite each other's uploads.
    pub(crate) fn occupy(&self) -> anyhow::Result<InUse> {
        let path = self.path.join("wharf.lock");
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        let mut file = file.with_context(|| format!("cannot open {}", path.display()))?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            let mut holder = String::new();
            file.read_to_string(&mut holder).ok();
            let folder = self.path.display();
            bail!(
                "the data folder {folder} is in use by another server (process {}): stop that one, or give this one a folder of its own with --data DIR",
                holder.trim()
            );
        }
        let noted = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        noted.with_context(|| format!("cannot write {}", path.display()))?;
        Ok(InUse { _file: file })
    }

    /// Leaves a note of how clients reach the server, for commands that are run beside it and make links. A disk that is full is no reason not to serve.
    pub(crate) fn note_public_url(&self, url: &str) {
        let path = self.path.join(PUBLIC_URL);
        if let Err(error) = fs::write(&path, format!("{url}\n")) {
            tracing::warn!(%error, "cannot write {}: links of wharf admin may name another address", path.display());
        }
    }

    /// How clients reached the server when it was last started; none before.
    pub(crate) fn public_url(&self) -> Option<Url> {
        fs::read_to_string(self.path.join(PUBLIC_URL)).ok()?.trim().parse().ok()
    }

    fn key_path(&self) -> PathBuf {
        self.path.join("keys").join("master.key")
    }

    /// The master key, if the folder has one.
    pub(crate) fn master_key(&self) -> anyhow::Result<Option<Vault>> {
        let path = self.key_path();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("cannot read the master key {}", path.display())),
        };
        let mode = fs::metadata(&path)
            .map(|metadata| metadata.permissions().mode())
            .unwrap_or(0);
        if mode & 0o077 != 0 {
            bail!(
                "the master key {0} can be read by others: chmod 600 {0}",
                path.display()
            );
        }
        let vault = decode(text.trim()).and_then(|key| Vault::new(&key));
        vault
            .map(Some)
            .with_context(|| format!("the master key {} is not 64 hex digits", path.display()))
    }

    /// Makes the master key of a new installation. When another process was first, its key is taken.
    pub(crate) fn make_master_key(&self, entropy: &dyn Entropy) -> anyhow::Result<Vault> {
        let path = self.key_path();
        let failed = || format!("cannot write the master key {}", path.display());
        let folder = self.path.join("keys");
        make_folder(&folder).with_context(failed)?;
        let mut key = [0; Vault::KEY_BYTES];
        entropy.fill(&mut key);
        let text: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        let draft = folder.join(format!("master.key.{}", std::process::id()));
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft);
        file.and_then(|mut file| writeln!(file, "{text}").and_then(|()| file.sync_all()))
            .with_context(failed)?;
        // A link is made only where no file is: of two processes one wins, and no reader sees half a key.
        let linked = fs::hard_link(&draft, &path);
        fs::remove_file(&draft).with_context(failed)?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error).with_context(failed),
            _ => {}
        }
        File::open(&folder)
            .and_then(|folder| folder.sync_all())
            .with_context(failed)?;
        self.master_key()?.with_context(failed)
    }
}

/// Makes a folder and those above it. When this returns, they are still there after the power was lost, also those that another process made and had no
/// time to make durable.
fn make_folder(path: &Path) -> io::Result<()> {
    let made = fs::DirBuilder::new().mode(0o700).create(path);
    match made {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make_folder(path.parent().ok_or(error)?)?;
            fs::DirBuilder::new().mode(0o700).create(path)?;
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        other => other?,
    }
    match path.parent() {
        // Of a relative path, and of the root.
        Some(parent) if parent.as_os_str().is_empty() => File::open(".")?.sync_all(),
        // Folders above that the server may not even look into are none of its making.
        Some(parent) => match File::open(parent) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
            opened => opened?.sync_all(),
        },
        None => Ok(()),
    }
}

fn decode(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wharf_app::SystemEntropy;

    #[test]
    fn one_server_uses_a_folder_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        let first = data.occupy().unwrap();
        let error = data.occupy().unwrap_err().to_string();
        assert!(
            error.contains("in use") && error.contains(&std::process::id().to_string()),
            "{error}"
        );
        drop(first);
        assert!(data.occupy().is_ok());
    }

    #[test]
    fn the_master_key_is_made_once_and_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        assert!(data.master_key().unwrap().is_none());
        data.make_master_key(&SystemEntropy).unwrap();
        let path = data.key_path();
        let key = fs::read_to_string(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        data.make_master_key(&SystemEntropy).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), key);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(data.master_key().err().unwrap().to_string().contains("chmod 600"));
    }
}
