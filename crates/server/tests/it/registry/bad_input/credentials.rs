//! `Authorization` and the token endpoint.

use http::Method;
use wharf_testkit::{Answer, TestServer};

use super::{World, message};

/// A registry and the `Authorization` of somebody who may push to it.
async fn pusher(world: &World) -> String {
    use base64::Engine as _;
    let robot = world.server.robot_with("AcrPush", &world.registry).await;
    let (user, secret) = robot.user_and_secret();
    format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(format!("{user}:{secret}"))
    )
}

async fn with_lines(world: &World, server: &TestServer, lines: &[&str]) -> Answer {
    let anonymous = server.anonymous();
    let mut ask = anonymous
        .ask(Method::POST, "/v2/web/blobs/uploads/")
        .at(&world.web.host);
    for line in lines {
        ask = ask.header("authorization", line);
    }
    ask.send().await
}

#[tokio::test]
async fn a_credential_that_cannot_be_read_is_a_wrong_one() {
    let world = World::new().await;
    let good = pusher(&world).await;
    let before = world.server.stored().await;
    let long = format!("Bearer {}", "a".repeat(16 * 1024));
    for line in [
        "",
        "Basic",
        "Basic ",
        "Basic ???",
        "Basic YWxpY2U=",
        "Basic Og==",
        "Basic YTpiAA==",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer a.b",
        "Bearer a.b.c",
        "Bearer a.b.c.d",
        "Bearer eyJhbGciOiJub25lIn0.e30.",
        "Digest username=\"a\"",
        "Negotiate x",
        &long,
    ] {
        let answer = with_lines(&world, &world.server, &[line])
            .await
            .expect_error(401, "UNAUTHORIZED");
        assert!(answer.header("www-authenticate").starts_with("Bearer realm="), "{line}");
    }
    // Two are none, whichever of them is good: what a proxy looked at and what the registry looks at must be the same.
    for lines in [
        [good.as_str(), good.as_str()],
        [good.as_str(), "Bearer x"],
        ["Bearer x", good.as_str()],
    ] {
        with_lines(&world, &world.server, &lines)
            .await
            .expect_error(401, "UNAUTHORIZED");
    }
    assert_eq!(world.server.stored().await, before);
    with_lines(&world, &world.server, &[&good]).await.expect(202);
}

#[tokio::test]
async fn scopes_beyond_measure_are_refused_and_those_that_are_none_grant_nothing() {
    const MANY: &str = "at most 100 scopes of 8192 bytes together may be asked for at once";
    let world = World::new().await;
    let owner = &world.owner;
    let (user, secret) = owner.user_and_secret();
    let before = world.server.stored().await;
    let thousands: String = (0..5_000).map(|at| format!("repository:r{at}:pull ")).collect();
    let hundred_and_one = "repository:web:pull ".repeat(101);
    let long = format!("repository:{}:pull", "a".repeat(8 * 1024));
    for scope in [&thousands, &hundred_and_one, &long] {
        let form = [
            ("grant_type", "password"),
            ("service", "x"),
            ("username", user),
            ("password", secret),
            ("scope", scope),
        ];
        let ask = world.server.anonymous();
        let answer = ask
            .ask(Method::POST, "/oauth2/token")
            .at(&world.web.host)
            .form(&form)
            .send()
            .await;
        assert_eq!(message(&answer.clone().expect_error(400, "DENIED")), MANY);
        assert!(answer.body.len() < 1024);
    }
    for scope in [
        "repository:WEB:push",
        "repository::push",
        "repository:web",
        "web:push",
        ":::",
        "repository:web:",
        "registry:x:*",
        "\u{0}",
    ] {
        let scope = scope.replace('\u{0}', "%00");
        let token = world.web.token(owner, &[&scope]).await.expect(200).at("/access_token");
        let nobody = world.server.bearer(&token);
        world.web.upload(&nobody).await.expect_error(401, "UNAUTHORIZED");
    }
    assert_eq!(world.server.stored().await, before);
}

#[tokio::test]
async fn a_token_request_of_another_form_is_refused() {
    let world = World::new().await;
    let ask = |content_type: &'static str, body: Vec<u8>| {
        let anonymous = world.server.anonymous();
        let host = world.web.host.clone();
        async move {
            anonymous
                .ask(Method::POST, "/oauth2/token")
                .at(&host)
                .body(content_type, body)
                .send()
                .await
        }
    };
    const FORM: &str = "application/x-www-form-urlencoded";
    let answer = ask("application/json", b"{}".to_vec())
        .await
        .expect_error(400, "UNSUPPORTED");
    assert_eq!(message(&answer), "the body has to be application/x-www-form-urlencoded");
    let answer = ask(FORM, b"grant_type=client_credentials".to_vec())
        .await
        .expect_error(400, "UNSUPPORTED");
    assert_eq!(
        message(&answer),
        "grant_type is password or refresh_token, and not \"client_credentials\""
    );
    let answer = ask(FORM, vec![b'a'; 1024 * 1024 + 1]).await;
    assert_eq!(answer.status.as_u16(), 413);
    assert_eq!(message(&answer), "the body is larger than 1048576 bytes");
}
