//! Looking whether a server kept what it promised.

use std::{collections::BTreeMap, path::Path};

use serde_json::Value as Json;
use wharf_tests::digest;

use crate::{
    http::{Answer, Ask, Auth, BYTES, Http},
    ledger::{Fact, Key, Ledger, Value},
    script::path,
    server::{Server, admin},
    site::{Owner, REGISTRY, Site},
};

/// What is wrong, in words; empty when nothing is.
pub(crate) type Problems = Vec<String>;

/// Looks at everything that was promised up to a time, and at all that a client can read.
struct Check<'a> {
    site: &'a Site,
    ledger: &'a Ledger,
    http: Http,
    problems: Problems,
}

/// Starts the server on a data folder, and checks it: that it starts, that it kept its promises, that it takes a push, that it ends well and that its
/// journal is whole. The owner is known before the rest of the site is.
pub(crate) async fn check(
    data: &Path,
    owner: Option<&Owner>,
    site: Option<&Site>,
    ledger: &Ledger,
    at: usize,
) -> Problems {
    let server = match Server::start(data) {
        Ok(server) => server,
        Err(error) => return vec![format!("the server does not start: {error:?}")],
    };
    let http = Http::new(server.url());
    let mut problems = Vec::new();
    if let Some(owner) = owner
        && !owner.opens(&http).await.unwrap_or(false)
    {
        problems.push("the first owner cannot sign in".to_owned());
    }
    if let Some(site) = site {
        problems.append(&mut check_running(site, ledger, http, at).await);
    }
    if let Err(problem) = server.stop() {
        problems.push(problem);
    }
    let journal = admin(data, "verify-journal -o json");
    if !journal.success() {
        problems.push(format!("the journal is not whole: {journal}"));
    }
    problems
}

/// Checks a server that runs.
pub(crate) async fn check_running(site: &Site, ledger: &Ledger, http: Http, at: usize) -> Problems {
    let mut check = Check {
        site,
        ledger,
        http,
        problems: Vec::new(),
    };
    check.everything(at).await;
    check.problems
}

/// After a restart the id of a session that was finished names an empty one again (docs/decisions/0015-upload-sessions-without-a-row.md).
fn is_of_a_finished_upload(key: &Key, fact: &Fact, seen: &Value) -> bool {
    let may_be_finished = fact.doubtful.iter().any(|(_, value)| value.is_none());
    matches!(key, Key::Upload(_)) && may_be_finished && seen.as_deref() == Some("0")
}

impl Check<'_> {
    fn problem(&mut self, text: String) {
        self.problems.push(text);
    }

    async fn everything(&mut self, at: usize) {
        let facts = self.ledger.facts(at);
        let mut seen = BTreeMap::new();
        for (key, fact) in &facts {
            match self.look(key).await {
                Err(problem) => self.problem(format!("{key:?}: {problem}")),
                Ok(value) => {
                    let started_only = matches!(key, Key::Upload(_))
                        && value.is_none()
                        && fact
                            .acknowledged
                            .as_ref()
                            .is_some_and(|value| value.as_deref() == Some("0"));
                    let finished = is_of_a_finished_upload(key, fact, &value);
                    if !(fact.allows(&value) || started_only || finished || self.is_part(key, fact, &value)) {
                        self.problem(format!("{key:?} is {value:?}, and not {fact:?}"));
                    }
                    seen.insert(key.clone(), value);
                }
            }
        }
        self.all_or_nothing(&facts, &seen);
        for (key, value) in &seen {
            if let (Key::Upload(session), Some(offset)) = (key, value) {
                self.finish_upload(session, offset).await;
            }
        }
        self.push_again().await;
    }

    /// An upload that was cut off may have any part of the bytes that were sent.
    fn is_part(&self, key: &Key, fact: &Fact, seen: &Value) -> bool {
        let number = |value: &Value| value.as_deref().and_then(|text| text.parse::<usize>().ok());
        let (Key::Upload(_), Some(seen)) = (key, number(seen)) else {
            return false;
        };
        let least = fact.acknowledged.as_ref().and_then(&number).unwrap_or(0);
        let content = |session: &String| self.ledger.upload(session).map_or(0, |(_, content)| content.len());
        let Key::Upload(session) = key else { return false };
        let closing = fact
            .doubtful
            .iter()
            .any(|(_, value)| value.is_none())
            .then(|| content(session));
        let most = fact
            .doubtful
            .iter()
            .filter_map(|(_, value)| number(value))
            .chain(closing)
            .max();
        (least..=most.unwrap_or(least)).contains(&seen)
    }

    /// What one step changes is changed as a whole, or not at all.
    fn all_or_nothing(&mut self, facts: &BTreeMap<Key, Fact>, seen: &BTreeMap<Key, Value>) {
        let mut steps: BTreeMap<usize, Vec<(String, bool)>> = BTreeMap::new();
        for (key, fact) in facts {
            let [(step, value)] = &fact.doubtful[..] else { continue };
            let before = fact.acknowledged.as_ref().unwrap_or(&None);
            let Some(found) = seen.get(key) else { continue };
            let finished = is_of_a_finished_upload(key, fact, found);
            // Of a session that held nothing before, this does not tell whether it was finished.
            if before != value && !(finished && before == found) {
                let done = finished || found == value;
                steps.entry(*step).or_default().push((format!("{key:?}"), done));
            }
        }
        for keys in steps.into_values() {
            if keys.iter().any(|(_, done)| *done) && keys.iter().any(|(_, done)| !done) {
                self.problem(format!("a step was done in part: {keys:?}"));
            }
        }
    }

    async fn send(&self, ask: Ask) -> Result<Answer, String> {
        let asked = format!("{} {}", ask.method, ask.path);
        self.http.send(ask).await.map_err(|error| format!("{asked}: {error}"))
    }

    async fn get(&self, path: String) -> Result<Answer, String> {
        self.send(Ask::new("GET", path, &self.site.admin)).await
    }

    async fn look(&self, key: &Key) -> Result<Value, String> {
        match key {
            Key::Owner => {
                let opens = self
                    .site
                    .owner
                    .opens(&self.http)
                    .await
                    .map_err(|error| error.to_string())?;
                Ok(opens.then(|| "opens".to_owned()))
            }
            Key::Blob(repository, digest) => self.content(repository, "blobs", digest).await,
            Key::Manifest(repository, digest) => {
                let found = self.content(repository, "manifests", digest).await?;
                if found.is_some() {
                    self.image(repository, digest).await?;
                }
                Ok(found)
            }
            Key::Tag(repository, tag) => self.tag(repository, tag).await,
            Key::Upload(session) => {
                let answer = self.get(session.clone()).await?;
                match (answer.status, answer.header("range").rsplit_once('-')) {
                    (404, _) => Ok(None),
                    (204, Some((_, last))) => {
                        let last: usize = last.parse().map_err(|_| "a range without a number".to_owned())?;
                        Ok(Some(if last == 0 { 0 } else { last + 1 }.to_string()))
                    }
                    (status, range) => Err(format!("answers {status} with range {range:?}")),
                }
            }
            Key::AdminPassword => self.admin_password().await,
            Key::Secret(secret) => {
                let opens = self
                    .site
                    .secret_opens(&self.http, secret)
                    .await
                    .map_err(|error| error.to_string())?;
                Ok(opens.then(|| "opens".to_owned()))
            }
            Key::Role => self.role().await,
        }
    }

    /// Whether content is there; its bytes have to be what its digest says.
    async fn content(&self, repository: &str, kind: &str, expected: &str) -> Result<Value, String> {
        let answer = self.get(path(repository, &format!("{kind}/{expected}"))).await?;
        match answer.status {
            200 if digest(&answer.body) == expected => Ok(Some(expected.to_owned())),
            200 => Err("has wrong bytes".to_owned()),
            404 => Ok(None),
            status => Err(format!("answers {status}: {}", String::from_utf8_lossy(&answer.body))),
        }
    }

    /// Everything that a manifest needs is there.
    async fn image(&self, repository: &str, manifest: &str) -> Result<(), String> {
        let content = self.ledger.content(manifest).unwrap_or_default();
        let manifest: Json = serde_json::from_slice(&content).unwrap_or_default();
        let layers = manifest["layers"]
            .as_array()
            .into_iter()
            .flatten()
            .chain([&manifest["config"]]);
        for digest in layers.filter_map(|layer| layer["digest"].as_str()) {
            if self.content(repository, "blobs", digest).await?.is_none() {
                return Err(format!("needs {digest}, which is not there"));
            }
        }
        Ok(())
    }

    async fn tag(&self, repository: &str, tag: &str) -> Result<Value, String> {
        let answer = self.get(path(repository, &format!("manifests/{tag}"))).await?;
        match answer.status {
            404 => Ok(None),
            200 => {
                let found = digest(&answer.body);
                if answer.header("docker-content-digest") != found || self.ledger.content(&found).is_none() {
                    return Err(format!("is torn: {}", String::from_utf8_lossy(&answer.body)));
                }
                self.image(repository, &found).await?;
                Ok(Some(found))
            }
            status => Err(format!("answers {status}: {}", String::from_utf8_lossy(&answer.body))),
        }
    }

    /// The first password; it has to open, and an older one must not.
    async fn admin_password(&self) -> Result<Value, String> {
        let arm = self
            .site
            .owner
            .arm(&self.http)
            .await
            .map_err(|error| error.to_string())?;
        let shown = self.send(self.site.list_credentials(&arm)).await?;
        let password = shown.json()["passwords"][0]["value"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let opens = async |password: &str| {
            let auth = Auth::Basic(REGISTRY.to_owned(), password.to_owned());
            Ok::<_, String>(self.send(Ask::new("GET", "/v2/", &auth)).await?.status == 200)
        };
        if !opens(&password).await? {
            return Err("does not open".to_owned());
        }
        if password != self.site.first_password && opens(&self.site.first_password).await? {
            return Err("was regenerated, and the old one opens".to_owned());
        }
        Ok(Some(password))
    }

    async fn role(&self) -> Result<Value, String> {
        let arm = self
            .site
            .owner
            .arm(&self.http)
            .await
            .map_err(|error| error.to_string())?;
        let shown = self.send(self.site.role("GET", &arm)).await?;
        match shown.status {
            200 => Ok(Some("held".to_owned())),
            404 => Ok(None),
            status => Err(format!("answers {status}")),
        }
    }

    /// An upload goes on where it was.
    async fn finish_upload(&mut self, session: &str, offset: &str) {
        let (Some((repository, content)), Ok(offset)) = (self.ledger.upload(session), offset.parse::<usize>()) else {
            return self.problem(format!("the upload {session} is not known"));
        };
        let expected = digest(&content);
        let ask = Ask::new("PUT", format!("{session}?digest={expected}"), &self.site.admin);
        let put = self.send(ask.body(BYTES, &content[offset.min(content.len())..])).await;
        let there = self.content(&repository, "blobs", &expected).await;
        match (put, there) {
            (Ok(answer), Ok(Some(_))) if answer.status == 201 => {}
            (put, there) => self.problem(format!(
                "the upload {session} at {offset} cannot be finished: {put:?}, {there:?}"
            )),
        }
    }

    /// The server works as before: it takes a blob, and gives it back.
    async fn push_again(&mut self) {
        let content = b"pushed after all of it";
        let expected = digest(content);
        let ask = Ask::new(
            "POST",
            path("again", &format!("blobs/uploads/?digest={expected}")),
            &self.site.admin,
        );
        let put = self
            .send(ask.body(BYTES, content.as_slice()))
            .await
            .map(|answer| answer.status);
        let there = self.content("again", "blobs", &expected).await;
        if put != Ok(201) || !matches!(there, Ok(Some(_))) {
            self.problem(format!(
                "a push afterwards is answered with {put:?}, and read with {there:?}"
            ));
        }
    }
}
