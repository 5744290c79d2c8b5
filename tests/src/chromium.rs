//! A browser that a test drives as a person does: Debian's Chromium by WebDriver (W3C), without a screen.
//!
//! Every wait is for something and bounded. What a page must be whatever it says is looked at by [`Chromium::page_is_good`].

use std::{
    fs::File,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::{Request, Run, Wharf, eventually, free_port, program};

const LIMIT: Duration = Duration::from_secs(30);
/// What WebDriver calls an element in JSON (§12.2).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// The narrowest window that pages have to fit into, in CSS pixels (WCAG 2.2, 1.4.10).
const NARROW: u32 = 320;

/// A browser with a profile of its own, until it is dropped.
#[derive(Debug)]
pub struct Chromium {
    driver: Child,
    session: String,
    server: String,
    _profile: TempDir,
}

/// Part of a page.
struct Element(String);

/// The public keys of a server's certificates, as Chromium lists those that it trusts whoever signed them. Its own way to trust for a test: an authority is
/// read from the system alone, and passkeys do not work where errors of certificates are waved through.
fn trusted_keys(wharf: &Wharf) -> String {
    let folder = wharf.data().join("tls");
    let hash = |name: &str| {
        let text = std::fs::read(folder.join(name)).expect("the certificate can be read");
        let (_, pem) = x509_parser::pem::parse_x509_pem(&text).expect("it is PEM");
        let certificate = pem.parse_x509().expect("it is a certificate");
        base64(&Sha256::digest(certificate.public_key().raw))
    };
    ["ca.pem", "server.pem"].map(hash).join(",")
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Asks a driver, and returns the value of its answer, or what it says went wrong.
fn ask(method: &str, url: String, body: &Value) -> Result<Value, String> {
    let request = Request::new(method, url).header("content-type", "application/json");
    let request = if method == "POST" {
        request.body(body.to_string())
    } else {
        request
    };
    let reply = request.send().map_err(|error| error.to_string())?;
    let mut answer: Value = serde_json::from_str(&reply.body).map_err(|error| format!("{error}: {}", reply.body))?;
    let value = answer["value"].take();
    if reply.status == 200 {
        Ok(value)
    } else {
        Err(format!("{}: {}", value["error"], value["message"]))
    }
}

impl Chromium {
    /// Starts one that knows a server with TLS, and nothing else.
    #[must_use]
    #[track_caller]
    pub fn start(wharf: &Wharf) -> Self {
        let profile = TempDir::with_prefix("wharf-chromium-").expect("a temporary folder can be made");
        let port = free_port();
        let log = File::create(profile.path().join("driver.log")).expect("a log can be written");
        let driver = Run::new(program::debian("chromedriver", "chromium-driver"))
            .arg(format!("--port={port}"))
            .env("HOME", profile.path())
            .command()
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file can be opened twice"))
            .stderr(log)
            .spawn()
            .expect("chromedriver starts");
        let mut browser = Self {
            driver,
            session: format!("http://127.0.0.1:{port}"),
            server: wharf.url(),
            _profile: profile,
        };
        eventually("chromedriver is ready", LIMIT, || {
            ask("GET", format!("{}/status", browser.session), &Value::Null).is_ok_and(|status| status["ready"] == true)
        });
        browser.begin(&trusted_keys(wharf));
        browser
    }

    fn begin(&mut self, trusted: &str) {
        let options = json!({
            "binary": program::debian("chromium", "chromium"),
            "args": [
                "--headless=new",
                // Chromium's sandbox is not for root, as whom these tests run.
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--no-first-run",
                "--window-size=1024,900",
                format!("--user-data-dir={}", self._profile.path().join("profile").display()),
                format!("--ignore-certificate-errors-spki-list={trusted}"),
            ],
        });
        let wanted = json!({"alwaysMatch": {
            "browserName": "chrome",
            "webauthn:virtualAuthenticators": true,
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"},
        }});
        let begun = ask(
            "POST",
            format!("{}/session", self.session),
            &json!({"capabilities": wanted}),
        );
        let begun = begun.unwrap_or_else(|error| panic!("chromium does not start: {error}"));
        let id = begun["sessionId"].as_str().expect("the session has an id");
        self.session = format!("{}/session/{id}", self.session);
    }

    fn try_post(&self, command: &str, body: &Value) -> Result<Value, String> {
        ask("POST", format!("{}/{command}", self.session), body)
    }

    #[track_caller]
    fn post(&self, command: &str, body: &Value) -> Value {
        self.try_post(command, body)
            .unwrap_or_else(|error| panic!("{command} {body}: {error}"))
    }

    #[track_caller]
    fn get(&self, command: &str) -> Value {
        ask("GET", format!("{}/{command}", self.session), &Value::Null)
            .unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Opens a page: a path of the server, or an address.
    #[track_caller]
    pub fn open(&self, page: &str) -> &Self {
        let url = if page.starts_with('/') {
            format!("{}{page}", self.server)
        } else {
            page.to_owned()
        };
        self.post("url", &json!({"url": url}));
        self
    }

    /// The address of the page.
    #[track_caller]
    #[must_use]
    pub fn url(&self) -> String {
        self.get("url").as_str().unwrap_or_default().to_owned()
    }

    /// Opens a page as a browser does that runs no scripts.
    #[track_caller]
    pub fn open_without_scripts(&self, page: &str) -> &Self {
        let command = "Emulation.setScriptExecutionDisabled";
        self.devtools(command, &json!({"value": true}));
        self.open(page);
        // The page's own do not run any more; ours do again.
        self.devtools(command, &json!({"value": false}));
        self
    }

    /// Waits until a page with this heading is there, and looks whether it is good.
    #[track_caller]
    pub fn shows(&self, heading: &str) -> &Self {
        let script = "return document.readyState === 'complete' ? document.querySelector('h1')?.textContent ?? '' : ''";
        self.wait(heading, || self.try_script(script).is_ok_and(|found| found == heading));
        self.page_is_good();
        self
    }

    /// Waits until the page says this, in its text or its fields.
    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        self.wait(text, || self.is_said(text) == Some(true));
        self
    }

    /// Waits until the page says this no more.
    #[track_caller]
    pub fn lacks(&self, text: &str) -> &Self {
        self.wait(text, || self.is_said(text) == Some(false));
        self
    }

    /// None where there is no page to ask, in between two.
    fn is_said(&self, text: &str) -> Option<bool> {
        let script =
            "return document.body.innerText + [...document.querySelectorAll('input')].map(field => field.value)";
        let said = self.try_script(script).ok()?;
        Some(said.as_str()?.contains(text))
    }

    #[track_caller]
    fn wait(&self, what: &str, holds: impl Fn() -> bool) {
        let began = Instant::now();
        while !holds() {
            assert!(
                began.elapsed() < LIMIT,
                "{what:?} within {LIMIT:?} at {}: {}",
                self.url(),
                self.text()
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// All that the page says.
    #[track_caller]
    #[must_use]
    pub fn text(&self) -> String {
        let text = self.script("return document.body.innerText");
        text.as_str().unwrap_or_default().to_owned()
    }

    fn try_script(&self, script: &str) -> Result<Value, String> {
        self.try_post("execute/sync", &json!({"script": script, "args": []}))
    }

    #[track_caller]
    fn script(&self, script: &str) -> Value {
        self.try_script(script)
            .unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// The one part of the page that an XPath finds.
    #[track_caller]
    fn find(&self, path: &str) -> Element {
        let found = self.try_post("element", &json!({"using": "xpath", "value": path}));
        let found = found.unwrap_or_else(|error| panic!("{path} at {}: {error}\n{}", self.url(), self.text()));
        Element(found[ELEMENT].as_str().expect("an element has an id").to_owned())
    }

    /// The button or link that says this, to people who see and to those who do not.
    #[track_caller]
    fn control(&self, label: &str) -> Element {
        self.find(&format!(
            "//*[self::button or self::a][normalize-space()='{label}' or @aria-label='{label}'][not(ancestor::*[@hidden])]"
        ))
    }

    /// Presses a button or follows a link.
    #[track_caller]
    pub fn press(&self, label: &str) -> &Self {
        let Element(id) = self.control(label);
        self.post(&format!("element/{id}/click"), &json!({}));
        self
    }

    /// Presses the first of several buttons that begin with this, for people who do not see.
    #[track_caller]
    pub fn press_first(&self, label: &str) -> &Self {
        let Element(id) = self.find(&format!("(//button[starts-with(@aria-label, '{label} ')])[1]"));
        self.post(&format!("element/{id}/click"), &json!({}));
        self
    }

    /// Types into the field with this label.
    #[track_caller]
    pub fn fill(&self, label: &str, text: &str) -> &Self {
        let Element(id) = self.find(&format!(
            "//input[@id=//label[normalize-space()='{label}']/@for or @aria-label='{label}']"
        ));
        self.post(&format!("element/{id}/clear"), &json!({}));
        self.post(&format!("element/{id}/value"), &json!({"text": text}));
        self
    }

    /// Whether the page has a button or link that says this, and shows it.
    #[track_caller]
    #[must_use]
    pub fn offers(&self, label: &str) -> bool {
        let path = format!(
            "//*[self::button or self::a][normalize-space()='{label}' or @aria-label='{label}'][not(ancestor::*[@hidden])]"
        );
        let found = self.post("elements", &json!({"using": "xpath", "value": path}));
        found.as_array().is_some_and(|found| !found.is_empty())
    }

    /// Types on the keyboard, wherever the focus is. Keys without a letter are in WebDriver's private area: see [`Chromium::TAB`].
    #[track_caller]
    pub fn keys(&self, text: &str) -> &Self {
        let key = |key: char| {
            [
                json!({"type": "keyDown", "value": key}),
                json!({"type": "keyUp", "value": key}),
            ]
        };
        let actions: Vec<Value> = text.chars().flat_map(key).collect();
        self.post(
            "actions",
            &json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]}),
        );
        self
    }

    /// The key that goes on to the next field.
    pub const TAB: &'static str = "\u{e004}";
    /// The key that sends a form.
    pub const ENTER: &'static str = "\u{e007}";

    /// What has the focus, as its text or its field's name.
    #[track_caller]
    #[must_use]
    pub fn focus(&self) -> String {
        let script = "const at = document.activeElement; return at.name || at.textContent.trim()";
        self.script(script).as_str().unwrap_or_default().to_owned()
    }

    /// Gives the browser a device with passkeys, which verifies its user (WebAuthn Level 2 §11).
    #[track_caller]
    pub fn add_authenticator(&self) -> &Self {
        let authenticator = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
            "isUserConsenting": true, "isUserVerified": true,
        });
        self.post("webauthn/authenticator", &authenticator);
        self
    }

    /// Without errors on the console (violations of the page's own policy are errors), usable whoever uses it by the rules of axe, and readable in a narrow
    /// window without scrolling sideways.
    #[track_caller]
    pub fn page_is_good(&self) {
        let at = self.url();
        let log = self.post("se/log", &json!({"type": "browser"}));
        let log = log.as_array().cloned().unwrap_or_default();
        // A page that says no has a status that says no, which Chromium notes as well.
        let refused = |entry: &Value| {
            let text = entry["message"].as_str().unwrap_or_default();
            entry["source"] == "network" && text.contains("the server responded with a status of 40")
        };
        let errors: Vec<_> = log.iter().filter(|entry| !refused(entry)).collect();
        assert!(errors.is_empty(), "the console at {at}: {errors:#?}");
        let found = self.axe();
        assert!(found.is_empty(), "axe at {at}: {found:#?}");
        self.fits(NARROW, &at);
    }

    fn axe(&self) -> Vec<Value> {
        let file = program::node_package("axe").join("node_modules/axe-core/axe.min.js");
        let source = std::fs::read_to_string(file).expect("axe can be read");
        let run = "const done = arguments[arguments.length - 1];
            axe.run(document).then(found => done(found.violations), error => done([String(error)]))";
        let script = format!("{source};\n{run}");
        let found = self.post("execute/async", &json!({"script": script, "args": []}));
        found.as_array().cloned().unwrap_or_default()
    }

    #[track_caller]
    fn fits(&self, width: u32, at: &str) {
        let metrics = json!({"width": width, "height": 640, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
        let wide = self.script("return document.documentElement.scrollWidth");
        let who =
            "return [...document.querySelectorAll('*')].filter(part => part.getBoundingClientRect().right > arguments[0])
            .map(part => part.outerHTML.slice(0, 200))";
        let who = self.script(who);
        self.devtools("Emulation.clearDeviceMetricsOverride", &json!({}));
        assert!(
            wide.as_u64().is_some_and(|wide| wide <= u64::from(width)),
            "{at} is {wide} wide in a window of {width}: {who:#}"
        );
    }

    #[track_caller]
    fn devtools(&self, command: &str, parameters: &Value) {
        self.post("goog/cdp/execute", &json!({"cmd": command, "params": parameters}));
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // Chromium ends with its session, or with its driver.
        let _ = ask("DELETE", self.session.clone(), &Value::Null);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
