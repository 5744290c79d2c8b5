//! Letting a device in, and `wharf login`.

use std::{fs, os::unix::fs::PermissionsExt, thread, time::Duration};

use serde_json::Value;
use wharf_tests::{Reply, Request, eventually};

use crate::site::{Site, Visitor, text};

/// The client of `az` and `wharf`.
const CLIENT: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

fn ask(site: &Site, endpoint: &str, form: &str) -> Reply {
    let url = format!("{}/{}/oauth2/v2.0/{endpoint}", site.wharf.url(), site.tenant);
    let request = Request::new("POST", url).header("content-type", "application/x-www-form-urlencoded");
    let request = request.body(format!("client_id={CLIENT}&{form}"));
    request
        .trusting(site.wharf.ca().as_deref())
        .send()
        .expect("the server answers")
}

/// What a device is given to begin with.
fn begin(site: &Site) -> Value {
    let reply = ask(
        site,
        "devicecode",
        "scope=https%3A%2F%2Fmanagement.azure.com%2F.default%20offline_access",
    );
    assert_eq!(reply.status, 200, "{}", reply.body);
    serde_json::from_str(&reply.body).expect("it is JSON")
}

fn poll(site: &Site, begun: &Value) -> Reply {
    let code = text(begun, "device_code");
    let form = format!("grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code={code}");
    ask(site, "token", &form)
}

#[test]
fn a_device_is_let_in() {
    let visitor = Visitor::with_passkey();
    let begun = begin(&visitor.site);
    let browser = visitor.browser.open("/device").shows("Connect a device");
    browser
        .fill("Code that the device shows", &text(&begun, "user_code"))
        .press("Next");
    browser.shows("Let this device act for you?");
    browser.press("Yes, let it in").shows("The device is connected");
    let reply = poll(&visitor.site, &begun);
    assert_eq!(reply.status, 200, "{}", reply.body);
}

#[test]
fn a_device_is_not_let_in() {
    let visitor = Visitor::with_passkey();
    let begun = begin(&visitor.site);
    let browser = visitor.browser.open("/device").shows("Connect a device");
    browser.fill("Code that the device shows", "XXXX-XXXX").press("Next");
    browser.says("No device waits with this code").shows("Connect a device");
    browser
        .fill("Code that the device shows", &text(&begun, "user_code"))
        .press("Next");
    browser
        .shows("Let this device act for you?")
        .press("No")
        .shows("Declined");
    let reply = poll(&visitor.site, &begun);
    assert!(
        reply.status == 400 && reply.body.contains("access_denied"),
        "{}",
        reply.body
    );
}

#[test]
fn who_is_not_signed_in_comes_back_to_the_device() {
    let visitor = Visitor::with_passkey();
    visitor.sign_out();
    let browser = visitor.browser.open("/device").shows("Sign in");
    browser.press("Sign in with a passkey").shows("Connect a device");
}

#[test]
fn wharf_login_goes_on_when_the_browser_says_who_it_is() {
    let visitor = Visitor::with_passkey();
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (program, opened) = (folder.path().join("browser"), folder.path().join("opened"));
    let script = format!(
        "#!/bin/sh\nprintf '%s' \"$1\" >{0}.new && mv {0}.new {0}\n",
        opened.display()
    );
    fs::write(&program, script).expect("a script can be written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it can be made a program");
    let cli = visitor.site.wharf.cli();
    let login = cli
        .command()
        .words("login --allow-no-subscriptions --server")
        .arg(visitor.site.wharf.url())
        .env("BROWSER", &program);
    thread::scope(|scope| {
        let login = scope.spawn(move || login.go());
        eventually("wharf login opens the browser", Duration::from_secs(30), || {
            opened.is_file()
        });
        let url = fs::read_to_string(&opened).expect("the address can be read");
        let browser = visitor.browser.open(&url).shows("Choose an account");
        browser.press(&format!("Continue as {}", visitor.name));
        login.join().expect("the command ends").ok();
    });
    let who = cli.run("ad signed-in-user show").ok().json();
    assert_eq!(who["userPrincipalName"], visitor.name.as_str());
}
