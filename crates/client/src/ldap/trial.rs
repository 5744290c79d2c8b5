//! Trying a directory out, step by step.

use wharf_types::user_name::UserPrincipalName;

use super::connect::connect;
use super::directory::Inner;
use super::groups::groups;
use super::person::person;
use super::search::Search;
use super::wire::Wire;
use super::{LdapError, LdapPerson, LdapRefusal};

/// One step of a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LdapStep {
    /// What was tried.
    pub step: String,
    /// Whether it went well.
    pub passed: bool,
    /// What came of it, or what is wrong.
    pub detail: String,
}

/// What came of a trial: the steps until the first that failed, and whom it found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LdapTrial {
    /// The steps.
    pub steps: Vec<LdapStep>,
    /// The person, where one was asked for and found.
    pub person: Option<LdapPerson>,
}

impl LdapTrial {
    pub(super) fn failed(error: &LdapError) -> Self {
        let mut trial = Self::default();
        trial.note("the whole", Err(error.to_string()));
        trial
    }

    /// Whether every step went well.
    pub fn passed(&self) -> bool {
        self.steps.iter().all(|step| step.passed)
    }

    fn note(&mut self, step: impl Into<String>, outcome: Result<String, String>) {
        let passed = outcome.is_ok();
        self.steps.push(LdapStep {
            step: step.into(),
            passed,
            detail: outcome.unwrap_or_else(|problem| problem),
        });
    }
}

pub(super) async fn trial(inner: &Inner, name: Option<&UserPrincipalName>) -> LdapTrial {
    let mut trial = LdapTrial::default();
    // What failed has been noted, and what follows needs it.
    let _ = go(inner, name, &mut trial).await;
    trial
}

struct Stopped;

/// Notes what came of a step; what failed ends the trial.
fn noted<T>(
    trial: &mut LdapTrial,
    step: impl Into<String>,
    outcome: Result<T, LdapError>,
    told: impl FnOnce(&T) -> String,
) -> Result<T, Stopped> {
    trial.note(step, outcome.as_ref().map(told).map_err(ToString::to_string));
    outcome.map_err(|_| Stopped)
}

async fn go(inner: &Inner, name: Option<&UserPrincipalName>, trial: &mut LdapTrial) -> Result<(), Stopped> {
    addresses(inner, trial).await?;
    let settings = &inner.settings;
    if let Some(template) = &settings.bind_template {
        let told = format!(
            "people are bound at once, as {}: nothing can be looked up without them",
            template.as_str()
        );
        trial.note("bind", Ok(told));
        return Ok(());
    }
    let mut wire = match inner.open().await {
        Ok(wire) => wire,
        Err(error) => return noted(trial, "connection", Err(error), |()| String::new()),
    };
    let who = settings.bind_dn.as_deref().unwrap_or("nobody (anonymous)");
    let bound = inner.bind_service(&mut wire).await;
    noted(trial, "bind", bound, |()| format!("as {who}"))?;

    let bases = [
        ("the user base", Some(&settings.user_base)),
        ("the group base", settings.group_base.as_ref()),
    ];
    for (what, base) in bases {
        let Some(base) = base else { continue };
        let seen = is_there(inner, &mut wire, what, base).await;
        noted(trial, what.trim_start_matches("the "), seen, |()| base.clone())?;
    }
    let Some(name) = name else { return Ok(()) };
    let found = inner.entry(&mut wire, &inner.filter_for(name)).await;
    let entry = noted(trial, format!("user {name}"), found, |found| match found {
        Ok(entry) => entry.dn.clone(),
        Err(refusal) => refusal.to_string(),
    })?;
    let entry = match entry {
        Ok(entry) => entry,
        Err(refusal) => {
            refused(trial, refusal, &inner.filter_for(name));
            return Err(Stopped);
        }
    };
    let groups = groups(&mut wire, &inner.place(), settings, &entry).await;
    let groups = noted(trial, "groups", groups, |groups| match groups {
        Some(groups) if groups.complete => format!("{} found", groups.names.len()),
        Some(groups) => format!("{} found, and there are more than are looked at", groups.names.len()),
        None => "not looked for: the provider has no groupBase".to_owned(),
    })?;
    let read = person(settings, &entry, groups);
    let found = noted(trial, "attributes", read, |person| match person.disabled {
        true => "the account is switched off in the directory".to_owned(),
        false => format!("{} is {}", settings.subject_attribute, person.subject.as_str()),
    })?;
    trial.person = Some(found);
    Ok(())
}

fn refused(trial: &mut LdapTrial, refusal: LdapRefusal, filter: &str) {
    if let Some(last) = trial.steps.last_mut() {
        last.passed = false;
        last.detail = format!("{refusal} {filter}");
    }
}

/// Every address by itself: a second one that never worked is found out before it is needed.
async fn addresses(inner: &Inner, trial: &mut LdapTrial) -> Result<(), Stopped> {
    let limit = inner.limits.connect / u32::try_from(inner.settings.urls.len()).unwrap_or(u32::MAX);
    let mut one = false;
    for url in &inner.settings.urls {
        let reached = connect(url, &inner.protection, limit).await;
        one |= reached.is_ok();
        let protected = if url.tls {
            "connected, TLS, certificate trusted"
        } else if inner.protection.plain_text {
            "connected, in clear"
        } else {
            "connected, StartTLS, certificate trusted"
        };
        // One that answers is enough to go on.
        let _ = noted(trial, url.to_string(), reached, |_| protected.to_owned());
    }
    if one { Ok(()) } else { Err(Stopped) }
}

async fn is_there(inner: &Inner, wire: &mut Wire, what: &'static str, base: &str) -> Result<(), LdapError> {
    let search = Search {
        what,
        base,
        filter: "(objectClass=*)",
        attributes: vec!["1.1"],
        most: 0,
    };
    wire.search(&inner.place(), &search).await.map(drop)
}
