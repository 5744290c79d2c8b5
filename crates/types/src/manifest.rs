//! Manifests and indexes, looked into (OCI image-spec 1.1; Docker image manifest version 2, schema 2).
//!
//! A manifest is stored and served as the bytes that were sent. What is read here decides only whether it is accepted, what it refers to,
//! and what the referrers list says of it. Rule 44: strict JSON, one of the two shapes and not both, sizes that are sizes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::digest::Digest;
use crate::json;

/// The largest manifest: 4 MiB, exactly that much is still accepted (rule 44).
pub const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The media types of manifests that a registry of ours keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MediaType {
    /// OCI image manifest.
    OciManifest,
    /// OCI image index.
    OciIndex,
    /// Docker image manifest, schema 2.
    DockerManifest,
    /// Docker manifest list.
    DockerList,
}

impl MediaType {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::OciManifest,
        Self::OciIndex,
        Self::DockerManifest,
        Self::DockerList,
    ];

    /// The media type as it stands in headers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OciManifest => "application/vnd.oci.image.manifest.v1+json",
            Self::OciIndex => "application/vnd.oci.image.index.v1+json",
            Self::DockerManifest => "application/vnd.docker.distribution.manifest.v2+json",
            Self::DockerList => "application/vnd.docker.distribution.manifest.list.v2+json",
        }
    }

    /// The media type that a header or field names, parameters (`; charset=utf-8`) aside.
    pub fn parse(text: &str) -> Option<Self> {
        let essence = text.split(';').next().unwrap_or("").trim();
        Self::ALL
            .into_iter()
            .find(|media_type| media_type.as_str().eq_ignore_ascii_case(essence))
    }

    /// Whether it lists other manifests.
    pub const fn is_index(self) -> bool {
        matches!(self, Self::OciIndex | Self::DockerList)
    }
}

/// A reference to content (OCI image-spec, "Content Descriptors").
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What the content is.
    pub media_type: String,
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// The kind of artifact, in lists of referrers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// Free notes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Where else the content may be had: then a registry need not hold it (`foreign` and non-distributable layers).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
}

/// What a manifest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Its own media type.
    pub media_type: MediaType,
    /// The configuration blob; none in an index.
    pub config: Option<Descriptor>,
    /// The layer blobs.
    pub layers: Vec<Descriptor>,
    /// The manifests of an index.
    pub manifests: Vec<Descriptor>,
    /// The manifest that this one refers to, present or not.
    pub subject: Option<Descriptor>,
    /// `artifactType`, or for an image manifest without one its configuration's media type (distribution-spec, "Listing Referrers").
    pub artifact_type: Option<String>,
    /// Free notes.
    pub annotations: BTreeMap<String, String>,
}

/// Why a document is no manifest that is accepted. The message is for whoever pushed it.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The document is not JSON, or not strict JSON.
    #[error("the manifest is not valid JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A field is missing, mistyped or contradicts another.
    #[error("{0}")]
    Field(String),
}

fn field(message: impl Into<String>) -> ManifestError {
    ManifestError::Field(message.into())
}

impl Manifest {
    /// Looks into `bytes`, which were sent as `content_type`.
    pub fn parse(content_type: MediaType, bytes: &[u8]) -> Result<Self, ManifestError> {
        let Value::Object(document) = json::parse_strict(bytes)? else {
            return Err(field("a manifest is a JSON object"));
        };
        check_shape(content_type, &document)?;
        let subject = document
            .get("subject")
            .map(|value| descriptor("subject", value))
            .transpose()?;
        let annotations = annotations(&document)?;
        let artifact_type = match document.get("artifactType") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()).filter(|text| !text.is_empty()),
            Some(_) => return Err(field("artifactType is not a string")),
        };
        let (config, layers, manifests) = if content_type.is_index() {
            (None, Vec::new(), descriptors(&document, "manifests")?)
        } else {
            let config = document
                .get("config")
                .ok_or_else(|| field("the manifest has no config"))?;
            (
                Some(descriptor("config", config)?),
                descriptors(&document, "layers")?,
                Vec::new(),
            )
        };
        let artifact_type = artifact_type.or_else(|| config.as_ref().map(|config| config.media_type.clone()));
        Ok(Self {
            media_type: content_type,
            config,
            layers,
            manifests,
            subject,
            artifact_type,
            annotations,
        })
    }

    /// The blobs that must be in the repository before the manifest is accepted.
    pub fn required_blobs(&self) -> impl Iterator<Item = &Descriptor> {
        self.config.iter().chain(&self.layers).filter(|blob| !is_foreign(blob))
    }
}

/// Content that licences forbid to copy stays where its URLs say (OCI image-spec, "Non-Distributable Layers").
fn is_foreign(blob: &Descriptor) -> bool {
    !blob.urls.is_empty() || blob.media_type.contains(".nondistributable.") || blob.media_type.contains(".foreign.")
}

fn check_shape(content_type: MediaType, document: &Map<String, Value>) -> Result<(), ManifestError> {
    if document.get("schemaVersion").and_then(Value::as_u64) != Some(2) {
        return Err(field("schemaVersion is not 2"));
    }
    match document.get("mediaType") {
        None => {}
        Some(Value::String(text)) if MediaType::parse(text) == Some(content_type) => {}
        Some(other) => {
            return Err(field(format!(
                "mediaType is {other} and Content-Type is {}: they must be the same",
                content_type.as_str()
            )));
        }
    }
    let foreign = if content_type.is_index() {
        ["config", "layers"]
    } else {
        ["manifests", "fsLayers"]
    };
    match foreign.into_iter().find(|key| document.contains_key(*key)) {
        Some(key) => Err(field(format!(
            "{} holds {key}, which belongs to another kind of manifest",
            content_type.as_str()
        ))),
        None => Ok(()),
    }
}

fn descriptors(document: &Map<String, Value>, key: &str) -> Result<Vec<Descriptor>, ManifestError> {
    let values = document
        .get(key)
        .ok_or_else(|| field(format!("the manifest has no {key}")))?;
    let values = values.as_array().ok_or_else(|| field(format!("{key} is not a list")))?;
    values
        .iter()
        .enumerate()
        .map(|(at, value)| descriptor(&format!("{key}[{at}]"), value))
        .collect()
}

fn descriptor(place: &str, value: &Value) -> Result<Descriptor, ManifestError> {
    let found: Descriptor = Descriptor::deserialize(value).map_err(|error| field(format!("{place}: {error}")))?;
    // Databases and other registries count sizes in signed 64-bit numbers.
    if i64::try_from(found.size).is_err() {
        return Err(field(format!("{place}: size is too large")));
    }
    Ok(found)
}

fn annotations(document: &Map<String, Value>) -> Result<BTreeMap<String, String>, ManifestError> {
    match document.get("annotations") {
        None | Some(Value::Null) => Ok(BTreeMap::new()),
        Some(value) => BTreeMap::deserialize(value).map_err(|error| field(format!("annotations: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SUM: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn blob(media_type: &str) -> Value {
        json!({"mediaType": media_type, "digest": SUM, "size": 7})
    }

    fn image() -> Value {
        json!({"schemaVersion": 2, "mediaType": MediaType::OciManifest.as_str(), "config": blob("application/vnd.oci.image.config.v1+json"),
               "layers": [blob("application/vnd.oci.image.layer.v1.tar+gzip")]})
    }

    fn index() -> Value {
        json!({"schemaVersion": 2, "manifests": [blob(MediaType::OciManifest.as_str())]})
    }

    fn parse(content_type: MediaType, document: &Value) -> Result<Manifest, String> {
        Manifest::parse(content_type, document.to_string().as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn an_image_needs_its_config_and_layers() {
        let manifest = parse(MediaType::OciManifest, &image()).unwrap();
        assert_eq!(manifest.required_blobs().count(), 2);
        assert_eq!(
            manifest.artifact_type.as_deref(),
            Some("application/vnd.oci.image.config.v1+json")
        );
    }

    #[test]
    fn an_index_lists_manifests_and_may_leave_its_media_type_out() {
        let manifest = parse(MediaType::OciIndex, &index()).unwrap();
        assert_eq!(manifest.manifests.len(), 1);
        assert_eq!(manifest.required_blobs().count(), 0);
    }

    #[test]
    fn a_layer_that_lives_elsewhere_is_not_required() {
        let mut document = image();
        document["layers"][0]["mediaType"] = json!("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip");
        assert_eq!(
            parse(MediaType::OciManifest, &document)
                .unwrap()
                .required_blobs()
                .count(),
            1
        );
    }

    #[test]
    fn an_artifact_names_its_type_and_subject() {
        let mut document = image();
        document["artifactType"] = json!("application/example");
        document["subject"] = blob(MediaType::OciManifest.as_str());
        let manifest = parse(MediaType::OciManifest, &document).unwrap();
        assert_eq!(manifest.artifact_type.as_deref(), Some("application/example"));
        assert_eq!(manifest.subject.unwrap().digest.to_string(), SUM);
    }

    #[test]
    fn contradictions_are_refused() {
        let with = |mut document: Value, key: &str, value: Value| {
            document[key] = value;
            document
        };
        for (content_type, document) in [
            (MediaType::OciIndex, image()),
            (MediaType::DockerManifest, image()),
            (MediaType::OciManifest, index()),
            (MediaType::OciManifest, with(image(), "manifests", json!([]))),
            (MediaType::OciIndex, with(index(), "layers", json!([]))),
            (MediaType::OciManifest, with(image(), "schemaVersion", json!(1))),
            (
                MediaType::OciManifest,
                with(image(), "config", json!({"mediaType": "x", "digest": SUM, "size": -1})),
            ),
            (
                MediaType::OciManifest,
                with(
                    image(),
                    "config",
                    json!({"mediaType": "x", "digest": SUM, "size": u64::MAX}),
                ),
            ),
            (
                MediaType::OciManifest,
                with(
                    image(),
                    "config",
                    json!({"mediaType": "x", "digest": "sha256:0", "size": 1}),
                ),
            ),
            (MediaType::OciManifest, with(image(), "config", Value::Null)),
            (MediaType::OciManifest, with(image(), "layers", json!({}))),
            (MediaType::OciManifest, with(image(), "annotations", json!({"a": 1}))),
            (MediaType::OciManifest, with(image(), "artifactType", json!(1))),
            (MediaType::OciManifest, json!([])),
        ] {
            assert!(parse(content_type, &document).is_err(), "{document}");
        }
    }
}
