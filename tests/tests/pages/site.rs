//! A server with TLS, and people who are invited to it.

use std::sync::{
    Arc, Mutex, PoisonError, Weak,
    atomic::{AtomicU32, Ordering},
};

use serde_json::Value;
use wharf_tests::{AuthenticatorApp, Chromium, Cli, Options, Wharf};

pub(crate) const PASSWORD: &str = "violet tangent 9";

/// The server of this run, with its owner at a shell.
pub(crate) struct Site {
    pub(crate) owner: Cli,
    pub(crate) tenant: String,
    pub(crate) wharf: Wharf,
}

impl Site {
    pub(crate) fn shared() -> Arc<Self> {
        static RUNNING: Mutex<Weak<Site>> = Mutex::new(Weak::new());
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.upgrade().unwrap_or_else(|| {
            let wharf = Options::default().tls().start();
            let owner = wharf.owner();
            let accounts = owner.run("account show").ok().json();
            let tenant = accounts["tenantId"].as_str().expect("the account has a tenant");
            let made = Arc::new(Self {
                tenant: tenant.to_owned(),
                owner,
                wharf,
            });
            *running = Arc::downgrade(&made);
            made
        })
    }

    /// Somebody new, and the link that invites them.
    pub(crate) fn invited(&self) -> (String, String) {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let name = format!("u{}@example.com", LAST.fetch_add(1, Ordering::Relaxed));
        self.owner
            .run(&format!(
                "ad user create --display-name Alice --user-principal-name {name} --password Harbour-window-17-lantern"
            ))
            .ok();
        let made = self.owner.run(&format!("ad user invite --id {name}")).ok().json();
        let link = made["inviteRedeemUrl"].as_str().expect("the link is printed");
        (name, link.to_owned())
    }
}

/// Somebody at a browser.
pub(crate) struct Visitor {
    // Dropped in this order: the browser goes before the server, which would wait for what it asks.
    pub(crate) browser: Chromium,
    pub(crate) site: Arc<Site>,
    pub(crate) name: String,
    pub(crate) app: Option<AuthenticatorApp>,
    pub(crate) recovery_codes: Vec<String>,
}

impl Visitor {
    /// Somebody who opened their link, chose a password, and is asked for a second factor.
    pub(crate) fn invited() -> Self {
        let site = Site::shared();
        let (name, link) = site.invited();
        let browser = Chromium::start(&site.wharf);
        browser.add_authenticator();
        browser
            .open(&link)
            .shows("Welcome")
            .press("Begin")
            .shows("Choose a password");
        browser
            .fill("New password", PASSWORD)
            .fill("The same again", PASSWORD)
            .press("Continue")
            .shows("Set up your second factor");
        Self {
            site,
            browser,
            name,
            app: None,
            recovery_codes: Vec::new(),
        }
    }

    /// The same, who has an authenticator app now and is at their account.
    pub(crate) fn with_app() -> Self {
        let mut visitor = Self::invited();
        let page = visitor.browser.text();
        let key = page.split_once("Key: ").expect("the key is shown").1;
        let mut app = AuthenticatorApp::new(key.split_whitespace().next().unwrap_or(""));
        visitor
            .browser
            .fill("Code that the app shows", &app.code())
            .press("Continue");
        visitor.app = Some(app);
        visitor.keep_codes();
        visitor
    }

    /// The same with a passkey, and without an app.
    pub(crate) fn with_passkey() -> Self {
        let mut visitor = Self::invited();
        visitor
            .browser
            .fill("Name of the passkey", "Laptop")
            .press("Set up a passkey");
        visitor.keep_codes();
        visitor
    }

    fn keep_codes(&mut self) {
        self.browser.shows("Keep your recovery codes");
        let page = self.browser.text();
        let is_code = |line: &&str| line.len() == 39 && line.matches('-').count() == 7;
        self.recovery_codes = page.lines().map(str::trim).filter(is_code).map(str::to_owned).collect();
        assert_eq!(self.recovery_codes.len(), 8, "{page}");
        self.browser.press("I have stored them").shows("Alice");
    }

    pub(crate) fn code(&mut self) -> String {
        self.app.as_mut().expect("they have an app").code()
    }

    pub(crate) fn sign_out(&self) -> &Chromium {
        let browser = &self.browser;
        browser
            .open("/account")
            .shows("Alice")
            .press("Sign out")
            .shows("Signed out")
    }

    /// Name and password, at a page that asks for them.
    pub(crate) fn password(&self) -> &Chromium {
        let browser = &self.browser;
        browser
            .shows("Sign in")
            .fill("User name", &self.name)
            .fill("Password", PASSWORD)
            .press("Next")
    }
}

/// A text of an answer in JSON.
pub(crate) fn text(value: &Value, name: &str) -> String {
    let text = value[name].as_str();
    text.unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}
