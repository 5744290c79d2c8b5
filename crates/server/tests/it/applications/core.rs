//! What the OpenID Foundation's suite looks at in its Basic OP plan, beside what the other files of this room show (docs/develop/conformance.md).

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use wharf_testkit::TestServer;

use super::{Shop, claims};

const ALICE: &str = "alice@example.com";

/// Somebody with an e-mail address, who has let the application in.
async fn shop(server: &TestServer) -> (wharf_testkit::Person, Shop) {
    (server.person(ALICE).await, Shop::new(server).await)
}

#[tokio::test]
async fn an_id_token_says_who_for_whom_and_when() {
    let server = TestServer::start().await;
    let (alice, shop) = shop(&server).await;
    let tokens = shop.tokens(&alice.browser, "openid profile email").await;
    let id = claims(&tokens.at("/id_token"));
    let issuer = format!("https://wharf.test/{}/v2.0", server.tenant());
    assert_eq!((&id["iss"], &id["aud"]), (&json!(issuer), &json!(shop.app_id)));
    assert_eq!(
        (&id["sub"], &id["nonce"]),
        (&json!(alice.object_id), &json!("the nonce"))
    );
    let now = server.app().environment().clock.now().unix_seconds();
    assert_eq!((id["iat"].as_i64(), id["exp"].as_i64()), (Some(now), Some(now + 3600)));
    assert!(id["auth_time"].as_i64().is_some_and(|at| at <= now));
    assert_eq!(
        (tokens.header("cache-control"), tokens.at("/token_type")),
        ("no-store", "Bearer".to_owned())
    );
    assert_eq!(tokens.json().get("refresh_token"), None);
}

#[tokio::test]
async fn a_request_without_a_nonce_is_answered_without_one() {
    let server = TestServer::start().await;
    let (alice, shop) = shop(&server).await;
    let code = shop.code(&alice.browser, &[("nonce", ""), ("state", "")]).await;
    let tokens = shop.redeem(&code, &[]).await.expect(200);
    assert_eq!(claims(&tokens.at("/id_token")).get("nonce"), None);
}

#[tokio::test]
async fn scopes_decide_what_is_seen_in_whichever_order_they_come() {
    let server = TestServer::start().await;
    let (alice, shop) = shop(&server).await;
    let names = |seen: &Value| {
        let known = ["name", "preferred_username", "email", "address", "phone_number"];
        known
            .into_iter()
            .filter(|name| seen.get(name).is_some())
            .collect::<Vec<_>>()
    };
    for (scope, wanted) in [
        ("openid", vec![]),
        ("openid profile", vec!["name", "preferred_username"]),
        ("profile openid", vec!["name", "preferred_username"]),
        // Nobody here has either; asking is no error.
        ("openid address", vec![]),
        ("openid phone", vec![]),
        ("openid profile email address phone", vec!["name", "preferred_username"]),
    ] {
        let tokens = shop.tokens(&alice.browser, scope).await;
        let seen = shop.user_info(&tokens.at("/access_token")).await.expect(200).json();
        assert_eq!(names(&seen), wanted, "{scope}");
        assert_eq!(names(&claims(&tokens.at("/id_token"))), wanted, "{scope}");
        assert_eq!(seen["sub"], claims(&tokens.at("/id_token"))["sub"]);
    }
}

#[tokio::test]
async fn an_address_is_seen_by_whom_it_was_shown_to() {
    let server = TestServer::start().await;
    let (alice, shop) = shop(&server).await;
    let path = format!("/v1.0/users/{}", alice.object_id);
    server
        .owner()
        .patch(&path, json!({"mail": "alice@mail.example"}))
        .await
        .expect(204);
    let tokens = shop.tokens(&alice.browser, "openid").await;
    assert_eq!(claims(&tokens.at("/id_token")).get("email"), None);
    let tokens = shop.tokens(&alice.browser, "openid email").await;
    assert_eq!(claims(&tokens.at("/id_token"))["email"], "alice@mail.example");
    let seen = shop.user_info(&tokens.at("/access_token")).await.expect(200).json();
    assert_eq!(seen["email"], "alice@mail.example");
}

#[tokio::test]
async fn a_token_is_brought_in_a_header_or_in_a_form_and_in_one_of_them() {
    let server = TestServer::start().await;
    let (alice, shop) = shop(&server).await;
    let tokens = shop.tokens(&alice.browser, "openid profile").await;
    let token = tokens.at("/access_token");
    let path = shop.path("userinfo");
    let bearer = server.bearer(&token);
    bearer.get(&path).await.expect(200);
    bearer.ask(Method::POST, &path).send().await.expect(200);
    let form = [("access_token", token.as_str())];
    let nobody = server.anonymous();
    nobody.ask(Method::POST, &path).form(&form).send().await.expect(200);
    bearer.ask(Method::POST, &path).form(&form).send().await.expect(401);
    // In the address it would be written down everywhere (rule 67).
    nobody.get(&format!("{path}?access_token={token}")).await.expect(401);
    let id_token = server.bearer(&tokens.at("/id_token"));
    let refused = id_token.get(&path).await.expect_error(401, "invalid_token");
    assert!(refused.header("www-authenticate").starts_with("Bearer "));
}

#[tokio::test]
async fn the_time_of_the_sign_in_is_as_old_as_it_is() {
    let server = TestServer::start().await;
    let (alice, shop) = shop(&server).await;
    let first = claims(
        &shop
            .tokens(&alice.browser, "openid profile offline_access")
            .await
            .at("/id_token"),
    );
    server.clock().advance(Duration::from_secs(100));
    let again = claims(
        &shop
            .tokens(&alice.browser, "openid profile offline_access")
            .await
            .at("/id_token"),
    );
    assert_eq!(
        (&again["auth_time"], &again["sub"]),
        (&first["auth_time"], &first["sub"])
    );
    // Who has to sign in again, because it was too long ago or because the client wants it, has a later one.
    for (name, value) in [("max_age", "1"), ("prompt", "login")] {
        let path = shop.authorize(&[(name, value)]);
        let sent = alice.browser.get(&path).await.expect(303);
        let return_to = url::form_urlencoded::parse(sent.header("location").split_once('?').unwrap().1.as_bytes())
            .find(|(key, _)| key == "return_to")
            .unwrap()
            .1
            .into_owned();
        alice.sign_in(&alice.browser, &return_to).await.expect(200);
        let answer = alice.browser.get(&return_to).await.expect(303);
        let tokens = shop.redeem(&super::told(&answer, "code"), &[]).await.expect(200);
        let later = claims(&tokens.at("/id_token"));
        assert!(later["auth_time"].as_i64() > first["auth_time"].as_i64(), "{name}");
    }
}

#[tokio::test]
async fn a_code_that_comes_again_ends_what_it_became_however_late() {
    let server = TestServer::start().await;
    let (alice, shop) = shop(&server).await;
    for wait in [0, 30] {
        let code = shop.code(&alice.browser, &[]).await;
        let tokens = shop.redeem(&code, &[]).await.expect(200);
        server.clock().advance(Duration::from_secs(wait));
        // Whoever is not the client ends nothing.
        shop.redeem(&code, &[("client_secret", "")])
            .await
            .expect_error(401, "invalid_client");
        shop.user_info(&tokens.at("/access_token")).await.expect(200);
        shop.redeem(&code, &[]).await.expect_error(400, "invalid_grant");
        shop.user_info(&tokens.at("/access_token")).await.expect(401);
        shop.refresh(&tokens.at("/refresh_token"), &[])
            .await
            .expect_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn discovery_names_what_there_is_and_every_address_is_of_the_issuer() {
    let server = TestServer::start().await;
    let path = format!("/{}/v2.0/.well-known/openid-configuration", server.tenant());
    let document = server.anonymous().get(&path).await.expect(200).json();
    assert_eq!(
        document["issuer"],
        format!("https://wharf.test/{}/v2.0", server.tenant())
    );
    for (name, value) in document.as_object().unwrap() {
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            assert!(
                value.as_str().unwrap().starts_with("https://wharf.test/"),
                "{name}: {value}"
            );
        }
    }
    assert_eq!(document["response_types_supported"], json!(["code"]));
    assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
    for off in [
        "claims_parameter_supported",
        "request_parameter_supported",
        "request_uri_parameter_supported",
    ] {
        assert_eq!(document[off], json!(false));
    }
    let keys = document["jwks_uri"]
        .as_str()
        .unwrap()
        .strip_prefix("https://wharf.test")
        .unwrap();
    let keys = server.anonymous().get(keys).await.expect(200).json();
    let keys = keys["keys"].as_array().unwrap();
    let mut ids: Vec<&str> = keys.iter().map(|key| key["kid"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), keys.len());
    for key in keys {
        assert_eq!((&key["use"], &key["alg"]), (&json!("sig"), &json!("ES256")));
        assert_eq!(key.get("d"), None);
    }
}

#[tokio::test]
async fn a_client_that_is_a_server_shows_who_it_is_before_it_ends_or_looks_at_anything() {
    let server = TestServer::start().await;
    let (alice, shop) = shop(&server).await;
    let tokens = shop.tokens(&alice.browser, "openid offline_access").await;
    let (access, refresh) = (tokens.at("/access_token"), tokens.at("/refresh_token"));
    let id = ("client_id", shop.app_id.as_str());
    let secret = ("client_secret", shop.secret.as_str());
    let with = |token: &str| [("token", token.to_owned())];
    let look = async |token: &str, shown: &[(&str, &str)]| {
        let [(name, value)] = with(token);
        let fields = [&[(name, value.as_str())], shown].concat();
        shop.ask("introspect", &fields).await
    };
    let seen = look(&access, &[id, secret]).await.expect(200).json();
    assert_eq!(
        (&seen["active"], &seen["client_id"]),
        (&json!(true), &json!(shop.app_id))
    );
    look(&access, &[id]).await.expect_error(400, "invalid_request");
    look(&access, &[id, ("client_secret", "wrong")])
        .await
        .expect_error(401, "invalid_client");
    shop.ask("revoke", &[("token", &refresh), id])
        .await
        .expect_error(401, "invalid_client");
    shop.user_info(&access).await.expect(200);
    // Another client's token is not its to end.
    let other = Shop::present(&server).await;
    let theirs = [("client_id", other.app_id.as_str()), ("client_secret", &other.secret)];
    shop.ask("revoke", &[&[("token", refresh.as_str())], &theirs[..]].concat())
        .await
        .expect(200);
    shop.user_info(&access).await.expect(200);
    shop.ask("revoke", &[("token", &refresh), id, secret]).await.expect(200);
    shop.user_info(&access).await.expect(401);
    assert_eq!(
        look(&access, &[id, secret]).await.expect(200).json(),
        json!({"active": false})
    );
}
