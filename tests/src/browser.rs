//! A browser without a screen: keeps cookies, follows redirects and pages that go on by themselves, and fills in forms.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use reqwest::{Client, Method, Response, Url, redirect::Policy};

use crate::{http::runtime, server::DOMAIN};

/// The most pages on one way.
const MOST_STEPS: usize = 20;

/// A browser.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    cookies: Mutex<BTreeMap<String, BTreeMap<String, String>>>,
}

/// Where a browser is.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The address.
    pub url: Url,
    /// The status.
    pub status: u16,
    /// What the page says.
    pub text: String,
}

impl Seen {
    /// The text between two others.
    #[must_use]
    #[track_caller]
    pub fn between(&self, before: &str, after: &str) -> String {
        let found = self
            .text
            .split_once(before)
            .and_then(|(_, rest)| rest.split_once(after));
        let (text, _) =
            found.unwrap_or_else(|| panic!("nothing between {before} and {after} at {}: {}", self.url, self.text));
        text.replace("&#38;", "&").replace("&amp;", "&")
    }

    /// What a field of a form holds already.
    #[must_use]
    #[track_caller]
    pub fn hidden(&self, name: &str) -> String {
        self.between(&format!("name=\"{name}\" value=\""), "\"")
    }
}

impl Default for Browser {
    fn default() -> Self {
        let _ = runtime();
        let client = Client::builder()
            .timeout(Duration::from_secs(30))
            .no_proxy()
            .resolve(DOMAIN, SocketAddr::from(([127, 0, 0, 1], 0)))
            .redirect(Policy::none())
            .build();
        Self {
            client: client.expect("a browser needs nothing"),
            cookies: Mutex::default(),
        }
    }
}

impl Browser {
    /// Opens an address and goes where it leads, until a page or until an address that begins with `until`, which is not opened.
    #[must_use]
    #[track_caller]
    pub fn open(&self, url: &str, until: &str) -> Seen {
        self.go(Method::GET, Url::parse(url).expect("an address"), &[], until)
    }

    /// Sends a form of the page that it is at, and goes where that leads.
    #[must_use]
    #[track_caller]
    pub fn submit(&self, at: &Seen, action: &str, fields: &[(&str, &str)], until: &str) -> Seen {
        let url = at.url.join(action).expect("an address");
        self.go(Method::POST, url, fields, until)
    }

    #[track_caller]
    fn go(&self, method: Method, url: Url, fields: &[(&str, &str)], until: &str) -> Seen {
        let (mut seen, mut next) = self.step(method, url, fields);
        for _ in 0..MOST_STEPS {
            let Some(to) = next else { return seen };
            let to = seen.url.join(&to).expect("an address");
            if !until.is_empty() && to.as_str().starts_with(until) {
                return Seen { url: to, ..seen };
            }
            (seen, next) = self.step(Method::GET, to, &[]);
        }
        panic!("no page after {MOST_STEPS} steps: {seen:?}");
    }

    /// One request: what came, and where it leads.
    fn step(&self, method: Method, url: Url, fields: &[(&str, &str)]) -> (Seen, Option<String>) {
        let place = url.authority().to_owned();
        let mut request = self.client.request(method.clone(), url.clone());
        if method == Method::POST {
            request = request
                .header("origin", url.origin().ascii_serialization())
                .form(fields);
        }
        request = request.header("cookie", self.sent(&place));
        runtime().block_on(async {
            let response = request.send().await.unwrap_or_else(|error| panic!("{url}: {error}"));
            self.keep(&place, &response);
            let status = response.status().as_u16();
            let location = response.headers().get("location").and_then(|value| value.to_str().ok());
            let location = location.map(str::to_owned);
            let text = response.text().await.unwrap_or_else(|error| panic!("{url}: {error}"));
            let seen = Seen { url, status, text };
            let goes_on = seen.text.contains("http-equiv=\"refresh\"");
            let next = location.or_else(|| goes_on.then(|| seen.between("content=\"0;url=", "\"")));
            (seen, next)
        })
    }

    fn sent(&self, place: &str) -> String {
        let cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = cookies.get(place).into_iter().flatten();
        let pairs: Vec<String> = kept.map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    fn keep(&self, place: &str, response: &Response) {
        let mut cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = cookies.entry(place.to_owned()).or_default();
        for cookie in response.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap_or("").split(';').next().unwrap_or("");
            match pair.split_once('=') {
                Some((name, "")) => drop(kept.remove(name)),
                Some((name, value)) => drop(kept.insert(name.to_owned(), value.to_owned())),
                None => {}
            }
        }
    }
}
