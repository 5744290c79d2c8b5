//! The protocol of docker-credential-helpers, from the side that asks: `docker-credential-NAME store` with JSON on its standard input.

use std::{path::PathBuf, process::Stdio, time::Duration};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use tokio::{io::AsyncWriteExt, process::Command, time::timeout};
use wharf_types::arm::SecretText;

/// The name of our own helper, after `docker-credential-`.
pub(crate) const HELPER: &str = "wharf";

/// How long a program may take: it may have to ask a person to unlock something.
const LIMIT: Duration = Duration::from_secs(60);

/// A user name and a secret of one registry, as the protocol has them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Stored {
    /// The registry's host, or an address of it.
    #[serde(rename = "ServerURL")]
    pub(crate) server_url: String,
    /// The user name.
    pub(crate) username: String,
    /// The secret.
    pub(crate) secret: SecretText,
}

impl Stored {
    pub(crate) fn new(server_url: &str, username: &str, secret: &str) -> Self {
        Self {
            server_url: server_url.to_owned(),
            username: username.to_owned(),
            secret: SecretText::new(secret),
        }
    }
}

/// The program's file name.
pub(crate) fn helper_program(name: &str) -> String {
    format!("docker-credential-{name}")
}

/// Gives a secret to a helper to keep.
pub(super) async fn store(name: &str, stored: &Stored, programs: &[PathBuf]) -> anyhow::Result<()> {
    let program = helper_program(name);
    // A name from a configuration file leads into no other folder.
    if name.contains('/') {
        bail!("{program:?} is no name of a credential helper");
    }
    let found = programs
        .iter()
        .map(|folder| folder.join(&program))
        .find(|path| path.is_file());
    let Some(path) = found else {
        bail!(
            "docker's configuration names the credential helper {program}, which is not in PATH: install it, or remove the entry"
        );
    };
    let mut child = Command::new(path)
        .arg("store")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {program}"))?;
    let stdin = child.stdin.take();
    let content = serde_json::to_vec(stored)?;
    let ended = timeout(LIMIT, async {
        if let Some(mut stdin) = stdin {
            // A helper that does not read what it is given says so by its exit code.
            let _ = stdin.write_all(&content).await;
        }
        child.wait_with_output().await
    });
    let output = ended.await.with_context(|| format!("{program} does not finish"))??;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stdout);
        bail!("{program} did not keep the login: {}", words.trim());
    }
    Ok(())
}
