//! What the resource manager and Graph have in common: a base URL, a token, JSON, pages.

use std::{collections::HashSet, fmt, sync::Arc};

use bytes::Bytes;
use reqwest::{Method, StatusCode};
use secrecy::SecretString;
use serde::{Serialize, de::DeserializeOwned};
use url::Url;

use crate::{
    ClientError, ServerUrl, TokenSource, Transport,
    transport::{Answer, Body, Call, protocol},
};

/// Pages of one list. At a hundred entries a page, a hundred thousand entries.
const PAGES_MAX: usize = 1000;

/// One authenticated JSON API.
#[derive(Clone)]
pub(crate) struct Api {
    transport: Transport,
    base: ServerUrl,
    tokens: Arc<dyn TokenSource>,
    scope: String,
}

impl fmt::Debug for Api {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Api")
            .field("base", &self.base)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// One page of either kind of list.
pub(crate) trait PageOf<T>: DeserializeOwned {
    fn into_parts(self) -> (Vec<T>, Option<String>);
}

impl<T: DeserializeOwned> PageOf<T> for wharf_types::arm::Page<T> {
    fn into_parts(self) -> (Vec<T>, Option<String>) {
        (self.value, self.next_link)
    }
}

impl<T: DeserializeOwned> PageOf<T> for wharf_types::graph::GraphPage<T> {
    fn into_parts(self) -> (Vec<T>, Option<String>) {
        (self.value, self.next_link)
    }
}

impl Api {
    pub(crate) fn new(transport: Transport, base: ServerUrl, audience: &str, tokens: Arc<dyn TokenSource>) -> Self {
        // A trailing slash of the audience is kept, giving `//.default`: the server compares the audience as text.
        Self {
            transport,
            base,
            tokens,
            scope: format!("{audience}/.default"),
        }
    }

    pub(crate) fn base(&self) -> &ServerUrl {
        &self.base
    }

    /// One exchange, whatever its status. A refused token is replaced once: it may have outlived a change on the server.
    pub(crate) async fn call(&self, method: Method, url: Url, body: Option<Bytes>) -> Result<Answer, ClientError> {
        let token = self.tokens.token(&self.scope, false).await?;
        let answer = self.call_with(&method, &url, body.clone(), &token).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let token = self.tokens.token(&self.scope, true).await?;
        self.call_with(&method, &url, body, &token).await
    }

    async fn call_with(
        &self,
        method: &Method,
        url: &Url,
        body: Option<Bytes>,
        token: &SecretString,
    ) -> Result<Answer, ClientError> {
        let body = body.map_or(Body::None, Body::Json);
        self.transport
            .send(&Call {
                method: method.clone(),
                url: url.clone(),
                token: Some(token),
                body,
            })
            .await
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, ClientError> {
        self.call(Method::GET, self.base.at(path, query), None)
            .await?
            .success()?
            .json()
    }

    /// All entries of a list, page after page.
    pub(crate) async fn list<T, P: PageOf<T>>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Vec<T>, ClientError> {
        self.list_at::<T, P>(self.base.at(path, query), usize::MAX).await
    }

    /// The first `entries_max` entries of a list; no page is asked for beyond them.
    pub(crate) async fn list_at<T, P: PageOf<T>>(&self, first: Url, entries_max: usize) -> Result<Vec<T>, ClientError> {
        let (mut entries, mut url, mut seen) = (Vec::new(), first, HashSet::new());
        loop {
            if seen.len() == PAGES_MAX || !seen.insert(url.clone()) {
                return Err(protocol(&url, "the list does not end"));
            }
            let answer = self.call(Method::GET, url, None).await?.success()?;
            let (page, next) = answer.json::<P>()?.into_parts();
            entries.extend(page);
            match next.filter(|next| !next.is_empty() && entries.len() < entries_max) {
                Some(next) => url = self.same_origin(&next, &answer.url)?,
                None => break,
            }
        }
        entries.truncate(entries_max);
        Ok(entries)
    }

    /// Sends a JSON body and reads a JSON answer.
    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        self.call(method, self.base.at(path, query), Some(json(body)))
            .await?
            .success()?
            .json()
    }

    /// As [`Self::send`], and waits for the operation to end.
    pub(crate) async fn send_and_finish<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        let url = self.base.at(path, query);
        let answer = self.call(method, url.clone(), Some(json(body))).await?.success()?;
        self.finish(answer, &url).await?.json()
    }

    /// Sends a JSON body; the answer has no content.
    pub(crate) async fn send_only(&self, method: Method, path: &str, body: &impl Serialize) -> Result<(), ClientError> {
        self.call(method, self.base.at(path, &[]), Some(json(body)))
            .await?
            .success()
            .map(drop)
    }
}

fn json(body: &impl Serialize) -> Bytes {
    // Our own structs, with text keys: this cannot fail.
    Bytes::from(serde_json::to_vec(body).unwrap_or_default())
}

/// A text for use inside a `$filter`, quoted.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_a_filter_is_doubled() {
        assert_eq!(quoted("O'Neil' or '1' eq '1"), "'O''Neil'' or ''1'' eq ''1'");
    }
}
