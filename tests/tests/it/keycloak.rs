//! People sign in by a real Keycloak, and get as far as `docker push`.

use wharf_tests::{Browser, Client, Docker, Keycloak, Seen};

use crate::corp::Corp;

/// Keycloak's `preferred_username` has no domain.
const PARAMETERS: &str = r#"--parameters {"claimsMapping":{"userPrincipalName":"email"}}"#;

fn keycloak_and_corp() -> (Keycloak, Corp) {
    let keycloak = Keycloak::start();
    let client = (keycloak.client_id(), keycloak.client_secret());
    let corp = Corp::new(&keycloak.issuer(), client, PARAMETERS);
    keycloak.redirect_to(&corp.redirect_uri);
    (keycloak, corp)
}

/// Fills in Keycloak's login form as alice, and goes where that leads.
fn log_in(keycloak: &Keycloak, browser: &Browser, page: &Seen) -> Seen {
    assert!(page.url.as_str().starts_with(&keycloak.issuer()), "{page:?}");
    let form = page.between("id=\"kc-form-login\"", ">");
    let action = form.split("action=\"").nth(1).and_then(|rest| rest.split('"').next());
    let password = keycloak.password("alice");
    let fields = [("username", "alice"), ("password", password.as_str())];
    browser.submit(page, action.expect("a form has an action"), &fields, "")
}

/// Answers whether the registry may know who one is, which Keycloak asks until it was agreed to.
fn consent(browser: &Browser, page: &Seen, answer: &str) -> Seen {
    assert!(page.text.contains("name=\"accept\""), "{page:?}");
    let (action, code) = (page.between("action=\"", "\""), page.hidden("code"));
    browser.submit(page, &action, &[("code", &code), (answer, "")], "")
}

#[test]
fn somebody_signs_in_by_keycloak_and_pushes_as_far_as_their_groups_there_go() {
    let (keycloak, corp) = keycloak_and_corp();
    let browser = Browser::default();
    let page = log_in(&keycloak, &browser, &corp.leave(&browser));
    // A password alone does not do: a factor of ours is enrolled, unless Keycloak is trusted to ask for one.
    let page = consent(&browser, &page, "accept");
    assert_eq!((page.status, page.url.path()), (200, "/enrol/factor"), "{}", page.text);
    let trust = "ad identity-provider update --id Corp --second-factor trusted";
    corp.world.owner.run(trust).ok();
    let browser = Browser::default();
    let account = log_in(&keycloak, &browser, &corp.leave(&browser));
    assert_eq!(
        (account.status, account.url.path()),
        (200, "/account"),
        "{}",
        account.text
    );
    assert!(account.text.contains("Alice of Corp"), "{}", account.text);
    assert!(account.text.contains("alice@corp.example"), "{}", account.text);
    let (endpoint, alice) = (corp.world.endpoint(), corp.user(&browser));
    Docker::signed_in(&endpoint, &alice).push("by-keycloak:1.0.0").ok();
    // Who is not in the group any more pushes no more from the next sign-in on. Keycloak still knows them, and asks nothing.
    keycloak.take_out_of_groups("alice");
    let again = corp.leave(&browser);
    assert_eq!((again.status, again.url.path()), (200, "/account"), "{}", again.text);
    crate::spec::refused(Docker::signed_in(&endpoint, &alice).push("by-keycloak:1.0.1"));
}

#[test]
fn whoever_keycloak_does_not_let_in_reads_why_there_or_back_here() {
    let (keycloak, corp) = keycloak_and_corp();
    let browser = Browser::default();
    let page = log_in(&keycloak, &browser, &corp.leave(&browser));
    let page = consent(&browser, &page, "cancel");
    assert_eq!(page.status, 403, "{}", page.text);
    assert!(corp.redirect_uri.ends_with(page.url.path()), "{}", page.url);
    assert!(
        page.text.contains("Corp did not let you in (access_denied)."),
        "{}",
        page.text
    );
    // Whoever is disabled there reads it there, and is nobody here.
    keycloak.disable("alice");
    let browser = Browser::default();
    let page = log_in(&keycloak, &browser, &corp.leave(&browser));
    assert!(page.url.as_str().starts_with(&keycloak.issuer()), "{}", page.url);
    assert!(page.text.contains("Account is disabled"), "{}", page.text);
    let users = corp.world.owner.run("ad user list").ok();
    users.never_says("alice@corp.example");
}
