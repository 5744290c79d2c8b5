//! Programs of others that sign people in: `openid-client` and `oauth4webapi` of the OpenID community, and Microsoft's MSAL for Python.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;
use wharf_tests::{Options, Run, Visitor, World, node_package, program, relying_party, unique};

const WEB: &str = "https://app.example.test/auth/callback";
const NATIVE: &str = "http://localhost/done";

/// A person with a browser, and an application of each kind.
struct Scene {
    world: World,
    browser: Visitor,
    folder: TempDir,
    given: Value,
}

impl Scene {
    fn new() -> Self {
        let world = World::new(Options::default().tls());
        let (name, upn) = ("Alice Adams", format!("{}@example.com", unique()));
        let make = world.owner.command().words("ad user create --display-name");
        make.arg(name).arg("--user-principal-name").arg(&upn).go().ok();
        let link = format!("ad user invite --id {upn} --query inviteRedeemUrl -o tsv");
        let link = world.owner.run(&link).ok().text().to_owned();
        let mut browser = Visitor::new(&world.wharf);
        browser.enrol(&link);
        let web = format!("ad app create --display-name shop --web-redirect-uris {WEB}");
        let web = world.owner.run(&web).ok().json()["appId"].clone();
        let web = web.as_str().expect("an application has an id").to_owned();
        world.owner.run(&format!("ad sp create --id {web}")).ok();
        let secret = world
            .owner
            .run(&format!("ad app credential reset --id {web}"))
            .ok()
            .json();
        let cert = format!("ad app credential reset --id {web} --create-cert --append");
        let cert = world.owner.run(&cert).ok().json();
        let pem = std::fs::read_to_string(text(&cert["fileWithCertAndPrivateKey"])).expect("the key was written");
        let native = format!(
            "ad app create --display-name tool --public-client-redirect-uris {NATIVE} --is-fallback-public-client"
        );
        let native = world.owner.run(&native).ok().json()["appId"].clone();
        let tenant = world
            .owner
            .run("account show --query tenantId -o tsv")
            .ok()
            .text()
            .to_owned();
        let given = json!({
            "issuer": format!("{}/{tenant}/v2.0", world.wharf.url()),
            "user": {"name": name, "upn": upn},
            "web": {"id": web, "secret": secret["password"], "redirectUri": WEB},
            "native": {"id": native, "redirectUri": NATIVE},
            "pem": pem,
        });
        let folder = TempDir::with_prefix("wharf-party-").expect("a temporary folder can be made");
        Self {
            world,
            browser,
            folder,
            given,
        }
    }

    fn run(&self, run: Run) -> Run {
        let ca = self.world.wharf.ca().expect("the server has TLS");
        run.env("HOME", self.folder.path())
            .env("NODE_EXTRA_CA_CERTS", &ca)
            .env("REQUESTS_CA_BUNDLE", &ca)
            .env("RELYING_PARTY", self.given.to_string())
            .folder(self.folder.path())
    }

    /// Runs one of the scripts with the packages that are installed for them.
    fn node(mut self, script: &str) {
        let modules = node_package("relying-parties").join("node_modules");
        assert!(
            modules.is_dir(),
            "openid-client is missing: run scripts/install-test-tools"
        );
        std::os::unix::fs::symlink(modules, self.folder.path().join("node_modules")).expect("a link can be made");
        for name in ["browser.mjs", script] {
            let source = clients().join("relying-parties").join(name);
            std::fs::copy(source, self.folder.path().join(name)).expect("a script can be copied");
        }
        let run = self.run(Run::new(program::search("node", "install Node.js 20 or newer")).arg(script));
        relying_party(&run, &mut self.browser);
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

#[test]
fn openid_client_signs_people_in_as_a_server_a_program_and_a_device() {
    Scene::new().node("openid-client.mjs");
}

#[test]
fn oauth4webapi_finds_every_answer_as_the_standards_have_it() {
    Scene::new().node("oauth4webapi.mjs");
}

#[test]
fn msal_for_python_signs_people_in_by_code_and_device_and_comes_back_silently() {
    let mut scene = Scene::new();
    let python = program::tools().join("msal/bin/python");
    assert!(python.is_file(), "msal is missing: run scripts/install-test-tools");
    let script = clients().join("msal/relying_party.py");
    let pem = scene.folder.path().join("rsa.pem");
    let make = Run::new(&python).arg(&script).arg("make-certificate").arg(&pem);
    scene.given["rsa"] = json!(pem);
    scene.run(make).go().ok();
    let add = format!(
        "ad app credential reset --id {} --append --cert @{}",
        text(&scene.given["web"]["id"]),
        pem.display()
    );
    scene.world.owner.run(&add).ok();
    let run = scene.run(Run::new(&python).arg(&script));
    relying_party(&run, &mut scene.browser);
}
