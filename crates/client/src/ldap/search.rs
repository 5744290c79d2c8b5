//! Binds and searches on one connection.

use std::collections::HashMap;

use ldap3::adapters::{Adapter, EntriesOnly, PagedResults};
use ldap3::{LdapError as Library, LdapResult, Scope, SearchEntry, SearchOptions};
use wharf_types::secret::Secret;

use super::LdapError;
use super::limits::PAGE;
use super::wire::Wire;

/// What a search asks for.
pub(super) struct Search<'a> {
    /// Which base it is, for messages.
    pub(super) what: &'static str,
    pub(super) base: &'a str,
    pub(super) filter: &'a str,
    pub(super) attributes: Vec<&'a str>,
    /// The most entries that are of interest.
    pub(super) most: usize,
}

/// An entry. Attributes are found without regard to case.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    pub(super) dn: String,
    attributes: HashMap<String, Vec<Vec<u8>>>,
}

impl Entry {
    /// The first value.
    pub(super) fn value(&self, attribute: &str) -> Option<&[u8]> {
        let values = self.attributes.get(&attribute.to_ascii_lowercase())?;
        values.first().map(Vec::as_slice)
    }

    /// The first value, as text.
    pub(super) fn text(&self, attribute: &str) -> Option<&str> {
        let text = std::str::from_utf8(self.value(attribute)?).ok()?.trim();
        (!text.is_empty()).then_some(text)
    }
}

impl From<SearchEntry> for Entry {
    fn from(found: SearchEntry) -> Self {
        let texts = found.attrs.into_iter().map(|(name, values)| {
            let values = values.into_iter().map(String::into_bytes).collect();
            (name, values)
        });
        let attributes = texts
            .chain(found.bin_attrs)
            .filter(|(_, values): &(_, Vec<_>)| !values.is_empty());
        Self {
            dn: found.dn,
            attributes: attributes
                .map(|(name, values)| (name.to_ascii_lowercase(), values))
                .collect(),
        }
    }
}

/// What a directory said to a name and a password.
pub(super) enum Bound {
    Yes,
    /// With what it said, for the operator.
    No(String),
}

/// Result codes that speak of the name and the password (RFC 4511 §4.1.9, appendix A): noSuchObject, constraintViolation, inappropriateAuthentication, invalidCredentials, insufficientAccessRights,
/// unwillingToPerform. The rest speaks of the directory.
const REFUSALS: [u32; 6] = [32, 19, 48, 49, 50, 53];
const NO_SUCH_OBJECT: u32 = 32;
const REFERRAL: u32 = 10;
/// timeLimitExceeded, sizeLimitExceeded, adminLimitExceeded: there would be more.
const CUT_SHORT: [u32; 3] = [3, 4, 11];

impl Wire {
    /// Asks whether the password is that of the name.
    pub(super) async fn bind(&mut self, place: &str, name: &str, password: &Secret) -> Result<Bound, LdapError> {
        let result = self.ldap.simple_bind(name, password.expose()).await;
        let result = result.map_err(|error| unread(place, &error))?;
        match result.rc {
            0 => Ok(Bound::Yes),
            code if REFUSALS.contains(&code) => Ok(Bound::No(format!("code {code} {}", said(&result)))),
            _ => Err(answered("the bind", &result)),
        }
    }

    /// The entries that match, at most as many as are asked for, and whether there are no others.
    pub(super) async fn search(&mut self, place: &str, search: &Search<'_>) -> Result<(Vec<Entry>, bool), LdapError> {
        let mut adapters: Vec<Box<dyn Adapter<'_, &str, Vec<&str>>>> = vec![Box::new(EntriesOnly::new())];
        let mut options = SearchOptions::new().timelimit(5);
        if search.most > PAGE as usize {
            adapters.push(Box::new(PagedResults::new(PAGE)));
        } else {
            // One more than is of interest says that there is one.
            options = options.sizelimit(i32::try_from(search.most).unwrap_or(i32::MAX).saturating_add(1));
        }
        let handle = self.ldap.with_search_options(options);
        let started = handle.streaming_search_with(
            adapters,
            search.base,
            Scope::Subtree,
            search.filter,
            search.attributes.clone(),
        );
        let mut stream = started.await.map_err(|error| unread(place, &error))?;
        let mut found: Vec<Entry> = Vec::new();
        while let Some(entry) = stream.next().await.map_err(|error| unread(place, &error))? {
            if found.len() == search.most {
                stream.finish().await;
                return Ok((found, false));
            }
            found.push(SearchEntry::construct(entry).into());
        }
        let result = stream.finish().await;
        match result.rc {
            0 => Ok((found, true)),
            code if CUT_SHORT.contains(&code) => Ok((found, false)),
            NO_SUCH_OBJECT | REFERRAL => Err(LdapError::Base {
                what: search.what,
                dn: search.base.to_owned(),
            }),
            _ => Err(answered("the search", &result)),
        }
    }
}

fn said(result: &LdapResult) -> String {
    // Written by somebody else: kept short, and without what would make lines of its own.
    let plain = result.text.chars().filter(|c| !c.is_control());
    let text: String = plain.take(200).collect();
    if text.is_empty() {
        "without a word".to_owned()
    } else {
        text
    }
}

fn answered(step: &'static str, result: &LdapResult) -> LdapError {
    LdapError::Answered {
        step,
        code: result.rc,
        text: said(result),
    }
}

fn unread(place: &str, error: &Library) -> LdapError {
    tracing::debug!(error = %error, "a directory's answer cannot be read");
    LdapError::Garbage(place.to_owned())
}
