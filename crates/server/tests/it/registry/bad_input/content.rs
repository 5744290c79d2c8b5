//! Manifests and indexes.

use http::Method;
use serde_json::{Value, json};
use wharf_testkit::{IMAGE, INDEX, descriptor, digest, image};

use super::{Case, World};

const MOST: usize = 4 * 1024 * 1024;

fn put(what: &'static str, media_type: &str, body: impl Into<Vec<u8>>) -> Case {
    Case::new(what, Method::PUT, "/v2/web/manifests/bad").body(media_type, body)
}

fn with(key: &str, value: Value) -> Vec<u8> {
    let mut document = image("layer");
    document[key] = value;
    document.to_string().into_bytes()
}

/// The good image with one text in it exchanged.
fn exchanged(from: &str, to: &str) -> Vec<u8> {
    let good = image("layer").to_string();
    assert!(good.contains(from), "{good}");
    good.replacen(from, to, 1).into_bytes()
}

#[tokio::test]
async fn what_is_no_strict_json_is_refused() {
    let world = World::new().await;
    let good = image("layer").to_string();
    let json = |what, body: Vec<u8>, problem: &str| {
        put(what, IMAGE, body).refused(
            400,
            "MANIFEST_INVALID",
            format!("the manifest is not valid JSON: {problem}"),
        )
    };
    let deep = |levels: usize| {
        with("x", json!("deep"))
            .into_iter()
            .map(char::from)
            .collect::<String>()
            .replace("\"deep\"", &format!("{}{}", "[".repeat(levels), "]".repeat(levels)))
    };
    let end = good.len();
    let trailing = format!("trailing characters at line 1 column {}", end + 1);
    world
        .refuses([
            json("nothing", Vec::new(), "EOF while parsing a value at line 1 column 0"),
            json(
                "half",
                good.as_bytes()[..end - 1].to_vec(),
                &format!("EOF while parsing an object at line 1 column {}", end - 1),
            ),
            json("trailing bytes", format!("{good}x").into_bytes(), &trailing),
            json("two documents", format!("{good}{good}").into_bytes(), &trailing),
            json("a NUL behind it", format!("{good}\0").into_bytes(), &trailing),
            json(
                "a byte order mark",
                format!("\u{feff}{good}").into_bytes(),
                "expected value at line 1 column 1",
            ),
            json(
                "UTF-16",
                good.encode_utf16().flat_map(u16::to_le_bytes).collect(),
                "key must be a string at line 1 column 2",
            ),
            json(
                "a key twice",
                exchanged("{", r#"{"x":1,"x":2,"#),
                "the key \"x\" occurs twice at line 1 column 12",
            ),
            put("too deep", IMAGE, deep(64)).refused(400, "MANIFEST_INVALID", too_deep(&deep(64), 65)),
            put("far too deep", IMAGE, deep(100_000)).refused(400, "MANIFEST_INVALID", too_deep(&deep(100_000), 64)),
        ])
        .await;
    let latin = [b"{\"x\":\"\xe4\"}".to_vec(), b"{\"\xff\":1}".to_vec(), b"\x80".to_vec()];
    for body in latin {
        let before = world.server.stored().await;
        let ask = world
            .web
            .ask(&world.owner, Method::PUT, "manifests/bad")
            .body(IMAGE, body);
        ask.send().await.expect_error(400, "MANIFEST_INVALID");
        assert_eq!(world.server.stored().await, before);
    }
    // As deep as may be.
    let ask = world
        .web
        .ask(&world.owner, Method::PUT, "manifests/deep")
        .body(IMAGE, deep(63));
    ask.send().await.expect(201);
}

/// `given_up` is where the reader gave up behind the first bracket: one further where it has seen the level's end.
fn too_deep(document: &str, given_up: usize) -> String {
    let column = document.find("[[").expect("it is deep") + given_up;
    format!("the manifest is not valid JSON: nested more than 64 levels deep at line 1 column {column}")
}

#[tokio::test]
async fn what_is_of_another_shape_is_refused() {
    let world = World::new().await;
    let refused = |what, media_type, body: Vec<u8>, message: &str| {
        put(what, media_type, body).refused(400, "MANIFEST_INVALID", message)
    };
    let index = |key: &str, value: Value| {
        let mut document = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []});
        document[key] = value;
        document.to_string().into_bytes()
    };
    let mixed = |kind, key| format!("{kind} holds {key}, which belongs to another kind of manifest");
    let other = "application/vnd.docker.distribution.manifest.v2+json";
    world
        .refuses([
            refused("a list", IMAGE, b"[]".to_vec(), "a manifest is a JSON object"),
            refused("a text", IMAGE, b"\"x\"".to_vec(), "a manifest is a JSON object"),
            refused("an empty object", IMAGE, b"{}".to_vec(), "schemaVersion is not 2"),
            refused("an old schema", IMAGE, with("schemaVersion", json!(1)), "schemaVersion is not 2"),
            refused("a schema as text", IMAGE, with("schemaVersion", json!("2")), "schemaVersion is not 2"),
            refused("another type within", other, image("layer").to_string().into_bytes(),
                &format!("mediaType is \"{IMAGE}\" and Content-Type is {other}: they must be the same")),
            refused("a type that is no text", IMAGE, with("mediaType", json!(7)),
                &format!("mediaType is 7 and Content-Type is {IMAGE}: they must be the same")),
            refused("manifests in an image", IMAGE, with("manifests", json!([])), &mixed(IMAGE, "manifests")),
            refused("fsLayers in an image", IMAGE, with("fsLayers", json!([])), &mixed(IMAGE, "fsLayers")),
            refused("layers in an index", INDEX, index("layers", json!([])), &mixed(INDEX, "layers")),
            refused("config in an index", INDEX, index("config", descriptor("x", "layer")), &mixed(INDEX, "config")),
            refused("no list", INDEX, index("manifests", json!({})), "manifests is not a list"),
            refused("layers that are none", IMAGE, with("layers", json!(null)), "layers is not a list"),
            refused("a type of artifact that is no text", IMAGE, with("artifactType", json!([])), "artifactType is not a string"),
            refused("notes that are no texts", IMAGE, with("annotations", json!({"a": 1})),
                "annotations: invalid type: integer `1`, expected a string"),
            refused("a type that is none", "text/plain", image("layer").to_string().into_bytes(),
                "the content type \"text/plain\" is not one of the manifests that this registry keeps"),
            refused("a type of old", "application/vnd.docker.distribution.manifest.v1+prettyjws", b"{}".to_vec(),
                "the content type \"application/vnd.docker.distribution.manifest.v1+prettyjws\" is not one of the manifests that this registry keeps"),
        ])
        .await;
}

#[tokio::test]
async fn a_descriptor_that_is_none_is_named_by_its_place() {
    let world = World::new().await;
    let layer = |key: &str, value: Value| {
        let mut layer = descriptor("application/x", "layer");
        layer[key] = value;
        with("layers", json!([descriptor("application/x", "layer"), layer]))
    };
    let refused = |what, body, message: &str| put(what, IMAGE, body).refused(400, "MANIFEST_INVALID", message);
    let without = |key: &str| {
        let mut config = descriptor("application/x", "layer");
        config.as_object_mut().expect("an object").remove(key);
        with("config", config)
    };
    let wrong_size = format!("the manifest says that {} has 6 bytes, and it has 5", digest("layer"));
    world
        .refuses([
            refused(
                "a negative size",
                layer("size", json!(-1)),
                "layers[1]: invalid value: integer `-1`, expected u64",
            ),
            refused(
                "half a byte",
                layer("size", json!(5.5)),
                "layers[1]: invalid type: floating point `5.5`, expected u64",
            ),
            refused(
                "a size as text",
                layer("size", json!("5")),
                "layers[1]: invalid type: string \"5\", expected u64",
            ),
            refused(
                "a size beyond signed numbers",
                layer("size", json!(u64::MAX)),
                "layers[1]: size is too large",
            ),
            refused("a size that is not the blob's", layer("size", json!(6)), &wrong_size),
            refused(
                "a digest that is none",
                layer("digest", json!("sha256:0")),
                "layers[1]: a digest is sha256: and 64, or sha512: and 128 lower-case hex digits",
            ),
            refused(
                "a type that is no text",
                layer("mediaType", json!(null)),
                "layers[1]: invalid type: null, expected a string",
            ),
            refused("no size", without("size"), "config: missing field `size`"),
            refused("no digest", without("digest"), "config: missing field `digest`"),
            refused(
                "no config",
                with("config", json!(null)),
                "config: invalid type: null, expected struct Descriptor",
            ),
            refused(
                "a subject that is none",
                with("subject", json!({})),
                "subject: missing field `mediaType`",
            ),
        ])
        .await;
}

#[tokio::test]
async fn an_answer_is_short_however_long_what_it_is_about() {
    let world = World::new().await;
    let long = "x".repeat(MOST / 2);
    let before = world.server.stored().await;
    let layers: Vec<Value> = (0..20_000).map(|at| descriptor("x", at.to_string())).collect();
    for (code, body) in [
        ("MANIFEST_INVALID", with("mediaType", json!(long))),
        ("MANIFEST_INVALID", with("schemaVersion", json!(long))),
        ("MANIFEST_INVALID", with("artifactType", json!([long]))),
        (
            "MANIFEST_INVALID",
            with(
                "config",
                json!({"mediaType": "x", "digest": digest("layer"), "size": long}),
            ),
        ),
        (
            "MANIFEST_INVALID",
            exchanged("{", &format!("{{\"{long}\":1,\"{long}\":2,"))[..MOST].to_vec(),
        ),
        ("MANIFEST_BLOB_UNKNOWN", with("layers", json!(layers))),
    ] {
        let ask = world
            .web
            .ask(&world.owner, Method::PUT, "manifests/bad")
            .body(IMAGE, body);
        let answer = ask.send().await;
        assert!(answer.body.len() <= 16 * 1024, "{code}: {} bytes", answer.body.len());
        answer.expect_error(400, code);
    }
    assert_eq!(world.server.stored().await, before);
}

#[tokio::test]
async fn a_manifest_larger_than_four_mebibytes_and_a_compressed_one_are_refused() {
    let world = World::new().await;
    let good = image("layer").to_string();
    let padded = |size: usize| format!("{good}{}", " ".repeat(size - good.len())).into_bytes();
    world
        .refuses([
            put("one byte too much", IMAGE, padded(MOST + 1)).refused(
                413,
                "MANIFEST_INVALID",
                "the body is larger than 4194304 bytes",
            ),
            put("far too much", IMAGE, padded(3 * MOST)).refused(
                413,
                "MANIFEST_INVALID",
                "the body is larger than 4194304 bytes",
            ),
            put("compressed", IMAGE, good.clone())
                .header("content-encoding", "gzip")
                .refused(415, "UNSUPPORTED", "compressed bodies are not accepted"),
            put("compressed with nothing", IMAGE, good.clone())
                .header("content-encoding", "identity")
                .refused(415, "UNSUPPORTED", "compressed bodies are not accepted"),
        ])
        .await;
    let ask = world
        .web
        .ask(&world.owner, Method::PUT, "manifests/large")
        .body(IMAGE, padded(MOST));
    ask.send().await.expect(201);
}
