//! The directory: discovery, keys, tokens.

use http::Method;
use wharf_testkit::TestServer;

const ARM: &str = "https://management.azure.com";

#[tokio::test]
async fn a_client_finds_the_token_endpoint_from_the_tenant_or_without_one() {
    let server = TestServer::start().await;
    let nobody = server.anonymous();
    for tenant in [server.tenant(), "organizations", "common", "wharf.test"] {
        let path = format!("/{tenant}/v2.0/.well-known/openid-configuration");
        let document = nobody.get(&path).await.expect(200);
        let token_endpoint = format!("https://wharf.test/{tenant}/oauth2/v2.0/token");
        assert_eq!(document.at("/token_endpoint"), token_endpoint);
        assert!(
            document
                .at("/authorization_endpoint")
                .starts_with("https://wharf.test/")
        );
        assert!(document.at("/grant_types_supported").contains("client_credentials"));
    }
    let adfs = nobody.get("/adfs/.well-known/openid-configuration").await.expect(200);
    assert_eq!(adfs.at("/token_endpoint"), "https://wharf.test/adfs/oauth2/token");
    let unknown = nobody
        .get("/nowhere.example/v2.0/.well-known/openid-configuration")
        .await;
    unknown.expect_error(400, "invalid_request");
}

#[tokio::test]
async fn keys_are_public_and_hold_nothing_private() {
    let server = TestServer::start().await;
    for path in [
        format!("/{}/discovery/v2.0/keys", server.tenant()),
        "/adfs/discovery/keys".to_owned(),
    ] {
        let keys = server.anonymous().get(&path).await.expect(200);
        assert_eq!(
            (keys.at("/keys/0/kty"), keys.at("/keys/0/crv")),
            ("EC".into(), "P-256".into())
        );
        assert!(!keys.text().contains("\"d\""), "{}", keys.text());
    }
}

#[tokio::test]
async fn a_service_principal_gets_a_token_in_the_body_by_basic_and_without_naming_its_tenant() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let (id, secret) = owner.user_and_secret();
    let nobody = server.anonymous();
    let scope = format!("{ARM}/.default");
    let form = [("grant_type", "client_credentials"), ("scope", scope.as_str())];
    let with_secret = [&form[..], &[("client_id", id), ("client_secret", secret)]].concat();
    for path in [
        format!("/{}/oauth2/v2.0/token", server.tenant()),
        "/organizations/oauth2/v2.0/token".to_owned(),
        "/adfs/oauth2/token".to_owned(),
    ] {
        let in_body = nobody
            .ask(Method::POST, &path)
            .form(&with_secret)
            .send()
            .await
            .expect(200);
        let by_basic = server
            .basic(id, secret)
            .ask(Method::POST, &path)
            .form(&form)
            .send()
            .await
            .expect(200);
        for answer in [in_body, by_basic] {
            assert_eq!(answer.header("cache-control"), "no-store");
            assert_eq!(
                (answer.at("/token_type"), answer.at("/expires_in")),
                ("Bearer".into(), "3600".into())
            );
            server
                .bearer(&answer.at("/access_token"))
                .get("/subscriptions")
                .await
                .expect(200);
        }
    }
}

#[tokio::test]
async fn a_request_that_makes_no_sense_says_what_is_wrong_with_it() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let (id, secret) = owner.user_and_secret();
    let scope = format!("{ARM}/.default");
    let good = [
        ("grant_type", "client_credentials"),
        ("client_id", id),
        ("client_secret", secret),
        ("scope", scope.as_str()),
    ];
    let ask = |change: &[(&'static str, &'static str)]| {
        let mut form: Vec<(&str, &str)> = good.to_vec();
        for (name, value) in change {
            form.retain(|(known, _)| known != name);
            if !value.is_empty() {
                form.push((name, value));
            }
        }
        let (path, nobody) = (format!("/{}/oauth2/v2.0/token", server.tenant()), server.anonymous());
        let form: Vec<(String, String)> = form.into_iter().map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
        async move {
            let form: Vec<(&str, &str)> = form.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            nobody.ask(Method::POST, &path).form(&form).send().await
        }
    };
    ask(&[]).await.expect(200);
    for (change, status, error, number) in [
        (("grant_type", ""), 400, "invalid_request", "900144"),
        (("grant_type", "password"), 400, "unsupported_grant_type", "70003"),
        (("grant_type", "authorization_code"), 400, "invalid_request", "900144"),
        (("client_id", ""), 400, "invalid_request", "900144"),
        (("client_secret", ""), 400, "invalid_request", "900144"),
        (("client_secret", "wrong"), 401, "invalid_client", "7000215"),
        (("client_id", "nobody"), 401, "invalid_client", "7000215"),
        // Beside a secret; what it is by itself: `assertions.rs`.
        (("client_assertion", "a.b.c"), 400, "invalid_request", "900144"),
        (("scope", ""), 400, "invalid_request", "900144"),
        (("scope", "openid"), 400, "invalid_scope", "1002012"),
        (
            ("scope", "https://vault.example/.default"),
            400,
            "invalid_resource",
            "500011",
        ),
    ] {
        let answer = ask(&[change]).await.expect_error(status, error);
        assert_eq!(answer.at("/error_codes"), format!("[{number}]"), "{change:?}");
        let description = answer.at("/error_description");
        assert!(description.starts_with(&format!("AADSTS{number}: ")), "{description}");
        assert!(!description.contains(secret), "{description}");
    }
    let nowhere = server.anonymous();
    let nowhere = nowhere
        .ask(Method::POST, "/nowhere.example/oauth2/v2.0/token")
        .form(&good)
        .send()
        .await;
    nowhere.expect_error(400, "invalid_request");
    let json = server
        .anonymous()
        .post(&format!("/{}/oauth2/v2.0/token", server.tenant()), "x".into())
        .await;
    json.expect_error(400, "invalid_request");
}

#[tokio::test]
async fn a_wrong_secret_by_basic_is_challenged_with_basic() {
    let server = TestServer::start().await;
    let owner = server.owner();
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let wrong = server.basic(owner.user_and_secret().0, "wrong");
    let answer = wrong.ask(Method::POST, "/adfs/oauth2/token").form(&form).send().await;
    let answer = answer.expect_error(401, "invalid_client");
    assert!(answer.header("www-authenticate").starts_with("Basic "));
}
