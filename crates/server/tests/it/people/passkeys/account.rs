//! Looking after them.

use std::time::Duration;

use wharf_testkit::{Answer, Authenticator, Browser, Person, TestServer, between};

use super::{ALICE, BOB, alone, recorded};

/// Adds a passkey of a device to an account.
async fn add(person: &Person, device: &mut Authenticator, name: &str) -> Answer {
    let page = person.browser.get("/account/passkey").await.expect(200);
    let given = device.create(&page);
    let fields = [&given.fields()[..], &[("name", name)]].concat();
    person.browser.submit("/account/passkey", &fields).await
}

async fn account(person: &Person) -> String {
    person.browser.get("/account").await.expect(200).text()
}

/// The id of the first passkey on the page.
fn first(page: &str) -> String {
    let form = between(page, "action=\"/account/passkey/rename\"", "</form>");
    between(form, "name=\"factor\" value=\"", "\"").to_owned()
}

#[tokio::test]
async fn a_passkey_is_added_renamed_used_and_removed() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let mut device = Authenticator::new(&server);
    add(&alice, &mut device, "Telephone <1>").await.expect(303);
    let page = account(&alice).await;
    assert!(
        page.contains("Telephone &#60;1&#62;") && page.contains("never used"),
        "{page}"
    );
    // The recovery codes are as they were.
    assert!(page.contains("8 recovery codes left"), "{page}");
    alone(&Browser::new(&server), &mut device).await.expect(303);
    let page = account(&alice).await;
    assert!(!page.contains("never used"), "{page}");
    let id = first(&page);
    let fields = [("factor", id.as_str()), ("name", "Key ring")];
    alice
        .browser
        .submit("/account/passkey/rename", &fields)
        .await
        .expect(303);
    assert!(account(&alice).await.contains("Key ring"));
    alice
        .browser
        .submit("/account/factor/remove", &[("factor", &id)])
        .await
        .expect(303);
    assert!(!account(&alice).await.contains("Key ring"));
    alone(&Browser::new(&server), &mut device).await.expect(401);
    // The authenticator is as good as before.
    alice.sign_in(&Browser::new(&server), "/account").await.expect(303);
    assert_eq!(
        recorded(&server, "Microsoft.Directory/users/credentials/write").await,
        4
    );
}

#[tokio::test]
async fn removing_a_factor_ends_what_was_signed_in_with_it() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let mut device = Authenticator::new(&server);
    add(&alice, &mut device, "").await.expect(303);
    let other = Browser::new(&server);
    alone(&other, &mut device).await.expect(303);
    let id = first(&account(&alice).await);
    let fields = [("factor", id.as_str())];
    alice
        .browser
        .submit("/account/factor/remove", &fields)
        .await
        .expect(303);
    alice.browser.get("/account").await.expect(200);
    other.get("/account").await.expect(303);
}

#[tokio::test]
async fn the_last_factor_stays() {
    let server = TestServer::start().await;
    let mut device = Authenticator::new(&server);
    let alice = server.person_with_passkey(ALICE, &mut device).await;
    let page = account(&alice).await;
    assert!(!page.contains("/account/factor/remove"), "{page}");
    let id = first(&page);
    let fields = [("factor", id.as_str())];
    alice
        .browser
        .submit("/account/factor/remove", &fields)
        .await
        .expect(409);
    alone(&Browser::new(&server), &mut device).await.expect(303);
    // With another one it may go.
    let mut another = Authenticator::new(&server);
    add(&alice, &mut another, "").await.expect(303);
    account(&alice).await;
    alice
        .browser
        .submit("/account/factor/remove", &fields)
        .await
        .expect(303);
    alone(&Browser::new(&server), &mut device).await.expect(401);
    alone(&Browser::new(&server), &mut another).await.expect(303);
}

#[tokio::test]
async fn an_authenticator_goes_when_a_passkey_is_there() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let fields = [("factor", "authenticator")];
    account(&alice).await;
    alice
        .browser
        .submit("/account/factor/remove", &fields)
        .await
        .expect(409);
    let mut device = Authenticator::new(&server);
    add(&alice, &mut device, "").await.expect(303);
    account(&alice).await;
    alice
        .browser
        .submit("/account/factor/remove", &fields)
        .await
        .expect(303);
    let browser = Browser::new(&server);
    alice.half_way(&browser, "/account").await;
    let code = [("code", alice.next_code())];
    browser
        .submit("/sign-in/factor", &[("code", &code[0].1)])
        .await
        .expect(401);
}

#[tokio::test]
async fn changes_need_a_factor_of_the_last_five_minutes() {
    let server = TestServer::start().await;
    let alice = server.person(ALICE).await;
    let mut device = Authenticator::new(&server);
    add(&alice, &mut device, "").await.expect(303);
    let page = alice.browser.get("/account/passkey").await.expect(200);
    let late = device.create(&page);
    let id = first(&account(&alice).await);
    server.clock().advance(Duration::from_secs(5 * 60));
    account(&alice).await;
    let fields = [("factor", id.as_str()), ("name", "mine")];
    for (path, fields) in [
        ("/account/passkey", &late.fields()[..]),
        ("/account/passkey/rename", &fields),
        ("/account/factor/remove", &fields),
    ] {
        let answer = alice.browser.submit(path, fields).await.expect(303);
        let location = answer.header("location");
        assert!(location.starts_with("/sign-in/factor?"), "{path}: {location}");
    }
    alice.browser.get("/account/passkey").await.expect(303);
    let page = account(&alice).await;
    assert!(page.contains(&id) && !page.contains("mine"), "{page}");
}

#[tokio::test]
async fn nobody_changes_the_passkeys_of_others() {
    let server = TestServer::start().await;
    let (mut hers, mut his) = (Authenticator::new(&server), Authenticator::new(&server));
    let alice = server.person_with_passkey(ALICE, &mut hers).await;
    let bob = server.person_with_passkey(BOB, &mut his).await;
    let id = first(&account(&alice).await);
    account(&bob).await;
    let fields = [("factor", id.as_str()), ("name", "mine")];
    for path in ["/account/passkey/rename", "/account/factor/remove"] {
        bob.browser.submit(path, &fields).await.expect(404);
    }
    alone(&Browser::new(&server), &mut hers).await.expect(303);
}

#[tokio::test]
async fn there_are_twenty_passkeys_at_most() {
    let server = TestServer::start().await;
    let mut device = Authenticator::new(&server);
    let alice = server.person_with_passkey(ALICE, &mut device).await;
    for _ in 0..19 {
        add(&alice, &mut device, "").await.expect(303);
    }
    add(&alice, &mut device, "").await.expect(409);
}
