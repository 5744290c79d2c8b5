//! The program as a user runs it, against a stand-in server: command line in; requests, output and exit code out.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod account;
mod acr_login;
mod applications;
mod directory;
mod people;
mod registry;
mod resource_group;
mod sign_in;
#[path = "../../../client/tests/it/stand_in.rs"]
mod stand_in;
mod users;

use std::{fmt::Write as _, path::Path, process::Stdio};

use serde_json::json;
use tokio::{io::AsyncWriteExt, process::Command};

use stand_in::StandIn;

const APP: &str = "11111111-1111-1111-1111-111111111111";
const TENANT: &str = "22222222-2222-2222-2222-222222222222";
const SUBSCRIPTION: &str = "33333333-3333-3333-3333-333333333333";
const PASSWORD: &str = "correct-horse-battery";

/// Someone at a shell: a profile of their own, and a server.
struct User {
    server: StandIn,
    home: tempfile::TempDir,
}

/// What a command did.
struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

impl User {
    async fn new() -> Self {
        Self {
            server: StandIn::start().await,
            home: tempfile::tempdir().unwrap(),
        }
    }

    /// Signed in; what was asked for on the way is forgotten.
    async fn signed_in() -> Self {
        let user = Self::new().await;
        user.expect_sign_in(3600);
        let ran = user.run(&user.login_line()).await;
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        // The first command after it fetches a token to keep, for each of the resource manager and Graph.
        user.expect_token(3600);
        user.expect_token(3600);
        user.server.asked();
        user
    }

    fn login_line(&self) -> String {
        format!(
            "login --service-principal -u {APP} -p {PASSWORD} --tenant {TENANT} --server {}",
            self.server.url()
        )
    }

    fn expect_token(&self, expires_in: u32) {
        let endpoint = format!("{}/{TENANT}/oauth2/v2.0/token", self.server.url());
        let discovery = format!("GET /{TENANT}/v2.0/.well-known/openid-configuration");
        self.server.on(&discovery, 200, json!({"token_endpoint": endpoint}));
        let token = json!({"access_token": "the-access-token", "expires_in": expires_in, "token_type": "Bearer"});
        self.server.on(&format!("POST /{TENANT}/oauth2/v2.0/token"), 200, token);
    }

    fn expect_metadata(&self) {
        let url = self.server.url();
        let metadata = json!({
            "name": "Wharf", "resourceManager": url, "microsoftGraphResourceId": url, "suffixes": {"acrLoginServer": ".local"},
            "authentication": {"loginEndpoint": url, "audiences": ["https://arm.example"]},
        });
        self.server
            .on("GET /metadata/endpoints?api-version=2022-09-01", 200, metadata);
    }

    fn expect_sign_in(&self, expires_in: u32) {
        self.expect_metadata();
        self.expect_token(expires_in);
        self.expect_subscriptions(&[(SUBSCRIPTION, "Main")]);
    }

    fn expect_subscriptions(&self, list: &[(&str, &str)]) {
        let one = |(id, name): &(&str, &str)| json!({"id": format!("/subscriptions/{id}"), "subscriptionId": id, "displayName": name, "state": "Enabled", "tenantId": TENANT});
        let list: Vec<_> = list.iter().map(one).collect();
        self.server
            .on("GET /subscriptions?api-version=2022-12-01", 200, json!({"value": list}));
    }

    /// Runs `wharf` with a line that has no quotes in it.
    async fn run(&self, line: &str) -> Ran {
        self.run_words(&line.split(' ').collect::<Vec<_>>(), "").await
    }

    async fn run_words(&self, words: &[&str], stdin: &str) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wharf"));
        command
            .args(words)
            .env_clear()
            .env("HOME", self.home.path())
            .env("WHARF_CONFIG_DIR", self.profile())
            .env("DOCKER_CONFIG", self.home.path().join("docker"))
            .env("XDG_RUNTIME_DIR", self.home.path().join("run"))
            .current_dir(self.home.path());
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        // A command that does not read it may have ended by now.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes()).await;
        let output = child.wait_with_output().await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran {
            code: output.status.code().unwrap(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    fn profile(&self) -> std::path::PathBuf {
        self.home.path().join("profile")
    }

    fn profile_file(&self, name: &str) -> String {
        std::fs::read_to_string(self.profile().join(name)).unwrap()
    }

    /// The requests that came, without those for a token.
    fn requests(&self) -> String {
        let transcript = self.server.transcript();
        let of_interest = transcript
            .lines()
            .filter(|line| !line.contains("openid-configuration") && !line.contains("/token"));
        of_interest.collect::<Vec<_>>().join("\n").replace(SUBSCRIPTION, "{S}")
    }
}

impl Ran {
    /// Exit code, then stdout, then stderr.
    fn transcript(&self) -> String {
        let mut out = format!("exit {}\n", self.code);
        for (name, text) in [("out", &self.stdout), ("err", &self.stderr)] {
            for line in text.lines() {
                writeln!(out, "{name}| {line}").unwrap();
            }
        }
        out
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.transcript()))
    }
}

fn mode(path: &Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions()) & 0o777
}
