//! Names and paths: at their limits, and those that try to be something else.

use http::Method;
use wharf_testkit::{TestRepository, TestServer};

#[tokio::test]
async fn names_and_tags_are_taken_up_to_their_limits() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let owner = server.owner();
    let longest = format!("{}/{}", "a".repeat(200), "b".repeat(54));
    let tag = format!("T{}", "_".repeat(127));
    for name in [
        "a",
        "0",
        "a.b",
        "a_b",
        "a__b",
        "a---b",
        "blobs/uploads",
        "manifests",
        "tags/list",
        longest.as_str(),
    ] {
        let web = registry.repository(name);
        web.push_image(&owner, &tag, "layer").await;
        assert_eq!(
            web.get(&owner, "tags/list").await.expect(200).at("/tags/0"),
            tag,
            "{name}"
        );
    }
    for name in [
        format!("{longest}b").as_str(),
        "A",
        "a_",
        ".a",
        "_catalog/x",
        "a..b",
        "a___b",
        "a//b",
        "-a",
        "a/",
        "/a",
        "ä",
    ] {
        let path = format!("/v2/{}/tags/list", name.replace('ä', "%C3%A4"));
        let answer = owner.ask(Method::GET, &path).at(&registry.login_server).send().await;
        assert!(
            [400, 404].contains(&answer.status.as_u16()),
            "{name}: {}",
            answer.text()
        );
    }
    let web = registry.repository("web");
    for tag in [format!("{tag}_").as_str(), ".a", "-a", "a+b", "a:b"] {
        web.get(&owner, &format!("manifests/{tag}")).await.expect(400);
    }
}

#[tokio::test]
async fn encoded_slashes_dots_and_nothings_name_no_endpoint() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let owner = server.owner();
    let web = registry.repository("secret");
    web.push_image(&owner, "v1", "layer").await;
    for path in [
        "/v2/public/../secret/manifests/v1",
        "/v2/public/%2e%2e/secret/manifests/v1",
        "/v2/public%2f..%2fsecret/manifests/v1",
        "/v2/./secret/manifests/v1",
        "/v2//secret/manifests/v1",
        "/v2/secret//manifests/v1",
        "/v2/secret/manifests//v1",
        "/v2/secret/manifests/v1/",
        "/v2/secret%00/manifests/v1",
        "/v2/secret%2Fmanifests%2Fv1",
        "/v2/s%65cret/manifests/v1",
        "/v2/secret%252f/manifests/v1",
        "/v2%2fsecret/manifests/v1",
        "//v2/secret/manifests/v1",
        "/V2/secret/manifests/v1",
        "/v2/../v2/secret/manifests/v1",
        "/v2/secret;x=1/manifests/v1",
    ] {
        for actor in [&owner, &server.anonymous()] {
            let answer = actor.ask(Method::GET, path).at(&web.host).send().await;
            assert!(
                [400, 404].contains(&answer.status.as_u16()),
                "{path}: {} {}",
                answer.status,
                answer.text()
            );
        }
    }
    web.get(&owner, "manifests/v1").await.expect(200);
}

#[tokio::test]
async fn methods_that_a_path_has_not_are_answered_with_those_that_it_has() {
    let server = TestServer::start().await;
    let web = server.registry("myregistry").await.repository("web");
    let owner = server.owner();
    for (method, rest, allowed) in [
        (Method::POST, "manifests/v1", "GET, HEAD, PUT, DELETE"),
        (Method::PUT, "tags/list", "GET, HEAD"),
        (Method::GET, "blobs/uploads/", "POST"),
    ] {
        let answer = web
            .ask(&owner, method, rest)
            .send()
            .await
            .expect_error(405, "UNSUPPORTED");
        assert_eq!(answer.header("allow"), allowed);
    }
    let nowhere = TestRepository {
        host: web.host.clone(),
        name: "web/nothing".to_owned(),
    };
    nowhere.get(&owner, "here").await.expect_error(404, "UNSUPPORTED");
}

#[tokio::test]
async fn at_the_base_host_a_name_without_a_registry_is_told_how_to_name_one() {
    let server = TestServer::start().await;
    server.registry("myregistry").await;
    let answer = server
        .owner()
        .get("/v2/web/tags/list")
        .await
        .expect_error(404, "NAME_UNKNOWN");
    assert!(answer.text().contains("wharf.test/REGISTRY/web"), "{}", answer.text());
}
