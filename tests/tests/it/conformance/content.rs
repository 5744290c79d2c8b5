//! Manifests, tags and referrers.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wharf_tests::Reply;

use super::Work;
use super::blobs::Way;
use super::kinds::{self, Document, INDEX, Kind};

pub(super) fn every_kind_of_content_goes_in_and_out_and_away(work: &dyn Fn() -> Work) {
    let work = work();
    for (kind, way) in kinds::all().iter().zip(Way::ALL.into_iter().cycle()) {
        for (digest, content) in &kind.blobs {
            let pushed = way.push(&work, digest, content, 201);
            work.has_blob(&pushed, digest, content);
        }
        pushes_manifests(&work, kind);
        lists_tags(&work, kind);
        pulls(&work, kind);
        lists_referrers(&work, kind);
        deletes(&work, kind);
    }
}

fn document<'a>(kind: &'a Kind, digest: &str) -> &'a Document {
    let found = kind.manifests.iter().find(|document| document.digest == digest);
    found.unwrap_or_else(|| panic!("{}: a tag names what is not there", kind.name))
}

fn put(work: &Work, document: &Document, reference: &str, tags: &[&str]) -> Reply {
    let mut ask = work.ask("PUT", &format!("manifests/{reference}"));
    for tag in tags {
        ask = ask.query("tag", tag);
    }
    let pushed = ask.body(&document.media_type, document.text.clone()).expect(201);
    assert_eq!(pushed.must("docker-content-digest"), document.digest);
    assert_eq!(pushed.header("oci-subject"), document.subject.as_deref());
    is_served(&work.client.ask("GET", pushed.must("location")).expect(200), document);
    pushed
}

fn is_served(reply: &Reply, document: &Document) {
    assert!(reply.body == document.text, "{}: other bytes", document.digest);
    is_described(reply, document);
}

fn is_described(reply: &Reply, document: &Document) {
    assert_eq!(reply.must("content-type"), document.media_type);
    assert_eq!(reply.must("content-length"), document.text.len().to_string());
    assert_eq!(reply.must("docker-content-digest"), document.digest);
}

fn pushes_manifests(work: &Work, kind: &Kind) {
    for document in &kind.manifests {
        let of_it = kind.tags.iter().filter(|(_, digest)| *digest == document.digest);
        let tags: Vec<&str> = of_it.map(|(tag, _)| tag.as_str()).collect();
        let by_parameter: &[&str] = if kind.tag_parameter { &tags } else { &[] };
        let pushed = put(work, document, &document.digest, by_parameter);
        let told = pushed.headers.iter().filter(|(name, _)| name == "oci-tag");
        let told: BTreeSet<&str> = told.map(|(_, tag)| tag.as_str()).collect();
        assert_eq!(told, by_parameter.iter().copied().collect(), "{}", kind.name);
    }
    for (tag, digest) in kind.tags.iter().filter(|_| !kind.tag_parameter) {
        put(work, document(kind, digest), tag, &[]);
    }
}

fn tags(work: &Work, query: &str) -> Vec<String> {
    let listed = work.ask("GET", &format!("tags/list{query}")).expect(200).json();
    assert_eq!(listed["name"], work.name);
    serde_json::from_value(listed["tags"].clone()).expect("tags are a list of names")
}

fn lists_tags(work: &Work, kind: &Kind) {
    let mut expected: Vec<&String> = kind.tags.iter().map(|(tag, _)| tag).collect();
    expected.sort();
    assert_eq!(tags(work, "").iter().collect::<Vec<_>>(), expected, "{}", kind.name);
}

fn pulls(work: &Work, kind: &Kind) {
    let by_tag = kind
        .tags
        .iter()
        .map(|(tag, digest)| (tag.as_str(), document(kind, digest)));
    let by_digest = kind
        .manifests
        .iter()
        .map(|document| (document.digest.as_str(), document));
    for (reference, document) in by_tag.chain(by_digest) {
        let ask = |method| {
            let ask = work.ask(method, &format!("manifests/{reference}"));
            ask.header("accept", INDEX).header("accept", kinds::IMAGE)
        };
        is_served(&ask("GET").expect(200), document);
        let head = ask("HEAD").expect(200);
        assert!(head.body.is_empty());
        is_described(&head, document);
    }
    for (digest, content) in &kind.blobs {
        work.pulls_blob(digest, content);
    }
}

/// The referrers of a manifest; whether the answer says that a filter was applied.
fn referrers(work: &Work, subject: &str, artifact_type: Option<&str>) -> Vec<Value> {
    let mut ask = work.ask("GET", &format!("referrers/{subject}"));
    if let Some(artifact_type) = artifact_type {
        ask = ask.query("artifactType", artifact_type);
    }
    let reply = ask.expect(200);
    assert_eq!(reply.must("content-type"), INDEX);
    assert_eq!(
        reply.header("oci-filters-applied"),
        artifact_type.map(|_| "artifactType")
    );
    let index = reply.json();
    assert_eq!(
        (&index["schemaVersion"], &index["mediaType"]),
        (&json!(2), &json!(INDEX))
    );
    index["manifests"].as_array().expect("a list").clone()
}

fn lists_referrers(work: &Work, kind: &Kind) {
    let subjects: BTreeSet<&String> = kind
        .manifests
        .iter()
        .filter_map(|document| document.subject.as_ref())
        .collect();
    for subject in subjects {
        let of_it = || {
            kind.manifests
                .iter()
                .filter(|document| document.subject.as_ref() == Some(subject))
        };
        let all: Vec<&Value> = of_it().map(|document| &document.descriptor).collect();
        is_list_of(&referrers(work, subject, None), &all);
        for wanted in &all {
            let wanted = wanted["artifactType"].as_str().expect("each has a type");
            let expected: Vec<&Value> = all
                .iter()
                .copied()
                .filter(|one| one["artifactType"] == wanted)
                .collect();
            is_list_of(&referrers(work, subject, Some(wanted)), &expected);
        }
        is_list_of(&referrers(work, subject, Some("application/vnd.example.none")), &[]);
    }
}

fn is_list_of(found: &[Value], expected: &[&Value]) {
    let sorted = |values: Vec<&Value>| values.into_iter().map(Value::to_string).collect::<BTreeSet<_>>();
    assert_eq!(sorted(found.iter().collect()), sorted(expected.to_vec()));
    assert_eq!(found.len(), expected.len());
}

fn deletes(work: &Work, kind: &Kind) {
    for (tag, digest) in &kind.tags {
        work.deletes(&format!("manifests/{tag}"));
        work.ask("HEAD", &format!("manifests/{digest}")).expect(200);
    }
    for document in kind.manifests.iter().rev() {
        work.deletes(&format!("manifests/{}", document.digest));
        if let Some(subject) = &document.subject {
            let left = referrers(work, subject, None);
            assert!(left.iter().all(|one| one["digest"] != document.digest.as_str()));
        }
    }
    let blobs: BTreeSet<&String> = kind.blobs.iter().map(|(digest, _)| digest).collect();
    for digest in blobs {
        work.deletes(&format!("blobs/{digest}"));
    }
    assert_eq!(tags(work, ""), Vec::<String>::new(), "{}", kind.name);
}

pub(super) fn an_empty_repository_has_no_tags_and_no_referrers(work: &dyn Fn() -> Work) {
    let work = work();
    work.ask("GET", "tags/list").refused(404, "NAME_UNKNOWN");
    let nothing = wharf_tests::digest(b"nobody pushed this");
    assert_eq!(referrers(&work, &nothing, None), Vec::<Value>::new());
}

pub(super) fn tags_are_listed_after_the_last_one_and_page_by_page(work: &dyn Fn() -> Work) {
    let work = work();
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}).to_string();
    let names = ["B", "a", "b", "c", "d"];
    for tag in ["c", "a", "B", "d", "b"] {
        let ask = work.ask("PUT", &format!("manifests/{tag}"));
        ask.body(INDEX, index.clone()).expect(201);
    }
    assert_eq!(tags(&work, ""), names);
    for (at, last) in names.into_iter().enumerate() {
        assert_eq!(tags(&work, &format!("?last={last}")), names[at + 1..]);
        assert_eq!(tags(&work, &format!("?n={}", at + 1)), names[..=at]);
    }
    assert_eq!(tags(&work, "?n=0"), Vec::<String>::new());
    let mut address = format!("/v2/{}/tags/list?n=2", work.name);
    let mut pages = Vec::new();
    while pages.len() < names.len() {
        let page = work.client.ask("GET", &address).expect(200);
        pages.push(page.json()["tags"].clone());
        let Some(link) = page.header("link") else { break };
        let (next, relation) = link
            .strip_prefix('<')
            .and_then(|link| link.split_once('>'))
            .expect("a link");
        assert_eq!(relation, "; rel=\"next\"");
        next.clone_into(&mut address);
    }
    assert_eq!(pages, [json!(["B", "a"]), json!(["b", "c"]), json!(["d"])]);
}
