//! `/oauth2/token`: what is asked in which form, and what is answered.

use std::time::Duration;

use axum::body::{Body, Bytes};
use base64::Engine as _;
use futures_util::stream;
use http::Method;
use serde_json::{Value, json};
use wharf_testkit::{Actor, Answer, TestRegistry, TestRepository, TestServer};

const NIL: &str = "00000000-0000-0000-0000-000000000000";

async fn world() -> (TestServer, TestRegistry, Actor, TestRepository) {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let robot = server.robot_with("AcrPush", &registry).await;
    let web = registry.repository("web");
    (server, registry, robot, web)
}

async fn post(actor: &Actor, host: &str, form: &[(&str, &str)]) -> Answer {
    actor
        .ask(Method::POST, "/oauth2/token")
        .at(host)
        .form(form)
        .send()
        .await
}

/// What a token says that it permits: `web:pull,push`.
fn access(answer: &Answer) -> Vec<String> {
    let token = answer.at("/access_token");
    let payload = token.split('.').nth(1).expect("a token of three parts");
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(payload)
        .expect("base64");
    let claims: Value = serde_json::from_slice(&payload).expect("claims");
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let entry = |entry: &Value| {
        let actions: Vec<_> = entry["actions"].as_array().into_iter().flatten().map(text).collect();
        format!("{}:{}", text(&entry["name"]), actions.join(","))
    };
    claims["access"].as_array().into_iter().flatten().map(entry).collect()
}

#[tokio::test]
async fn an_answer_names_the_token_twice_and_says_how_long_it_lives() {
    let (_server, _registry, robot, web) = world().await;
    let answer = web.token(&robot, &[&web.scope("pull")]).await.expect(200);
    assert_eq!(answer.at("/token"), answer.at("/access_token"));
    assert_eq!(answer.at("/expires_in"), "4500");
    let issued = answer.at("/issued_at");
    assert!(issued.starts_with("2026-11-21T") && issued.ends_with('Z'), "{issued}");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(answer.header("content-type").starts_with("application/json"));
    assert_eq!(answer.at("/token").split('.').count(), 3);
}

#[tokio::test]
async fn no_scope_is_a_login_check() {
    let (server, _registry, robot, web) = world().await;
    let user = robot.user_and_secret().0;
    for host in [web.host.as_str(), server.host()] {
        let path = format!("/oauth2/token?account={user}&client_id=docker&offline_token=true&service={host}");
        let answer = robot.ask(Method::GET, &path).at(host).send().await.expect(200);
        assert_eq!(access(&answer), Vec::<String>::new());
        let token = server.bearer(&answer.at("/token"));
        token.ask(Method::GET, "/v2/").at(host).send().await.expect(200);
        // docker would keep a refresh token in the secret's place.
        assert_eq!(answer.json().get("refresh_token"), None);
        let wrong = server.basic(user, "wrong");
        let refused = wrong.ask(Method::GET, &path).at(host).send().await;
        let refused = refused.expect_error(401, "UNAUTHORIZED");
        assert_eq!(refused.header("cache-control"), "no-store");
        server
            .anonymous()
            .ask(Method::GET, &path)
            .at(host)
            .send()
            .await
            .expect_error(401, "UNAUTHORIZED");
    }
}

#[tokio::test]
async fn scopes_come_repeated_or_in_one_field_and_are_merged() {
    let (server, _registry, robot, web) = world().await;
    for (asked, granted) in [
        (vec!["repository:web:pull"], vec!["web:pull"]),
        (vec!["repository:web:pull,push"], vec!["web:pull,push"]),
        (vec!["repository:web:push,pull"], vec!["web:pull,push"]),
        (
            vec!["repository:web:pull", "repository:api:push"],
            vec!["web:pull", "api:push"],
        ),
        (
            vec!["repository:web:pull repository:api:push"],
            vec!["web:pull", "api:push"],
        ),
        (
            vec!["repository:web:pull repository:web:pull,push"],
            vec!["web:pull,push"],
        ),
        (
            vec!["repository:web:pull", "repository:web:push"],
            vec!["web:pull,push"],
        ),
        // Without the right to it, what is left of `*` is the rest.
        (vec!["repository:web:pull,fly"], vec!["web:pull"]),
        (vec!["repository:web:delete", "repository:api:pull"], vec!["api:pull"]),
        (vec!["repository:web:fly"], vec![]),
        (
            vec!["plugin:web:pull", "repository:WEB:pull", "nonsense", "::", ""],
            vec![],
        ),
        (vec!["registry:catalog:*"], vec!["catalog:*"]),
    ] {
        let by_get = web.token(&robot, &asked).await.expect(200);
        assert_eq!(access(&by_get), granted, "{asked:?}");
        let (user, secret) = robot.user_and_secret();
        let mut form = vec![("grant_type", "password"), ("username", user), ("password", secret)];
        form.extend(asked.iter().map(|scope| ("scope", *scope)));
        let by_post = post(&server.anonymous(), &web.host, &form).await.expect(200);
        assert_eq!(access(&by_post), granted, "{asked:?}");
    }
}

#[tokio::test]
async fn a_star_asks_for_everything_and_gets_what_is_held() {
    let (server, registry, robot, web) = world().await;
    let deleter = server.robot_with("AcrDelete", &registry).await;
    for (actor, held, not) in [
        (&robot, "push", "delete"),
        (&deleter, "delete", "push"),
        (&server.owner(), "delete", "fly"),
    ] {
        let granted = access(&web.token(actor, &[&web.scope("*")]).await.expect(200));
        assert!(granted[0].contains(held) && !granted[0].contains(not), "{granted:?}");
    }
    let nobody = server.robot("nobody").await;
    assert_eq!(
        access(&web.token(&nobody, &[&web.scope("*")]).await.expect(200)),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn more_than_a_hundred_scopes_are_refused() {
    let (_server, _registry, robot, web) = world().await;
    let many: Vec<String> = (0..101).map(|n| format!("repository:web{n}:pull")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    web.token(&robot, &many[..100]).await.expect(200);
    web.token(&robot, &many).await.expect(400);
    web.token(&robot, &[&format!("repository:{}:pull", "a".repeat(8200))])
        .await
        .expect(400);
}

#[tokio::test]
async fn a_form_may_name_its_charset_come_in_chunks_and_hold_fields_that_nobody_knows() {
    let (server, _registry, robot, web) = world().await;
    let (user, secret) = robot.user_and_secret();
    let form = format!(
        "grant_type=password&username={user}&password={secret}&scope=repository:web:pull&tenant=x&foo=bar&foo="
    );
    let nobody = server.anonymous();
    for (content_type, body) in [
        (
            "application/x-www-form-urlencoded; charset=utf-8",
            Body::from(form.clone()),
        ),
        (
            "Application/X-WWW-Form-Urlencoded;charset=UTF-8",
            Body::from(form.clone()),
        ),
        ("application/x-www-form-urlencoded", {
            let pieces = form
                .as_bytes()
                .chunks(7)
                .map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece)));
            Body::from_stream(stream::iter(pieces.collect::<Vec<_>>()))
        }),
    ] {
        let ask = nobody
            .ask(Method::POST, "/oauth2/token?api-version=2021-07-01")
            .at(&web.host);
        let answer = ask.body(content_type, body).send().await.expect(200);
        assert_eq!(access(&answer), ["web:pull"]);
    }
    let ask = nobody.ask(Method::POST, "/oauth2/token").at(&web.host);
    ask.json(&json!({"grant_type": "password"})).send().await.expect(400);
    let ask = nobody
        .ask(Method::POST, "/oauth2/token")
        .at(&web.host)
        .header("content-encoding", "gzip");
    ask.body("application/x-www-form-urlencoded", form.clone())
        .send()
        .await
        .expect(415);
    let ask = nobody.ask(Method::POST, "/oauth2/token").at(&web.host);
    let long = format!("{form}&x={}", "x".repeat(1024 * 1024));
    ask.body("application/x-www-form-urlencoded", long)
        .send()
        .await
        .expect(413);
    nobody
        .ask(Method::PUT, "/oauth2/token")
        .at(&web.host)
        .send()
        .await
        .expect(405);
    post(&nobody, &web.host, &[("grant_type", "device_code")])
        .await
        .expect(400);
    post(&nobody, &web.host, &[]).await.expect(400);
}

async fn refresh_token(robot: &Actor, web: &TestRepository) -> String {
    let (user, secret) = robot.user_and_secret();
    let scope = web.scope("pull");
    let form = [
        ("grant_type", "password"),
        ("username", user),
        ("password", secret),
        ("scope", &scope),
        ("access_type", "offline"),
    ];
    post(robot, &web.host, &form).await.expect(200).at("/refresh_token")
}

#[tokio::test]
async fn a_refresh_token_is_given_when_it_is_asked_for_and_gets_tokens_for_three_hours() {
    let (server, registry, robot, own) = world().await;
    let nobody = server.anonymous();
    for web in [own, registry.repository_at_base(&server, "web")] {
        let refresh = refresh_token(&robot, &web).await;
        let scope = web.scope("pull,push");
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", &refresh),
            ("scope", &scope),
            ("client_id", "docker"),
        ];
        let answer = post(&nobody, &web.host, &form).await.expect(200);
        assert_eq!(access(&answer), ["web:pull,push"]);
        assert_eq!(answer.json().get("refresh_token"), None);
        // As a password, under the nil user name, on the GET and on the registry itself.
        let docker = server.basic(NIL, &refresh);
        assert_eq!(
            access(&web.token(&docker, &[&scope]).await.expect(200)),
            ["web:pull,push"]
        );
        docker.ask(Method::GET, "/v2/").at(&web.host).send().await.expect(200);
        web.push_blob(&docker, "pushed with a refresh token").await;
        // It is no access token, and an access token is no refresh token.
        server
            .bearer(&refresh)
            .ask(Method::GET, "/v2/")
            .at(&web.host)
            .send()
            .await
            .expect(401);
        let access_token = answer.at("/access_token");
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", access_token.as_str()),
        ];
        post(&nobody, &web.host, &form).await.expect_error(401, "UNAUTHORIZED");
        server.advance(Duration::from_secs(3 * 3600 + 61));
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        post(&nobody, &web.host, &form).await.expect_error(401, "UNAUTHORIZED");
        web.token(&docker, &[&scope]).await.expect_error(401, "UNAUTHORIZED");
    }
}

#[tokio::test]
async fn a_refresh_token_is_for_its_own_registry_at_every_host() {
    let (server, registry, _robot, web) = world().await;
    let other = server.registry("another").await;
    let robot = server.robot_with("AcrPush", "/").await;
    let foreign = other.repository("secret");
    foreign.push_image(&robot, "v1", "theirs").await;
    web.push_image(&robot, "v1", "ours").await;
    let refresh = refresh_token(&robot, &web).await;
    let docker = server.basic(NIL, &refresh);
    for elsewhere in [foreign, other.repository_at_base(&server, "secret")] {
        let scope = elsewhere.scope("pull,push");
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.as_str()),
            ("scope", &scope),
        ];
        post(&docker, &elsewhere.host, &form)
            .await
            .expect_error(401, "UNAUTHORIZED");
        elsewhere
            .token(&docker, &[&scope])
            .await
            .expect_error(401, "UNAUTHORIZED");
        elsewhere
            .get(&docker, "tags/list")
            .await
            .expect_error(401, "UNAUTHORIZED");
        elsewhere.upload(&docker).await.expect_error(401, "UNAUTHORIZED");
    }
    // At the base host it lists nothing of others either.
    let ours = json!({"repositories": ["myregistry/web"]});
    let list = |actor: Actor| async move { actor.get("/v2/_catalog").await.expect(200).json() };
    assert_eq!(list(docker.clone()).await, ours);
    let catalog = "registry:catalog:*";
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh.as_str()),
        ("scope", catalog),
    ];
    let by_post = post(&docker, server.host(), &form)
        .await
        .expect(200)
        .at("/access_token");
    assert_eq!(list(server.bearer(&by_post)).await, ours);
    let base = registry.repository_at_base(&server, "web");
    assert_eq!(list(base.bearer(&docker, &[catalog]).await).await, ours);
    let own = web.bearer(&robot, &[catalog]).await;
    assert_eq!(list(own).await, ours);
    let joint = base.bearer(&robot, &[catalog, &base.scope("pull")]).await;
    assert_eq!(list(joint).await, ours);
    let all = base.bearer(&robot, &[catalog]).await;
    assert_eq!(
        list(all).await,
        json!({"repositories": ["another/secret", "myregistry/web"]})
    );
}

#[tokio::test]
async fn a_token_of_the_base_host_opens_nothing_at_a_registrys_own() {
    let (server, registry, robot, web) = world().await;
    let base = registry.repository_at_base(&server, "web");
    let login = base.bearer(&robot, &[]).await;
    login.get("/v2/").await.expect(200);
    for path in ["/v2/", "/v2/_catalog", "/v2/web/tags/list"] {
        login
            .ask(Method::GET, path)
            .at(&web.host)
            .send()
            .await
            .expect_error(401, "UNAUTHORIZED");
    }
    // One that names the registry is the registry's, whichever way it was reached.
    web.push_blob(&base.bearer(&robot, &[&base.scope("pull,push")]).await, "x")
        .await;
}

#[tokio::test]
async fn a_bearer_token_is_no_way_to_another_token() {
    let (server, _registry, robot, web) = world().await;
    let token = web.bearer(&robot, &[&web.scope("pull")]).await;
    web.token(&token, &[&web.scope("push")])
        .await
        .expect_error(401, "UNAUTHORIZED");
    for (grant, field) in [("refresh_token", "refresh_token"), ("password", "password")] {
        let form = [("grant_type", grant), (field, "garbage"), ("username", "someone")];
        post(&server.anonymous(), &web.host, &form)
            .await
            .expect_error(401, "UNAUTHORIZED");
    }
}

#[tokio::test]
async fn at_the_base_host_a_token_is_for_the_registry_that_is_pushed_to() {
    let (server, registry, _robot, _web) = world().await;
    let other = server.registry("another").await;
    let robot = server.robot_with("AcrPush", "/").await;
    let (dst, src) = (
        registry.repository_at_base(&server, "dst"),
        other.repository_at_base(&server, "src"),
    );
    let answer = dst
        .token(&robot, &[&src.scope("pull"), &dst.scope("push,pull")])
        .await
        .expect(200);
    assert_eq!(access(&answer), ["dst:pull,push"]);
    dst.push_blob(&server.bearer(&answer.at("/token")), "x").await;
}

#[tokio::test]
async fn a_flood_of_wrong_secrets_is_told_when_to_come_back() {
    let (server, _registry, robot, web) = world().await;
    let stranger = server.basic(robot.user_and_secret().0, server.owner().user_and_secret().1);
    for ask in 0..100 {
        let answer = web.token(&stranger, &[&web.scope("pull")]).await;
        if answer.status == 401 {
            continue;
        }
        assert!(ask >= 3, "a few mistakes are nobody's flood");
        let answer = answer.expect_error(429, "TOOMANYREQUESTS");
        assert!(
            answer
                .header("retry-after")
                .parse::<u32>()
                .is_ok_and(|seconds| seconds > 0)
        );
        let answer = web
            .get(&stranger, "tags/list")
            .await
            .expect_error(429, "TOOMANYREQUESTS");
        assert!(
            answer
                .header("retry-after")
                .parse::<u32>()
                .is_ok_and(|seconds| seconds > 0)
        );
        // Whoever holds the secret is not kept out.
        web.token(&robot, &[&web.scope("pull")]).await.expect(200);
        return;
    }
    panic!("nobody was slowed");
}
