//! Input that is not what it should be: each case says the status, the standard's code and the words of the answer, and nothing is stored of any of them.

mod content;
mod credentials;
mod paths;
mod uploads;

use http::Method;
use wharf_testkit::{Actor, Answer, TestRegistry, TestRepository, TestServer};

/// No answer to bad input is longer than this, however much of it there was.
const LONGEST_ANSWER: usize = 8 * 1024;

/// An installation with an image `v1` in `web`.
struct World {
    server: TestServer,
    registry: TestRegistry,
    owner: Actor,
    web: TestRepository,
}

impl World {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let registry = server.registry("myregistry").await;
        let (owner, web) = (server.owner(), registry.repository("web"));
        web.push_image(&owner, "v1", "layer").await;
        Self {
            server,
            registry,
            owner,
            web,
        }
    }

    /// Sends each case, compares its answer, and then looks whether anything has been stored.
    async fn refuses(&self, cases: impl IntoIterator<Item = Case>) {
        let before = self.server.stored().await;
        for case in cases {
            let answer = case.send(&self.owner, &self.web.host).await;
            let what = format!("{}: {}", case.what, answer.asked.chars().take(200).collect::<String>());
            assert!(
                answer.body.len() <= LONGEST_ANSWER,
                "{what}: {} bytes",
                answer.body.len()
            );
            let found = (answer.status.as_u16(), answer.code(), message(&answer));
            let expected = (case.status, case.code.to_owned(), case.message);
            assert_eq!(found, expected, "{what}");
        }
        assert_eq!(
            self.server.stored().await,
            before,
            "nothing may be stored of what was refused"
        );
        let tags = self.web.get(&self.owner, "tags/list").await.expect(200);
        assert_eq!(tags.at("/tags"), r#"["v1"]"#);
    }
}

fn message(answer: &Answer) -> String {
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    body["errors"][0]["message"].as_str().unwrap_or_default().to_owned()
}

/// A request, and how it is refused.
struct Case {
    what: &'static str,
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    status: u16,
    code: &'static str,
    message: String,
}

impl Case {
    fn new(what: &'static str, method: Method, path: impl Into<String>) -> Self {
        Self {
            what,
            method,
            path: path.into(),
            headers: Vec::new(),
            body: Vec::new(),
            status: 400,
            code: "",
            message: String::new(),
        }
    }

    fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", media_type)
    }

    fn refused(mut self, status: u16, code: &'static str, message: impl Into<String>) -> Self {
        (self.status, self.code, self.message) = (status, code, message.into());
        self
    }

    async fn send(&self, actor: &Actor, host: &str) -> Answer {
        let mut ask = actor.ask(self.method.clone(), &self.path).at(host);
        ask = ask.raw_body(self.body.clone());
        for (name, value) in &self.headers {
            ask = ask.header(name, value);
        }
        ask.send().await
    }
}
