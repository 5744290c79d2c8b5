//! People, with what they know and what they have.

use std::time::Duration;

use totp_rs::{Builder, Secret};
use wharf_types::time::Clock;

use crate::{Answer, Authenticator, Browser, TestServer};

/// Somebody with a password and a second factor.
pub struct Person {
    /// The server that they belong to.
    pub server: TestServer,
    /// The name to sign in with.
    pub name: String,
    /// The object id.
    pub object_id: String,
    /// The password.
    pub password: String,
    /// The key that the authenticator was given; empty without one.
    pub seed: String,
    /// What opens the door without an authenticator.
    pub recovery_codes: Vec<String>,
    /// The browser that they enrolled with.
    pub browser: Browser,
}

/// The text between two others.
#[track_caller]
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let found = text.split_once(before).and_then(|(_, rest)| rest.split_once(after));
    found
        .unwrap_or_else(|| panic!("nothing between {before} and {after} in {text}"))
        .0
}

/// The code that an authenticator with this key shows now.
pub fn code_of(server: &TestServer, seed: &str) -> String {
    let seed = Secret::try_from_base32(seed).expect("the key is base 32");
    let totp = Builder::new()
        .with_secret(seed)
        .build()
        .expect("the key is long enough");
    let now = server.clock().now().unix_seconds();
    totp.generate(u64::try_from(now).expect("it is after 1970")).to_string()
}

fn recovery_codes(shown: &Answer) -> Vec<String> {
    let page = shown.text();
    let codes = page.split("<li>").skip(1);
    codes
        .map(|rest| rest.split('<').next().unwrap_or("").to_owned())
        .collect()
}

impl TestServer {
    /// A new owner of everything, who followed their link and enrolled an authenticator.
    pub async fn person(&self, name: &str) -> Person {
        let (mut person, page) = self.invited(name).await;
        person.seed = between(&page.text(), "Key: <code>", "</code>").to_owned();
        let code = person.code();
        let shown = person.browser.submit("/enrol/factor", &[("code", &code)]).await;
        person.recovery_codes = recovery_codes(&shown.expect(200));
        person
    }

    /// The same, who enrolled a passkey of this device, and no authenticator.
    pub async fn person_with_passkey(&self, name: &str, device: &mut Authenticator) -> Person {
        let (mut person, page) = self.invited(name).await;
        let given = device.create(&page);
        let shown = person.browser.submit("/enrol/passkey", &given.fields()).await;
        person.recovery_codes = recovery_codes(&shown.expect(200));
        person
    }

    /// Somebody who followed their link and chose a password, and the page that asks them for a second factor.
    pub async fn invited(&self, name: &str) -> (Person, Answer) {
        const PASSWORD: &str = "violet tangent 9";
        let (link, object_id) = self.invitation(name).await;
        let browser = Browser::new(self);
        browser.get(&link).await.expect(200);
        browser.submit(&link, &[]).await.expect(303);
        browser.get("/enrol/password").await.expect(200);
        let chosen = [("password", PASSWORD), ("again", PASSWORD)];
        browser.submit("/enrol/password", &chosen).await.expect(303);
        let page = browser.get("/enrol/factor").await.expect(200);
        let person = Person {
            server: self.clone(),
            name: name.to_owned(),
            object_id,
            password: PASSWORD.to_owned(),
            seed: String::new(),
            recovery_codes: Vec::new(),
            browser,
        };
        (person, page)
    }

    /// The path of a link for somebody who owns everything, and their object id.
    pub async fn invitation(&self, name: &str) -> (String, String) {
        let name = name.parse().expect("the name is one");
        let invited = self
            .app()
            .bootstrap_person(&name, true)
            .await
            .expect("they are invited");
        let link = self.app().invitation_link(&invited.invitation);
        let path = link
            .strip_prefix(&self.app().settings().public.base_url())
            .expect("the link is ours");
        (path.to_owned(), invited.user.id.to_string())
    }
}

impl Person {
    /// The code that their authenticator shows now.
    pub fn code(&self) -> String {
        code_of(&self.server, &self.seed)
    }

    /// Waits until the authenticator shows another code.
    pub fn next_code(&self) -> String {
        self.server.clock().advance(Duration::from_secs(30));
        self.code()
    }

    /// Takes the first step of signing in with a browser, the password; the page that asks for the second factor.
    pub async fn half_way(&self, browser: &Browser, return_to: &str) -> Answer {
        browser.get("/sign-in").await.expect(200);
        let fields = [
            ("name", self.name.as_str()),
            ("password", &self.password),
            ("return_to", return_to),
        ];
        browser.submit("/sign-in", &fields).await.expect(303);
        browser.get("/sign-in/factor").await.expect(200)
    }

    /// Signs in with a browser, password and code; the answer to the code.
    pub async fn sign_in(&self, browser: &Browser, return_to: &str) -> Answer {
        self.half_way(browser, return_to).await;
        let fields = [("code", self.next_code()), ("return_to", return_to.to_owned())];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.submit("/sign-in/factor", &fields).await
    }
}
