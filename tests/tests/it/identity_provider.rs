//! People sign in by a real OpenID Connect provider (npm `oidc-provider`), and get as far as `docker push`.

use std::{
    path::PathBuf,
    process::{Child, Stdio},
    time::Duration,
};

use serde_json::Value;
use wharf_tests::{
    Browser, Client, Docker, Options, Request, Role, Seen, User, World, eventually, free_port, node_package,
};

const CLIENT: &str = "wharf";
const SECRET: &str = "a secret: with +signs/and=more";
/// The client of `wharf` and `az`.
const PROGRAM: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
const REDIRECT: &str = "http://localhost:43210";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A provider that runs, with the file of everybody's groups.
struct Provider {
    process: Child,
    groups: PathBuf,
    _folder: tempfile::TempDir,
}

impl Provider {
    fn start(port: u16, redirect_uri: &str, groups: &str) -> Self {
        let package = node_package("oidc-provider");
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let file = folder.path().join("groups.json");
        std::fs::write(&file, groups).expect("a file can be written");
        let process = std::process::Command::new(wharf_tests::debian("node", "nodejs"))
            .arg(package.join("provider.mjs"))
            .args([&port.to_string(), CLIENT, SECRET, redirect_uri])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let provider = Self {
            process: process.expect("node starts"),
            groups: file,
            _folder: folder,
        };
        let metadata = format!("http://localhost:{port}/.well-known/openid-configuration");
        eventually("the provider answers", Duration::from_secs(30), || {
            Request::new("GET", metadata.as_str())
                .send()
                .is_ok_and(|reply| reply.status == 200)
        });
        provider
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Signs in at the provider's own pages as `name`, and comes back.
fn sign_in(browser: &Browser, base: &str, provider: &str, name: &str) -> Seen {
    let page = browser.open(&format!("{base}/sign-in"), "");
    assert!(page.text.contains("Continue with Corp"), "{}", page.text);
    let token = page.hidden("form_token");
    let fields = [("form_token", token.as_str()), ("return_to", "/account")];
    let mut page = browser.submit(&page, &format!("/sign-in/upstream/{provider}"), &fields, "");
    if page.text.contains("name=\"login\"") {
        let action = page.between("action=\"", "\"");
        let fields = [("prompt", "login"), ("login", name), ("password", "any")];
        page = browser.submit(&page, &action, &fields, "");
    }
    if page.text.contains("value=\"consent\"") {
        let action = page.between("action=\"", "\"");
        page = browser.submit(&page, &action, &[("prompt", "consent")], "");
    }
    page
}

/// The access token of a browser that is signed in.
fn access_token(world: &World, browser: &Browser, base: &str) -> String {
    let query = format!(
        "client_id={PROGRAM}&response_type=code&redirect_uri={REDIRECT}&scope=https%3A%2F%2Fcontainerregistry.azure.net%2F.default&code_challenge={CHALLENGE}&code_challenge_method=S256&state=s"
    );
    let seen = browser.open(&format!("{base}/organizations/oauth2/v2.0/authorize?{query}"), REDIRECT);
    let code = seen.url.query_pairs().find(|(name, _)| name == "code");
    let code = code.unwrap_or_else(|| panic!("no code: {seen:?}")).1.into_owned();
    let form = format!(
        "grant_type=authorization_code&client_id={PROGRAM}&code={code}&redirect_uri={REDIRECT}&code_verifier={VERIFIER}"
    );
    post(world, "/organizations/oauth2/v2.0/token", &form)["access_token"]
        .as_str()
        .expect("an access token")
        .to_owned()
}

fn post(world: &World, path: &str, form: &str) -> Value {
    let reply = Request::new("POST", format!("{}{path}", world.wharf.url()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .expect("an answer");
    assert_eq!(reply.status, 200, "{path}: {}", reply.body);
    serde_json::from_str(&reply.body).expect("JSON")
}

#[test]
fn somebody_signs_in_by_a_real_provider_and_pushes_as_far_as_their_groups_there_go() {
    let world = World::new(Options::default().private_issuers());
    let port = free_port();
    let group = world
        .owner
        .run("ad group create --display-name pushers --mail-nickname pushers")
        .ok()
        .json();
    let id = group["id"].as_str().expect("an id");
    let give = format!(
        "role assignment create --role {} --assignee-object-id {id} --assignee-principal-type Group --scope {}",
        Role::AcrPush.name(),
        world.registry_id
    );
    world.owner.run(&give).ok();
    let secret = tempfile::NamedTempFile::new().expect("a temporary file can be made");
    std::fs::write(secret.path(), format!("{SECRET}\n")).expect("a file can be written");
    let parameters = r#"{"scope":"openid\u0020profile\u0020groups"}"#;
    let create = format!(
        "ad identity-provider create --type oidc -n Corp --domains corp.example --issuer http://localhost:{port} --client-id {CLIENT} --secret-file {} --second-factor trusted --create-users --group-mappings developers=pushers --parameters {parameters}",
        secret.path().display()
    );
    let made = world.owner.run(&create).ok().json();
    let (provider, redirect_uri) = (
        made["id"].as_str().expect("an id"),
        made["redirectUri"].as_str().expect("an address"),
    );
    let base = redirect_uri.split("/sign-in/").next().expect("an address");
    let running = Provider::start(port, redirect_uri, r#"["developers"]"#);

    let browser = Browser::default();
    let account = sign_in(&browser, base, provider, "alice");
    assert_eq!(
        (account.status, account.url.path()),
        (200, "/account"),
        "{}",
        account.text
    );
    assert!(account.text.contains("Somebody called alice"), "{}", account.text);
    let exchange = |token: &str| {
        let service = format!("myregistry.wharf.test:{}", world.wharf.port());
        let form = format!("grant_type=access_token&service={service}&access_token={token}");
        post(&world, "/oauth2/exchange", &form)["refresh_token"]
            .as_str()
            .expect("a refresh token")
            .to_owned()
    };
    let user = User::new(
        "00000000-0000-0000-0000-000000000000",
        exchange(&access_token(&world, &browser, base)),
    );
    Docker::signed_in(&world.endpoint(), &user)
        .push("by-provider:1.0.0")
        .ok();
    // Who is not in the group any more, by the provider's word at the next sign-in, pushes no more.
    std::fs::write(&running.groups, "[]").expect("a file can be written");
    let again = sign_in(&browser, base, provider, "alice");
    assert_eq!(again.status, 200, "{}", again.text);
    crate::spec::refused(Docker::signed_in(&world.endpoint(), &user).push("by-provider:1.0.1"));
    // And without the provider everybody else goes on.
    drop(running);
    let robot = world.principal(Role::AcrPush);
    Docker::signed_in(&world.endpoint(), &robot).push("by-robot:1.0.0").ok();
}
