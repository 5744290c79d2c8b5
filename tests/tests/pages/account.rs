//! The account page.

use wharf_tests::Chromium;

use crate::site::{PASSWORD, Visitor};

#[test]
fn a_passkey_is_added_renamed_and_removed() {
    let visitor = Visitor::with_app();
    let browser = visitor.browser.press("Add a passkey").shows("Add a passkey");
    browser
        .fill("Name of the passkey", "Laptop")
        .press("Add a passkey")
        .shows("Alice");
    browser
        .fill("New name of Laptop", "Key ring")
        .press("Rename Laptop")
        .says("Key ring");
    browser.shows("Alice");
    visitor.sign_out();
    browser.open("/sign-in").press("Sign in with a passkey").shows("Alice");
    browser.press("Remove Key ring").lacks("Key ring");
    assert!(!browser.offers("Remove Authenticator app"));
    visitor.sign_out();
    browser
        .open("/sign-in")
        .press("Sign in with a passkey")
        .says("The passkey was not accepted");
}

#[test]
fn a_session_is_ended_from_another_browser() {
    let mut visitor = Visitor::with_app();
    let other = Chromium::start(&visitor.site.wharf);
    let code = visitor.code();
    other
        .open("/sign-in")
        .shows("Sign in")
        .fill("User name", &visitor.name)
        .fill("Password", PASSWORD)
        .press("Next")
        .shows("Enter your code")
        .fill("Code from your authenticator", &code)
        .press("Continue")
        .shows("Alice");
    visitor.browser.open("/account").shows("Alice").press_first("End");
    visitor.browser.shows("Alice");
    other.open("/account").shows("Sign in");
    visitor.browser.open("/account").shows("Alice");
    visitor
        .browser
        .press("Sign out everywhere")
        .shows("Signed out everywhere");
    visitor.browser.open("/account").shows("Sign in");
}

#[test]
fn another_password_takes_the_place_of_the_one_before() {
    let visitor = Visitor::with_passkey();
    let browser = visitor.browser.press("Change password").shows("Choose a password");
    browser
        .fill("Password that you have now", PASSWORD)
        .fill("New password", "orange lantern 4")
        .fill("The same again", "orange lantern 4")
        .press("Continue")
        .shows("Alice");
    browser.press("New recovery codes").shows("Keep your recovery codes");
}
