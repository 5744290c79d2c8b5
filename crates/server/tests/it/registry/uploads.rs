//! Pushing blobs: every way there is, and what goes wrong on it.

use axum::body::{Body, Bytes};
use futures_util::stream;
use http::Method;
use wharf_testkit::{Actor, Answer, Ask, TestRepository, TestServer, digest};
use wharf_types::digest::{Algorithm, Digest};

const BYTES: &str = "application/octet-stream";

async fn world() -> (TestServer, Actor, TestRepository) {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let robot = server.robot_with("AcrPush", &registry).await;
    (server, robot, registry.repository("web"))
}

fn chunk<'a>(web: &TestRepository, actor: &'a Actor, answer: &Answer, content: &'static str) -> Ask<'a> {
    web.go_on(actor, Method::PATCH, answer).body(BYTES, content)
}

fn ranged<'a>(ask: Ask<'a>, range: Option<&str>) -> Ask<'a> {
    match range {
        Some(range) => ask.header("content-range", range),
        None => ask,
    }
}

async fn is_there(web: &TestRepository, actor: &Actor, content: &str) -> bool {
    let answer = web.get(actor, &format!("blobs/{}", digest(content))).await;
    if answer.status.is_success() {
        assert_eq!(answer.text(), content);
    }
    answer.status.is_success()
}

#[tokio::test]
async fn a_blob_is_pushed_by_one_post() {
    let (_server, robot, web) = world().await;
    let path = format!("blobs/uploads/?digest={}", digest("whole"));
    let answer = web
        .ask(&robot, Method::POST, &path)
        .body(BYTES, "whole")
        .send()
        .await
        .expect(201);
    assert_eq!(answer.header("location"), format!("/v2/web/blobs/{}", digest("whole")));
    assert_eq!(answer.header("docker-content-digest"), digest("whole"));
    assert!(is_there(&web, &robot, "whole").await);
    let ask = web.ask(&robot, Method::POST, &path).body(BYTES, "else");
    ask.send().await.expect_error(400, "DIGEST_INVALID");
    let ask = web
        .ask(&robot, Method::POST, "blobs/uploads/?digest=sha256:0")
        .body(BYTES, "else");
    ask.send().await.expect_error(400, "DIGEST_INVALID");
    assert!(!is_there(&web, &robot, "else").await);
}

#[tokio::test]
async fn a_blob_is_pushed_by_post_and_put() {
    let (server, robot, web) = world().await;
    let started = web.upload(&robot).await.expect(202);
    let id = started.header("docker-upload-uuid");
    assert_eq!(started.header("location"), format!("/v2/web/blobs/uploads/{id}"));
    assert_eq!(
        (started.header("range"), started.header("content-length")),
        ("0-0", "0")
    );
    let answer = web
        .finish(&robot, &started, &digest("content"), "content")
        .await
        .expect(201);
    assert_eq!(
        answer.header("location"),
        format!("/v2/web/blobs/{}", digest("content"))
    );
    assert!(is_there(&web, &robot, "content").await);
    web.finish(&robot, &started, &digest("content"), "content")
        .await
        .expect_error(404, "BLOB_UPLOAD_UNKNOWN");
    // At the base host the locations name the registry too.
    let base = TestRepository {
        host: server.host().to_owned(),
        name: "myregistry/web".to_owned(),
    };
    let started = base.upload(&robot).await.expect(202);
    assert!(
        started
            .header("location")
            .starts_with("/v2/myregistry/web/blobs/uploads/")
    );
    let answer = base.finish(&robot, &started, &digest("more"), "more").await.expect(201);
    assert_eq!(
        answer.header("location"),
        format!("/v2/myregistry/web/blobs/{}", digest("more"))
    );
    // The final slash may be left out.
    web.ask(&robot, Method::POST, "blobs/uploads").send().await.expect(202);
}

#[tokio::test]
async fn a_blob_is_pushed_in_chunks_with_and_without_saying_where_they_belong() {
    let (_server, robot, web) = world().await;
    for (first, second, last) in [
        (None, None, None),
        (Some("0-3"), Some("4-7"), Some("8-9")),
        (Some("bytes 0-3/*"), Some("bytes 4-7/*"), Some("bytes 8-9/10")),
    ] {
        let robot = &robot;
        let started = web.upload(robot).await.expect(202);
        let answer = ranged(chunk(&web, robot, &started, "0123"), first)
            .send()
            .await
            .expect(202);
        assert_eq!(answer.header("range"), "0-3");
        let answer = ranged(chunk(&web, robot, &answer, "4567"), second)
            .send()
            .await
            .expect(202);
        assert_eq!(answer.header("range"), "0-7");
        let status = web.go_on(robot, Method::GET, &answer).send().await.expect(204);
        assert_eq!(
            (status.header("range"), status.header("location")),
            ("0-7", answer.header("location"))
        );
        let path = format!("{}?digest={}", answer.header("location"), digest("0123456789"));
        let put = robot.ask(Method::PUT, &path).at(&web.host).body(BYTES, "89");
        ranged(put, last).send().await.expect(201);
        assert!(is_there(&web, robot, "0123456789").await);
    }
    // docker and containers/image end with an empty PUT.
    let started = web.upload(&robot).await.expect(202);
    let answer = chunk(&web, &robot, &started, "all of it").send().await.expect(202);
    web.finish(&robot, &answer, &digest("all of it"), "").await.expect(201);
    assert!(is_there(&web, &robot, "all of it").await);
}

#[tokio::test]
async fn a_chunk_out_of_order_is_refused_with_where_the_session_stands() {
    let (_server, robot, web) = world().await;
    let started = web.upload(&robot).await.expect(202);
    let answer = chunk(&web, &robot, &started, "0123").send().await.expect(202);
    for (range, content) in [
        ("0-3", "0123"),
        ("5-8", "5678"),
        ("bytes 400-403/*", "4567"),
        ("4-9", "4567"),
        ("4-5", "4567"),
    ] {
        let refused = chunk(&web, &robot, &answer, content)
            .header("content-range", range)
            .send()
            .await;
        let refused = refused.expect_error(416, "BLOB_UPLOAD_INVALID");
        assert_eq!(refused.header("location"), answer.header("location"), "{range}");
        assert_eq!(refused.header("range"), "0-3", "{range}");
    }
    for range in ["x", "9-4", "bytes */10"] {
        let refused = chunk(&web, &robot, &answer, "4567")
            .header("content-range", range)
            .send()
            .await;
        refused.expect_error(400, "BLOB_UPLOAD_INVALID");
    }
    let path = format!("{}?digest={}", answer.header("location"), digest("01234567"));
    let put = robot.ask(Method::PUT, &path).at(&web.host).body(BYTES, "4567");
    put.header("content-range", "0-3")
        .send()
        .await
        .expect_error(416, "BLOB_UPLOAD_INVALID");
    // Nothing of it was kept, and the session goes on.
    let answer = chunk(&web, &robot, &answer, "4567")
        .header("content-range", "4-7")
        .send()
        .await
        .expect(202);
    web.finish(&robot, &answer, &digest("01234567"), "").await.expect(201);
    assert!(is_there(&web, &robot, "01234567").await);
}

/// A body that breaks off after these bytes.
fn broken(content: &'static str) -> Body {
    let pieces = [
        Ok(Bytes::from_static(content.as_bytes())),
        Err(std::io::Error::other("the client went away")),
    ];
    Body::from_stream(stream::iter(pieces))
}

#[tokio::test]
async fn an_upload_that_breaks_off_goes_on_from_what_arrived() {
    let (_server, robot, web) = world().await;
    let started = web.upload(&robot).await.expect(202);
    let answer = web
        .go_on(&robot, Method::PATCH, &started)
        .body(BYTES, broken("0123"))
        .send()
        .await;
    let answer = answer.expect_error(400, "BLOB_UPLOAD_INVALID");
    assert_eq!(answer.header("range"), "0-3");
    let status = web.go_on(&robot, Method::GET, &started).send().await.expect(204);
    assert_eq!(status.header("range"), "0-3");
    let answer = chunk(&web, &robot, &status, "4567")
        .header("content-range", "4-7")
        .send()
        .await
        .expect(202);
    // The same in the last request.
    let path = format!("{}?digest={}", answer.header("location"), digest("0123456789"));
    let put = robot.ask(Method::PUT, &path).at(&web.host).body(BYTES, broken("8"));
    let answer = put.send().await.expect_error(400, "BLOB_UPLOAD_INVALID");
    assert_eq!(
        (answer.header("range"), answer.header("location")),
        ("0-8", started.header("location"))
    );
    web.finish(&robot, &answer, &digest("0123456789"), "9")
        .await
        .expect(201);
    assert!(is_there(&web, &robot, "0123456789").await);
}

#[tokio::test]
async fn content_of_another_digest_is_refused_and_the_session_is_gone() {
    let (_server, robot, web) = world().await;
    let started = web.upload(&robot).await.expect(202);
    chunk(&web, &robot, &started, "damaged").send().await.expect(202);
    let refused = web
        .finish(&robot, &started, &digest("whole"), "")
        .await
        .expect_error(400, "DIGEST_INVALID");
    assert_eq!(refused.at("/errors/0/detail/expected"), digest("whole"));
    assert_eq!(refused.at("/errors/0/detail/found"), digest("damaged"));
    web.go_on(&robot, Method::GET, &started)
        .send()
        .await
        .expect_error(404, "BLOB_UPLOAD_UNKNOWN");
    assert!(!is_there(&web, &robot, "whole").await && !is_there(&web, &robot, "damaged").await);
}

#[tokio::test]
async fn a_put_without_a_digest_changes_nothing() {
    let (_server, robot, web) = world().await;
    let started = web.upload(&robot).await.expect(202);
    for query in [
        "",
        "?digest=",
        "?digest=sha256:xyz",
        "?digest=md5:d41d8cd98f00b204e9800998ecf8427e",
    ] {
        let path = format!("{}{query}", started.header("location"));
        let put = robot.ask(Method::PUT, &path).at(&web.host).body(BYTES, "content");
        put.send().await.expect_error(400, "DIGEST_INVALID");
    }
    web.finish(&robot, &started, &digest("content"), "content")
        .await
        .expect(201);
}

#[tokio::test]
async fn a_cancelled_upload_is_gone() {
    let (_server, robot, web) = world().await;
    let started = web.upload(&robot).await.expect(202);
    chunk(&web, &robot, &started, "content").send().await.expect(202);
    web.go_on(&robot, Method::DELETE, &started).send().await.expect(204);
    for method in [Method::GET, Method::DELETE, Method::PATCH] {
        web.go_on(&robot, method, &started)
            .send()
            .await
            .expect_error(404, "BLOB_UPLOAD_UNKNOWN");
    }
    web.finish(&robot, &started, &digest("content"), "content")
        .await
        .expect_error(404, "BLOB_UPLOAD_UNKNOWN");
    assert!(!is_there(&web, &robot, "content").await);
}

#[tokio::test]
async fn a_session_is_known_to_its_own_principal_in_its_own_repository_alone() {
    let (server, robot, web) = world().await;
    let other_registry = server.registry("another").await;
    let started = web.upload(&robot).await.expect(202);
    let id = started.header("docker-upload-uuid").to_owned();
    let rest = format!("blobs/uploads/{id}");
    let elsewhere = [
        TestRepository {
            host: web.host.clone(),
            name: "api".to_owned(),
        },
        other_registry.repository("web"),
    ];
    let owner = server.owner();
    server
        .owner()
        .give("AcrPush", &robot, &other_registry)
        .await
        .expect(201);
    let cases = [(&web, &owner), (&elsewhere[0], &robot), (&elsewhere[1], &robot)];
    for (place, actor) in cases {
        for method in [Method::GET, Method::PATCH, Method::DELETE] {
            let ask = place.ask(actor, method, &rest).body(BYTES, "theirs");
            ask.send().await.expect_error(404, "BLOB_UPLOAD_UNKNOWN");
        }
        let put = place.ask(actor, Method::PUT, &format!("{rest}?digest={}", digest("theirs")));
        put.body(BYTES, "theirs")
            .send()
            .await
            .expect_error(404, "BLOB_UPLOAD_UNKNOWN");
    }
    assert_eq!(web.get(&robot, &rest).await.expect(204).header("range"), "0-0");
    // Another credential of the same principal goes on, and so does its token.
    let token = web.bearer(&robot, &[&web.scope("pull,push")]).await;
    web.finish(&token, &started, &digest("ours"), "ours").await.expect(201);
    web.get(&robot, "blobs/uploads/no-session")
        .await
        .expect_error(404, "BLOB_UPLOAD_UNKNOWN");
}

#[tokio::test]
async fn of_two_requests_at_one_session_one_goes_on() {
    let (_server, robot, web) = world().await;
    let started = web.upload(&robot).await.expect(202);
    let send = || {
        chunk(&web, &robot, &started, "0123")
            .header("content-range", "0-3")
            .send()
    };
    let (first, second) = tokio::join!(send(), send());
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 416], "{} {}", first.text(), second.text());
    let whole = digest("0123");
    let (first, second) = tokio::join!(
        web.finish(&robot, &started, &whole, ""),
        web.finish(&robot, &started, &whole, "")
    );
    assert!(
        first.status == 201 || second.status == 201,
        "{} {}",
        first.text(),
        second.text()
    );
    assert!(is_there(&web, &robot, "0123").await);
}

#[tokio::test]
async fn one_blob_pushed_twice_at_once_is_there_once() {
    let (_server, robot, web) = world().await;
    tokio::join!(
        web.push_blob(&robot, "same"),
        web.push_blob(&robot, "same"),
        web.push_blob(&robot, "same")
    );
    assert!(is_there(&web, &robot, "same").await);
}

#[tokio::test]
async fn an_empty_blob_is_a_blob() {
    let (_server, robot, web) = world().await;
    let started = web.upload(&robot).await.expect(202);
    web.finish(&robot, &started, &digest(""), "").await.expect(201);
    assert!(is_there(&web, &robot, "").await);
    assert_eq!(
        web.head(&robot, &format!("blobs/{}", digest("")))
            .await
            .expect(200)
            .header("content-length"),
        "0"
    );
}

#[tokio::test]
async fn a_blob_may_be_named_by_its_sha512_digest() {
    let (_server, robot, web) = world().await;
    let long = Digest::of(Algorithm::Sha512, b"content").to_string();
    let started = web.upload(&robot).await.expect(202);
    let wrong = Digest::of(Algorithm::Sha512, b"other").to_string();
    chunk(&web, &robot, &started, "cont").send().await.expect(202);
    let answer = web.finish(&robot, &started, &long, "ent").await.expect(201);
    assert_eq!(answer.header("docker-content-digest"), long);
    assert_eq!(
        web.get(&robot, &format!("blobs/{long}")).await.expect(200).text(),
        "content"
    );
    let started = web.upload(&robot).await.expect(202);
    web.finish(&robot, &started, &wrong, "content")
        .await
        .expect_error(400, "DIGEST_INVALID");
}

#[tokio::test]
async fn a_compressed_body_is_refused() {
    let (_server, robot, web) = world().await;
    let started = web.upload(&robot).await.expect(202);
    let patch = chunk(&web, &robot, &started, "x").header("content-encoding", "gzip");
    patch.send().await.expect_error(415, "UNSUPPORTED");
    let path = format!("{}?digest={}", started.header("location"), digest("x"));
    let put = robot
        .ask(Method::PUT, &path)
        .at(&web.host)
        .body(BYTES, "x")
        .header("content-encoding", "gzip");
    put.send().await.expect_error(415, "UNSUPPORTED");
    assert!(!is_there(&web, &robot, "x").await);
}

#[tokio::test]
async fn an_upload_makes_no_repository_before_it_is_finished() {
    let (_server, robot, web) = world().await;
    let started = web.upload(&robot).await.expect(202);
    chunk(&web, &robot, &started, "x").send().await.expect(202);
    web.get(&robot, "tags/list").await.expect_error(404, "NAME_UNKNOWN");
    let listed = robot
        .ask(Method::GET, "/v2/_catalog")
        .at(&web.host)
        .send()
        .await
        .expect(200);
    assert_eq!(listed.text(), r#"{"repositories":[]}"#);
}

#[tokio::test]
async fn an_empty_blob_is_pushed_by_one_post_as_well() {
    let (_server, robot, web) = world().await;
    let post = |content: &str| format!("blobs/uploads/?digest={}", digest(content));
    let whole = web.ask(&robot, Method::POST, &post("")).send().await.expect(201);
    assert_eq!(whole.header("docker-content-digest"), digest(""));
    assert!(is_there(&web, &robot, "").await);
    // Without the bytes that the digest speaks of it is the beginning of an upload.
    let begun = web.ask(&robot, Method::POST, &post("later")).send().await.expect(202);
    web.finish(&robot, &begun, &digest("later"), "later").await.expect(201);
}

#[tokio::test]
async fn a_parameter_that_contradicts_itself_is_refused_and_nothing_is_stored() {
    let (_server, robot, web) = world().await;
    let (one, two) = (digest("one"), digest("two"));
    let started = web.upload(&robot).await.expect(202);
    let location = started.header("location");
    let at = |query: &str| format!("{location}?{query}");
    let start = |query: &str| format!("/v2/web/blobs/uploads/?{query}");
    for (method, path, code) in [
        (Method::PUT, at(&format!("digest={one}&digest={two}")), "DIGEST_INVALID"),
        (Method::PUT, at(&format!("digest={two}&digest={one}")), "DIGEST_INVALID"),
        (
            Method::POST,
            start(&format!("digest={one}&digest={two}")),
            "DIGEST_INVALID",
        ),
        (
            Method::POST,
            start(&format!("mount={one}&mount={two}&from=api")),
            "DIGEST_INVALID",
        ),
        (
            Method::POST,
            start(&format!("mount={one}&from=api&from=app")),
            "NAME_INVALID",
        ),
        (Method::POST, start("mount=&from=api"), "DIGEST_INVALID"),
    ] {
        let ask = robot.ask(method, &path).at(&web.host).body(BYTES, "one");
        let refused = ask.send().await.expect_error(400, code);
        let is_twice = !path.contains("mount=&");
        assert_eq!(refused.text().contains("is given twice"), is_twice, "{path}");
    }
    assert!(!is_there(&web, &robot, "one").await && !is_there(&web, &robot, "two").await);
    // Said twice alike it is no contradiction, and the session is as it was.
    let path = at(&format!("digest={one}&digest={one}"));
    let put = robot.ask(Method::PUT, &path).at(&web.host).body(BYTES, "one");
    put.send().await.expect(201);
}
