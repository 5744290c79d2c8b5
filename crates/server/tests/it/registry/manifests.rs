//! Manifests: pushed, moved, refused, deleted.

use http::Method;
use serde_json::{Value, json};
use wharf_testkit::{Actor, Answer, IMAGE, INDEX, TestRepository, TestServer, descriptor, digest, image};
use wharf_types::digest::{Algorithm, Digest};

const DOCKER: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

async fn world() -> (TestServer, Actor, TestRepository) {
    let server = TestServer::start().await;
    let web = server.registry("myregistry").await.repository("web");
    let owner = server.owner();
    web.push_blob(&owner, "layer").await;
    (server, owner, web)
}

async fn put(
    web: &TestRepository,
    actor: &Actor,
    reference: &str,
    media_type: &str,
    content: impl Into<String>,
) -> Answer {
    let ask = web.ask(actor, Method::PUT, &format!("manifests/{reference}"));
    ask.body(media_type, content.into()).send().await
}

#[tokio::test]
async fn a_manifest_is_served_byte_for_byte_as_it_was_sent() {
    let (_server, owner, web) = world().await;
    // Order, blanks, unknown fields and escapes are the client's.
    let sent = format!(
        "{{\n  \"layers\" : [ ],\t\"config\":{},\"x-unknown\":\"\\u00e9 \u{e9}\", \"schemaVersion\":2 }}\n\n",
        descriptor("application/x", "layer")
    );
    let answer = put(&web, &owner, "v1", IMAGE, sent.clone()).await.expect(201);
    assert_eq!(answer.header("docker-content-digest"), digest(&sent));
    assert_eq!(
        answer.header("location"),
        format!("/v2/web/manifests/{}", digest(&sent))
    );
    for reference in ["v1".to_owned(), digest(&sent), digest(&sent).replace(':', "%3a")] {
        let got = web.get(&owner, &format!("manifests/{reference}")).await.expect(200);
        assert_eq!(got.text(), sent);
        let head = web.head(&owner, &format!("manifests/{reference}")).await.expect(200);
        assert!(head.body.is_empty());
        for answer in [got, head] {
            assert_eq!(answer.header("content-type"), IMAGE);
            assert_eq!(answer.header("content-length"), sent.len().to_string());
            assert_eq!(answer.header("docker-content-digest"), digest(&sent));
            assert_eq!(answer.header("etag"), format!("\"{}\"", digest(&sent)));
        }
        let ask = web.ask(&owner, Method::GET, &format!("manifests/{reference}"));
        ask.header("if-none-match", &format!("\"{}\"", digest(&sent)))
            .send()
            .await
            .expect(304);
    }
}

#[tokio::test]
async fn a_manifest_pushed_by_digest_has_that_digest() {
    let (_server, owner, web) = world().await;
    let manifest = image("layer").to_string();
    put(&web, &owner, &digest(&manifest), IMAGE, manifest.clone())
        .await
        .expect(201);
    let long = Digest::of(Algorithm::Sha512, manifest.as_bytes()).to_string();
    let answer = put(&web, &owner, &long, IMAGE, manifest.clone()).await.expect(201);
    assert_eq!(answer.header("docker-content-digest"), long);
    assert_eq!(
        web.get(&owner, &format!("manifests/{long}")).await.expect(200).text(),
        manifest
    );
    let other = digest("other");
    let answer = put(&web, &owner, &other, IMAGE, manifest.clone())
        .await
        .expect_error(400, "DIGEST_INVALID");
    assert_eq!(answer.at("/errors/0/detail/found"), digest(&manifest));
    web.get(&owner, &format!("manifests/{other}"))
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
    // No tag came of any of it.
    assert_eq!(web.get(&owner, "tags/list").await.expect(200).at("/tags"), "[]");
}

#[tokio::test]
async fn a_tag_moves_and_what_it_named_stays() {
    let (_server, owner, web) = world().await;
    let first = web.push_image(&owner, "v1", "first").await;
    let second = web.push_image(&owner, "v1", "second").await;
    assert_ne!(first, second);
    assert_eq!(
        web.head(&owner, "manifests/v1")
            .await
            .expect(200)
            .header("docker-content-digest"),
        second
    );
    web.get(&owner, &format!("manifests/{first}")).await.expect(200);
    web.push_image(&owner, "v1", "first").await;
    assert_eq!(
        web.head(&owner, "manifests/v1")
            .await
            .expect(200)
            .header("docker-content-digest"),
        first
    );
}

#[tokio::test]
async fn blobs_that_are_missing_are_named() {
    let (_server, owner, web) = world().await;
    let mut manifest = image("layer");
    for missing in ["one", "two"] {
        manifest["layers"]
            .as_array_mut()
            .unwrap()
            .push(descriptor("application/x", missing));
    }
    let answer = web
        .put_manifest(&owner, "v1", &manifest)
        .await
        .expect_error(400, "MANIFEST_BLOB_UNKNOWN");
    let mut named: Vec<_> = [0, 1]
        .map(|at| answer.at(&format!("/errors/0/detail/{at}/digest")))
        .to_vec();
    named.sort();
    let mut expected = vec![digest("one"), digest("two")];
    expected.sort();
    assert_eq!(named, expected);
    web.get(&owner, "manifests/v1")
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
    // Those of another repository do not count.
    let api = TestRepository {
        host: web.host.clone(),
        name: "api".to_owned(),
    };
    api.put_manifest(&owner, "v1", &image("layer"))
        .await
        .expect_error(400, "MANIFEST_BLOB_UNKNOWN");
    api.get(&owner, "tags/list").await.expect_error(404, "NAME_UNKNOWN");
}

fn with(mut document: Value, key: &str, value: Value) -> Value {
    document[key] = value;
    document
}

#[tokio::test]
async fn a_manifest_that_contradicts_itself_or_its_type_is_refused() {
    let (_server, owner, web) = world().await;
    let good = || image("layer");
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []});
    let sized = |size: Value| {
        let mut wrong = image("layer");
        wrong["layers"][0]["size"] = size;
        wrong
    };
    for (media_type, document) in [
        (IMAGE, sized(json!(4)).to_string()),
        (IMAGE, sized(json!(-1)).to_string()),
        (IMAGE, sized(json!(u64::MAX)).to_string()),
        (IMAGE, sized(json!(5.5)).to_string()),
        (IMAGE, with(good(), "manifests", json!([])).to_string()),
        (INDEX, with(index.clone(), "layers", json!([])).to_string()),
        (
            INDEX,
            with(index.clone(), "config", good()["config"].clone()).to_string(),
        ),
        (DOCKER, good().to_string()),
        (INDEX, good().to_string()),
        (IMAGE, index.to_string()),
        (IMAGE, with(good(), "schemaVersion", json!(1)).to_string()),
        (IMAGE, good().to_string().replacen("{", r#"{"schemaVersion":2,"#, 1)),
        (IMAGE, good().to_string().replace(r#""size":5"#, r#""size":5,"size":5"#)),
        (IMAGE, with(good(), "artifactType", json!("a\u{0}b")).to_string()),
        (IMAGE, with(good(), "annotations", json!({"a\u{0}": "b"})).to_string()),
        (
            IMAGE,
            with(good(), "x", json!("deep"))
                .to_string()
                .replace("\"deep\"", &format!("{}{}", "[".repeat(70), "]".repeat(70))),
        ),
        (IMAGE, format!("{} x", good())),
        (IMAGE, String::new()),
        (IMAGE, "[]".to_owned()),
        (IMAGE, "{".to_owned()),
        ("application/json", good().to_string()),
        ("text/html", good().to_string()),
        (
            "application/vnd.docker.distribution.manifest.v1+prettyjws",
            good().to_string(),
        ),
    ] {
        let answer = put(&web, &owner, "bad", media_type, document.clone()).await;
        assert_eq!(
            answer.status.as_u16(),
            400,
            "{media_type} {document}: {}",
            answer.text()
        );
        assert_eq!(answer.code(), "MANIFEST_INVALID", "{media_type} {document}");
    }
    let ask = web
        .ask(&owner, Method::PUT, "manifests/bad")
        .body(IMAGE, good().to_string());
    ask.header("content-encoding", "gzip")
        .send()
        .await
        .expect_error(415, "UNSUPPORTED");
    web.get(&owner, "manifests/bad")
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
    assert_eq!(web.get(&owner, "tags/list").await.expect(200).at("/tags"), "[]");
}

#[tokio::test]
async fn four_mebibytes_are_accepted_and_one_byte_more_is_not() {
    let (_server, owner, web) = world().await;
    let manifest = image("layer").to_string();
    let padded = |size: usize| format!("{manifest}{}", " ".repeat(size - manifest.len()));
    const MOST: usize = 4 * 1024 * 1024;
    let answer = put(&web, &owner, "large", IMAGE, padded(MOST)).await.expect(201);
    assert_eq!(answer.header("docker-content-digest"), digest(padded(MOST)));
    assert_eq!(web.get(&owner, "manifests/large").await.expect(200).body.len(), MOST);
    put(&web, &owner, "larger", IMAGE, padded(MOST + 1))
        .await
        .expect_error(413, "MANIFEST_INVALID");
    web.head(&owner, "manifests/larger").await.expect(404);
}

#[tokio::test]
async fn dockers_own_types_are_kept_as_they_are() {
    let (_server, owner, web) = world().await;
    let mut manifest = image("layer");
    manifest["mediaType"] = json!(DOCKER);
    web.put_manifest(&owner, "docker", &manifest).await.expect(201);
    let list =
        json!({"schemaVersion": 2, "mediaType": DOCKER_LIST, "manifests": [descriptor(DOCKER, manifest.to_string())]});
    web.put_manifest(&owner, "list", &list).await.expect(201);
    for (tag, media_type) in [("docker", DOCKER), ("list", DOCKER_LIST)] {
        assert_eq!(
            web.get(&owner, &format!("manifests/{tag}"))
                .await
                .expect(200)
                .header("content-type"),
            media_type
        );
    }
}

#[tokio::test]
async fn an_index_may_list_manifests_that_are_not_there() {
    let (_server, owner, web) = world().await;
    let present = web.push_image(&owner, "amd64", "layer").await;
    let index = json!({"schemaVersion": 2, "mediaType": INDEX,
        "manifests": [descriptor(IMAGE, image("layer").to_string()), descriptor(IMAGE, "absent")]});
    let pushed = web.put_manifest(&owner, "v1", &index).await.expect(201);
    assert_eq!(
        web.get(&owner, "manifests/v1").await.expect(200).text(),
        index.to_string()
    );
    web.get(&owner, &format!("manifests/{present}")).await.expect(200);
    web.get(&owner, &format!("manifests/{}", digest("absent")))
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
    let empty = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []});
    web.put_manifest(&owner, "empty", &empty).await.expect(201);
    web.delete(&owner, &format!("manifests/{}", pushed.header("docker-content-digest")))
        .await
        .expect(202);
}

#[tokio::test]
async fn deleting_a_tag_leaves_the_manifest_and_deleting_the_manifest_takes_its_tags() {
    let (_server, owner, web) = world().await;
    let pushed = web.push_image(&owner, "v1", "layer").await;
    web.push_image(&owner, "v2", "layer").await;
    web.push_image(&owner, "other", "else").await;
    web.delete(&owner, "manifests/v1").await.expect(202);
    web.get(&owner, "manifests/v1")
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
    web.delete(&owner, "manifests/v1")
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
    web.get(&owner, "manifests/v2").await.expect(200);
    web.delete(&owner, &format!("manifests/{pushed}")).await.expect(202);
    web.get(&owner, "manifests/v2")
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
    web.get(&owner, &format!("manifests/{pushed}"))
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
    web.delete(&owner, &format!("manifests/{pushed}"))
        .await
        .expect_error(404, "MANIFEST_UNKNOWN");
    assert_eq!(
        web.get(&owner, "tags/list").await.expect(200).at("/tags"),
        r#"["other"]"#
    );
    web.push_image(&owner, "v1", "layer").await;
}

#[tokio::test]
async fn each_change_of_content_is_in_the_journal_with_who_made_it() {
    let server = TestServer::start().await;
    let registry = server.registry("myregistry").await;
    let (owner, robot) = (server.owner(), server.robot_with("AcrPush", &registry).await);
    let (web, api) = (registry.repository("web"), registry.repository("api"));
    let pushed = web.push_image(&robot, "v1", "layer").await;
    let mount = format!("blobs/uploads/?mount={}&from=web", digest("layer"));
    api.ask(&robot, Method::POST, &mount).send().await.expect(201);
    api.delete(&owner, &format!("blobs/{}", digest("layer")))
        .await
        .expect(202);
    web.push_image(&robot, "v2", "layer").await;
    web.delete(&owner, "manifests/v1").await.expect(202);
    web.delete(&owner, &format!("manifests/{pushed}")).await.expect(202);
    // What is refused or only begun is no change.
    web.upload(&robot).await.expect(202);
    web.delete(&robot, "manifests/v2").await.expect(403);
    let log = "/providers/Microsoft.Insights/eventtypes/management/values?$top=1000";
    let mut events = owner.get(log).await.expect(200).entries();
    events.reverse();
    const CONTENT: &str = "Microsoft.ContainerRegistry/registries/repositories/";
    let of_content: Vec<(String, String)> = events
        .iter()
        .filter_map(|event| {
            let operation = event["operationName"]["value"].as_str()?.strip_prefix(CONTENT)?;
            Some((operation.to_owned(), event["caller"].as_str()?.to_owned()))
        })
        .collect();
    let by = |operation: &str, actor: &Actor| (operation.to_owned(), actor.object_id.clone());
    assert_eq!(
        of_content,
        [
            by("blobs/write", &robot),
            by("manifests/write", &robot),
            by("tags/write", &robot),
            by("blobs/mount", &robot),
            by("blobs/delete", &owner),
            by("blobs/write", &robot),
            by("manifests/write", &robot),
            by("tags/write", &robot),
            by("tags/delete", &owner),
            by("manifests/delete", &owner),
        ]
    );
}

#[tokio::test]
async fn a_manifest_pushed_by_digest_takes_the_tags_that_come_with_it() {
    let (_server, owner, web) = world().await;
    let manifest = image("layer").to_string();
    let short = digest(&manifest);
    let long = Digest::of(Algorithm::Sha512, manifest.as_bytes()).to_string();
    for (reference, query, tags, now) in [
        (&short, "?tag=b&tag=a&tag=b", vec!["a", "b"], r#"["a","b"]"#),
        (&long, "?tag=b&tag=long", vec!["b", "long"], r#"["a","b","long"]"#),
        (&short, "?tag=a", vec!["a"], r#"["a","b","long"]"#),
    ] {
        let answer = put(&web, &owner, &format!("{reference}{query}"), IMAGE, manifest.clone())
            .await
            .expect(201);
        assert_eq!(answer.header("docker-content-digest"), reference);
        let told: Vec<_> = answer.headers.get_all("oci-tag").iter().collect();
        assert_eq!(told, tags);
        assert_eq!(web.get(&owner, "tags/list").await.expect(200).at("/tags"), now);
        for tag in tags {
            let head = web.head(&owner, &format!("manifests/{tag}")).await.expect(200);
            assert_eq!(head.header("docker-content-digest"), reference, "{tag}");
        }
    }
    // The tag of the path is one of them, and not told again.
    let answer = put(&web, &owner, "c?tag=d", IMAGE, manifest.clone()).await.expect(201);
    assert_eq!(answer.header("oci-tag"), "d");
    for tag in ["c", "d"] {
        web.head(&owner, &format!("manifests/{tag}")).await.expect(200);
    }
    // All or nothing.
    let many: String = (0..101).map(|at| format!("tag=t{at}&")).collect();
    for (query, status) in [("tag=e&tag=.f", 400), ("tag=e&tag=", 400), (many.as_str(), 414)] {
        let answer = put(&web, &owner, &format!("{short}?{query}"), IMAGE, manifest.clone()).await;
        answer.expect_error(status, "TAG_INVALID");
    }
    let wrong = format!("{}?tag=e", digest("other"));
    put(&web, &owner, &wrong, IMAGE, manifest)
        .await
        .expect_error(400, "DIGEST_INVALID");
    assert_eq!(
        web.get(&owner, "tags/list").await.expect(200).at("/tags"),
        r#"["a","b","c","d","long"]"#
    );
}

#[tokio::test]
async fn what_an_index_lists_is_looked_at_where_it_is_there() {
    let (_server, owner, web) = world().await;
    web.push_image(&owner, "v1", "layer").await;
    let index = |child: Value| json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [child]});
    let child = || descriptor(IMAGE, image("layer").to_string());
    let answer = web
        .put_manifest(&owner, "bad", &index(with(child(), "size", json!(1))))
        .await;
    let answer = answer.expect_error(400, "MANIFEST_INVALID");
    assert!(answer.text().contains("has 1 bytes, and it has"), "{}", answer.text());
    web.head(&owner, "manifests/bad").await.expect(404);
    // BuildKit's caches are indexes of blobs: such a blob is needed as an image's layer is.
    let blob = web.push_blob(&owner, "cached").await;
    let cached = descriptor("application/vnd.oci.image.layer.v1.tar+gzip", "cached");
    let answer = web
        .put_manifest(&owner, "bad", &index(with(cached.clone(), "size", json!(7))))
        .await;
    answer.expect_error(400, "MANIFEST_INVALID");
    let cache = web.put_manifest(&owner, "cache", &index(cached)).await.expect(201);
    web.delete(&owner, &format!("blobs/{blob}"))
        .await
        .expect_error(409, "DENIED");
    let cache = format!("manifests/{}", cache.header("docker-content-digest"));
    web.delete(&owner, &cache).await.expect(202);
    web.delete(&owner, &format!("blobs/{blob}")).await.expect(202);
}

#[tokio::test]
async fn an_image_without_its_layers_is_kept_where_the_operator_allows_it() {
    let server = TestServer::start_with(|settings| settings.sparse_images = true).await;
    let web = server.registry("myregistry").await.repository("web");
    let owner = server.owner();
    let pushed = web.put_manifest(&owner, "v1", &image("layer")).await.expect(201);
    assert_eq!(
        web.get(&owner, "manifests/v1").await.expect(200).text(),
        image("layer").to_string()
    );
    let layer = format!("blobs/{}", digest("layer"));
    web.get(&owner, &layer).await.expect_error(404, "BLOB_UNKNOWN");
    // What comes later belongs to the image, and what is there is looked at.
    web.push_blob(&owner, "layer").await;
    web.delete(&owner, &layer).await.expect_error(409, "DENIED");
    let mut wrong = image("layer");
    wrong["layers"][0]["size"] = json!(4);
    let answer = web.put_manifest(&owner, "v1", &wrong).await;
    answer.expect_error(400, "MANIFEST_INVALID");
    let manifest = format!("manifests/{}", pushed.header("docker-content-digest"));
    web.delete(&owner, &manifest).await.expect(202);
    web.delete(&owner, &layer).await.expect(202);
}
