//! `/oauth2/exchange`: a directory token becomes a registry's refresh token, and what that is good for.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use http::Method;
use serde_json::{Value, json};
use wharf_testkit::{Actor, Answer, TestRegistry, TestRepository, TestServer};

const NIL: &str = "00000000-0000-0000-0000-000000000000";
const REGISTRY: &str = "https://containerregistry.azure.net";
const MANAGEMENT: &str = "https://management.azure.com";
const GRAPH: &str = "https://graph.microsoft.com";

async fn world() -> (TestServer, TestRegistry, Actor, TestRepository) {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let robot = server.robot_with("AcrPush", &registry).await;
    let web = registry.repository("web");
    (server, registry, robot, web)
}

async fn post(server: &TestServer, host: &str, path: &str, form: &[(&str, &str)]) -> Answer {
    let nobody = server.anonymous();
    nobody.ask(Method::POST, path).at(host).form(form).send().await
}

async fn exchange(server: &TestServer, host: &str, token: &str) -> Answer {
    let form = [
        ("grant_type", "access_token"),
        ("service", host),
        ("access_token", token),
    ];
    post(server, host, "/oauth2/exchange?api-version=2021-07-01", &form).await
}

async fn refresh_token(server: &TestServer, host: &str, actor: &Actor) -> String {
    let token = actor.token(REGISTRY).await;
    exchange(server, host, &token).await.expect(200).at("/refresh_token")
}

async fn refreshed(server: &TestServer, host: &str, refresh: &str, scope: &str) -> Answer {
    let form = [
        ("grant_type", "refresh_token"),
        ("service", host),
        ("refresh_token", refresh),
        ("scope", scope),
    ];
    post(server, host, "/oauth2/token?api-version=2021-07-01", &form).await
}

fn message(answer: &Answer) -> String {
    answer.at("/errors/0/message")
}

#[tokio::test]
async fn a_directory_token_becomes_a_refresh_token_that_pushes_and_pulls() {
    let (server, _registry, robot, web) = world().await;
    for audience in [REGISTRY, MANAGEMENT] {
        let answer = exchange(&server, &web.host, &robot.token(audience).await)
            .await
            .expect(200);
        assert_eq!(answer.header("cache-control"), "no-store");
        let refresh = answer.at("/refresh_token");
        let token = refreshed(&server, &web.host, &refresh, &web.scope("pull,push"))
            .await
            .expect(200);
        assert_eq!(
            token.json().get("refresh_token"),
            None,
            "a refresh token does not make another"
        );
        web.push_image(&server.bearer(&token.at("/access_token")), "v1", audience)
            .await;
        // As docker has it: a password of the nil user.
        let docker = server.basic(NIL, &refresh);
        web.get(&docker, "manifests/v1").await.expect(200);
    }
}

#[tokio::test]
async fn the_token_can_be_read_as_the_sdks_read_it() {
    let (server, _registry, robot, web) = world().await;
    let refresh = refresh_token(&server, &web.host, &robot).await;
    let parts: Vec<&str> = refresh.split('.').collect();
    assert_eq!(parts.len(), 3);
    // The SDK for Python decodes the payload with the plain alphabet, and takes `exp` from it.
    let payload = STANDARD_NO_PAD.decode(parts[1]).expect("no sign of the other alphabet");
    let claims: Value = serde_json::from_slice(&payload).expect("claims");
    let life = claims["exp"].as_i64().unwrap_or(0) - claims["iat"].as_i64().unwrap_or(0);
    assert_eq!(life, 3 * 3600);
    assert_eq!(
        (&claims["aud"], &claims["grant_type"]),
        (&json!(web.host), &json!("refresh_token"))
    );
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[0]).expect("base64")).expect("a header");
    assert_eq!(
        (&header["alg"], &header["typ"]),
        (&json!("ES256"), &json!("wharf-registry-refresh+jwt"))
    );
}

#[tokio::test]
async fn it_lives_for_three_hours_whatever_is_done_with_it() {
    let (server, _registry, robot, web) = world().await;
    let refresh = refresh_token(&server, &web.host, &robot).await;
    server.advance(Duration::from_secs(3 * 3600 - 120));
    refreshed(&server, &web.host, &refresh, &web.scope("pull"))
        .await
        .expect(200);
    server.advance(Duration::from_secs(120 + 61));
    let ended = refreshed(&server, &web.host, &refresh, &web.scope("pull")).await;
    assert!(message(&ended.expect_error(401, "UNAUTHORIZED")).contains("log in again"));
    web.get(&server.basic(NIL, &refresh), "tags/list").await.expect(401);
}

#[tokio::test]
async fn each_way_to_ask_gives_the_same_and_the_tenant_has_to_be_right() {
    let (server, registry, robot, web) = world().await;
    let token = robot.token(REGISTRY).await;
    let tenant = server.tenant().to_owned();
    let by_path = format!("{}/{}", server.host(), registry.name);
    for (host, service) in [
        (web.host.as_str(), web.host.as_str()),
        (web.host.as_str(), "whatever the client takes it for"),
        (server.host(), web.host.as_str()),
        (server.host(), by_path.as_str()),
    ] {
        for (grant, tenant) in [
            ("access_token", tenant.as_str()),
            ("access_token", "organizations"),
            ("access_token_refresh_token", server.host()),
        ] {
            let form = [
                ("grant_type", grant),
                ("service", service),
                ("tenant", tenant),
                ("access_token", token.as_str()),
                ("refresh_token", "the directory's, which is not looked at"),
            ];
            let answer = post(&server, host, "/oauth2/exchange", &form).await.expect(200);
            let refresh = answer.at("/refresh_token");
            refreshed(&server, &web.host, &refresh, &web.scope("pull"))
                .await
                .expect(200);
        }
    }
    for other in ["11111111-1111-4111-8111-111111111111", "contoso.example"] {
        let form = [
            ("grant_type", "access_token"),
            ("tenant", other),
            ("access_token", token.as_str()),
        ];
        let answer = post(&server, &web.host, "/oauth2/exchange", &form).await;
        assert!(message(&answer.expect_error(401, "UNAUTHORIZED")).contains("another tenant"));
    }
}

#[tokio::test]
async fn what_is_not_exchanged_is_refused_in_words_that_help() {
    let (server, _registry, robot, web) = world().await;
    let token = robot.token(REGISTRY).await;
    let refused = async |token: &str| {
        let answer = exchange(&server, &web.host, token)
            .await
            .expect_error(401, "UNAUTHORIZED");
        assert_eq!(answer.header("cache-control"), "no-store");
        message(&answer)
    };
    let graph = refused(&robot.token(GRAPH).await).await;
    assert!(
        graph.contains(GRAPH) && graph.contains("containerregistry.azure.net/.default"),
        "{graph}"
    );
    let tampered = format!("{}AAAA", &token[..token.len() - 4]);
    let refresh = refresh_token(&server, &web.host, &robot).await;
    let access = refreshed(&server, &web.host, &refresh, "").await.at("/access_token");
    for not_ours in [tampered.as_str(), "garbage", refresh.as_str(), access.as_str()] {
        assert!(refused(not_ours).await.contains("none of this directory's"));
    }
    server.advance(Duration::from_secs(3600 + 61));
    assert!(refused(&token).await.contains("expired"));
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_told_what_is_wrong() {
    let (server, _registry, robot, web) = world().await;
    let token = robot.token(REGISTRY).await;
    let token = token.as_str();
    for (form, words) in [
        (vec![("access_token", token)], "grant_type is access_token"),
        (vec![("grant_type", "password")], "not \"password\""),
        (vec![("grant_type", "access_token")], "access_token is missing"),
        (
            vec![("grant_type", "refresh_token"), ("refresh_token", "x")],
            "used at the directory alone",
        ),
        (
            vec![
                ("grant_type", "access_token"),
                ("access_token", token),
                ("access_token", "x"),
            ],
            "given twice",
        ),
    ] {
        let answer = post(&server, &web.host, "/oauth2/exchange", &form).await;
        let answer = answer.expect_error(400, "UNSUPPORTED");
        assert!(message(&answer).contains(words), "{}", answer.text());
    }
    // At the base host nothing says which registry is meant.
    for service in ["wharf.test", "localhost:5000", "elsewhere.example", "wharf.test/"] {
        let form = [
            ("grant_type", "access_token"),
            ("service", service),
            ("access_token", token),
        ];
        let answer = post(&server, server.host(), "/oauth2/exchange", &form).await;
        assert!(message(&answer.expect_error(400, "UNSUPPORTED")).contains("wharf.test/REGISTRY"));
    }
    for path in ["/oauth2/exchange", "/oauth2/revoke"] {
        let answer = robot.ask(Method::GET, path).at(&web.host).send().await.expect(405);
        assert_eq!(answer.header("allow"), "POST");
        let ask = robot
            .ask(Method::POST, path)
            .at(&web.host)
            .json(&json!({"access_token": token}));
        ask.send().await.expect_error(400, "UNSUPPORTED");
    }
}

#[tokio::test]
async fn whoever_holds_nothing_there_gets_nothing_and_names_are_told_to_somebody_only() {
    let (server, registry, robot, web) = world().await;
    let stranger = server.robot("stranger").await;
    let answer = exchange(&server, &web.host, &stranger.token(REGISTRY).await).await;
    let answer = answer.expect_error(403, "DENIED");
    assert!(
        message(&answer).contains("no role on the registry myregistry"),
        "{}",
        answer.text()
    );
    // Somebody learns that there is none; nobody learns nothing.
    let nowhere = "nowhere.wharf.test";
    let token = robot.token(REGISTRY).await;
    exchange(&server, nowhere, &token)
        .await
        .expect_error(404, "NAME_UNKNOWN");
    let words = |answer: Answer| message(&answer.expect_error(401, "UNAUTHORIZED"));
    assert_eq!(
        words(exchange(&server, nowhere, "garbage").await),
        words(exchange(&server, &web.host, "garbage").await)
    );
    // Where anybody may pull, whoever is signed in may as well.
    let open = json!({"properties": {"anonymousPullEnabled": true}});
    server.owner().patch(&registry.id, open).await.expect(200);
    refresh_token(&server, &web.host, &stranger).await;
}

#[tokio::test]
async fn an_exchange_makes_no_right_last_longer() {
    let (server, registry, robot, web) = world().await;
    let owner = server.owner();
    let refresh = refresh_token(&server, &web.host, &robot).await;
    let docker = server.basic(NIL, &refresh);
    let access = refreshed(&server, &web.host, &refresh, &web.scope("pull,push"))
        .await
        .at("/access_token");
    let pushing = server.bearer(&access);
    web.push_image(&pushing, "v1", "ours").await;
    // A role that is taken away.
    let roles = registry.path("providers/Microsoft.Authorization/roleAssignments");
    for assignment in owner.get(&roles).await.expect(200).entries() {
        if assignment["properties"]["principalId"] == json!(robot.object_id) {
            let id = assignment["id"].as_str().expect("an id").to_owned();
            owner.delete(&id).await.expect(200);
        }
    }
    web.get(&pushing, "manifests/v1").await.expect(401);
    web.get(&docker, "manifests/v1").await.expect(403);
    let token = robot.token(REGISTRY).await;
    exchange(&server, &web.host, &token).await.expect_error(403, "DENIED");
    owner.give("AcrPull", &robot, &registry).await.expect(201);
    web.get(&docker, "manifests/v1").await.expect(200);
    // It was made when its principal could push; now it cannot.
    let pull = refreshed(&server, &web.host, &refresh, &web.scope("pull,push"))
        .await
        .expect(200);
    web.upload(&server.bearer(&pull.at("/access_token"))).await.expect(401);
    // A credential that is replaced: everything that came of it is dead at once, and so is what could be exchanged.
    let (app_id, _) = robot.user_and_secret();
    let found = owner
        .get(&format!("/v1.0/applications?$filter=appId eq '{app_id}'"))
        .await
        .expect(200);
    let key = found.at("/value/0/passwordCredentials/0/keyId");
    let path = format!("/v1.0/applications/{}/removePassword", found.at("/value/0/id"));
    owner.post(&path, json!({ "keyId": key })).await.expect(204);
    web.get(&docker, "manifests/v1").await.expect(401);
    refreshed(&server, &web.host, &refresh, &web.scope("pull"))
        .await
        .expect_error(401, "UNAUTHORIZED");
    let ended = exchange(&server, &web.host, &token)
        .await
        .expect_error(401, "UNAUTHORIZED");
    assert!(message(&ended).contains("has ended"), "{}", ended.text());
}

#[tokio::test]
async fn one_token_can_be_revoked_and_with_it_what_was_fetched_with_it() {
    let (server, _registry, robot, web) = world().await;
    let other_node = server.another_node().await;
    let (first, second) = (
        refresh_token(&server, &web.host, &robot).await,
        refresh_token(&server, &web.host, &robot).await,
    );
    web.push_image(&robot, "v1", "ours").await;
    let bearer = async |refresh: &str| {
        let answer = refreshed(&server, &web.host, refresh, &web.scope("pull")).await;
        server.bearer(&answer.expect(200).at("/access_token"))
    };
    let (of_first, of_second) = (bearer(&first).await, bearer(&second).await);
    web.get(&of_first, "manifests/v1").await.expect(200);
    web.get(&of_first.at_node(&other_node), "manifests/v1")
        .await
        .expect(200);
    for token in [first.as_str(), "garbage", first.as_str()] {
        post(&server, &web.host, "/oauth2/revoke", &[("token", token)])
            .await
            .expect(200);
    }
    post(&server, &web.host, "/oauth2/revoke", &[])
        .await
        .expect_error(400, "UNSUPPORTED");
    other_node.run(wharf_app::jobs::Job::SealJournal).await;
    for node in [&server, &other_node] {
        refreshed(node, &web.host, &first, &web.scope("pull"))
            .await
            .expect_error(401, "UNAUTHORIZED");
        web.get(&of_first.at_node(node), "manifests/v1").await.expect(401);
        web.get(&of_second.at_node(node), "manifests/v1").await.expect(200);
    }
    // It stays revoked for as long as it would have lived, and the note of it goes when nobody needs it any more.
    server.advance(Duration::from_secs(3 * 3600 - 60));
    server.run(wharf_app::jobs::Job::Expire).await;
    refreshed(&server, &web.host, &first, &web.scope("pull"))
        .await
        .expect_error(401, "UNAUTHORIZED");
    refreshed(&server, &web.host, &second, &web.scope("pull"))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_token_is_for_its_own_registry() {
    let (server, _registry, _robot, web) = world().await;
    let other = server.registry("another").await;
    let robot = server.robot_with("AcrPush", "/").await;
    let foreign = other.repository("secret");
    foreign.push_image(&robot, "v1", "theirs").await;
    let refresh = refresh_token(&server, &web.host, &robot).await;
    refreshed(&server, &foreign.host, &refresh, &foreign.scope("pull"))
        .await
        .expect_error(401, "UNAUTHORIZED");
    foreign
        .get(&server.basic(NIL, &refresh), "manifests/v1")
        .await
        .expect(401);
}
