//! Tags are registers, whoever writes and reads them at once; and what is pushed, mounted and deleted at once is there as a whole or not at all.

mod history;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use serde_json::{Value, json};
use wharf_tests::{digest, new_database};

use crate::{
    disk::crash::Random,
    extent::{Report, folder, form, runtime},
    http::{Answer, Ask, BYTES, Http},
    script::path,
    server::Server,
    site::{REGISTRY, Site},
};
use history::{Call, Event, is_linearizable};

const CLIENTS: u64 = 16;
const TAGS: u64 = 10;
const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";

/// A client of a repository.
#[derive(Clone)]
struct Client {
    site: Arc<Site>,
    http: Http,
    repository: String,
    failures: Arc<Mutex<Vec<String>>>,
}

impl Client {
    async fn send(
        &self,
        method: &'static str,
        repository: &str,
        rest: &str,
        content_type: &'static str,
        body: &[u8],
    ) -> Answer {
        let ask = Ask::new(method, path(repository, rest), &self.site.admin).body(content_type, body);
        let answer = self.http.send(ask).await.unwrap_or_default();
        if answer.status == 0 || answer.status >= 500 {
            let text = format!(
                "{method} {repository} {rest}: {} {}",
                answer.status,
                String::from_utf8_lossy(&answer.body)
            );
            self.failures.lock().unwrap_or_else(PoisonError::into_inner).push(text);
        }
        answer
    }

    async fn push(&self, repository: &str, content: &[u8]) -> u16 {
        let rest = format!("blobs/uploads/?digest={}", digest(content));
        self.send("POST", repository, &rest, BYTES, content).await.status
    }

    async fn has(&self, repository: &str, content: &[u8]) -> bool {
        let answer = self
            .send("GET", repository, &format!("blobs/{}", digest(content)), BYTES, b"")
            .await;
        answer.status == 200 && answer.body == content
    }

    async fn put(&self, repository: &str, tag: &str, manifest: &[u8]) -> u16 {
        self.send("PUT", repository, &format!("manifests/{tag}"), IMAGE, manifest)
            .await
            .status
    }

    /// One call to a tag, and what it answered.
    async fn call(&self, tag: u64, kind: u64, value: u64, config: &[u8]) -> Option<Call> {
        let rest = format!("manifests/tag{tag}");
        match kind {
            0..4 => {
                let status = self
                    .put(&self.repository, &format!("tag{tag}"), &manifest(config, value))
                    .await;
                (status == 201).then_some(Call::Write(value))
            }
            4 => {
                let answer = self.send("DELETE", &self.repository, &rest, BYTES, b"").await;
                matches!(answer.status, 202 | 404).then_some(Call::Empty {
                    had: answer.status == 202,
                })
            }
            _ => {
                let answer = self.send("GET", &self.repository, &rest, BYTES, b"").await;
                let seen = answer.json()["annotations"]["value"]
                    .as_str()
                    .and_then(|text| text.parse().ok());
                match answer.status {
                    200 => seen.map(|value| Call::Read(Some(value))),
                    404 => Some(Call::Read(None)),
                    _ => None,
                }
            }
        }
    }
}

fn manifest(config: &[u8], value: u64) -> Vec<u8> {
    let config = json!({"mediaType": BYTES, "digest": digest(config), "size": config.len()});
    let layers: [Value; 0] = [];
    let annotations = json!({"value": value.to_string()});
    json!({"schemaVersion": 2, "mediaType": IMAGE, "config": config, "layers": layers, "annotations": annotations})
        .to_string()
        .into_bytes()
}

/// All clients at once, and what each tag answered.
async fn histories(client: &Client, calls: u64, report: &mut Report) -> BTreeMap<u64, Vec<Event>> {
    const CONFIG: &[u8] = b"the configuration of all of them";
    assert_eq!(client.push(&client.repository, CONFIG).await, 201);
    let began = Instant::now();
    let work = |number: u64| {
        let client = client.clone();
        async move {
            let (mut random, mut events) = (Random::new(number + 1), Vec::new());
            for call in 0..calls {
                let (tag, kind) = (random.below(TAGS), random.below(9));
                let sent = began.elapsed().as_nanos() as u64;
                let done = client.call(tag, kind, number * calls + call, CONFIG).await;
                let answered = began.elapsed().as_nanos() as u64;
                if let Some(call) = done {
                    events.push((tag, Event { call, sent, answered }));
                }
            }
            events
        }
    };
    let tasks: Vec<_> = (0..CLIENTS).map(|number| tokio::spawn(work(number))).collect();
    let mut histories: BTreeMap<u64, Vec<Event>> = BTreeMap::new();
    for task in tasks {
        for (tag, event) in task.await.expect("a client ends") {
            report.add("calls to tags", 1);
            histories.entry(tag).or_default().push(event);
        }
    }
    histories
}

/// The same content pushed by many; mounts against deletes; manifests against deletes of their blobs.
async fn races(client: &Client, rounds: u64, report: &mut Report) {
    for round in 0..rounds {
        let (from, to) = (format!("race{}", round % 3), format!("race-to{}", round % 3));
        let content = format!("raced for {round}").repeat(1000).into_bytes();
        let same = tokio::join!(
            client.push(&from, &content),
            client.push(&from, &content),
            client.push(&to, &content),
            client.push(&from, &content),
        );
        let other = format!("deleted from {round}").into_bytes();
        let is_there = client.has(&from, &content).await && client.has(&to, &content).await;
        if same != (201, 201, 201, 201) || !is_there {
            report.note("pushes of one blob", vec![format!("{same:?}, there: {is_there}")]);
        }
        let image = manifest(&content, round);
        let puts = tokio::join!(
            client.put(&from, "a", &image),
            client.put(&from, "b", &image),
            client.put(&to, "a", &image)
        );
        if puts != (201, 201, 201) {
            report.note("pushes of one manifest", vec![format!("{puts:?}")]);
        }

        client.push(&from, &other).await;
        let gone = format!("blobs/{}", digest(&other));
        let mount = format!("blobs/uploads/?mount={}&from={REGISTRY}/{from}", digest(&other));
        let (mounted, deleted) = tokio::join!(
            client.send("POST", &to, &mount, BYTES, b""),
            client.send("DELETE", &from, &gone, BYTES, b""),
        );
        let is_there = client.has(&to, &other).await;
        if deleted.status != 202 || (mounted.status == 201) != is_there || !matches!(mounted.status, 201 | 202) {
            report.note(
                "mount against delete",
                vec![format!("{}, {}, there: {is_there}", mounted.status, deleted.status)],
            );
        }

        let needed = format!("needed by a manifest {round}").into_bytes();
        client.push(&from, &needed).await;
        let (needs, gone) = (manifest(&needed, round), format!("blobs/{}", digest(&needed)));
        let (put, deleted) = tokio::join!(
            client.put(&from, "needs", &needs),
            client.send("DELETE", &from, &gone, BYTES, b""),
        );
        let is_there = client.has(&from, &needed).await;
        if (put == 201) != is_there || (deleted.status == 202) == is_there {
            report.note(
                "manifest against delete",
                vec![format!("{put}, {}, there: {is_there}", deleted.status)],
            );
        }
        report.add("races", 4);
    }
}

async fn all(name: &'static str, data: &Path, database: Option<&str>) {
    let server = Server::start_on(data, database).expect("the server starts");
    let client = Client {
        site: Arc::new(Site::of(&server, data, database).await),
        http: Http::new(server.url()),
        repository: "tags".to_owned(),
        failures: Arc::default(),
    };
    let mut report = Report::new(name);
    for (tag, history) in histories(&client, form(60, 600), &mut report).await {
        if !is_linearizable(&history) {
            report.note("tag", vec![format!("{tag} is no register: {} calls", history.len())]);
        }
    }
    races(&client, form(15, 300), &mut report).await;
    let failures = client.failures.lock().unwrap_or_else(PoisonError::into_inner).clone();
    report.note("no answer, or a failure", failures);
    if let Err(problem) = server.stop() {
        report.note("end", vec![problem]);
    }
    report.end();
}

#[test]
fn tags_are_registers_on_sqlite() {
    let data = folder();
    runtime().block_on(all("registers on SQLite", data.path(), None));
}

#[test]
fn tags_are_registers_on_postgresql() {
    let data = folder();
    runtime().block_on(all("registers on PostgreSQL", data.path(), Some(&new_database())));
}
