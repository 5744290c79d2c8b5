//! Upload sessions on several nodes and over time: what their ids say, and what is stored of them.

use std::time::Duration;

use http::Method;
use wharf_app::jobs::Job;
use wharf_testkit::{Actor, Answer, TestRepository, TestServer, digest};

const BYTES: &str = "application/octet-stream";
const HOUR: Duration = Duration::from_secs(3600);

async fn world() -> (TestServer, Actor, TestRepository) {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let robot = server.robot_with("AcrPush", &registry).await;
    (server, robot, registry.repository("web"))
}

async fn append(web: &TestRepository, actor: &Actor, session: &Answer, content: &'static str) -> Answer {
    let patch = web.go_on(actor, Method::PATCH, session).body(BYTES, content);
    patch.send().await
}

async fn expect_unknown(web: &TestRepository, actor: &Actor, session: &Answer) {
    for method in [Method::GET, Method::PATCH, Method::DELETE] {
        let answer = web.go_on(actor, method, session).body(BYTES, "more").send().await;
        answer.expect_error(404, "BLOB_UPLOAD_UNKNOWN");
    }
    let put = web.finish(actor, session, &digest("more"), "more").await;
    put.expect_error(404, "BLOB_UPLOAD_UNKNOWN");
}

#[tokio::test]
async fn a_session_goes_on_at_any_node_with_bytes_and_without() {
    let (server, robot, web) = world().await;
    let elsewhere = robot.at_node(&server.another_node().await);
    let started = web.upload(&robot).await.expect(202);
    let status = web.go_on(&elsewhere, Method::GET, &started).send().await.expect(204);
    assert_eq!(status.header("range"), "0-0");
    assert_eq!(status.header("location"), started.header("location"));
    append(&web, &elsewhere, &started, "0123").await.expect(202);
    let status = web.go_on(&robot, Method::GET, &started).send().await.expect(204);
    assert_eq!(status.header("range"), "0-3");
    web.finish(&robot, &started, &digest("01234567"), "4567")
        .await
        .expect(201);
    let read = web.get(&elsewhere, &format!("blobs/{}", digest("01234567"))).await;
    assert_eq!(read.expect(200).text(), "01234567");
}

#[tokio::test]
async fn a_cancelled_session_is_unknown_to_every_node() {
    let (server, robot, web) = world().await;
    for content in [None, Some("0123")] {
        let started = web.upload(&robot).await.expect(202);
        if let Some(content) = content {
            append(&web, &robot, &started, content).await.expect(202);
        }
        web.go_on(&robot, Method::DELETE, &started).send().await.expect(204);
        expect_unknown(&web, &robot, &started).await;
        expect_unknown(&web, &robot.at_node(&server.another_node().await), &started).await;
        // What is kept of it goes away when the id is good for nothing any more.
        server.run(Job::Expire).await;
        expect_unknown(&web, &robot.at_node(&server.another_node().await), &started).await;
        server.advance(25 * HOUR);
        server.run(Job::Expire).await;
        expect_unknown(&web, &robot, &started).await;
    }
}

#[tokio::test]
async fn content_of_another_digest_ends_a_session_on_every_node() {
    let (server, robot, web) = world().await;
    let started = web.upload(&robot).await.expect(202);
    let refused = web.finish(&robot, &started, &digest("whole"), "damaged").await;
    refused.expect_error(400, "DIGEST_INVALID");
    expect_unknown(&web, &robot.at_node(&server.another_node().await), &started).await;
}

/// Nothing is stored of a session that was finished: elsewhere its id begins an empty one, of the same principal for the same repository.
#[tokio::test]
async fn a_finished_session_is_unknown_here_and_can_do_no_harm_elsewhere() {
    let (server, robot, web) = world().await;
    let elsewhere = robot.at_node(&server.another_node().await);
    for first in ["", "01"] {
        let started = web.upload(&robot).await.expect(202);
        append(&web, &robot, &started, first).await.expect(202);
        let whole = format!("{first}23");
        web.finish(&robot, &started, &digest(&whole), "23").await.expect(201);
        expect_unknown(&web, &robot, &started).await;
        let status = web.go_on(&elsewhere, Method::GET, &started).send().await.expect(204);
        assert_eq!(status.header("range"), "0-0");
        // A client that did not get the answer sends the same again.
        let again = web.finish(&elsewhere, &started, &digest(&whole), whole.clone()).await;
        again.expect(201);
        let read = web.get(&robot, &format!("blobs/{}", digest(&whole))).await;
        assert_eq!(read.expect(200).text(), whole);
    }
}

#[tokio::test]
async fn an_id_that_nobody_gave_out_is_no_session() {
    let (_server, robot, web) = world().await;
    let started = web.upload(&robot).await.expect(202);
    let id = started.header("docker-upload-uuid").to_owned();
    // The session, its start, the seal: each digit counts.
    for at in [0, 31, 32, 47, 48, 111] {
        let digit = if &id[at..=at] == "0" { "1" } else { "0" };
        let forged = format!("{}{digit}{}", &id[..at], &id[at + 1..]);
        let path = format!("blobs/uploads/{forged}");
        web.get(&robot, &path).await.expect_error(404, "BLOB_UPLOAD_UNKNOWN");
        let put = web
            .ask(&robot, Method::PUT, &format!("{path}?digest={}", digest("x")))
            .body(BYTES, "x");
        put.send().await.expect_error(404, "BLOB_UPLOAD_UNKNOWN");
    }
    for rest in [id.to_uppercase(), id[..32].to_owned(), format!("{id}0")] {
        let answer = web.get(&robot, &format!("blobs/uploads/{rest}")).await;
        answer.expect_error(404, "BLOB_UPLOAD_UNKNOWN");
    }
    web.finish(&robot, &started, &digest("x"), "x").await.expect(201);
}

#[tokio::test]
async fn a_session_without_bytes_ends_after_a_day_and_one_with_bytes_a_day_after_the_last() {
    let (server, robot, web) = world().await;
    let (empty, used) = (
        web.upload(&robot).await.expect(202),
        web.upload(&robot).await.expect(202),
    );
    server.advance(23 * HOUR);
    web.go_on(&robot, Method::GET, &empty).send().await.expect(204);
    append(&web, &robot, &used, "0123").await.expect(202);
    server.advance(2 * HOUR);
    server.run(Job::Expire).await;
    expect_unknown(&web, &robot, &empty).await;
    let status = web.go_on(&robot, Method::GET, &used).send().await.expect(204);
    assert_eq!(status.header("range"), "0-3");
    server.advance(23 * HOUR);
    server.run(Job::Expire).await;
    expect_unknown(&web, &robot, &used).await;
}
