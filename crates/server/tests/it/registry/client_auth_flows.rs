//! What real clients do around authentication, flow by flow.

use axum::body::{Body, Bytes};
use futures_util::stream;
use http::Method;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wharf_testkit::{IMAGE, INDEX, TestServer, digest, image};

#[tokio::test]
async fn a_login_begins_with_a_challenge_of_realm_and_service_on_the_host_that_was_used() {
    let server = TestServer::start().await;
    server.registry("myregistry").await;
    let nobody = server.anonymous();
    for (asked, shown) in [
        ("wharf.test", "wharf.test"),
        ("wharf.test:8443", "wharf.test"),
        ("myregistry.wharf.test", "myregistry.wharf.test"),
        ("MyRegistry.Wharf.Test", "myregistry.wharf.test"),
        ("localhost:5000", "localhost:5000"),
        ("127.0.0.1:5000", "127.0.0.1:5000"),
    ] {
        for path in ["/v2/", "/v2"] {
            let answer = nobody.ask(Method::GET, path).at(asked).send().await.expect(401);
            assert_eq!(
                answer.header("www-authenticate"),
                format!("Bearer realm=\"https://{shown}/oauth2/token\",service=\"{shown}\"")
            );
            assert_eq!(answer.header("docker-distribution-api-version"), "registry/2.0");
        }
    }
}

#[tokio::test]
async fn basic_is_accepted_on_every_request_without_being_asked_for() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let admin = server.admin_of(&registry).await;
    for web in [registry.repository("web"), registry.repository_at_base(&server, "web")] {
        web.push_image(&admin, "v1", "layer").await;
        web.get(&admin, "manifests/v1").await.expect(200);
        admin.ask(Method::GET, "/v2/").at(&web.host).send().await.expect(200);
        admin
            .ask(Method::GET, "/v2/_catalog")
            .at(&web.host)
            .send()
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn the_scheme_of_a_credential_is_read_without_regard_to_case() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let web = registry.repository("web");
    let token = web.token(&server.owner(), &[]).await.expect(200).at("/token");
    let nobody = server.anonymous();
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let ask = nobody.ask(Method::GET, "/v2/").at(&web.host);
        ask.header("authorization", &format!("{scheme} {token}"))
            .send()
            .await
            .expect(200);
    }
    for value in ["Bearer", "Basic", "Basic !!", "Digest x", "", token.as_str()] {
        let ask = nobody.ask(Method::GET, "/v2/").at(&web.host);
        let answer = ask.header("authorization", value).send().await;
        assert!(
            answer.expect(401).header("www-authenticate").starts_with("Bearer "),
            "{value}"
        );
    }
}

#[tokio::test]
async fn a_joint_token_of_a_push_and_a_mount_works_for_both_repositories() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let robot = server.robot_with("AcrPush", &registry).await;
    let (src, dst) = (registry.repository("src"), registry.repository("dst"));
    let digest = src.push_blob(&robot, "shared").await;
    let joint = format!("{} {}", dst.scope("push,pull"), src.scope("pull"));
    let token = dst.bearer(&robot, &[&joint]).await;
    // containers/image looks at the source first.
    src.head(&token, &format!("blobs/{digest}")).await.expect(200);
    // crane adds `origin`, and a type for the body that it does not send.
    let start = format!("blobs/uploads/?from=src&mount={digest}&origin=elsewhere.test");
    let answer = dst
        .ask(&token, Method::POST, &start)
        .header("content-type", "application/json");
    let answer = answer.send().await.expect(201);
    assert_eq!(answer.header("location"), format!("/v2/dst/blobs/{digest}"));
    dst.get(&token, &format!("blobs/{digest}")).await.expect(200);
}

#[tokio::test]
async fn accept_comes_in_several_lines_and_none_of_them_changes_what_is_served() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let owner = server.owner();
    let web = registry.repository("web");
    let pushed = web.push_image(&owner, "v1", "layer").await;
    let mut ask = web.ask(&owner, Method::GET, "manifests/v1");
    for line in [
        INDEX,
        IMAGE,
        "application/json",
        "application/vnd.docker.distribution.manifest.v1+json",
    ] {
        ask = ask.header("accept", line);
    }
    let answer = ask.send().await.expect(200);
    assert_eq!(answer.header("content-type"), IMAGE);
    assert_eq!(answer.header("docker-content-digest"), pushed);
    assert_eq!(answer.text(), image("layer").to_string());
}

/// A body of so many pieces of 64 KiB, and how many of them were read.
fn counted(pieces: usize) -> (Body, Arc<AtomicUsize>) {
    let read = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&read);
    let pieces = (0..pieces).map(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        Ok::<_, std::io::Error>(Bytes::from_static(&[0; 64 * 1024]))
    });
    (Body::from_stream(stream::iter(pieces)), read)
}

#[tokio::test]
async fn a_body_that_comes_with_a_refused_request_is_read_off_so_that_the_refusal_arrives() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let (owner, puller) = (server.owner(), server.robot_with("AcrPull", &registry).await);
    let web = registry.repository("web");
    let started = web.upload(&owner).await.expect(202);
    let location = started.header("location").to_owned();
    let small = web.bearer(&owner, &[&web.scope("pull")]).await;
    let put = format!("{location}?digest={}", digest(""));
    let whole = format!("/v2/web/blobs/uploads/?digest={}", digest(""));
    let unknown = format!("/v2/web/blobs/uploads/{}", "0".repeat(32));
    for (what, actor, status) in [
        ("nobody", &server.anonymous(), 401),
        ("a token of too little scope", &small, 401),
        ("somebody without the right", &puller, 403),
    ] {
        for (method, path) in [
            (Method::PATCH, location.as_str()),
            (Method::PUT, &put),
            (Method::POST, &whole),
            (Method::PUT, "/v2/web/manifests/v1"),
        ] {
            let (body, read) = counted(64);
            let answer = actor.ask(method, path).at(&web.host).body(IMAGE, body).send().await;
            assert_eq!(
                answer.status.as_u16(),
                status,
                "{what}: {}: {}",
                answer.asked,
                answer.text()
            );
            let challenged = answer.header("www-authenticate").starts_with("Bearer realm=");
            assert_eq!(challenged, status == 401, "{what}: {}", answer.asked);
            assert_eq!(read.load(Ordering::Relaxed), 64, "{what}: {}", answer.asked);
        }
    }
    for (path, status) in [
        (unknown.as_str(), 404),
        ("/v2/web/nothing/here", 404),
        ("/v2/_catalog", 405),
    ] {
        let (body, read) = counted(64);
        let ask = owner.ask(Method::PATCH, path).at(&web.host);
        ask.body("application/octet-stream", body).send().await.expect(status);
        assert_eq!(read.load(Ordering::Relaxed), 64, "{path}");
    }
    // Without an end the client is not waited for.
    let (body, read) = counted(100_000);
    let ask = server.anonymous();
    let ask = ask.ask(Method::PATCH, &location).at(&web.host);
    ask.body("application/octet-stream", body).send().await.expect(401);
    assert!(read.load(Ordering::Relaxed) < 1000);
    let status = web
        .get(
            &owner,
            &format!("blobs/uploads/{}", started.header("docker-upload-uuid")),
        )
        .await;
    assert_eq!(status.expect(204).header("range"), "0-0");
}

#[tokio::test]
async fn the_search_of_old_is_not_found_and_podman_goes_on_to_the_catalogue() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let owner = server.owner();
    let web = registry.repository("web");
    web.push_image(&owner, "v1", "layer").await;
    for host in [server.host(), &web.host] {
        owner
            .ask(Method::GET, "/v1/search?q=web")
            .at(host)
            .send()
            .await
            .expect(404);
    }
    // A token without scopes is refused with the scope that it lacks, and one with that scope lists.
    let token = web.bearer(&owner, &[]).await;
    let refused = token
        .ask(Method::GET, "/v2/_catalog")
        .at(&web.host)
        .send()
        .await
        .expect(401);
    let challenge = refused.header("www-authenticate").to_owned();
    assert!(
        challenge.contains("scope=\"registry:catalog:*\",error=\"insufficient_scope\""),
        "{challenge}"
    );
    let token = web.bearer(&owner, &["registry:catalog:*"]).await;
    let listed = token
        .ask(Method::GET, "/v2/_catalog")
        .at(&web.host)
        .send()
        .await
        .expect(200);
    assert_eq!(listed.at("/repositories/0"), "web");
}

#[tokio::test]
async fn helm_and_containerd_sign_in_by_post_and_push_with_what_they_get() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let robot = server.robot_with("AcrPush", &registry).await;
    let (user, secret) = robot.user_and_secret();
    for web in [registry.repository("web"), registry.repository_at_base(&server, "web")] {
        let form = [
            ("grant_type", "password"),
            ("service", &web.host),
            ("client_id", "containerd-client"),
            ("scope", &web.scope("pull,push")),
            ("username", user),
            ("password", secret),
        ];
        let nobody = server.anonymous();
        let ask = nobody.ask(Method::POST, "/oauth2/token").at(&web.host).form(&form);
        let answer = ask.send().await.expect(200);
        assert_eq!(answer.json().get("refresh_token"), None::<&Value>);
        web.push_image(&server.bearer(&answer.at("/token")), "v1", "layer")
            .await;
    }
}

#[tokio::test]
async fn dockers_login_asks_as_docker_asks() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let robot = server.robot_with("AcrPush", &registry).await;
    let (user, _) = robot.user_and_secret();
    for web in [registry.repository("web"), registry.repository_at_base(&server, "web")] {
        let login = format!(
            "/oauth2/token?account={user}&client_id=docker&offline_token=true&service={}",
            web.host
        );
        let answer = robot.ask(Method::GET, &login).at(&web.host).send().await.expect(200);
        let token = server.bearer(&answer.at("/token"));
        token.ask(Method::GET, "/v2/").at(&web.host).send().await.expect(200);
        // A push then asks for its scope, actions in docker's order.
        let push = format!("{login}&scope={}", web.scope("push,pull"));
        let answer = robot.ask(Method::GET, &push).at(&web.host).send().await.expect(200);
        web.push_image(&server.bearer(&answer.at("/token")), "v1", "layer")
            .await;
    }
}

#[tokio::test]
async fn a_wrong_password_is_a_401_with_a_body_on_get_and_post() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let robot = server.robot_with("AcrPush", &registry).await;
    let web = registry.repository("web");
    let (user, _) = robot.user_and_secret();
    let wrong = server.basic(user, "wrong");
    let get = web.token(&wrong, &[&web.scope("pull")]).await;
    let form = [("grant_type", "password"), ("username", user), ("password", "wrong")];
    let nobody = server.anonymous();
    let post = nobody.ask(Method::POST, "/oauth2/token").at(&web.host).form(&form);
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", "wrong")];
    let refresh = nobody.ask(Method::POST, "/oauth2/token").at(&web.host).form(&refresh);
    for answer in [get, post.send().await, refresh.send().await] {
        let answer = answer.expect_error(401, "UNAUTHORIZED");
        assert!(!answer.at("/errors/0/message").is_empty());
        assert!(!answer.text().contains("access_token"));
    }
}

#[test]
fn the_tests_that_the_documents_name_exist() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &std::path::Path| std::fs::read_to_string(path).unwrap_or_default();
    let document = read(&root.join("docs/develop/conformance.md"));
    let names = document
        .split('`')
        .filter(|text| text.contains("::") && !text.contains(' '));
    let mut count = 0;
    for name in names {
        count += 1;
        let (folder, path) = match name.strip_prefix("tests:") {
            Some(path) => (root.join("tests/tests/it"), path),
            None => (root.join("crates/server/tests/it"), name),
        };
        let (module, test) = path.rsplit_once("::").expect("a test is in a module");
        let module = module.replace("::", "/");
        let files = [
            folder.join(format!("{module}.rs")),
            folder.join(format!("registry/{module}.rs")),
            folder.join(format!("conformance/{module}.rs")),
        ];
        let function = format!("fn {test}(");
        assert!(
            files.iter().any(|file| read(file).contains(&function)),
            "{name} does not exist"
        );
    }
    assert!(count > 90, "{count} tests are named");
}
