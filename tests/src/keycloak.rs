//! A Keycloak of a test's own, with the realm `corp` of `tests/clients/keycloak/corp.json`: its folder and port are nobody else's.

use std::{
    fs,
    os::unix::{fs::symlink, process::CommandExt},
    path::Path,
    process::{Child, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Reply, Request, Run, eventually, free_port, program};

const LIMIT: Duration = Duration::from_secs(120);
/// Little memory, and code compiled for a short life.
const JAVA_OPTS: &str = "-Xms64m -Xmx512m -XX:MaxMetaspaceSize=256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1";

/// A running Keycloak. Ended when dropped.
#[derive(Debug)]
pub struct Keycloak {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl Keycloak {
    /// A Keycloak with people and a group, whose client knows no redirect address yet.
    #[must_use]
    #[track_caller]
    pub fn start() -> Self {
        let folder = TempDir::with_prefix("wharf-keycloak-").expect("a temporary folder can be made");
        fill(folder.path());
        let port = free_port();
        let log = folder.path().join("log");
        let output = fs::File::create(&log).expect("a log can be written");
        let errors = output.try_clone().expect("a file can be shared");
        let mut command = Run::new(folder.path().join("bin/kc.sh"))
            .env("JAVA", program::debian("java", "default-jre-headless"))
            .env("JAVA_OPTS", JAVA_OPTS)
            .words("start --optimized --cache=local --http-enabled=true --http-host=127.0.0.1")
            .arg(format!("--http-port={port}"))
            .arg(format!("--hostname=http://localhost:{port}"))
            .command();
        // kc.sh is a shell that waits for Java: both are to be ended.
        command.process_group(0);
        let process = command.stdin(Stdio::null()).stdout(output).stderr(errors).spawn();
        let mut keycloak = Self {
            process: process.expect("kc.sh starts"),
            port,
            _folder: folder,
        };
        let metadata = format!("{}/.well-known/openid-configuration", keycloak.issuer());
        eventually("Keycloak answers", LIMIT, || {
            if let Some(status) = keycloak.process.try_wait().expect("a child can be asked") {
                let log = fs::read_to_string(&log).unwrap_or_default();
                panic!("Keycloak ended at its start ({status}):\n{log}");
            }
            let asked = Request::new("GET", metadata.as_str()).send();
            asked.is_ok_and(|reply| reply.status == 200)
        });
        keycloak
    }

    /// The realm's issuer.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!("http://localhost:{}/realms/corp", self.port)
    }

    /// The client of the registry.
    #[must_use]
    pub fn client_id(&self) -> &'static str {
        "wharf"
    }

    /// Its secret.
    #[must_use]
    pub fn client_secret(&self) -> &'static str {
        "a secret: with +signs/and=more"
    }

    /// What somebody signs in with.
    #[must_use]
    pub fn password(&self, name: &str) -> String {
        format!("{name} of corp")
    }

    /// Tells the client the only address that it may send people back to.
    #[track_caller]
    pub fn redirect_to(&self, address: &str) {
        let client = self.id_of("clients?clientId=wharf");
        self.change(&format!("clients/{client}"), "redirectUris", json!([address]));
    }

    /// Takes somebody out of all groups.
    #[track_caller]
    pub fn take_out_of_groups(&self, name: &str) {
        let groups = format!("users/{}/groups", self.user(name));
        let group = self.id_of(&groups);
        self.admin("DELETE", &format!("{groups}/{group}"), None);
        assert_eq!(self.admin("GET", &groups, None), json!([]));
    }

    /// Disables somebody's account.
    #[track_caller]
    pub fn disable(&self, name: &str) {
        self.change(&format!("users/{}", self.user(name)), "enabled", json!(false));
    }

    #[track_caller]
    fn user(&self, name: &str) -> String {
        self.id_of(&format!("users?username={name}&exact=true"))
    }

    /// The id of the only thing that a list holds.
    #[track_caller]
    fn id_of(&self, list: &str) -> String {
        let found = self.admin("GET", list, None);
        let only = found.as_array().filter(|all| all.len() == 1);
        let id = only.and_then(|all| all[0]["id"].as_str());
        id.unwrap_or_else(|| panic!("not one thing with an id at {list}: {found}"))
            .to_owned()
    }

    #[track_caller]
    fn change(&self, path: &str, field: &str, value: Value) {
        let mut whole = self.admin("GET", path, None);
        whole[field] = value;
        self.admin("PUT", path, Some(&whole));
    }

    /// A request of the realm's administrator. Their token lasts a minute, so each has a new one.
    #[track_caller]
    fn admin(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let form = "grant_type=password&client_id=admin-cli&username=keeper&password=keeper+of+corp";
        let token = Request::new("POST", format!("{}/protocol/openid-connect/token", self.issuer()))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        let token = answer("a token", token.send());
        let token = token["access_token"].as_str().expect("an access token");
        let address = format!("http://localhost:{}/admin/realms/corp/{path}", self.port);
        let mut request = Request::new(method, address).header("authorization", &format!("Bearer {token}"));
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        answer(path, request.send())
    }
}

impl Drop for Keycloak {
    fn drop(&mut self) {
        if let Some(group) = Pid::from_raw(self.process.id().cast_signed()) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.process.wait();
    }
}

/// What is written to is copied from what `scripts/install-test-tools` has prepared, and the rest is linked.
fn fill(folder: &Path) {
    let installed = program::keycloak();
    for part in ["conf", "lib", "providers", "themes"] {
        symlink(installed.join(part), folder.join(part)).expect("a link can be made");
    }
    // The script takes the folder above its own for Keycloak's.
    for (part, file) in [("bin", "kc.sh"), ("data/h2", "keycloakdb.mv.db")] {
        fs::create_dir_all(folder.join(part)).expect("a folder can be made");
        let file = Path::new(part).join(file);
        fs::copy(installed.join(&file), folder.join(&file)).expect("a file can be copied");
    }
}

/// The body of a good answer; null where there is none.
#[track_caller]
fn answer(what: &str, reply: Result<Reply, reqwest::Error>) -> Value {
    let reply = reply.expect("an answer");
    assert!(matches!(reply.status, 200..=299), "{what}: {reply:?}");
    serde_json::from_str(&reply.body).unwrap_or_default()
}
