//! A browser's request: its cookies, its form, and who it is signed in as.

use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use wharf_app::App;
use wharf_app::identity::{Browser, BrowserSession, Caller, SignInProgress, WebSessionStage};
use wharf_types::secret::Secret;

use super::PageError;
use crate::body::{field, query};

/// What the browser is to keep from now on.
enum Cookie {
    Keep(Secret),
    Forget,
}

pub(in crate::surface) struct Visit {
    pub(in crate::surface) app: App,
    pub(in crate::surface) browser: Browser,
    pub(in crate::surface) query: Vec<(String, String)>,
    form: Vec<(String, String)>,
    session: Option<Secret>,
    form_key: Secret,
    form_key_is_new: bool,
    set_session: Option<Cookie>,
    host: String,
}

/// Where somebody goes who was not on the way to anything.
const HOME: &str = "/account";
const MAX_RETURN: usize = 8 * 1024;

impl Visit {
    pub(in crate::surface) fn new(app: App, caller: Caller, parts: &Parts) -> Self {
        let text = |name| {
            parts
                .headers
                .get(name)
                .and_then(|value: &HeaderValue| value.to_str().ok())
        };
        let browser = Browser::new(caller, text(header::USER_AGENT).unwrap_or(""));
        let secure = app.settings().public.scheme == "https";
        let form_key = cookie(&parts.headers, secure, "form").map(Secret::new);
        let form_key_is_new = form_key.is_none();
        let host = text(header::HOST).or(parts.uri.authority().map(|authority| authority.as_str()));
        Self {
            form_key: form_key.unwrap_or_else(|| app.form_key()),
            form_key_is_new,
            session: cookie(&parts.headers, secure, "session").map(Secret::new),
            query: query(&parts.uri),
            host: host.unwrap_or("").to_owned(),
            form: Vec::new(),
            set_session: None,
            app,
            browser,
        }
    }

    /// Takes a form, if it is of a page of ours (rule 52).
    pub(super) fn hear(&mut self, form: Vec<(String, String)>, headers: &HeaderMap) -> Result<(), PageError> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let same_origin = match text("origin") {
            Some(origin) => {
                let ours = origin == self.app.settings().public.base_url();
                let host = origin.split_once("://").map_or("", |(_, host)| host);
                ours || (!host.is_empty() && host == self.host)
            }
            None => text("sec-fetch-site") == Some("same-origin"),
        };
        let token = field(&form, "form_token").unwrap_or("");
        if !same_origin || self.form_key_is_new || !self.app.form_is_ours(&self.form_key, token) {
            return Err(PageError::Foreign);
        }
        self.form = form;
        Ok(())
    }

    pub(in crate::surface) fn field(&self, name: &str) -> &str {
        field(&self.form, name).unwrap_or("")
    }

    /// What the browser keeps for its forms, by which it is known again.
    pub(super) fn form_key(&self) -> &Secret {
        &self.form_key
    }

    pub(in crate::surface) fn form_token(&self) -> String {
        self.app.form_token(&self.form_key)
    }

    /// Where to go afterwards: a path of our own (rule 53), or the account page.
    pub(super) fn return_to(&self) -> String {
        let asked = field(&self.form, "return_to").or_else(|| field(&self.query, "return_to"));
        asked.filter(|path| is_own_path(path)).unwrap_or(HOME).to_owned()
    }

    /// The session that the browser brings, however far it is.
    pub(in crate::surface) async fn session(&self) -> Result<Option<BrowserSession>, PageError> {
        match &self.session {
            Some(token) => Ok(self.app.browser_session(&self.browser, token).await?),
            None => Ok(None),
        }
    }

    /// The session of somebody who proved who they are; others are sent to do that, and come back to `path`.
    pub(in crate::surface) async fn signed_in(&self, path: &str) -> Result<BrowserSession, PageError> {
        let session = self.session().await?.filter(BrowserSession::is_complete);
        session.ok_or_else(|| PageError::SignIn(with_return("/sign-in", path)))
    }

    /// The same, who showed the second factor lately.
    pub(super) async fn fresh(&self, path: &str) -> Result<BrowserSession, PageError> {
        let session = self.signed_in(path).await?;
        if session.is_fresh(self.browser.caller.now) {
            Ok(session)
        } else {
            Err(PageError::SignIn(with_return("/sign-in/factor", path)))
        }
    }

    /// The session goes on under a new cookie.
    pub(super) fn go_on(&mut self, progress: SignInProgress) -> WebSessionStage {
        self.set_session = Some(Cookie::Keep(progress.token));
        progress.stage
    }

    pub(super) fn forget(&mut self) {
        self.set_session = Some(Cookie::Forget);
    }

    fn secure(&self) -> bool {
        self.app.settings().public.scheme == "https"
    }

    /// Tells the browser what to keep. `__Host-` says: from this host, over TLS, for this host alone; browsers take it over TLS only.
    pub(in crate::surface) fn keep_cookies(&self, response: &mut Response) {
        self.protect(response);
        let (prefix, secure) = if self.secure() {
            ("__Host-", "; Secure")
        } else {
            ("", "")
        };
        let mut keep = |name: &str, value: &str, rest: &str| {
            let text = format!("{prefix}wharf-{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{rest}");
            if let Ok(value) = HeaderValue::from_str(&text) {
                response.headers_mut().append(header::SET_COOKIE, value);
            }
        };
        if self.form_key_is_new {
            keep("form", self.form_key.expose(), "");
        }
        match &self.set_session {
            Some(Cookie::Keep(token)) => keep("session", token.expose(), ""),
            Some(Cookie::Forget) => keep("session", "", "; Max-Age=0"),
            None => {}
        }
    }

    /// What every answer to a browser says, where TLS is (RFC 6797).
    pub(super) fn protect(&self, response: &mut Response) {
        if self.secure() {
            let value = HeaderValue::from_static("max-age=31536000");
            response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, value);
        }
    }
}

/// An address of ours to which `path` is told, so that it leads back there.
pub(in crate::surface) fn with_return(address: &str, path: &str) -> String {
    format!("{address}?return_to={}", utf8_percent_encode(path, NON_ALPHANUMERIC))
}

/// Whether a text is a path of our own origin: what browsers might take for a host of its own is not.
pub(in crate::surface) fn is_own_path(path: &str) -> bool {
    path.len() <= MAX_RETURN
        && path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

fn cookie(headers: &HeaderMap, secure: bool, name: &str) -> Option<String> {
    let name = format!("{}wharf-{name}", if secure { "__Host-" } else { "" });
    let values = headers.get_all(header::COOKIE).iter();
    let mut pairs = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'));
    pairs.find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name && !value.is_empty()).then(|| value.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_back_to_our_own_paths_alone() {
        assert!(is_own_path("/account") && is_own_path("/t/oauth2/v2.0/authorize?a=b%20c"));
        for foreign in [
            "",
            "account",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a b",
            "/a\nb",
        ] {
            assert!(!is_own_path(foreign), "{foreign}");
        }
    }
}
