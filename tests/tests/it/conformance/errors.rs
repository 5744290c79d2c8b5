//! What is refused, and in which words (distribution-spec, "Error Codes").

use serde_json::json;
use wharf_tests::digest;

use super::kinds::{IMAGE, INDEX};
use super::{BYTES, Work};

const NONE: &str = "sha256:baddigeststring";

pub(super) fn a_manifest_that_is_not_there_is_unknown(work: &dyn Fn() -> Work) {
    let work = work();
    let absent = digest(b"nobody pushed this");
    for _ in 0..2 {
        for reference in [absent.as_str(), "missing"] {
            let address = format!("manifests/{reference}");
            work.ask("HEAD", &address).expect(404);
            for method in ["GET", "DELETE"] {
                work.ask(method, &address).refused(404, "MANIFEST_UNKNOWN");
            }
        }
        // The same in a repository that there is.
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []});
        work.ask("PUT", "manifests/v1")
            .body(INDEX, index.to_string())
            .expect(201);
    }
}

pub(super) fn a_digest_that_is_none_is_refused(work: &dyn Fn() -> Work) {
    let work = work();
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}).to_string();
    let put = |reference: &str| {
        work.ask("PUT", &format!("manifests/{reference}"))
            .body(INDEX, index.clone())
    };
    put(NONE).refused(400, "DIGEST_INVALID");
    put(&digest(b"other bytes")).refused(400, "DIGEST_INVALID");
    work.ask("GET", &format!("manifests/{NONE}"))
        .refused(400, "DIGEST_INVALID");
    work.ask("GET", &format!("blobs/{NONE}")).refused(400, "DIGEST_INVALID");
    work.ask("GET", &format!("referrers/{NONE}"))
        .refused(400, "DIGEST_INVALID");
    let location = work.begin();
    for query in [None, Some(""), Some(NONE)] {
        let put = work.client.ask("PUT", &location).body(BYTES, "content");
        let put = query.into_iter().fold(put, |put, digest| put.query("digest", digest));
        put.refused(400, "DIGEST_INVALID");
    }
    let post = work.ask("POST", "blobs/uploads/").query("digest", NONE);
    post.body(BYTES, "content").refused(400, "DIGEST_INVALID");
    let mount = work.ask("POST", "blobs/uploads/").query("mount", NONE);
    mount.refused(400, "DIGEST_INVALID");
    work.ask("GET", "tags/list").refused(404, "NAME_UNKNOWN");
}

pub(super) fn what_is_asked_for_in_vain_is_answered_in_the_standards_form(work: &dyn Fn() -> Work) {
    let work = work();
    let at = |method: &str, name: &str| work.client.ask(method, &format!("/v2/{}/{name}", work.name));
    at("GET", "blobs/uploads/nobodys").refused(404, "BLOB_UPLOAD_UNKNOWN");
    at("GET", "manifests/.v1").refused(400, "TAG_INVALID");
    at("GET", "Capital/tags/list").refused(400, "NAME_INVALID");
    at("GET", "nothing/here").refused(404, "UNSUPPORTED");
    let allowed = at("POST", "manifests/v1").refused(405, "UNSUPPORTED");
    assert_eq!(allowed.must("allow"), "GET, HEAD, PUT, DELETE");
    at("GET", "tags/list?n=-1").refused(400, "PAGINATION_NUMBER_INVALID");
    let put = |media_type: &str, body: &str| at("PUT", "manifests/v1").body(media_type, body);
    put(IMAGE, "{").refused(400, "MANIFEST_INVALID");
    put("text/html", "{}").refused(400, "MANIFEST_INVALID");
    put(INDEX, &" ".repeat(4 * 1024 * 1024 + 1)).refused(413, "MANIFEST_INVALID");
    let both = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [], "layers": []});
    put(INDEX, &both.to_string()).refused(400, "MANIFEST_INVALID");
    let compressed = at("PUT", "manifests/v1").header("content-encoding", "gzip");
    compressed.body(INDEX, "{}").refused(415, "UNSUPPORTED");
    at("GET", "tags/list").refused(404, "NAME_UNKNOWN");
}

pub(super) fn a_head_is_answered_as_its_get_without_the_body(work: &dyn Fn() -> Work) {
    let work = work();
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}).to_string();
    work.ask("PUT", "manifests/v1").body(INDEX, index.clone()).expect(201);
    let pushed = work.ask("POST", "blobs/uploads/").query("digest", &digest(b"blob"));
    pushed.body(BYTES, "blob").expect(201);
    let below = |rest: String| format!("/v2/{}/{rest}", work.name);
    for address in [
        "/v2/".to_owned(),
        "/v2/_catalog?n=1".to_owned(),
        below("tags/list".to_owned()),
        below("manifests/v1".to_owned()),
        below(format!("manifests/{}", digest(index.as_bytes()))),
        below(format!("manifests/{}", digest(b"absent"))),
        below(format!("blobs/{}", digest(b"blob"))),
        below(format!("blobs/{}", digest(b"absent"))),
        below(format!("referrers/{}", digest(b"absent"))),
        work.begin(),
    ] {
        let (get, head) = (
            work.client.ask("GET", &address).send(),
            work.client.ask("HEAD", &address).send(),
        );
        assert_eq!(head.status, get.status, "{address}");
        assert_eq!(head.body, "", "{address}");
        for name in [
            "content-length",
            "content-type",
            "docker-content-digest",
            "etag",
            "link",
            "location",
            "range",
        ] {
            // What differs from one request to the next has no length to compare.
            assert_eq!(head.header(name), get.header(name), "{address}: {name}");
        }
    }
}
