//! From a link to an account.

use crate::site::Visitor;

#[test]
fn somebody_who_is_invited_sets_up_an_authenticator_app() {
    let visitor = Visitor::with_app();
    let page = visitor.browser.text();
    assert!(
        page.contains(&visitor.name) && page.contains("Authenticator app"),
        "{page}"
    );
    assert!(page.contains("8 recovery codes left"), "{page}");
}

#[test]
fn somebody_who_is_invited_sets_up_a_passkey_and_needs_no_app() {
    let visitor = Visitor::with_passkey();
    let page = visitor.browser.text();
    assert!(page.contains("Laptop") && !page.contains("Authenticator app"), "{page}");
    assert!(page.contains("8 recovery codes left"), "{page}");
    // It is the only factor, and stays.
    assert!(!visitor.browser.offers("Remove Laptop"));
}

#[test]
fn a_password_that_others_would_try_is_refused_with_a_reason() {
    let site = crate::site::Site::shared();
    let (_, link) = site.invited();
    let browser = wharf_tests::Chromium::start(&site.wharf);
    browser.open(&link).press("Begin").shows("Choose a password");
    browser
        .fill("New password", "password123")
        .fill("The same again", "password123")
        .press("Continue")
        .shows("Choose a password");
    assert!(browser.text().contains("try first"), "{}", browser.text());
}

#[test]
fn without_scripts_the_app_alone_is_offered() {
    let visitor = Visitor::invited();
    assert!(visitor.browser.offers("Set up a passkey"));
    let browser = visitor.browser.open_without_scripts("/enrol/factor");
    browser.shows("Set up your second factor");
    assert!(!browser.offers("Set up a passkey") && browser.offers("Continue"));
}

#[test]
fn pages_that_say_no_are_pages_too() {
    let site = crate::site::Site::shared();
    let browser = wharf_tests::Chromium::start(&site.wharf);
    for path in ["/invitation/that-is-none", "/enrol/factor", "/account/nothing"] {
        browser.open(path).shows("There is nothing here");
    }
    browser
        .open("/sign-out")
        .shows("Sign out?")
        .press("Sign out of this browser")
        .shows("Signed out");
}
