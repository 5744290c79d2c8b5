//! Passkeys: a second factor, and a sign-in by themselves.

mod account;
mod enrolment;
mod refusals;
mod sign_in;

use wharf_testkit::{Answer, Authenticator, Browser, TestServer};

const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.com";
const HALF_WAY: &str = "/sign-in/factor/passkey";

/// Signs in with the newest passkey of a device alone; the answer to it.
async fn alone(browser: &Browser, device: &mut Authenticator) -> Answer {
    let page = browser.get("/sign-in").await.expect(200);
    browser.submit("/sign-in/passkey", &device.get(&page).fields()).await
}

/// How many records of that kind the journal holds.
async fn recorded(server: &TestServer, operation: &str) -> usize {
    server.run(wharf_app::jobs::Job::SealJournal).await;
    let log = "/providers/Microsoft.Insights/eventtypes/management/values";
    let entries = server.owner().get(log).await.expect(200).entries();
    let of_kind = entries
        .iter()
        .filter(|entry| entry["operationName"]["value"] == operation);
    of_kind.count()
}
