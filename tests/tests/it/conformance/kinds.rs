//! Kinds of content that a registry has to keep: each with its blobs, its manifests in the order in which they are pushed, and its tags.

use serde_json::{Value, json};

use super::{Algorithm, fresh};

pub(super) const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
pub(super) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
const SIGNATURE: &str = "application/vnd.example.signature.v1";
const REPORT: &str = "application/vnd.example.report.v1+json";

/// A manifest as it is sent.
pub(super) struct Document {
    pub(super) media_type: String,
    pub(super) digest: String,
    pub(super) text: String,
    /// What it refers to.
    pub(super) subject: Option<String>,
    /// What the list of referrers has to say of it.
    pub(super) descriptor: Value,
}

/// Content of one kind.
pub(super) struct Kind {
    pub(super) name: &'static str,
    algorithm: Algorithm,
    pub(super) blobs: Vec<(String, Vec<u8>)>,
    pub(super) manifests: Vec<Document>,
    pub(super) tags: Vec<(String, String)>,
    /// Tags are set by the `tag` parameter of a push by digest.
    pub(super) tag_parameter: bool,
}

impl Kind {
    fn new(name: &'static str, algorithm: Algorithm, make: impl FnOnce(&mut Self)) -> Self {
        let mut kind = Self {
            name,
            algorithm,
            blobs: Vec::new(),
            manifests: Vec::new(),
            tags: Vec::new(),
            tag_parameter: false,
        };
        make(&mut kind);
        kind
    }

    /// Adds a blob; what points at it.
    fn blob(&mut self, media_type: &str, content: Vec<u8>) -> Value {
        let descriptor = json!({"mediaType": media_type, "digest": self.algorithm.of(&content), "size": content.len()});
        self.blobs.push((self.algorithm.of(&content), content));
        descriptor
    }

    /// Adds a manifest; what points at it.
    fn manifest(&mut self, document: &Value) -> Value {
        let text = document.to_string();
        let (media_type, digest) = (&document["mediaType"], self.algorithm.of(text.as_bytes()));
        let descriptor = json!({"mediaType": media_type, "digest": digest, "size": text.len()});
        let mut listed = descriptor.clone();
        for (key, value) in [
            (
                "artifactType",
                document.get("artifactType").or(document.pointer("/config/mediaType")),
            ),
            ("annotations", document.get("annotations")),
        ] {
            if let Some(value) = value {
                listed[key] = value.clone();
            }
        }
        let subject = document.pointer("/subject/digest").and_then(Value::as_str);
        self.manifests.push(Document {
            media_type: media_type.as_str().unwrap_or("").to_owned(),
            digest,
            text,
            subject: subject.map(str::to_owned),
            descriptor: listed,
        });
        descriptor
    }

    /// An image of two layers that is not added yet.
    fn image(&mut self) -> Value {
        let layers = [0, 1].map(|_| self.blob(&format!("{LAYER}+gzip"), fresh(300)));
        let config = json!({"architecture": "amd64", "os": "linux", "author": fresh(16), "rootfs": {"type": "layers", "diff_ids": []}});
        let config = self.blob(CONFIG, config.to_string().into_bytes());
        json!({"schemaVersion": 2, "mediaType": IMAGE, "config": config, "layers": layers})
    }

    /// An artifact of one blob that is not added yet.
    fn artifact(&mut self, artifact_type: &str) -> Value {
        let config = self.blob(EMPTY, b"{}".to_vec());
        let layer = self.blob(artifact_type, fresh(200));
        json!({"schemaVersion": 2, "mediaType": IMAGE, "artifactType": artifact_type, "config": config, "layers": [layer]})
    }

    /// An index of two images, which are added.
    fn index(&mut self) -> Value {
        let images = ["amd64", "arm64"].map(|architecture| {
            let image = self.image();
            let mut descriptor = self.manifest(&image);
            descriptor["platform"] = json!({"os": "linux", "architecture": architecture});
            descriptor
        });
        json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": images})
    }

    /// Adds the manifest with a tag.
    fn tagged(&mut self, tag: &str, document: &Value) -> Value {
        let descriptor = self.manifest(document);
        self.tag(tag, &descriptor);
        descriptor
    }

    fn tag(&mut self, tag: &str, descriptor: &Value) {
        let digest = descriptor["digest"].as_str().unwrap_or("").to_owned();
        self.tags.push((tag.to_owned(), digest));
    }
}

fn with(mut document: Value, key: &str, value: Value) -> Value {
    document[key] = value;
    document
}

fn noted(document: Value) -> Value {
    let note = String::from_utf8(fresh(20)).unwrap_or_default();
    with(
        document,
        "annotations",
        json!({"org.example.note": note, "org.example.kind": "conformance"}),
    )
}

/// All kinds.
pub(super) fn all() -> Vec<Kind> {
    use Algorithm::{Sha256, Sha512};
    let mut kinds = images();
    kinds.extend(indexes());
    kinds.extend(artifacts());
    kinds.push(Kind::new("sha512", Sha512, |kind| {
        let index = kind.index();
        kind.manifest(&index);
    }));
    for (name, algorithm) in [("tags by parameter", Sha256), ("sha512 tags by parameter", Sha512)] {
        kinds.push(Kind::new(name, algorithm, |kind| {
            kind.tag_parameter = true;
            let index = kind.index();
            let index = kind.tagged("by-parameter", &index);
            kind.tag("by-parameter-2", &index);
            let image = kind.image();
            kind.tagged("by-parameter-3", &image);
        }));
    }
    kinds
}

fn images() -> Vec<Kind> {
    use Algorithm::Sha256;
    vec![
        Kind::new("image", Sha256, |kind| {
            let image = kind.image();
            kind.tagged("image", &image);
        }),
        Kind::new("uncompressed image", Sha256, |kind| {
            let layer = kind.blob(LAYER, fresh(300));
            let image = with(kind.image(), "layers", json!([layer]));
            kind.tagged("uncompressed", &image);
        }),
        Kind::new("large manifest", Sha256, |kind| {
            let annotations: Value = (0..390)
                .map(|at| (format!("large-{at}"), json!("A".repeat(10_000))))
                .collect::<serde_json::Map<_, _>>()
                .into();
            let image = with(kind.image(), "annotations", annotations);
            kind.tagged("large", &image);
        }),
        Kind::new("image without layers", Sha256, |kind| {
            let image = with(kind.image(), "layers", json!([]));
            kind.tagged("no-layers", &image);
        }),
        Kind::new("descriptors with data", Sha256, |kind| {
            let mut image = kind.image();
            let config = kind.blob(CONFIG, b"{}".to_vec());
            image["config"] = with(config, "data", json!("e30="));
            kind.tagged("data", &image);
        }),
        Kind::new("layers that are elsewhere", Sha256, |kind| {
            let mut image = kind.image();
            for (at, media_type) in ["nondistributable.v1.tar", "nondistributable.v1.tar+gzip"]
                .into_iter()
                .enumerate()
            {
                let digest = Sha256.of(&fresh(64));
                image["layers"][at] = json!({"mediaType": format!("application/vnd.oci.image.layer.{media_type}"), "digest": digest, "size": 123_456,
                    "urls": [format!("https://store.example.com/{digest}")]});
            }
            kind.tagged("elsewhere", &image);
        }),
        Kind::new("fields of one's own", Sha256, |kind| {
            let own = json!({"a": [1, null, {"b": "c"}]});
            let mut index = kind.index();
            index["manifests"][0]["org.example.own"] = own.clone();
            let image = with(kind.image(), "org.example.own", own.clone());
            kind.manifest(&image);
            kind.tagged("own-fields", &with(index, "org.example.own", own));
        }),
        Kind::new("sparse image and index", Sha256, |kind| {
            let image = kind.image();
            kind.tagged("sparse-image", &image);
            // Its first layer is not pushed.
            kind.blobs.remove(0);
            let mut index = kind.index();
            index["manifests"][1] = json!({"mediaType": IMAGE, "digest": Sha256.of(&fresh(64)), "size": 1024});
            kind.tagged("sparse-index", &index);
        }),
    ]
}

fn indexes() -> Vec<Kind> {
    use Algorithm::Sha256;
    vec![
        Kind::new("index", Sha256, |kind| {
            let index = kind.index();
            kind.tagged("index", &index);
        }),
        Kind::new("index of indexes", Sha256, |kind| {
            let inner = [0, 1].map(|_| {
                let index = kind.index();
                kind.manifest(&index)
            });
            kind.tagged(
                "nested",
                &json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": inner}),
            );
        }),
        Kind::new("empty index", Sha256, |kind| {
            kind.tagged(
                "empty",
                &json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}),
            );
        }),
        Kind::new("index with a subject", Sha256, |kind| {
            let index = kind.index();
            let subject = kind.tagged("subject", &index);
            let referrer = with(
                with(noted(kind.index()), "artifactType", json!(REPORT)),
                "subject",
                subject,
            );
            kind.tagged("refers", &referrer);
        }),
    ]
}

fn artifacts() -> Vec<Kind> {
    use Algorithm::Sha256;
    vec![
        Kind::new("artifact", Sha256, |kind| {
            let artifact = kind.artifact(SIGNATURE);
            kind.tagged("artifact", &artifact);
        }),
        Kind::new("artifact of nothing", Sha256, |kind| {
            let artifact = kind.artifact(SIGNATURE);
            let nothing = json!([artifact["config"]]);
            kind.tagged("nothing", &with(artifact, "layers", nothing));
        }),
        Kind::new("index of artifacts", Sha256, |kind| {
            let artifacts = [SIGNATURE, REPORT].map(|artifact_type| {
                let artifact = kind.artifact(artifact_type);
                kind.manifest(&artifact)
            });
            kind.tagged(
                "artifacts",
                &json!({"schemaVersion": 2, "mediaType": INDEX, "artifactType": SIGNATURE, "manifests": artifacts}),
            );
        }),
        Kind::new("artifacts with a subject", Sha256, |kind| {
            let image = kind.image();
            let subject = kind.tagged("subject", &image);
            let plain = with(kind.image(), "subject", subject.clone());
            kind.manifest(&plain);
            for (tag, artifact_type) in [("signature", SIGNATURE), ("report", REPORT)] {
                let artifact = with(noted(kind.artifact(artifact_type)), "subject", subject.clone());
                kind.tagged(tag, &artifact);
            }
        }),
        Kind::new("artifact with a subject that is missing", Sha256, |kind| {
            let missing = json!({"mediaType": IMAGE, "digest": Sha256.of(&fresh(64)), "size": 123});
            let artifact = with(noted(kind.artifact(SIGNATURE)), "subject", missing);
            kind.tagged("orphan", &artifact);
        }),
    ]
}
