//! What a client was promised: each step with when it was begun, when it was answered, and what it makes true.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Something that a client can look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// The first owner can sign in.
    Owner,
    /// A blob of a repository, by digest.
    Blob(String, String),
    /// A manifest of a repository, by digest.
    Manifest(String, String),
    /// What a tag of a repository names.
    Tag(String, String),
    /// An upload session, by its path: how many bytes it has.
    Upload(String),
    /// The admin account's first password.
    AdminPassword,
    /// Whether a service principal's secret opens.
    Secret(String),
    /// Whether the service principal holds its role.
    Role,
}

/// What is seen there; nothing when it does not exist.
pub(crate) type Value = Option<String>;

/// What stands for a value that only the answer would have told.
pub(crate) const UNTOLD: &str = "?";

/// What a step makes true.
pub(crate) type Effects = Vec<(Key, Value)>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It was acknowledged.
    Done,
    /// It was refused.
    Refused,
    /// It failed, and may have been done.
    Unknown,
}

#[derive(Clone, Debug)]
struct Step {
    effects: Effects,
    began: usize,
    ended: Option<(usize, Outcome)>,
}

#[derive(Debug, Default)]
struct Notes {
    steps: Vec<Step>,
    /// The bytes of blobs and manifests, by digest.
    contents: BTreeMap<String, Arc<[u8]>>,
    /// The repository and the bytes of each upload session.
    uploads: BTreeMap<String, (String, Arc<[u8]>)>,
    surprises: Vec<String>,
}

/// The client's notes. Clones are the same notes.
#[derive(Clone)]
pub(crate) struct Ledger {
    notes: Arc<Mutex<Notes>>,
    clock: Arc<dyn Fn() -> usize + Send + Sync>,
}

/// What is true of a key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fact {
    /// What was acknowledged last; none when nothing was.
    pub(crate) acknowledged: Option<Value>,
    /// What may be true instead: steps that were not answered.
    pub(crate) doubtful: Vec<(usize, Value)>,
}

impl Fact {
    /// Whether this may be seen.
    pub(crate) fn allows(&self, seen: &Value) -> bool {
        let is = |value: &Value| value == seen || value.as_deref() == Some(UNTOLD);
        self.acknowledged.as_ref().unwrap_or(&None) == seen || self.doubtful.iter().any(|(_, value)| is(value))
    }
}

/// A step that was begun.
#[derive(Clone, Copy)]
pub(crate) struct Begun(usize);

impl Ledger {
    /// Notes whose times are those of `clock`.
    pub(crate) fn new(clock: impl Fn() -> usize + Send + Sync + 'static) -> Self {
        Self {
            notes: Arc::default(),
            clock: Arc::new(clock),
        }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn begin(&self, effects: Effects) -> Begun {
        let began = (self.clock)();
        let mut notes = self.notes();
        notes.steps.push(Step {
            effects,
            began,
            ended: None,
        });
        Begun(notes.steps.len() - 1)
    }

    fn end(&self, step: Begun, outcome: Outcome) {
        let now = (self.clock)();
        self.notes().steps[step.0].ended = Some((now, outcome));
    }

    /// It was acknowledged.
    pub(crate) fn done(&self, step: Begun) {
        self.end(step, Outcome::Done);
    }

    /// It was acknowledged, and the answer said what it made true.
    pub(crate) fn done_with(&self, step: Begun, effects: Effects) {
        self.notes().steps[step.0].effects = effects;
        self.done(step);
    }

    pub(crate) fn refused(&self, step: Begun) {
        self.end(step, Outcome::Refused);
    }

    pub(crate) fn failed(&self, step: Begun) {
        self.end(step, Outcome::Unknown);
    }

    /// Something was answered that should not have been.
    pub(crate) fn surprise(&self, text: String) {
        self.notes().surprises.push(text);
    }

    pub(crate) fn surprises(&self) -> Vec<String> {
        self.notes().surprises.clone()
    }

    pub(crate) fn keep_content(&self, digest: &str, content: &[u8]) {
        self.notes().contents.insert(digest.to_owned(), content.into());
    }

    pub(crate) fn content(&self, digest: &str) -> Option<Arc<[u8]>> {
        self.notes().contents.get(digest).cloned()
    }

    pub(crate) fn keep_upload(&self, path: &str, repository: &str, content: &[u8]) {
        self.notes()
            .uploads
            .insert(path.to_owned(), (repository.to_owned(), content.into()));
    }

    pub(crate) fn upload(&self, path: &str) -> Option<(String, Arc<[u8]>)> {
        self.notes().uploads.get(path).cloned()
    }

    /// How many steps were acknowledged up to a time.
    pub(crate) fn acknowledged(&self, at: usize) -> usize {
        let is_done = |step: &&Step| matches!(step.ended, Some((ended, Outcome::Done)) if ended <= at);
        self.notes().steps.iter().filter(is_done).count()
    }

    /// The times at which something was acknowledged.
    pub(crate) fn times(&self) -> Vec<usize> {
        let notes = self.notes();
        notes
            .steps
            .iter()
            .filter_map(|step| step.ended)
            .map(|(at, _)| at)
            .collect()
    }

    /// What a client may rely on at a time.
    pub(crate) fn facts(&self, at: usize) -> BTreeMap<Key, Fact> {
        let mut facts: BTreeMap<Key, Fact> = BTreeMap::new();
        for (number, step) in self
            .notes()
            .steps
            .iter()
            .enumerate()
            .filter(|(_, step)| step.began <= at)
        {
            for (key, value) in &step.effects {
                let fact = facts.entry(key.clone()).or_default();
                match step.ended.filter(|(ended, _)| *ended <= at) {
                    Some((_, Outcome::Done)) => {
                        *fact = Fact {
                            acknowledged: Some(value.clone()),
                            doubtful: Vec::new(),
                        }
                    }
                    Some((_, Outcome::Refused)) => {}
                    Some((_, Outcome::Unknown)) | None => fact.doubtful.push((number, value.clone())),
                }
            }
        }
        facts
    }
}
