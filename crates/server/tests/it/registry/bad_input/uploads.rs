//! Uploads: where chunks belong, what they are, and what they are called.

use http::Method;
use wharf_testkit::digest;

use super::{Case, World};

const OCTETS: &str = "application/octet-stream";
const RANGE: &str = "Content-Range is FIRST-LAST, both counted from zero";
const DIGEST: &str = "a digest is sha256: and 64, or sha512: and 128 lower-case hex digits";

#[tokio::test]
async fn a_chunk_that_does_not_say_where_it_belongs_is_refused() {
    let world = World::new().await;
    let session = world
        .web
        .upload(&world.owner)
        .await
        .expect(202)
        .header("location")
        .to_owned();
    let cases = [
        "",
        "-",
        "0",
        "0-",
        "-3",
        "3-0",
        "a-b",
        "0x0-0x3",
        "+0-3",
        "0 - 3",
        "bytes",
        "bytes */4",
        "bytes 0-3/3",
        "bytes 0-3/x",
        "chunks 0-3/4",
        "0-18446744073709551615",
        "0-99999999999999999999999",
        "0-3,4-7",
    ]
    .map(|range| {
        let case = Case::new("a range", Method::PATCH, &session).body(OCTETS, "abcd");
        case.header("content-range", range)
            .refused(400, "BLOB_UPLOAD_INVALID", RANGE)
    });
    world.refuses(cases).await;
    let elsewhere = [
        ("1-4", "the chunk has to begin there"),
        ("0-2", "the chunk has not the length that its Content-Range says"),
    ];
    for (range, problem) in elsewhere {
        let case = Case::new("another place", Method::PATCH, &session)
            .body(OCTETS, "abcd")
            .header("content-range", range);
        let message = format!("the upload session stands at byte 0: {problem}");
        let answer = case
            .send(&world.owner, &world.web.host)
            .await
            .expect_error(416, "BLOB_UPLOAD_INVALID");
        assert_eq!(super::message(&answer), message);
        assert_eq!(
            (answer.header("location"), answer.header("range")),
            (session.as_str(), "0-0")
        );
    }
    // The session is where it was, and good.
    let status = world
        .owner
        .ask(Method::GET, &session)
        .at(&world.web.host)
        .send()
        .await
        .expect(204);
    assert_eq!(status.header("range"), "0-0");
    let end = format!("{session}?digest={}", digest("abcd"));
    let ask = world
        .owner
        .ask(Method::PUT, &end)
        .at(&world.web.host)
        .body(OCTETS, "abcd");
    ask.send().await.expect(201);
}

#[tokio::test]
async fn a_blob_whose_digest_is_none_is_refused_before_its_bytes_are_kept() {
    let world = World::new().await;
    let session = world
        .web
        .upload(&world.owner)
        .await
        .expect(202)
        .header("location")
        .to_owned();
    let good = digest("x");
    let digests = [
        "",
        "sha256:",
        "sha256:0",
        "md5:d41d8cd98f00b204e9800998ecf8427e",
        &good.to_uppercase(),
        &format!("{good}0"),
        "%00",
    ];
    let finished = digests.iter().map(|digest| {
        Case::new("the end", Method::PUT, format!("{session}?digest={digest}"))
            .body(OCTETS, "x")
            .refused(400, "DIGEST_INVALID", DIGEST)
    });
    world.refuses(finished).await;
    let whole = digests.iter().map(|digest| {
        let path = format!("/v2/web/blobs/uploads/?digest={digest}");
        Case::new("at once", Method::POST, path)
            .body(OCTETS, "x")
            .refused(400, "DIGEST_INVALID", DIGEST)
    });
    world.refuses(whole).await;
    let mounts = digests.iter().map(|digest| {
        let path = format!("/v2/web/blobs/uploads/?mount={digest}&from=api");
        Case::new("a mount", Method::POST, path).refused(400, "DIGEST_INVALID", DIGEST)
    });
    world.refuses(mounts).await;
    let missing = Case::new("no digest", Method::PUT, &session).body(OCTETS, "x");
    let message = "the digest of the content is missing: ?digest=sha256:…";
    world.refuses([missing.refused(400, "DIGEST_INVALID", message)]).await;
}

#[tokio::test]
async fn a_session_that_is_none_and_a_compressed_chunk_are_refused() {
    let world = World::new().await;
    let session = world
        .web
        .upload(&world.owner)
        .await
        .expect(202)
        .header("location")
        .to_owned();
    let unknown = [
        "x",
        "0123456789abcdef0123456789abcde",
        "0123456789ABCDEF0123456789ABCDEF",
        "0123456789abcdef0123456789abcdef0",
        "..",
    ];
    let cases = unknown.into_iter().flat_map(|id| {
        [Method::GET, Method::PATCH, Method::PUT, Method::DELETE].map(|method| {
            Case::new("an id", method, format!("/v2/web/blobs/uploads/{id}")).refused(
                404,
                "BLOB_UPLOAD_UNKNOWN",
                "no such upload session",
            )
        })
    });
    world.refuses(cases).await;
    let compressed = ["gzip", "br", "zstd", "identity", "x"]
        .into_iter()
        .flat_map(|encoding| {
            let ending = format!("{session}?digest={}", digest("x"));
            [(Method::PATCH, session.clone()), (Method::PUT, ending)].map(|(method, path)| {
                Case::new("compressed", method, path)
                    .body(OCTETS, "x")
                    .header("content-encoding", encoding)
                    .refused(415, "UNSUPPORTED", "compressed bodies are not accepted")
            })
        });
    world.refuses(compressed).await;
}

#[tokio::test]
async fn a_length_that_cannot_be_is_no_reason_to_wait_or_to_fail() {
    let world = World::new().await;
    let session = world
        .web
        .upload(&world.owner)
        .await
        .expect(202)
        .header("location")
        .to_owned();
    for length in ["18446744073709551615", "9223372036854775807"] {
        let ask = world
            .owner
            .ask(Method::PATCH, &session)
            .at(&world.web.host)
            .body(OCTETS, "abcd");
        let answer = ask.header("content-length", length).send().await;
        answer.expect_error(507, "STORAGE_FULL");
    }
    let status = world
        .owner
        .ask(Method::GET, &session)
        .at(&world.web.host)
        .send()
        .await
        .expect(204);
    assert_eq!(status.header("range"), "0-0");
}
