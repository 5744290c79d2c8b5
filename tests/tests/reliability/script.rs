//! What is done to a server while machines fail: two clients push, move and delete, a third changes credentials and roles. Each waits for the answer to
//! one request before it sends the next, and notes what was acknowledged.

use serde_json::{Value, json};
use wharf_tests::digest;

use crate::{
    disk::crash::Random,
    http::{Answer, Ask, Auth, BYTES, Http},
    ledger::{Effects, Key, Ledger, UNTOLD},
    site::{REGISTRY, Site},
};

/// The server does not answer any more.
#[derive(Debug)]
pub(crate) struct Gone;

/// How often a step is tried again that failed with the server's own fault.
const TRIES: usize = 3;
const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";

/// Who does it, and what they note.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) site: Site,
    pub(crate) http: Http,
    pub(crate) ledger: Ledger,
    /// Whether the server may answer with a failure of its own, and refuse what follows from that.
    pub(crate) failures_are_expected: bool,
}

/// The path of something of a repository.
pub(crate) fn path(repository: &str, rest: &str) -> String {
    format!("/v2/{REGISTRY}/{repository}/{rest}")
}

/// A path as it stands in a `Location`, with or without the server's name.
pub(crate) fn location(answer: &Answer) -> String {
    let text = answer.header("location");
    let without = text
        .split_once("://")
        .and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
    without.unwrap_or(text).to_owned()
}

fn present(digest: &str) -> Option<String> {
    Some(digest.to_owned())
}

impl Script {
    /// Does all of it. Ends early when the server does.
    pub(crate) async fn run(&self) -> Result<(), Gone> {
        let (one, two, three) = tokio::join!(self.content("one", 1), self.content("two", 2), self.control());
        one.and(two).and(three)
    }

    /// One step: sent until it is acknowledged, refused, or failed too often. Returns the answer that acknowledged it.
    async fn step(&self, ask: Ask, effects: Effects) -> Result<Option<Answer>, Gone> {
        self.step_with(ask, effects.clone(), |_| effects.clone()).await
    }

    /// A step whose answer says what it made true.
    async fn step_with(
        &self,
        ask: Ask,
        effects: Effects,
        made: impl Fn(&Answer) -> Effects,
    ) -> Result<Option<Answer>, Gone> {
        for _ in 0..TRIES {
            let step = self.ledger.begin(effects.clone());
            let asked = format!("{} {}", ask.method, ask.path);
            let answer = self.http.send(ask.clone()).await.map_err(|_| Gone)?;
            match answer.status {
                200..300 => {
                    self.ledger.done_with(step, made(&answer));
                    return Ok(Some(answer));
                }
                500.. => self.ledger.failed(step),
                _ => self.ledger.refused(step),
            }
            if !self.failures_are_expected {
                let body = String::from_utf8_lossy(&answer.body).into_owned();
                self.ledger
                    .surprise(format!("{asked} was answered with {}: {body}", answer.status));
            }
            if answer.status < 500 {
                break;
            }
        }
        Ok(None)
    }

    async fn content(&self, repository: &str, seed: u64) -> Result<(), Gone> {
        let mut random = Random::new(seed);
        let mut bytes = |length: usize| -> Vec<u8> { (0..length).map(|_| random.below(256) as u8).collect() };
        let layers = [bytes(3_000), bytes(70_000), bytes(40_000), bytes(5_000)];
        let other = format!("{repository}-copy");
        self.push_at_once(repository, &layers[0]).await?;
        self.push_in_one_put(repository, &layers[1]).await?;
        self.push_in_chunks(repository, &layers[2]).await?;
        let first = self.push_image(repository, "v1", &layers[..2]).await?;
        let second = self.push_image(repository, "v1", &layers[1..3]).await?;
        self.put_manifest(repository, "v2", &first).await?;
        self.mount(repository, &other, &layers[1]).await?;
        self.delete_tag(repository, "v2").await?;
        self.put_manifest(repository, "v3", &first).await?;
        self.delete_manifest(repository, &first, "v3").await?;
        self.delete_blob(repository, &layers[0]).await?;
        self.push_at_once(repository, &layers[0]).await?;
        self.push_in_one_put(repository, &layers[3]).await?;
        self.push_image(repository, "v4", &[layers[0].clone(), layers[3].clone()])
            .await?;
        self.put_manifest(repository, "v1", &first).await?;
        self.put_manifest(repository, "v1", &second).await?;
        Ok(())
    }

    fn ask(&self, method: &'static str, path: impl Into<String>) -> Ask {
        Ask::new(method, path, &self.site.admin)
    }

    fn blob_effects(&self, repository: &str, content: &[u8]) -> (String, Effects) {
        let digest = digest(content);
        self.ledger.keep_content(&digest, content);
        let effects = vec![(Key::Blob(repository.to_owned(), digest.clone()), present(&digest))];
        (digest, effects)
    }

    async fn push_at_once(&self, repository: &str, content: &[u8]) -> Result<(), Gone> {
        let (digest, effects) = self.blob_effects(repository, content);
        let ask = self.ask("POST", path(repository, &format!("blobs/uploads/?digest={digest}")));
        self.step(ask.body(BYTES, content), effects).await?;
        Ok(())
    }

    /// Opens a session and returns its location.
    async fn open_session(&self, repository: &str, content: &[u8]) -> Result<Option<String>, Gone> {
        let ask = self.ask("POST", path(repository, "blobs/uploads/"));
        let session = |answer: &Answer| {
            let key = session_of(&location(answer));
            self.ledger.keep_upload(&key, repository, content);
            vec![(Key::Upload(key), Some("0".to_owned()))]
        };
        let answer = self.step_with(ask, Vec::new(), session).await?;
        Ok(answer.map(|answer| location(&answer)))
    }

    async fn close_session(&self, repository: &str, at: &str, content: &[u8], last: &[u8]) -> Result<(), Gone> {
        let (digest, mut effects) = self.blob_effects(repository, content);
        effects.push((Key::Upload(session_of(at)), None));
        let and = if at.contains('?') { '&' } else { '?' };
        let ask = self.ask("PUT", format!("{at}{and}digest={digest}"));
        self.step(ask.body(BYTES, last), effects).await?;
        Ok(())
    }

    async fn push_in_one_put(&self, repository: &str, content: &[u8]) -> Result<(), Gone> {
        match self.open_session(repository, content).await? {
            Some(at) => self.close_session(repository, &at, content, content).await,
            None => Ok(()),
        }
    }

    async fn push_in_chunks(&self, repository: &str, content: &[u8]) -> Result<(), Gone> {
        let Some(mut at) = self.open_session(repository, content).await? else {
            return Ok(());
        };
        let chunk = content.len() / 3;
        for start in [0, chunk] {
            let end = start + chunk;
            let effects = vec![(Key::Upload(session_of(&at)), Some(end.to_string()))];
            let ask = self
                .ask("PATCH", &at)
                .header("Content-Range", format!("{start}-{}", end - 1));
            match self.step(ask.body(BYTES, &content[start..end]), effects).await? {
                Some(answer) => at = location(&answer),
                None => return Ok(()),
            }
        }
        self.close_session(repository, &at, content, &content[2 * chunk..])
            .await
    }

    async fn push_image(&self, repository: &str, tag: &str, layers: &[Vec<u8>]) -> Result<Vec<u8>, Gone> {
        let config = format!("{{\"tag\": \"{repository}/{tag}/{}\"}}", layers.len()).into_bytes();
        self.push_at_once(repository, &config).await?;
        let descriptor = |content: &[u8]| json!({"mediaType": BYTES, "digest": digest(content), "size": content.len()});
        let layers: Vec<Value> = layers.iter().map(|layer| descriptor(layer)).collect();
        let manifest = json!({"schemaVersion": 2, "mediaType": IMAGE, "config": descriptor(&config), "layers": layers});
        let manifest = manifest.to_string().into_bytes();
        self.put_manifest(repository, tag, &manifest).await?;
        Ok(manifest)
    }

    async fn put_manifest(&self, repository: &str, tag: &str, manifest: &[u8]) -> Result<(), Gone> {
        let digest = digest(manifest);
        self.ledger.keep_content(&digest, manifest);
        let effects = vec![
            (Key::Manifest(repository.to_owned(), digest.clone()), present(&digest)),
            (Key::Tag(repository.to_owned(), tag.to_owned()), present(&digest)),
        ];
        let ask = self.ask("PUT", path(repository, &format!("manifests/{tag}")));
        self.step(ask.body(IMAGE, manifest), effects).await?;
        Ok(())
    }

    async fn mount(&self, from: &str, to: &str, content: &[u8]) -> Result<(), Gone> {
        let (digest, effects) = self.blob_effects(to, content);
        let from = format!("blobs/uploads/?mount={digest}&from={REGISTRY}/{from}");
        let mounted = |answer: &Answer| {
            if answer.status == 201 {
                effects.clone()
            } else {
                Vec::new()
            }
        };
        self.step_with(self.ask("POST", path(to, &from)), effects.clone(), mounted)
            .await?;
        Ok(())
    }

    async fn delete_tag(&self, repository: &str, tag: &str) -> Result<(), Gone> {
        let effects = vec![(Key::Tag(repository.to_owned(), tag.to_owned()), None)];
        self.step(
            self.ask("DELETE", path(repository, &format!("manifests/{tag}"))),
            effects,
        )
        .await?;
        Ok(())
    }

    async fn delete_manifest(&self, repository: &str, manifest: &[u8], tag: &str) -> Result<(), Gone> {
        let digest = digest(manifest);
        let effects = vec![
            (Key::Manifest(repository.to_owned(), digest.clone()), None),
            (Key::Tag(repository.to_owned(), tag.to_owned()), None),
        ];
        self.step(
            self.ask("DELETE", path(repository, &format!("manifests/{digest}"))),
            effects,
        )
        .await?;
        Ok(())
    }

    async fn delete_blob(&self, repository: &str, content: &[u8]) -> Result<(), Gone> {
        let digest = digest(content);
        let effects = vec![(Key::Blob(repository.to_owned(), digest.clone()), None)];
        self.step(
            self.ask("DELETE", path(repository, &format!("blobs/{digest}"))),
            effects,
        )
        .await?;
        Ok(())
    }

    /// Credentials and roles.
    async fn control(&self) -> Result<(), Gone> {
        let (http, site) = (&self.http, &self.site);
        let arm = site.owner.arm(http).await.map_err(|_| Gone)?;
        let graph = site.owner.graph(http).await.map_err(|_| Gone)?;
        self.regenerate(&arm).await?;
        self.step(site.role("PUT", &arm), vec![(Key::Role, Some("held".to_owned()))])
            .await?;
        let opens = |answer: &Answer| vec![(Key::Secret(answer.text("/secretText")), Some("opens".to_owned()))];
        let added = self
            .step_with(Site::add_password(&site.robot.application, &graph), Vec::new(), opens)
            .await?;
        if added.is_some() {
            let removed = vec![(Key::Secret(site.robot.secret.clone()), None)];
            self.step(site.remove_password(&site.robot.key_id, &graph), removed)
                .await?;
        }
        self.step(site.role("DELETE", &arm), vec![(Key::Role, None)]).await?;
        self.regenerate(&arm).await?;
        self.step(site.role("PUT", &arm), vec![(Key::Role, Some("held".to_owned()))])
            .await?;
        Ok(())
    }

    async fn regenerate(&self, arm: &Auth) -> Result<(), Gone> {
        let told = |answer: &Answer| vec![(Key::AdminPassword, Some(answer.text("/passwords/0/value")))];
        let untold = vec![(Key::AdminPassword, Some(UNTOLD.to_owned()))];
        self.step_with(self.site.regenerate(arm), untold, told).await?;
        Ok(())
    }
}

/// A session by its path, without what a location may add.
pub(crate) fn session_of(location: &str) -> String {
    location.split('?').next().unwrap_or_default().to_owned()
}
