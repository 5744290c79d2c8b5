//! Manifests and indexes.

use serde_json::Value;
use wharf_types::json::{MAX_DEPTH, parse_strict};
use wharf_types::manifest::{Descriptor, Manifest, MediaType};

/// What is accepted as an image manifest.
pub(crate) fn manifest(data: &[u8]) {
    check(MediaType::OciManifest, MediaType::OciIndex, data);
    check(MediaType::DockerManifest, MediaType::DockerList, data);
}

/// What is accepted as an index.
pub(crate) fn index(data: &[u8]) {
    check(MediaType::OciIndex, MediaType::OciManifest, data);
    check(MediaType::DockerList, MediaType::DockerManifest, data);
}

/// Strict JSON of one shape and not the other, with descriptors that are whole; written anew it says the same.
fn check(as_this: MediaType, not_as: MediaType, data: &[u8]) {
    let Ok(read) = Manifest::parse(as_this, data) else {
        return;
    };
    assert!(Manifest::parse(not_as, data).is_err(), "one document of two kinds");
    let document: Value = serde_json::from_slice(data).expect("what was accepted is JSON");
    assert!(depth(&document) <= MAX_DEPTH);
    assert_eq!(document["schemaVersion"], 2);
    assert!(
        document
            .get("mediaType")
            .is_none_or(|name| name.as_str().and_then(MediaType::parse) == Some(as_this))
    );
    // Another reader of the same bytes sees the same document: no key stands there twice.
    assert_eq!(parse_strict(data).expect("it was strict"), document);
    let list = if as_this.is_index() { "manifests" } else { "layers" };
    let found = if as_this.is_index() {
        &read.manifests
    } else {
        &read.layers
    };
    let listed = document[list].as_array().expect("a list");
    assert_eq!(found.len(), listed.len());
    found
        .iter()
        .zip(listed)
        .for_each(|(found, value)| descriptor(found, value));
    read.config
        .iter()
        .for_each(|config| descriptor(config, &document["config"]));
    read.subject
        .iter()
        .for_each(|subject| descriptor(subject, &document["subject"]));
    assert!(read.config.is_some() != as_this.is_index());
    let required = read.required_blobs().count();
    assert!(required <= read.layers.len() + usize::from(read.config.is_some()));
    assert!(!as_this.is_index() || required == 0);
    let written = document.to_string();
    assert_eq!(
        Manifest::parse(as_this, written.as_bytes()).expect("it is the same document"),
        read
    );
}

fn descriptor(found: &Descriptor, value: &Value) {
    assert_eq!(value["digest"], found.digest.to_string());
    assert_eq!(value["size"].as_u64(), Some(found.size));
    assert_eq!(value["mediaType"], found.media_type.as_str());
    assert!(i64::try_from(found.size).is_ok());
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(depth).max().unwrap_or(0),
        Value::Object(values) => 1 + values.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
