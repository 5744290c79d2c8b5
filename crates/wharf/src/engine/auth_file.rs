//! `config.json` of docker and `auth.json` of podman (containers-auth.json(5)): the same shape. What is not ours in it stays as it is.

use std::{fmt, io, path::PathBuf};

use anyhow::{Context, bail};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use super::helper::{self, HELPER, Stored};
use crate::profile::{make_private_folder, read_private, replace_private};

/// One of the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AuthFile {
    path: PathBuf,
}

/// Who keeps the credentials of a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Keeper {
    /// The file itself.
    File,
    /// A program, `docker-credential-NAME`, for this registry or for all.
    Helper(String),
}

impl fmt::Display for AuthFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.display().fmt(formatter)
    }
}

fn object<'a>(document: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Map<String, Value>> {
    document.entry(name).or_insert_with(|| json!({})).as_object_mut()
}

impl AuthFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    fn read(&self) -> anyhow::Result<Map<String, Value>> {
        let content = read_private(&self.path).with_context(|| format!("cannot read {self}"))?;
        let Some(content) = content.filter(|content| !content.is_empty()) else {
            return Ok(Map::new());
        };
        // The parser's own words could quote a secret: only the place is told.
        let parsed = serde_json::from_slice(&content);
        parsed.map_err(|error| anyhow::anyhow!("{self} is damaged at line {}: repair or remove it", error.line()))
    }

    fn change(&self, change: impl FnOnce(&mut Map<String, Value>) -> Option<()>) -> anyhow::Result<()> {
        let mut document = self.read()?;
        let before = document.clone();
        if change(&mut document).is_none() {
            bail!("{self} is damaged: a part that should be an object is none; repair or remove it");
        }
        if document == before {
            return Ok(());
        }
        // A file that lies elsewhere and is linked here stays there.
        let path = match self.path.canonicalize() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.path.clone(),
            path => path.with_context(|| format!("cannot find {self}"))?,
        };
        if let Some(folder) = path.parent() {
            make_private_folder(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        }
        let content = serde_json::to_vec_pretty(&document)?;
        replace_private(&path, &content).with_context(|| format!("cannot write {self}"))
    }

    /// Who keeps what belongs to `host`.
    pub(crate) fn keeper(&self, host: &str) -> anyhow::Result<Keeper> {
        let document = self.read()?;
        let own = document.get("credHelpers").and_then(|helpers| helpers.get(host));
        let named = own.or_else(|| document.get("credsStore")).and_then(Value::as_str);
        Ok(match named.filter(|name| !name.is_empty()) {
            Some(name) => Keeper::Helper(name.to_owned()),
            None => Keeper::File,
        })
    }

    /// Whether our helper serves some registry here.
    pub(crate) fn has_helper(&self) -> anyhow::Result<bool> {
        Ok(!self.helped()?.is_empty())
    }

    /// The registries that our helper serves here.
    pub(crate) fn helped(&self) -> anyhow::Result<Vec<String>> {
        let document = self.read()?;
        let helpers = document.get("credHelpers").and_then(Value::as_object);
        let ours = helpers.into_iter().flatten().filter(|(_, helper)| **helper == HELPER);
        Ok(ours.map(|(host, _)| host.clone()).collect())
    }

    /// Keeps a user name and a secret for `host`, wherever the file says that they are kept.
    pub(crate) async fn login(
        &self,
        host: &str,
        user: &str,
        secret: &SecretString,
        programs: &[PathBuf],
    ) -> anyhow::Result<Keeper> {
        let keeper = self.keeper(host)?;
        let entry = match &keeper {
            Keeper::Helper(name) => {
                let stored = Stored::new(host, user, secret.expose_secret());
                helper::store(name, &stored, programs).await?;
                json!({})
            }
            Keeper::File => json!({"auth": STANDARD.encode(format!("{user}:{}", secret.expose_secret()))}),
        };
        self.change(|document| {
            // Beside a helper an empty entry says that there is a login; docker writes it as well.
            object(document, "auths")?.insert(host.to_owned(), entry);
            Some(())
        })?;
        Ok(keeper)
    }

    /// Has our helper asked for `hosts`; secrets that stand here for them are not looked at any more, and go.
    pub(crate) fn helper_add(&self, hosts: &[String]) -> anyhow::Result<()> {
        self.change(|document| {
            let helpers = object(document, "credHelpers")?;
            helpers.extend(hosts.iter().map(|host| (host.clone(), json!(HELPER))));
            Some(())
        })?;
        self.forget(hosts)
    }

    /// Removes what stands here for `hosts`.
    pub(crate) fn forget(&self, hosts: &[String]) -> anyhow::Result<()> {
        self.change(|document| {
            if let Some(auths) = document.get_mut("auths") {
                auths.as_object_mut()?.retain(|host, _| !hosts.contains(host));
            }
            Some(())
        })
    }

    /// Has our helper asked for nothing any more.
    pub(crate) fn helper_remove(&self) -> anyhow::Result<()> {
        self.change(|document| {
            let Some(helpers) = document.get_mut("credHelpers") else {
                return Some(());
            };
            let helpers = helpers.as_object_mut()?;
            helpers.retain(|_, helper| *helper != HELPER);
            if helpers.is_empty() {
                document.remove("credHelpers");
            }
            Some(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &tempfile::TempDir, content: &str) -> AuthFile {
        let path = folder.path().join("inner/config.json");
        make_private_folder(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        AuthFile::new(path)
    }

    fn document(file: &AuthFile) -> Value {
        Value::Object(file.read().unwrap())
    }

    #[tokio::test]
    async fn a_login_changes_its_own_entry_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(
            &folder,
            r#"{"HttpHeaders":{"a":"b"},"auths":{"other":{"auth":"eA=="}}}"#,
        );
        let secret = SecretString::from("pw");
        assert_eq!(file.login("host:5000", "me", &secret, &[]).await.unwrap(), Keeper::File);
        let expected = json!({
            "HttpHeaders": {"a": "b"},
            "auths": {"other": {"auth": "eA=="}, "host:5000": {"auth": "bWU6cHc="}},
        });
        assert_eq!(document(&file), expected);
    }

    #[test]
    fn the_helper_of_one_registry_goes_before_the_store_of_all() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(&folder, r#"{"credsStore":"pass","credHelpers":{"a":"wharf"}}"#);
        let helper = |name: &str| Keeper::Helper(name.to_owned());
        assert_eq!(file.keeper("a").unwrap(), helper("wharf"));
        assert_eq!(file.keeper("b").unwrap(), helper("pass"));
        assert_eq!(
            AuthFile::new(folder.path().join("none")).keeper("a").unwrap(),
            Keeper::File
        );
    }

    #[test]
    fn the_helper_is_added_and_removed_and_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(
            &folder,
            r#"{"auths":{"a":{"auth":"eA=="}},"credHelpers":{"x":"gcloud"}}"#,
        );
        file.helper_add(&["a".to_owned(), "b".to_owned()]).unwrap();
        assert_eq!(
            document(&file),
            json!({"auths": {}, "credHelpers": {"a": "wharf", "b": "wharf", "x": "gcloud"}})
        );
        assert_eq!(file.helped().unwrap(), ["a", "b"]);
        file.helper_remove().unwrap();
        assert_eq!(document(&file), json!({"auths": {}, "credHelpers": {"x": "gcloud"}}));
    }

    #[tokio::test]
    async fn a_damaged_file_is_named_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        for content in ["{\n\"auths\": hunter2", r#"{"auths":[]}"#] {
            let file = file(&folder, content);
            let error = file
                .login("a", "b", &SecretString::from("c"), &[])
                .await
                .unwrap_err()
                .to_string();
            assert!(error.contains("is damaged") && !error.contains("hunter2"), "{error}");
            assert_eq!(std::fs::read_to_string(&file.path).unwrap(), content);
        }
    }

    #[test]
    fn a_file_that_is_a_link_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let real = file(&folder, "{}");
        let link = folder.path().join("link.json");
        std::os::unix::fs::symlink(&real.path, &link).unwrap();
        AuthFile::new(link.clone()).helper_add(&["a".to_owned()]).unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(real.helped().unwrap(), ["a"]);
    }
}
