//! The questions that a directory is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;
use tokio::time::timeout;
use wharf_types::ldap::{LdapSettings, SubjectId};
use wharf_types::secret::Secret;
use wharf_types::user_name::UserPrincipalName;

use super::connect::{Protection, connect};
use super::groups::groups;
use super::limits::CONNECTIONS;
use super::person::{attributes, is_disabled, person};
use super::search::{Bound, Entry, Search};
use super::wire::Wire;
use super::{LdapError, LdapLimits, LdapPerson, LdapRefusal, LdapTrial};
use crate::trust;

/// The answer to a question about a person.
type Answer = Result<LdapPerson, LdapRefusal>;

/// A directory. Cheap to clone; all clones share its bound of connections.
#[derive(Clone)]
pub struct LdapDirectory {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) settings: LdapSettings,
    password: Option<Secret>,
    pub(super) protection: Protection,
    pub(super) limits: LdapLimits,
    slots: Semaphore,
    /// Which address answered last.
    first: AtomicUsize,
}

impl LdapDirectory {
    /// Opens no connection yet. `password` is that of the account that looks people up.
    ///
    /// # Errors
    /// [`LdapError::ServiceAccount`] for such an account without a password, which would be a bind without a name; [`LdapError::Filter`] and [`LdapError::Certificate`] for filters and
    /// authorities that cannot be read.
    pub fn new(settings: LdapSettings, password: Option<Secret>, limits: LdapLimits) -> Result<Self, LdapError> {
        let empty = password.as_ref().is_none_or(|password| password.expose().is_empty());
        if settings.bind_dn.is_some() && empty {
            return Err(LdapError::ServiceAccount("the account has no password".to_owned()));
        }
        for template in [&settings.user_filter, &settings.group_filter] {
            if ldap3::parse_filter(template.member("a", "a@b", "c=d")).is_err() {
                return Err(LdapError::Filter(template.to_string()));
            }
        }
        let tls = match &settings.certificate_authorities {
            Some(pem) => trust::tls_of_pem(pem.as_bytes()),
            None => trust::Trust::default().tls().map_err(|error| error.to_string()),
        };
        let tls = tls.map_err(|reason| LdapError::Certificate {
            url: "certificateAuthorities".to_owned(),
            reason,
        })?;
        Ok(Self {
            inner: Arc::new(Inner {
                protection: Protection {
                    tls: Arc::new(tls),
                    plain_text: settings.plain_text,
                },
                settings,
                password,
                limits,
                slots: Semaphore::new(CONNECTIONS),
                first: AtomicUsize::new(0),
            }),
        })
    }

    /// Whether people can be looked at without their password.
    pub fn can_look(&self) -> bool {
        self.inner.settings.bind_template.is_none()
    }

    /// Whether the password is that of the person of this name, and who they are.
    ///
    /// # Errors
    /// Why there is no answer. A wrong name or password is none of these.
    pub async fn sign_in(&self, name: &UserPrincipalName, password: &Secret) -> Result<Answer, LdapError> {
        if password.expose().is_empty() {
            return Ok(Err(LdapRefusal::Password));
        }
        let (inner, name, password) = (Arc::clone(&self.inner), name.clone(), password.clone());
        self.ask(async move { inner.sign_in(&name, &password).await }).await
    }

    /// The person who was identified like that at an earlier sign-in, as they are now.
    ///
    /// # Errors
    /// Why there is no answer. [`LdapRefusal::Unknown`] is one: they are gone.
    pub async fn look(&self, subject: &SubjectId) -> Result<Answer, LdapError> {
        let (inner, subject) = (Arc::clone(&self.inner), subject.clone());
        self.ask(async move { inner.look(&subject).await }).await
    }

    /// Goes through all that a sign-in needs, as far as it comes, for whoever sets the directory up.
    pub async fn trial(&self, name: Option<&UserPrincipalName>) -> LdapTrial {
        let (inner, name) = (Arc::clone(&self.inner), name.cloned());
        let tried = self.ask(async move { Ok(super::trial::trial(&inner, name.as_ref()).await) });
        tried.await.unwrap_or_else(|error| LdapTrial::failed(&error))
    }

    /// In a task of its own and within the limit: whatever becomes of it, it is no more than an answer that did not come.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl Future<Output = Result<T, LdapError>> + Send + 'static,
    ) -> Result<T, LdapError> {
        let inner = Arc::clone(&self.inner);
        let place = inner.place().to_owned();
        let task = tokio::spawn(async move {
            let turn = async {
                let _slot = inner.slots.acquire().await;
                question.await
            };
            let answer = timeout(inner.limits.whole, turn).await;
            answer.unwrap_or_else(|_| Err(LdapError::TimedOut(inner.place().to_owned())))
        });
        task.await.unwrap_or(Err(LdapError::Garbage(place)))
    }
}

impl Inner {
    /// What the directory is called in messages.
    pub(super) fn place(&self) -> String {
        let urls = &self.settings.urls;
        urls[self.first.load(Ordering::Relaxed) % urls.len()].to_string()
    }

    /// A connection to the first address that answers, beginning with the one that did the last time.
    pub(super) async fn open(&self) -> Result<Wire, LdapError> {
        let urls = &self.settings.urls;
        // So that the last has its turn within the limit.
        let limit = self.limits.connect / u32::try_from(urls.len()).unwrap_or(u32::MAX);
        let first = self.first.load(Ordering::Relaxed);
        let mut failed = None;
        for at in (first..first + urls.len()).map(|at| at % urls.len()) {
            match connect(&urls[at], &self.protection, limit).await {
                Ok(stream) => {
                    self.first.store(at, Ordering::Relaxed);
                    let wire = Wire::new(stream).await;
                    return wire.map_err(|_| LdapError::Garbage(self.place()));
                }
                Err(error) => {
                    tracing::warn!(error = %error, "a directory's address does not answer");
                    failed = Some(error);
                }
            }
        }
        Err(failed.unwrap_or_else(|| LdapError::TimedOut(self.place())))
    }

    /// Becomes the account that looks people up; without one, nobody.
    pub(super) async fn bind_service(&self, wire: &mut Wire) -> Result<(), LdapError> {
        let (Some(dn), Some(password)) = (&self.settings.bind_dn, &self.password) else {
            return Ok(());
        };
        match wire.bind(&self.place(), dn, password).await? {
            Bound::Yes => Ok(()),
            Bound::No(reason) => Err(LdapError::ServiceAccount(reason)),
        }
    }

    /// The one entry that matches.
    pub(super) async fn entry(&self, wire: &mut Wire, filter: &str) -> Result<Result<Entry, LdapRefusal>, LdapError> {
        let search = Search {
            what: "the user base",
            base: &self.settings.user_base,
            filter,
            attributes: attributes(&self.settings),
            most: 1,
        };
        let (mut found, all) = wire.search(&self.place(), &search).await?;
        Ok(match found.pop() {
            Some(entry) if all => Ok(entry),
            Some(_) => Err(LdapRefusal::Several),
            // Cut short before the first: as good as no answer, and no reason to take anything from anybody.
            None if !all => return Err(LdapError::TimedOut(self.place())),
            None => Err(LdapRefusal::Unknown),
        })
    }

    pub(super) fn filter_for(&self, name: &UserPrincipalName) -> String {
        let (local, _) = parts(name);
        self.settings.user_filter.person(local, name.as_str())
    }

    async fn sign_in(&self, name: &UserPrincipalName, password: &Secret) -> Result<Answer, LdapError> {
        let mut wire = self.open().await?;
        let place = self.place();
        if let Some(template) = &self.settings.bind_template {
            let bound = wire
                .bind(&place, &template.person(parts(name).0, name.as_str()), password)
                .await?;
            if matches!(bound, Bound::No(_)) {
                return Ok(Err(LdapRefusal::Password));
            }
        } else {
            self.bind_service(&mut wire).await?;
        }
        let found = self.entry(&mut wire, &self.filter_for(name)).await?;
        // Whoever is not there costs a bind as well: the base is an entry that has no password (rule 5).
        let dn = found.as_ref().map_or(&self.settings.user_base, |entry| &entry.dn);
        // Also after a bind by template: what the name opened need not be the entry that the filter found.
        let bound = wire.bind(&place, dn, password).await?;
        let entry = match (found, bound) {
            (Ok(entry), Bound::Yes) => entry,
            (Err(refusal), _) => return Ok(Err(refusal)),
            (Ok(_), Bound::No(_)) => return Ok(Err(LdapRefusal::Password)),
        };
        if is_disabled(&entry) {
            return Ok(Err(LdapRefusal::Disabled));
        }
        self.bind_service(&mut wire).await?;
        let groups = groups(&mut wire, &place, &self.settings, &entry).await?;
        person(&self.settings, &entry, groups).map(Ok)
    }

    async fn look(&self, subject: &SubjectId) -> Result<Answer, LdapError> {
        let mut wire = self.open().await?;
        self.bind_service(&mut wire).await?;
        // The filter for people still has to hold: it may say who is let in at all.
        let identity = subject.filter(&self.settings.subject_attribute);
        let filter = format!("(&{identity}{})", self.settings.user_filter.anybody());
        let entry = match self.entry(&mut wire, &filter).await? {
            Ok(entry) => entry,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let groups = groups(&mut wire, &self.place(), &self.settings, &entry).await?;
        person(&self.settings, &entry, groups).map(Ok)
    }
}

fn parts(name: &UserPrincipalName) -> (&str, &str) {
    name.as_str().split_once('@').unwrap_or((name.as_str(), ""))
}
