//! Somebody's browser: keeps cookies, sends the forms that it is shown, and stops where a client's own address begins.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

use crate::{Reply, Request};

/// A browser, with one person in front of it.
#[derive(Debug)]
pub struct Browser {
    origin: String,
    ca: Option<PathBuf>,
    cookies: BTreeMap<String, String>,
    form_token: String,
}

const PASSWORD: &str = "violet tangent 9";

fn between<'a>(page: &'a str, before: &str, after: &str) -> Option<&'a str> {
    Some(page.split_once(before)?.1.split_once(after)?.0)
}

/// The text of an attribute.
fn plain(text: &str) -> String {
    let text = text.replace("&#38;", "&").replace("&amp;", "&").replace("&#34;", "\"");
    text.replace("&#39;", "'").replace("&#60;", "<").replace("&#62;", ">")
}

/// The hidden fields of a page's form.
fn hidden(page: &str) -> Vec<(String, String)> {
    let inputs = page.split("<input type=\"hidden\" name=\"").skip(1);
    inputs
        .filter_map(|input| {
            let (name, rest) = input.split_once('"')?;
            Some((name.to_owned(), plain(between(rest, "value=\"", "\"")?)))
        })
        .collect()
}

impl Browser {
    /// A browser that was never at this server.
    #[must_use]
    pub fn new(origin: String, ca: Option<PathBuf>) -> Self {
        Self {
            origin,
            ca,
            cookies: BTreeMap::new(),
            form_token: String::new(),
        }
    }

    fn send(&mut self, method: &str, address: &str, form: Option<&[(&str, &str)]>) -> Reply {
        let url = match address.strip_prefix('/') {
            Some(path) => format!("{}/{path}", self.origin),
            None => address.to_owned(),
        };
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request = Request::new(method, url).staying().trusting(self.ca.as_deref());
        request = request.header("cookie", &cookies.join("; "));
        if let Some(fields) = form {
            let body: String = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(fields)
                .finish();
            request = request.header("origin", &self.origin).body(body);
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        let reply = request.send().expect("the server answers");
        for (_, text) in reply.headers.iter().filter(|(name, _)| name == "set-cookie") {
            if let Some((name, value)) = text.split(';').next().and_then(|pair| pair.split_once('=')) {
                if text.contains("Max-Age=0") {
                    self.cookies.remove(name);
                } else {
                    self.cookies.insert(name.to_owned(), value.to_owned());
                }
            }
        }
        if let Some(token) = between(&reply.body, "name=\"form_token\" value=\"", "\"") {
            token.clone_into(&mut self.form_token);
        }
        reply
    }

    #[track_caller]
    fn page(&mut self, address: &str) -> String {
        let reply = self.send("GET", address, None);
        assert_eq!(reply.status, 200, "{address}: {}", reply.body);
        reply.body
    }

    #[track_caller]
    fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let token = self.form_token.clone();
        let fields = [&[("form_token", token.as_str())], fields].concat();
        let reply = self.send("POST", path, Some(&fields));
        assert!(reply.status < 400, "{path}: {} {}", reply.status, reply.body);
        reply
    }

    /// Follows an invitation to its end: the person is signed in, with a second factor shown just now.
    #[track_caller]
    pub fn enrol(&mut self, link: &str) {
        self.page(link);
        let path = link
            .strip_prefix(&self.origin)
            .expect("the link is the server's")
            .to_owned();
        self.submit(&path, &[]);
        self.page("/enrol/password");
        self.submit("/enrol/password", &[("password", PASSWORD), ("again", PASSWORD)]);
        let page = self.page("/enrol/factor");
        let key = between(&page, "Key: <code>", "</code>").expect("the page shows the key");
        let key = Secret::try_from_base32(key).expect("the key is base 32");
        let totp = Builder::new().with_secret(key).build().expect("the key is long enough");
        #[expect(
            clippy::disallowed_methods,
            reason = "the program under test goes by the machine's clock"
        )]
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
        self.submit("/enrol/factor", &[("code", &totp.generate(now.as_secs()).to_string())]);
    }

    /// Opens a client's request, agrees where that is asked for, and says what the client's address is called with.
    #[track_caller]
    pub fn open(&mut self, url: &str) -> Value {
        let mut address = url.to_owned();
        for _ in 0..5 {
            let reply = self.send("GET", &address, None);
            let location = reply.header("location").unwrap_or_default().to_owned();
            if location.starts_with('/') {
                address = location;
            } else if !location.is_empty() {
                return json!({ "location": location });
            } else if reply.body.contains("action=\"/consent\"") {
                let fields = hidden(&reply.body);
                let request = fields.iter().find(|(name, _)| name == "request");
                address = request.map(|(_, value)| value.clone()).unwrap_or_default();
                let fields = fields.iter().filter(|(name, _)| name != "form_token");
                let mut fields: Vec<(&str, &str)> = fields.map(|(name, value)| (&**name, &**value)).collect();
                fields.push(("decision", "yes"));
                self.submit("/consent", &fields);
            } else {
                let form: BTreeMap<String, String> = hidden(&reply.body).into_iter().collect();
                assert!(form.contains_key("state"), "{url}: {}", reply.body);
                return json!({ "form": form });
            }
        }
        panic!("{url} leads nowhere");
    }

    /// Lets a device in.
    #[track_caller]
    pub fn let_in(&mut self, user_code: &str) -> Value {
        self.page("/device");
        self.submit("/device", &[("user_code", user_code)]);
        let plain = user_code.replace('-', "");
        self.submit("/device/decide", &[("user_code", &plain), ("decision", "approve")]);
        json!({})
    }

    /// Signs out as a client asks, and says where the page leads.
    #[track_caller]
    pub fn sign_out(&mut self, url: &str) -> Value {
        let page = self.page(url);
        let fields = hidden(&page);
        let fields = fields.iter().filter(|(name, _)| name != "form_token");
        let fields: Vec<(&str, &str)> = fields.map(|(name, value)| (&**name, &**value)).collect();
        let reply = self.submit("/sign-out", &fields);
        let back = between(&reply.body, "content=\"0;url=", "\"").map(plain);
        json!({ "location": back.expect("the page leads back") })
    }
}
