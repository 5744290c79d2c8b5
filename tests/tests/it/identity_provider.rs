//! People sign in by a real OpenID Connect provider (npm `oidc-provider`), and get as far as `docker push`.

use std::{
    path::PathBuf,
    process::{Child, Stdio},
    time::Duration,
};

use wharf_tests::{Browser, Client, Docker, Request, Role, Seen, eventually, free_port, node_package};

use crate::corp::Corp;

const CLIENT: &str = "wharf";
const SECRET: &str = "a secret: with +signs/and=more";

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
fn sign_in(browser: &Browser, corp: &Corp, name: &str) -> Seen {
    let mut page = corp.leave(browser);
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

#[test]
fn somebody_signs_in_by_a_real_provider_and_pushes_as_far_as_their_groups_there_go() {
    let port = free_port();
    let corp = Corp::new(
        &format!("http://localhost:{port}"),
        (CLIENT, SECRET),
        r#"--second-factor trusted --parameters {"scope":"openid\u0020profile\u0020groups"}"#,
    );
    let running = Provider::start(port, &corp.redirect_uri, r#"["developers"]"#);

    let browser = Browser::default();
    let account = sign_in(&browser, &corp, "alice");
    assert_eq!(
        (account.status, account.url.path()),
        (200, "/account"),
        "{}",
        account.text
    );
    assert!(account.text.contains("Somebody called alice"), "{}", account.text);
    let (endpoint, user) = (corp.world.endpoint(), corp.user(&browser));
    Docker::signed_in(&endpoint, &user).push("by-provider:1.0.0").ok();
    // Who is not in the group any more, by the provider's word at the next sign-in, pushes no more.
    std::fs::write(&running.groups, "[]").expect("a file can be written");
    let again = sign_in(&browser, &corp, "alice");
    assert_eq!(again.status, 200, "{}", again.text);
    crate::spec::refused(Docker::signed_in(&endpoint, &user).push("by-provider:1.0.1"));
    // And without the provider everybody else goes on.
    drop(running);
    let robot = corp.world.principal(Role::AcrPush);
    Docker::signed_in(&endpoint, &robot).push("by-robot:1.0.0").ok();
}
