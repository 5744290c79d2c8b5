//! Taking a blob over from another repository: never an error, and never a way to what one may not read.

use http::Method;
use wharf_testkit::{Actor, Answer, TestRepository, TestServer, digest};

async fn mount(actor: &Actor, dst: &TestRepository, query: &str) -> Answer {
    dst.ask(actor, Method::POST, &format!("blobs/uploads/?{query}"))
        .send()
        .await
}

#[tokio::test]
async fn a_blob_of_a_repository_that_one_may_read_is_taken_over() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let robot = server.robot_with("AcrPush", &registry).await;
    for (at, (src, dst)) in [
        (registry.repository("src"), registry.repository("dst")),
        (
            registry.repository_at_base(&server, "src2"),
            registry.repository_at_base(&server, "dst2"),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let digest = src.push_blob(&robot, format!("shared {at}")).await;
        dst.get(&robot, &format!("blobs/{digest}"))
            .await
            .expect_error(404, "BLOB_UNKNOWN");
        let answer = mount(&robot, &dst, &format!("mount={digest}&from={}", src.name))
            .await
            .expect(201);
        assert_eq!(answer.header("location"), dst.path(&format!("blobs/{digest}")));
        assert_eq!(answer.header("docker-content-digest"), digest);
        assert_eq!(
            dst.get(&robot, &format!("blobs/{digest}")).await.expect(200).text(),
            format!("shared {at}")
        );
        // Each has it by itself.
        src.delete(&server.owner(), &format!("blobs/{digest}"))
            .await
            .expect(202);
        dst.get(&robot, &format!("blobs/{digest}")).await.expect(200);
        src.get(&robot, &format!("blobs/{digest}")).await.expect(404);
    }
}

#[tokio::test]
async fn without_a_source_the_registry_looks_where_the_caller_may() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let robot = server.robot_with("AcrPush", &registry).await;
    let (src, dst) = (registry.repository("src"), registry.repository("dst"));
    let digest = src.push_blob(&robot, "shared").await;
    let token = dst.bearer(&robot, &[&dst.scope("pull,push")]).await;
    mount(&token, &dst, &format!("mount={digest}")).await.expect(202);
    dst.head(&robot, &format!("blobs/{digest}")).await.expect(404);
    mount(&robot, &dst, &format!("mount={digest}")).await.expect(201);
}

#[tokio::test]
async fn a_source_that_cannot_be_read_is_one_that_has_nothing_and_an_upload_begins() {
    let server = TestServer::start().await;
    let (registry, other) = (server.registry("myregistry").await, server.registry("another").await);
    let robot = server.robot_with("AcrPush", "/").await;
    let (src, dst) = (registry.repository("src"), registry.repository("dst"));
    let digest = src.push_blob(&robot, "shared").await;
    let foreign = other.repository("theirs").push_blob(&robot, "foreign").await;
    let absent = digest_of_nothing();
    let narrow = dst.bearer(&robot, &[&dst.scope("pull,push")]).await;
    let at_base = registry.repository_at_base(&server, "dst");
    for (what, actor, dst, query) in [
        (
            "absent, and not in the token",
            &narrow,
            &dst,
            format!("mount={absent}&from=src"),
        ),
        ("absent blob", &robot, &dst, format!("mount={absent}&from=src")),
        (
            "absent repository",
            &robot,
            &dst,
            format!("mount={digest}&from=nothing"),
        ),
        ("no name", &robot, &dst, format!("mount={digest}&from=No%20Name")),
        (
            "another registry",
            &robot,
            &at_base,
            format!("mount={foreign}&from=another/theirs"),
        ),
        (
            "another registry by host",
            &robot,
            &dst,
            format!("mount={foreign}&from=another/theirs"),
        ),
        ("no registry", &robot, &at_base, format!("mount={digest}&from=src")),
    ] {
        let answer = mount(actor, dst, &query).await;
        assert_eq!(answer.status.as_u16(), 202, "{what}: {}", answer.text());
        dst.head(&robot, &format!("blobs/{digest}")).await.expect(404);
        // And it goes on as any upload.
        dst.go_on(actor, Method::DELETE, &answer).send().await.expect(204);
    }
    mount(&robot, &dst, "mount=sha256:00&from=src")
        .await
        .expect_error(400, "DIGEST_INVALID");
}

fn digest_of_nothing() -> String {
    digest("nobody has this")
}

#[tokio::test]
async fn where_only_the_token_is_in_the_way_of_a_mount_the_challenge_names_both_repositories() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let robot = server.robot_with("AcrPush", &registry).await;
    for (src, dst) in [
        (registry.repository("src"), registry.repository("dst")),
        (
            registry.repository_at_base(&server, "src"),
            registry.repository_at_base(&server, "dst"),
        ),
    ] {
        let digest = src.push_blob(&robot, format!("shared by {}", src.host)).await;
        let query = format!("mount={digest}&from={}", src.name);
        let joint = format!("{} {}", dst.scope("pull,push"), src.scope("pull"));
        let narrow = dst.bearer(&robot, &[&dst.scope("pull,push")]).await;
        for (actor, error) in [(&narrow, Some("insufficient_scope")), (&server.anonymous(), None)] {
            let refused = mount(actor, &dst, &query).await.expect_error(401, "UNAUTHORIZED");
            let challenge = refused.header("www-authenticate");
            assert!(challenge.contains(&format!(",scope=\"{joint}\"")), "{challenge}");
            assert_eq!(challenge.contains("error="), error.is_some(), "{challenge}");
            assert_eq!(refused.at("/errors/0/detail/2/Name"), src.name);
            dst.head(&robot, &format!("blobs/{digest}")).await.expect(404);
        }
        let token = dst.bearer(&robot, &[&joint]).await;
        mount(&token, &dst, &query).await.expect(201);
    }
    // A source of another registry is none that a token could name.
    let elsewhere = registry.repository_at_base(&server, "dst");
    let refused = mount(
        &server.anonymous(),
        &elsewhere,
        &format!("mount={}&from=another/src", digest_of_nothing()),
    )
    .await;
    let challenge = refused.expect(401).header("www-authenticate").to_owned();
    assert!(
        challenge.ends_with("scope=\"repository:myregistry/dst:pull,push\""),
        "{challenge}"
    );
}
