//! Before an application acts for somebody it asks them, once.

use serde_json::json;
use wharf_testkit::{Browser, TestServer};

use super::{Shop, claims, decide, request_of, told};

const ALICE: &str = "alice@example.com";
const ARM: &str = "https://management.azure.com/user_impersonation";
const REGISTRY: &str = "https://containerregistry.azure.net/.default";

#[tokio::test]
async fn a_person_is_asked_once_and_sees_who_asks_and_for_what() {
    let server = TestServer::start().await;
    let (alice, shop) = (server.person(ALICE).await, Shop::new(&server).await);
    let answer = alice.browser.get(&shop.authorize(&[])).await.expect(200);
    let page = answer.text();
    for words in [
        "Shop",
        "app.example",
        &shop.app_id,
        ALICE,
        "See your name",
        "while you are away",
        "number of your account",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(
        !page.contains("Manage registries") && !page.contains("e-mail"),
        "{page}"
    );
    // It stands in no frame, and its form leads nowhere else (rule 53).
    let policy = answer.header("content-security-policy");
    assert!(
        policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"),
        "{policy}"
    );
    assert_eq!(
        (answer.header("x-frame-options"), answer.header("cache-control")),
        ("DENY", "no-store")
    );
    let done = decide(&alice.browser, &page, "yes").await.expect(200);
    assert!(done.text().contains("http-equiv=\"refresh\""), "{}", done.text());
    let answer = alice.browser.get(&request_of(&page)).await.expect(303);
    let tokens = shop.redeem(&told(&answer, "code"), &[]).await.expect(200);
    assert_eq!(claims(&tokens.at("/id_token"))["preferred_username"], ALICE);
    // The next time nobody is asked.
    let again = alice.browser.get(&shop.authorize(&[])).await.expect(303);
    assert_ne!(told(&again, "code"), "");
    // For more they are.
    let more = alice
        .browser
        .get(&shop.authorize(&[("scope", "openid email")]))
        .await
        .expect(200);
    assert!(more.text().contains("See your e-mail address"));
}

#[tokio::test]
async fn no_is_told_to_the_client_and_nothing_is_kept() {
    let server = TestServer::start().await;
    let (alice, shop) = (server.person(ALICE).await, Shop::new(&server).await);
    let page = alice.browser.get(&shop.authorize(&[])).await.expect(200).text();
    let told = decide(&alice.browser, &page, "no").await.expect(200).text();
    assert!(told.contains("https://app.example/back?error=access_denied"), "{told}");
    assert!(told.contains("state=the+state"), "{told}");
    alice.browser.get(&shop.authorize(&[])).await.expect(200);
    // By a form, where the client wants that.
    let mode = [("response_mode", "form_post")];
    let page = alice.browser.get(&shop.authorize(&mode)).await.expect(200).text();
    let told = decide(&alice.browser, &page, "no").await.expect(200).text();
    assert!(told.contains("name=\"error\" value=\"access_denied\""), "{told}");
    let listed = server.owner().get("/v1.0/oauth2PermissionGrants").await.expect(200);
    assert_eq!(listed.entries().len(), 0);
}

#[tokio::test]
async fn a_yes_of_another_page_another_session_or_another_request_is_none() {
    let server = TestServer::start().await;
    let (alice, shop) = (server.person(ALICE).await, Shop::new(&server).await);
    let page = alice.browser.get(&shop.authorize(&[])).await.expect(200).text();
    let session = wharf_testkit::between(&page, "name=\"session\" value=\"", "\"").to_owned();
    let request = request_of(&page);
    let send = async |session: &str, request: &str| {
        let fields = [("session", session), ("request", request), ("decision", "yes")];
        alice.browser.submit("/consent", &fields).await
    };
    send("00000000-0000-0000-0000-000000000001", &request).await.expect(403);
    send("", &request).await.expect(403);
    send(&session, "/account").await.expect(403);
    send(&session, "https://evil.example/").await.expect(403);
    send(&session, &format!("https://evil.example{request}"))
        .await
        .expect(403);
    // What the form brings back is read anew: it agrees to nothing for a client that is not there, or at an address that is not its own.
    send(&session, &shop.authorize(&[("redirect_uri", "https://evil.example/")]))
        .await
        .expect(400);
    send(
        &session,
        &shop.authorize(&[("client_id", "00000000-0000-0000-0000-000000000001")]),
    )
    .await
    .expect(400);
    send(&session, &shop.authorize(&[("scope", "nothing.such")]))
        .await
        .expect(403);
    let token = alice.browser.form_token();
    let fields = [
        ("form_token", token.as_str()),
        ("session", &session),
        ("request", &request),
        ("decision", "yes"),
    ];
    alice
        .browser
        .post("/consent", &fields, "https://evil.example")
        .await
        .expect(403);
    // Who is not signed in signs in.
    let stranger = Browser::new(&server);
    stranger.get("/sign-in").await.expect(200);
    let sent = stranger.submit("/consent", &fields[1..]).await.expect(303);
    assert!(sent.header("location").starts_with("/sign-in?"));
    let listed = server.owner().get("/v1.0/oauth2PermissionGrants").await.expect(200);
    assert_eq!(listed.entries().len(), 0);
}

#[tokio::test]
async fn an_application_gets_tokens_for_what_was_agreed_and_for_nothing_else() {
    let server = TestServer::start().await;
    let (alice, shop) = (server.person(ALICE).await, Shop::new(&server).await);
    // Alice may do everything; the application learns who she is, and no more.
    let tokens = shop.tokens(&alice.browser, "openid offline_access").await;
    assert_eq!(claims(&tokens.at("/access_token"))["scp"], "openid");
    let client = shop.with(&tokens);
    client.get("/subscriptions").await.expect(401);
    client.get("/v1.0/me").await.expect(401);
    let seen = shop.user_info(&tokens.at("/access_token")).await.expect(200).json();
    assert_eq!(seen["sub"], json!(alice.object_id));
    assert_eq!((seen.get("name"), seen.get("email")), (None, None));
    let refresh_token = tokens.at("/refresh_token");
    for more in [ARM, REGISTRY, "https://graph.microsoft.com/.default", "openid profile"] {
        let refused = shop.refresh(&refresh_token, &[("scope", more)]).await;
        let refused = refused.expect_error(400, "invalid_grant");
        assert_eq!(refused.at("/error_codes"), "[65001]", "{more}");
    }
    // A code is worth no more than what it was agreed for either.
    let code = shop.code(&alice.browser, &[("scope", "openid")]).await;
    let refused = shop
        .redeem(&code, &[("scope", ARM)])
        .await
        .expect_error(400, "invalid_grant");
    assert_eq!(refused.at("/error_codes"), "[65001]");
    // Without a scope a refresh token gives what it gave at first, and the family has survived the refusals.
    let again = shop.refresh(&refresh_token, &[]).await.expect(200);
    assert_eq!(again.at("/scope"), "openid offline_access");
    shop.user_info(&again.at("/access_token")).await.expect(200);
}

#[tokio::test]
async fn what_was_agreed_for_the_resource_manager_opens_no_registry() {
    let server = TestServer::start().await;
    let (alice, shop) = (server.person(ALICE).await, Shop::new(&server).await);
    let registry = server.registry("myregistry").await;
    let tokens = shop.tokens(&alice.browser, ARM).await;
    shop.with(&tokens).get("/subscriptions").await.expect(200);
    let exchange = async |token: &str| {
        let fields = [
            ("grant_type", "access_token"),
            ("service", registry.login_server.as_str()),
            ("access_token", token),
        ];
        let nobody = server.anonymous();
        let ask = nobody
            .ask(http::Method::POST, "/oauth2/exchange")
            .at(&registry.login_server);
        ask.form(&fields).send().await
    };
    exchange(&tokens.at("/access_token")).await.expect(401);
    let tokens = shop.tokens(&alice.browser, REGISTRY).await;
    exchange(&tokens.at("/access_token")).await.expect(200);
    shop.with(&tokens).get("/subscriptions").await.expect(401);
}

#[tokio::test]
async fn an_application_may_do_no_more_than_the_person() {
    let server = TestServer::start().await;
    let (alice, shop) = (server.person(ALICE).await, Shop::new(&server).await);
    let tokens = shop.tokens(&alice.browser, ARM).await;
    let client = shop.with(&tokens);
    let roles = format!(
        "{}/providers/Microsoft.Authorization/roleAssignments",
        server.subscription()
    );
    assert_eq!(client.get("/subscriptions").await.expect(200).entries().len(), 1);
    let assigned = server.owner().get(&roles).await.expect(200).entries();
    let own = assigned
        .iter()
        .find(|one| one["properties"]["principalId"] == alice.object_id.as_str());
    let own = own
        .and_then(|one| one["id"].as_str())
        .expect("Alice holds a role")
        .to_owned();
    server.owner().delete(&own).await.expect(200);
    assert_eq!(client.get("/subscriptions").await.expect(200).entries().len(), 0);
}

#[tokio::test]
async fn access_that_is_removed_is_gone_at_once_and_asked_for_anew() {
    let server = TestServer::start().await;
    let (alice, shop) = (server.person(ALICE).await, Shop::new(&server).await);
    let tokens = shop
        .tokens(&alice.browser, &format!("openid offline_access {ARM}"))
        .await;
    shop.with(&tokens).get("/subscriptions").await.expect(200);
    let page = alice.browser.get("/account").await.expect(200).text();
    assert!(page.contains("Shop") && page.contains("Manage registries"), "{page}");
    let fields = [("application", shop.app_id.as_str())];
    alice
        .browser
        .submit("/account/consents/remove", &fields)
        .await
        .expect(303);
    shop.with(&tokens).get("/subscriptions").await.expect(401);
    shop.refresh(&tokens.at("/refresh_token"), &[])
        .await
        .expect_error(400, "invalid_grant");
    let page = alice.browser.get("/account").await.expect(200).text();
    assert!(!page.contains("Shop"), "{page}");
    let asked = alice.browser.get(&shop.authorize(&[])).await.expect(200);
    assert!(asked.text().contains("action=\"/consent\""));
}

#[tokio::test]
async fn an_application_that_is_disabled_or_deleted_acts_for_nobody_any_more() {
    let server = TestServer::start().await;
    let (alice, shop) = (server.person(ALICE).await, Shop::new(&server).await);
    let tokens = shop
        .tokens(&alice.browser, &format!("openid offline_access {ARM}"))
        .await;
    let owner = server.owner();
    let principal = format!("/v1.0/servicePrincipals(appId='{}')", shop.app_id);
    owner
        .patch(&principal, json!({"accountEnabled": false}))
        .await
        .expect(204);
    shop.with(&tokens).get("/subscriptions").await.expect(401);
    shop.refresh(&tokens.at("/refresh_token"), &[])
        .await
        .expect_error(401, "invalid_client");
    alice.browser.get(&shop.authorize(&[])).await.expect(400);
    owner
        .patch(&principal, json!({"accountEnabled": true}))
        .await
        .expect(204);
    shop.with(&tokens).get("/subscriptions").await.expect(200);
    // A service principal that is made anew is not the one that was agreed to.
    owner.delete(&principal).await.expect(204);
    shop.with(&tokens).get("/subscriptions").await.expect(401);
    let asked = alice.browser.get(&shop.authorize(&[])).await.expect(200);
    assert!(asked.text().contains("action=\"/consent\""));
    let tokens = shop.tokens(&alice.browser, ARM).await;
    owner
        .delete(&format!("/v1.0/applications/{}", shop.object_id))
        .await
        .expect(204);
    shop.with(&tokens).get("/subscriptions").await.expect(401);
    alice.browser.get(&shop.authorize(&[])).await.expect(400);
}
