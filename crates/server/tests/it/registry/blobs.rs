//! Blobs, read and deleted.

use http::Method;
use wharf_testkit::{Actor, TestRepository, TestServer, digest};

const CONTENT: &str = "0123456789";

async fn world() -> (TestServer, Actor, TestRepository, String) {
    let server = TestServer::start().await;
    let web = server.registry("myregistry").await.repository("web");
    let owner = server.owner();
    web.push_blob(&owner, CONTENT).await;
    (server, owner, web, format!("blobs/{}", digest(CONTENT)))
}

#[tokio::test]
async fn a_blob_is_answered_whole_with_what_it_is() {
    let (_server, owner, web, blob) = world().await;
    let answer = web.get(&owner, &blob).await.expect(200);
    assert_eq!(answer.text(), CONTENT);
    let head = web.head(&owner, &blob).await.expect(200);
    assert!(head.body.is_empty());
    for answer in [answer, head] {
        assert_eq!(answer.header("content-length"), "10");
        assert_eq!(answer.header("content-type"), "application/octet-stream");
        assert_eq!(answer.header("docker-content-digest"), digest(CONTENT));
        assert_eq!(answer.header("etag"), format!("\"{}\"", digest(CONTENT)));
        assert_eq!(answer.header("accept-ranges"), "bytes");
    }
    let encoded = blob.replace(':', "%3A");
    assert_eq!(web.get(&owner, &encoded).await.expect(200).text(), CONTENT);
    let absent = format!("blobs/{}", digest("absent"));
    let answer = web.get(&owner, &absent).await.expect_error(404, "BLOB_UNKNOWN");
    assert_eq!(answer.at("/errors/0/detail/digest"), digest("absent"));
    web.head(&owner, &absent).await.expect(404);
    web.get(&owner, "blobs/sha256:00")
        .await
        .expect_error(400, "DIGEST_INVALID");
}

#[tokio::test]
async fn a_part_is_answered_as_a_part_also_when_it_is_asked_for_past_the_end() {
    let (_server, owner, web, blob) = world().await;
    for (range, part, content_range) in [
        ("bytes=0-3", "0123", "bytes 0-3/10"),
        ("bytes=4-", "456789", "bytes 4-9/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=-30", CONTENT, "bytes 0-9/10"),
        ("bytes=9-9", "9", "bytes 9-9/10"),
        // The Azure SDKs ask for 4 MiB, and take a 200 for an error.
        ("bytes=0-4194303", CONTENT, "bytes 0-9/10"),
        ("bytes=8-4194303", "89", "bytes 8-9/10"),
    ] {
        let ask = web.ask(&owner, Method::GET, &blob).header("range", range);
        let answer = ask.send().await.expect(206);
        assert_eq!(answer.text(), part, "{range}");
        assert_eq!(answer.header("content-range"), content_range);
        assert_eq!(answer.header("content-length"), part.len().to_string());
    }
}

#[tokio::test]
async fn a_range_that_is_none_is_ignored_and_one_that_is_not_there_is_refused() {
    let (_server, owner, web, blob) = world().await;
    let ask = |range: &str| web.ask(&owner, Method::GET, &blob).header("range", range).send();
    for range in ["bytes=0-1,3-4", "bytes=a-b", "lines=0-3", "bytes", "bytes=-"] {
        let answer = ask(range).await.expect(200);
        assert_eq!(answer.text(), CONTENT, "{range}");
        assert_eq!(answer.header("content-range"), "");
    }
    for range in [
        "bytes=10-",
        "bytes=10-12",
        "bytes=-0",
        "bytes=3-1",
        "bytes=4194304-8388607",
    ] {
        let answer = ask(range).await.expect_error(416, "RANGE_INVALID");
        assert_eq!(answer.header("content-range"), "bytes */10", "{range}");
    }
    // Several lines are a list of parts, and a HEAD has none.
    let twice = web.ask(&owner, Method::GET, &blob).header("range", "bytes=0-1");
    let twice = twice.header("range", "bytes=3-4").send().await.expect(200);
    assert_eq!(twice.text(), CONTENT);
    let head = web.ask(&owner, Method::HEAD, &blob).header("range", "bytes=0-3");
    let head = head.send().await.expect(200);
    assert_eq!(
        (head.header("content-length"), head.header("content-range")),
        ("10", "")
    );
    let empty = format!("blobs/{}", web.push_blob(&owner, "").await);
    assert_eq!(web.get(&owner, &empty).await.expect(200).header("content-length"), "0");
    let ask = web.ask(&owner, Method::GET, &empty).header("range", "bytes=0-4194303");
    assert_eq!(ask.send().await.expect(416).header("content-range"), "bytes */0");
}

#[tokio::test]
async fn a_part_of_something_else_is_answered_with_the_whole() {
    let (_server, owner, web, blob) = world().await;
    for (tag, status) in [(digest(CONTENT), 206), (digest("before"), 200)] {
        let ask = web.ask(&owner, Method::GET, &blob).header("range", "bytes=0-3");
        ask.header("if-range", &format!("\"{tag}\""))
            .send()
            .await
            .expect(status);
    }
}

#[tokio::test]
async fn what_the_client_has_already_is_not_sent_again() {
    let (_server, owner, web, blob) = world().await;
    let tag = format!("\"{}\"", digest(CONTENT));
    for method in [Method::GET, Method::HEAD] {
        for known in [
            tag.clone(),
            format!("W/{tag}"),
            format!("\"other\", {tag}"),
            "*".to_owned(),
        ] {
            let ask = web.ask(&owner, method.clone(), &blob).header("if-none-match", &known);
            let answer = ask.send().await.expect(304);
            assert!(answer.body.is_empty());
            assert_eq!(answer.header("etag"), tag, "{known}");
        }
        let ask = web
            .ask(&owner, method.clone(), &blob)
            .header("if-none-match", "\"other\"");
        ask.send().await.expect(200);
        // Nothing is said of what is not there, or not the caller's to see.
        let absent = format!("blobs/{}", digest("absent"));
        let ask = web
            .ask(&owner, method, &absent)
            .header("if-none-match", &format!("\"{}\"", digest("absent")));
        ask.send().await.expect(404);
    }
}

#[tokio::test]
async fn a_blob_in_use_is_not_deleted_and_another_is() {
    let (_server, owner, web, blob) = world().await;
    web.push_image(&owner, "v1", "layer").await;
    let layer = format!("blobs/{}", digest("layer"));
    web.delete(&owner, &layer).await.expect_error(409, "DENIED");
    web.get(&owner, &layer).await.expect(200);
    let answer = web.delete(&owner, &blob).await.expect(202);
    assert_eq!(answer.header("docker-content-digest"), digest(CONTENT));
    web.get(&owner, &blob).await.expect_error(404, "BLOB_UNKNOWN");
    web.delete(&owner, &blob).await.expect_error(404, "BLOB_UNKNOWN");
    let manifest = web.head(&owner, "manifests/v1").await.expect(200);
    let manifest = format!("manifests/{}", manifest.header("docker-content-digest"));
    web.delete(&owner, &manifest).await.expect(202);
    web.delete(&owner, &layer).await.expect(202);
    // It can be pushed again.
    web.push_blob(&owner, CONTENT).await;
    web.get(&owner, &blob).await.expect(200);
}

#[tokio::test]
async fn a_blob_is_found_in_its_own_repository_alone() {
    let (server, owner, _web, blob) = world().await;
    let near = server.registry("another").await.repository("web");
    near.push_blob(&owner, "other").await;
    near.get(&owner, &blob).await.expect_error(404, "BLOB_UNKNOWN");
    near.delete(&owner, &blob).await.expect_error(404, "BLOB_UNKNOWN");
}
