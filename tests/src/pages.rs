//! The sign-in pages, as a browser without script uses them: it keeps cookies and sends the forms that it was shown.

use std::{collections::BTreeMap, path::PathBuf};

use crate::{AuthenticatorApp, Reply, Request, Wharf};

/// A browser at a server's pages.
#[derive(Debug)]
pub struct Pages {
    url: String,
    ca: Option<PathBuf>,
    cookies: BTreeMap<String, String>,
    form_token: String,
}

impl Pages {
    /// A browser that was never here.
    #[must_use]
    pub fn new(wharf: &Wharf) -> Self {
        Self {
            url: wharf.url(),
            ca: wharf.ca(),
            cookies: BTreeMap::new(),
            form_token: String::new(),
        }
    }

    /// Opens a page, of this server or at a whole address.
    #[track_caller]
    pub fn get(&mut self, address: &str) -> Reply {
        let url = if address.starts_with('/') {
            format!("{}{address}", self.url)
        } else {
            address.to_owned()
        };
        self.send(Request::new("GET", url))
    }

    /// Sends the form of the page that it was shown last.
    #[track_caller]
    pub fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let token = [("form_token", self.form_token.as_str())];
        let pairs = token.iter().chain(fields);
        let body: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        let request = Request::new("POST", format!("{}{path}", self.url))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", &self.url)
            .body(body.join("&"));
        self.send(request)
    }

    /// Types a name and a password into the sign-in page; what is answered.
    #[track_caller]
    pub fn sign_in(&mut self, name: &str, password: &str) -> Reply {
        assert_eq!(self.get("/sign-in").status, 200);
        self.submit("/sign-in", &[("name", name), ("password", password)])
    }

    /// Signs in for the first time, and enrols an authenticator.
    #[track_caller]
    pub fn enrol(&mut self, name: &str, password: &str) {
        let answer = self.sign_in(name, password);
        assert_eq!(answer.status, 303, "{}", answer.body);
        assert!(
            answer
                .header("location")
                .is_some_and(|place| place.starts_with("/enrol/factor")),
            "{answer:?}"
        );
        self.enrol_authenticator();
    }

    /// Follows an invitation to its end, with a password and an authenticator: the person is signed in then.
    #[track_caller]
    pub fn accept(&mut self, link: &str, password: &str) {
        let path = url::Url::parse(link).expect("a link is an address").path().to_owned();
        assert_eq!(self.get(&path).status, 200);
        assert_eq!(self.submit(&path, &[]).status, 303);
        assert_eq!(self.get("/enrol/password").status, 200);
        let chosen = self.submit("/enrol/password", &[("password", password), ("again", password)]);
        assert_eq!(chosen.status, 303, "{}", chosen.body);
        self.enrol_authenticator();
    }

    fn enrol_authenticator(&mut self) {
        let page = self.get("/enrol/factor").body;
        let seed = page
            .split_once("Key: <code>")
            .and_then(|(_, rest)| rest.split_once("</code>"));
        let seed = seed.unwrap_or_else(|| panic!("no key in {page}")).0;
        let code = AuthenticatorApp::new(seed).code();
        let shown = self.submit("/enrol/factor", &[("code", &code)]);
        assert_eq!(shown.status, 200, "{}", shown.body);
    }

    /// Lets in the device that shows this code.
    #[track_caller]
    pub fn let_in(&mut self, user_code: &str) -> Reply {
        assert_eq!(self.get("/device").status, 200);
        let shown = self.submit("/device", &[("user_code", user_code)]);
        assert_eq!(shown.status, 200, "{}", shown.body);
        let plain = user_code.replace('-', "");
        self.submit("/device/decide", &[("user_code", &plain), ("decision", "approve")])
    }

    #[track_caller]
    fn send(&mut self, request: Request) -> Reply {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let reply = request
            .header("cookie", &cookies.join("; "))
            .staying()
            .trusting(self.ca.as_deref())
            .send()
            .expect("the server answers");
        for (_, text) in reply.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let Some((name, value)) = text.split(';').next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            if text.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        if let Some((_, rest)) = reply.body.split_once("name=\"form_token\" value=\"") {
            rest.split('"').next().unwrap_or("").clone_into(&mut self.form_token);
        }
        reply
    }
}

fn encoded(value: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._".contains(byte);
    value
        .bytes()
        .map(|byte| {
            if plain(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
