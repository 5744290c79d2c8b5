//! What a provider answers, and whether it is believed.

use super::*;

#[tokio::test]
async fn an_id_token_has_to_be_right_in_every_part() {
    let corp = Corp::start().await;
    let usual = json!({"auth_time": corp.now()});
    for (change, word) in [
        (json!({"nonce": "other"}), "nonce"),
        (json!({"nonce": null}), "nonce"),
        (json!({"aud": "other"}), "aud"),
        (json!({"aud": [CLIENT, "other"]}), "azp"),
        (json!({"iss": "https://other.example"}), "iss"),
        (json!({"exp": corp.now() - 61}), "exp"),
        (json!({"iat": corp.now() - 3600}), "iat"),
        (json!({"iat": null}), "iat"),
        (json!({"sub": null}), "cannot be read"),
        (json!({"exp": "soon"}), "cannot be read"),
    ] {
        corp.provider.say(|said| said.claims = usual.clone());
        corp.say(change.clone());
        let page = corp.refused(502).await;
        assert!(page.contains(word), "{change}: {page}");
    }
    corp.provider.say(|said| said.claims = usual.clone());
    for (signed, word) in [
        (Signed::Nobody, "cannot be read"),
        (Signed::OtherId, "none of its own"),
        (Signed::OtherKey, "none of its own"),
    ] {
        corp.provider.say(|said| said.signed = signed);
        let page = corp.refused(502).await;
        assert!(page.contains(word), "{signed:?}: {page}");
    }
    corp.provider.say(|said| said.signed = Signed::Es256);
    // What is missing in the token is asked for, and is to be of the same person.
    corp.say(json!({"name": null}));
    corp.provider
        .say(|said| said.userinfo = json!({"sub": "subject-2", "name": "Mallory"}));
    assert!(corp.refused(502).await.contains("somebody else"));
    corp.server
        .owner()
        .get(&format!("/v1.0/users/{ALICE}"))
        .await
        .expect(404);
    corp.provider
        .say(|said| said.userinfo = json!({"sub": "subject-1", "name": "Alice Anders"}));
    corp.browser().await;
    assert_eq!(corp.user(ALICE).await["displayName"], "Alice Anders");
}

#[tokio::test]
async fn an_answer_is_taken_once_in_time_and_from_the_browser_that_began() {
    let corp = Corp::start().await;
    let (alice, mallory) = (Browser::new(&corp.server), Browser::new(&corp.server));
    let asked = corp.go(&alice, "/account").await;
    let back = corp.back(&asked);
    // Mallory's browser cannot take it, and it stays hers.
    mallory.get("/sign-in").await.expect(200);
    mallory.get(&back).await.expect(400);
    Browser::new(&corp.server).get(&back).await.expect(400);
    alice.get(&back).await.expect(303);
    let page = alice.get(&back).await.expect(400).text();
    assert!(
        page.contains("finished already") && page.contains("href=\"/sign-in?"),
        "{page}"
    );
    alice.get("/account").await.expect(200);
    let asked = corp.go(&mallory, "/account").await;
    corp.server.advance(Duration::from_secs(601));
    mallory.get(&corp.back(&asked)).await.expect(400);
    corp.server.run(Job::Expire).await;
    // A code of somebody else's attempt does not fit the verifier of this one.
    let (one, two) = (corp.go(&alice, "/").await, corp.go(&mallory, "/").await);
    let stolen = corp.provider.let_in(&one, corp.now());
    let path = format!("/sign-in/callback/{}?state={}&code={stolen}", corp.id, two["state"]);
    let page = mallory.get(&path).await.expect(502).text();
    assert!(page.contains("does not redeem"), "{page}");
}

#[tokio::test]
async fn an_answer_of_another_provider_is_not_taken_for_this_one() {
    let corp = Corp::start().await;
    let other = json!({
        "@odata.type": "#microsoft.graph.openIdConnectProvider", "displayName": "Evil", "domains": ["corp.example"],
        "issuer": format!("{}/evil", corp.provider.url), "clientId": CLIENT, "clientSecret": "x",
    });
    let evil = corp.server.owner().post(PROVIDERS, other).await.expect(201).at("/id");
    let browser = Browser::new(&corp.server);
    let asked = corp.go(&browser, "/account").await;
    let back = corp.back(&asked);
    browser.get(&back.replace(&corp.id, &evil)).await.expect(400);
    let page = browser
        .get(&format!("{back}&iss=https%3A%2F%2Fevil.example"))
        .await
        .expect(502)
        .text();
    assert!(page.contains("another provider"), "{page}");
    // Where it says that it always names itself, silence is another's.
    corp.provider.say(|said| said.names_issuer = true);
    corp.server.advance(Duration::from_secs(3601));
    let asked = corp.go(&browser, "/account").await;
    browser.get(&corp.back(&asked)).await.expect(502);
    corp.say(json!({"auth_time": corp.now()}));
    let asked = corp.go(&browser, "/account").await;
    let issuer: String = url::form_urlencoded::byte_serialize(corp.provider.url.as_bytes()).collect();
    browser
        .get(&format!("{}&iss={issuer}", corp.back(&asked)))
        .await
        .expect(303);
}

#[tokio::test]
async fn another_node_takes_the_answer() {
    let corp = Corp::start().await;
    let browser = Browser::new(&corp.server);
    let asked = corp.go(&browser, "/account").await;
    let elsewhere = Corp {
        server: corp.server.another_node().await,
        provider: corp.provider.clone(),
        id: corp.id.clone(),
    };
    let moved = Browser::new(&elsewhere.server);
    moved.set_cookie("__Host-wharf-form", &browser.cookie("__Host-wharf-form"));
    moved.get(&elsewhere.back(&asked)).await.expect(303);
    moved.get("/account").await.expect(200);
}

#[tokio::test]
async fn a_provider_that_is_down_or_says_no_leaves_accounts_of_our_own_and_live_tokens_alone() {
    let corp = Corp::start().await;
    let local = corp.server.person("local@example.com").await;
    let browser = corp.browser().await;
    let token = tokens(&corp.server, &browser).await.at("/access_token");
    let asked = corp.go(&Browser::new(&corp.server), "/account").await;
    let declined = Browser::new(&corp.server);
    let state = corp.go(&declined, "/device").await["state"].clone();
    let path = format!(
        "/sign-in/callback/{}?state={state}&error=access_denied&error_description=%3Cscript%3E",
        corp.id
    );
    let page = declined.get(&path).await.expect(403).text();
    assert!(page.contains("access_denied") && !page.contains("script"), "{page}");
    assert!(page.contains("/sign-in?return_to=%2Fdevice"), "{page}");
    assert_eq!(asked["client_id"], CLIENT);
    // What is remembered of it goes on for a while; then it has to answer.
    corp.provider.say(|said| said.down = true);
    corp.server.bearer(&token).get("/subscriptions").await.expect(200);
    corp.server.clock().advance(Duration::from_secs(24 * 3600));
    let late = Browser::new(&corp.server);
    late.get("/sign-in").await.expect(200);
    let page = late
        .submit(&format!("/sign-in/upstream/{}", corp.id), &[])
        .await
        .expect(502)
        .text();
    assert!(page.contains("accounts with a password here can sign in"), "{page}");
    let fresh = Browser::new(&corp.server);
    local.sign_in(&fresh, "/account").await.expect(303);
    fresh.get("/account").await.expect(200);
    corp.provider.stop();
    late.get("/sign-in").await.expect(200);
    corp.server.clock().advance(Duration::from_secs(31));
    late.submit(&format!("/sign-in/upstream/{}", corp.id), &[])
        .await
        .expect(502);
}
