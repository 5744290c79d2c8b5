//! The second factor of people who come by a provider.

use super::*;

#[tokio::test]
async fn somebody_new_is_added_enrols_a_factor_here_and_comes_in_by_it_from_then_on() {
    let corp = Corp::start_with(json!({"createUsers": true})).await;
    let browser = Browser::new(&corp.server);
    let asked = corp.go(&browser, "/device").await;
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("scope", "openid profile email"),
        ("code_challenge_method", "S256"),
        ("tenant", "a b"),
    ] {
        assert_eq!(asked[name], value, "{name}");
    }
    assert_eq!(
        asked["redirect_uri"],
        format!("https://wharf.test/sign-in/callback/{}", corp.id)
    );
    let answer = browser.get(&corp.back(&asked)).await.expect(303);
    let enrol = answer.header("location").to_owned();
    assert_eq!(enrol, "/enrol/factor?return_to=%2Fdevice");
    // Nothing is theirs yet, and there is no password to choose.
    browser.get("/account").await.expect(303);
    let chosen = [("password", "violet tangent 9"), ("again", "violet tangent 9")];
    browser.submit("/enrol/password", &chosen).await.expect(403);
    let page = browser.get(&enrol).await.expect(200).text();
    let seed = between(&page, "Key: <code>", "</code>").to_owned();
    let code = code_of(&corp.server, &seed);
    let fields = [("code", code.as_str()), ("return_to", "/device")];
    let page = browser.submit("/enrol/factor", &fields).await.expect(200).text();
    assert!(page.contains("href=\"/device\""), "{page}");
    browser.get("/device").await.expect(200);
    assert_eq!(corp.user(ALICE).await["displayName"], "Alice Adams");

    let browser = Browser::new(&corp.server);
    let answer = corp.sign_in(&browser).await.expect(303);
    assert_eq!(answer.header("location"), "/sign-in/factor?return_to=%2Faccount");
    browser.get(answer.header("location")).await.expect(200);
    corp.server.clock().advance(Duration::from_secs(30));
    let code = code_of(&corp.server, &seed);
    browser.submit("/sign-in/factor", &[("code", &code)]).await.expect(303);
    browser.get("/account").await.expect(200);
}

#[tokio::test]
async fn the_word_of_a_trusted_provider_on_the_second_factor_suffices_where_it_gives_it() {
    let corp = Corp::start().await;
    corp.provider.say(|said| said.signed = Signed::Rs256);
    let browser = corp.browser().await;
    browser.get("/account").await.expect(200);
    tokens(&corp.server, &browser).await;
    // Asked for a method that says so, its silence is no word.
    corp.change(json!({"secondFactorMethods": ["mfa"], "clientAuthentication": "client_secret_post"}))
        .await;
    let asks = corp.sign_in(&Browser::new(&corp.server)).await.expect(303);
    assert!(asks.header("location").starts_with("/enrol/factor"), "{}", asks.text());
    corp.say(json!({"amr": ["pwd", "mfa"]}));
    corp.browser().await;
}

#[tokio::test]
async fn who_came_by_a_trusted_provider_proves_there_again_what_needs_a_fresh_factor() {
    let corp = Corp::start().await;
    let browser = corp.browser().await;
    browser.get("/device").await.expect(200);
    corp.server.clock().advance(Duration::from_secs(301));
    let to = browser.get("/device").await.expect(303);
    let page = browser.get(to.header("location")).await.expect(200).text();
    assert!(
        page.contains("Confirm that it is you") && page.contains("Corp &#60;3"),
        "{page}"
    );
    let again = [("return_to", "/device"), ("again", "yes")];
    let path = format!("/sign-in/upstream/{}", corp.id);
    let ask = async || {
        let page = browser.submit(&path, &again).await.expect(200).text();
        let address = between(&page, "<a href=\"", "\"").replace("&#38;", "&");
        let query = address.split_once('?').expect("a query").1.to_owned();
        url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect::<BTreeMap<String, String>>()
    };
    let asked = ask().await;
    assert_eq!((asked["prompt"].as_str(), asked["max_age"].as_str()), ("login", "0"));
    // It did not ask: the proof is of five minutes ago.
    browser.get(&corp.back(&asked)).await.expect(502);
    browser.get(to.header("location")).await.expect(200);
    corp.say(json!({"auth_time": corp.now()}));
    let asked = ask().await;
    let answer = browser.get(&corp.back(&asked)).await.expect(303);
    assert_eq!(answer.header("location"), "/device");
    browser.get("/device").await.expect(200);
}

#[tokio::test]
async fn a_passkey_is_the_second_step_of_somebody_who_came_by_a_provider_and_never_the_only_one() {
    let corp = Corp::start_with(json!({"secondFactor": "here", "createUsers": true})).await;
    let mut device = Authenticator::new(&corp.server);
    let browser = Browser::new(&corp.server);
    let answer = corp.sign_in(&browser).await.expect(303);
    assert!(answer.header("location").starts_with("/enrol/factor"));
    let page = browser.get(answer.header("location")).await.expect(200);
    let made = device.create(&page);
    let shown = browser.submit("/enrol/passkey", &made.fields()).await.expect(200);
    assert!(shown.text().contains("recovery"), "{}", shown.text());
    browser.get("/account").await.expect(200);
    // From now on it is asked for after the provider's word.
    let again = Browser::new(&corp.server);
    let answer = corp.sign_in(&again).await.expect(303);
    let page = again.get(answer.header("location")).await.expect(200);
    again.get("/account").await.expect(303);
    let given = device.get(&page);
    again
        .submit("/sign-in/factor/passkey", &given.fields())
        .await
        .expect(303);
    again.get("/account").await.expect(200);
    // Who is gone at the provider does not come in by it alone.
    let alone = Browser::new(&corp.server);
    let page = alone.get("/sign-in").await.expect(200);
    let refused = alone.submit("/sign-in/passkey", &device.get(&page).fields()).await;
    assert!(refused.expect(409).text().contains("by what your organisation has"));
    alone.get("/account").await.expect(303);
}
