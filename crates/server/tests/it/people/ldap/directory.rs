//! A directory in the test's process, as far as sign-ins need one, and one that can misbehave. What a real one does is for the tests outside the workspace's crates.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub(super) const DOMAIN: &str = "corp.example";
const READER: (&str, &str) = ("cn=reader", "may look around");

/// How it behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    /// As it should.
    Answering,
    /// It takes connections and what is sent, and says nothing.
    Silent,
    /// It ends each connection at once.
    Closing,
    /// It says this to whatever it is asked.
    Saying(Vec<u8>),
}

/// Somebody in the directory.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) password: &'static str,
    pub(super) disabled: bool,
    pub(super) groups: Vec<&'static str>,
}

impl Entry {
    fn dn(&self) -> String {
        format!("uid={},ou=people", self.name)
    }

    fn subject(&self) -> String {
        format!("id-of-{}", self.name)
    }
}

pub(super) struct State {
    pub(super) mood: Mood,
    pub(super) people: Vec<Entry>,
    /// Names and passwords that were tried, but for the account that looks people up.
    pub(super) tried: Vec<(String, String)>,
    pub(super) connections: usize,
}

/// The directory. Gone when dropped.
pub(super) struct Directory {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Drop for Directory {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Directory {
    /// A directory with `alice`, who is in `developers`.
    pub(super) async fn start() -> Self {
        let alice = Entry {
            name: "alice",
            password: "what corp knows",
            disabled: false,
            groups: vec!["developers"],
        };
        let state = Arc::new(Mutex::new(State {
            mood: Mood::Answering,
            people: vec![alice],
            tried: Vec::new(),
            connections: 0,
        }));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { address, state, task }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is(&self, mood: Mood) {
        self.state().mood = mood;
    }

    /// The body that makes it a provider, with groups given by their names there.
    pub(super) fn provider(&self, mappings: &[(&str, &str)]) -> Value {
        let mappings: Vec<Value> = mappings
            .iter()
            .map(|(value, group)| json!({"value": value, "groupId": group}))
            .collect();
        json!({
            "@odata.type": "#microsoft.graph.ldapProvider", "displayName": "Corp", "domains": [DOMAIN], "createUsers": true,
            "groupMappings": mappings, "urls": [format!("ldap://{}", self.address)], "plainText": true, "bindDn": READER.0,
            "bindPassword": READER.1, "userBase": "ou=people", "groupBase": "ou=groups", "nestedGroups": "none", "defaultDomain": DOMAIN,
        })
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let lock = || state.lock().unwrap_or_else(PoisonError::into_inner);
    lock().connections += 1;
    while let Some(message) = read(&mut stream).await {
        let mood = lock().mood.clone();
        let answer = match mood {
            Mood::Answering => answer(&mut lock(), &message),
            Mood::Silent => continue,
            Mood::Closing => return,
            Mood::Saying(bytes) => bytes,
        };
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut head = [0; 2];
    stream.read_exact(&mut head).await.ok()?;
    let length = match head[1] {
        short if short < 0x80 => usize::from(short),
        long => {
            let mut digits = vec![0; usize::from(long - 0x80)];
            stream.read_exact(&mut digits).await.ok()?;
            digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit))
        }
    };
    let mut message = vec![0; length];
    stream.read_exact(&mut message).await.ok()?;
    Some(message)
}

/// The first element of some bytes, and what follows.
fn element(bytes: &[u8]) -> (u8, &[u8], &[u8]) {
    let (length, used) = match bytes[1] {
        short if short < 0x80 => (usize::from(short), 2),
        long => {
            let count = usize::from(long - 0x80);
            let digits = &bytes[2..2 + count];
            (
                digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)),
                2 + count,
            )
        }
    };
    (bytes[0], &bytes[used..used + length], &bytes[used + length..])
}

pub(super) fn wrapped(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("it is short").to_be_bytes();
    [&[tag, 0x84][..], &length, content].concat()
}

fn answer(state: &mut State, message: &[u8]) -> Vec<u8> {
    let (_, id, rest) = element(message);
    let (operation, content, _) = element(rest);
    let said =
        |operation: u8, content: &[u8]| wrapped(0x30, &[wrapped(0x02, id), wrapped(operation, content)].concat());
    let result = |code: u8| [wrapped(0x0a, &[code]), wrapped(0x04, b""), wrapped(0x04, b"")].concat();
    match operation {
        // A bind: version, name, password.
        0x60 => {
            let (_, _, rest) = element(content);
            let (_, name, rest) = element(rest);
            let (_, password, _) = element(rest);
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let (name, password) = (text(name), text(password));
            if (name.as_str(), password.as_str()) == READER {
                return said(0x61, &result(0));
            }
            let right = state
                .people
                .iter()
                .any(|entry| entry.dn() == name && entry.password == password);
            state.tried.push((name, password));
            said(0x61, &result(if right { 0 } else { 49 }))
        }
        // A search. Whoever is named in the filter matches, and groups by their members.
        0x63 => {
            let (_, base, filter) = element(content);
            // Names are compared without regard to case, as most attributes are.
            let filter = filter.to_ascii_lowercase();
            let mut found = Vec::new();
            for entry in &state.people {
                let named = |value: &str| filter.windows(value.len()).any(|bytes| bytes == value.as_bytes());
                if base == b"ou=groups" && named(&entry.dn()) {
                    for group in &entry.groups {
                        found.extend(said(
                            0x64,
                            &described(&format!("cn={group},ou=groups"), &[("cn", group)]),
                        ));
                    }
                } else if base == b"ou=people" && (named(&entry.subject()) || asks_for(&filter, entry.name)) {
                    let control = if entry.disabled { "514" } else { "512" };
                    let attributes = [
                        ("entryUUID", entry.subject()),
                        ("uid", entry.name.to_owned()),
                        ("userAccountControl", control.to_owned()),
                    ];
                    let attributes: Vec<(&str, &str)> =
                        attributes.iter().map(|(name, value)| (*name, value.as_str())).collect();
                    found.extend(said(0x64, &described(&entry.dn(), &attributes)));
                }
            }
            found.extend(said(0x65, &result(0)));
            found
        }
        // An end.
        _ => Vec::new(),
    }
}

/// Whether a filter asks for this uid.
fn asks_for(filter: &[u8], name: &str) -> bool {
    let length = u8::try_from(name.len()).expect("names are short");
    let asked = [&[0x04, 0x03][..], b"uid", &[0x04, length], name.as_bytes()].concat();
    filter.windows(asked.len()).any(|bytes| bytes == asked)
}

fn described(dn: &str, attributes: &[(&str, &str)]) -> Vec<u8> {
    let attributes: Vec<u8> = attributes
        .iter()
        .flat_map(|(name, value)| {
            let values = wrapped(0x31, &wrapped(0x04, value.as_bytes()));
            wrapped(0x30, &[wrapped(0x04, name.as_bytes()), values].concat())
        })
        .collect();
    [wrapped(0x04, dn.as_bytes()), wrapped(0x30, &attributes)].concat()
}
