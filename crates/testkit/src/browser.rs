//! A person's browser: keeps cookies, sends forms as a page of ours would, and follows nothing by itself.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use http::{HeaderMap, Method, header};

use crate::{Actor, Answer, TestServer};

/// A browser.
pub struct Browser {
    actor: Actor,
    origin: String,
    cookies: Mutex<BTreeMap<String, String>>,
    form_token: Mutex<String>,
}

impl Browser {
    /// A browser that was never here.
    pub fn new(server: &TestServer) -> Self {
        Self {
            actor: server.anonymous(),
            origin: server.app().settings().public.base_url(),
            cookies: Mutex::default(),
            form_token: Mutex::default(),
        }
    }

    /// The same kind of browser somewhere else.
    #[must_use]
    pub fn from(mut self, address: IpAddr) -> Self {
        self.actor = self.actor.from(address);
        self
    }

    /// What it keeps of that name; empty when there is nothing.
    pub fn cookie(&self, name: &str) -> String {
        let cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        cookies.get(name).cloned().unwrap_or_default()
    }

    /// Makes it keep something.
    pub fn set_cookie(&self, name: &str, value: &str) {
        let mut cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        cookies.insert(name.to_owned(), value.to_owned());
    }

    /// The token of the form that it was shown last.
    pub fn form_token(&self) -> String {
        self.form_token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Opens a page.
    pub async fn get(&self, path: &str) -> Answer {
        let ask = self.actor.ask(Method::GET, path).header("cookie", &self.sent());
        self.keep(ask.send().await)
    }

    /// Sends the form of the page that it was shown last.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.form_token();
        let fields = [&[("form_token", token.as_str())], fields].concat();
        self.post(path, &fields, &self.origin).await
    }

    /// Sends a form that it has from that origin.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)], origin: &str) -> Answer {
        let ask = self.actor.ask(Method::POST, path).header("cookie", &self.sent());
        self.keep(ask.header("origin", origin).form(fields).send().await)
    }

    fn sent(&self) -> String {
        let cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    fn keep(&self, answer: Answer) -> Answer {
        self.keep_cookies(&answer.headers);
        let page = answer.text();
        if let Some((_, rest)) = page.split_once("name=\"form_token\" value=\"") {
            let token = rest.split('"').next().unwrap_or("");
            token.clone_into(&mut self.form_token.lock().unwrap_or_else(PoisonError::into_inner));
        }
        answer
    }

    fn keep_cookies(&self, headers: &HeaderMap) {
        let mut cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        for text in headers
            .get_all(header::SET_COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
        {
            let Some((name, value)) = text.split(';').next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            if text.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}
