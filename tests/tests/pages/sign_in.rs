//! Signing in.

use wharf_tests::Chromium;

use crate::site::{PASSWORD, Visitor};

#[test]
fn with_a_password_and_a_code() {
    let mut visitor = Visitor::with_app();
    visitor.sign_out();
    visitor.browser.open("/sign-in");
    let code = visitor.code();
    let browser = visitor.password().shows("Enter your code");
    browser
        .fill("Code from your authenticator", &code)
        .press("Continue")
        .shows("Alice");
}

#[test]
fn with_a_password_and_a_passkey() {
    let visitor = Visitor::with_passkey();
    visitor.sign_out();
    visitor.browser.open("/sign-in");
    visitor
        .password()
        .shows("Use your passkey")
        .press("Use a passkey")
        .shows("Alice");
}

#[test]
fn with_a_passkey_alone() {
    let visitor = Visitor::with_passkey();
    visitor.sign_out();
    let browser = visitor.browser.open("/sign-in").shows("Sign in");
    browser.press("Sign in with a passkey").shows("Alice");
    assert!(browser.text().contains(&visitor.name));
}

#[test]
fn with_a_recovery_code_in_the_place_of_a_passkey() {
    let visitor = Visitor::with_passkey();
    visitor.sign_out();
    visitor.browser.open("/sign-in");
    let browser = visitor.password().shows("Use your passkey");
    browser
        .fill("Recovery code", &visitor.recovery_codes[0])
        .press("Continue")
        .shows("Alice");
    assert!(browser.text().contains("7 recovery codes left"));
}

#[test]
fn by_the_keyboard_alone() {
    let mut visitor = Visitor::with_app();
    visitor.sign_out();
    let code = visitor.code();
    let browser = visitor.browser.open("/sign-in").shows("Sign in");
    assert_eq!(browser.focus(), "name");
    browser.keys(&visitor.name).keys(Chromium::TAB);
    assert_eq!(browser.focus(), "password");
    browser.keys(PASSWORD).keys(Chromium::ENTER).shows("Enter your code");
    assert_eq!(browser.focus(), "code");
    browser.keys(&code).keys(Chromium::TAB);
    assert_eq!(browser.focus(), "Continue");
    browser.keys(Chromium::ENTER).shows("Alice");
}

#[test]
fn by_the_keyboard_and_a_passkey_alone() {
    let visitor = Visitor::with_passkey();
    visitor.sign_out();
    let browser = visitor.browser.open("/sign-in").shows("Sign in");
    // Password, the button of the form, the passkey.
    browser.keys(Chromium::TAB).keys(Chromium::TAB).keys(Chromium::TAB);
    assert_eq!(browser.focus(), "Sign in with a passkey");
    browser.keys(Chromium::ENTER).shows("Alice");
}

#[test]
fn what_is_wrong_is_said_on_the_page() {
    let visitor = Visitor::with_app();
    visitor.sign_out();
    let browser = visitor.browser.open("/sign-in").shows("Sign in");
    // No device has a passkey for this server.
    browser.press("Sign in with a passkey").says("No passkey was given");
    browser.page_is_good();
    browser
        .fill("User name", &visitor.name)
        .fill("Password", "not the right one")
        .press("Next")
        .says("is not right, or has to wait");
    browser.shows("Sign in");
    visitor.password().shows("Enter your code");
    browser
        .fill("Code from your authenticator", "000000")
        .press("Continue")
        .says("This code is not right");
    browser.shows("Enter your code");
}
