//! Images made on the spot: nothing is fetched, and each has bytes of its own, so that no blob is there already.

use std::{
    collections::hash_map::RandomState,
    fs,
    hash::{BuildHasher, Hasher},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::{Run, program};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// An OCI image layout in a folder, with one tag, `made`.
#[derive(Debug)]
pub struct Layout {
    folder: TempDir,
    /// The digest of what `made` names.
    pub digest: String,
}

impl Layout {
    /// An image of one layer, with a small file `/hello`.
    #[must_use]
    pub fn image() -> Self {
        Self::of_layer(b"")
    }

    /// An image of one layer of about this size, which does not compress.
    #[must_use]
    pub fn big(mebibytes: usize) -> Self {
        let mut state = random() | 1;
        let bytes = (0..mebibytes * 1024 * 1024 / 8).flat_map(|_| {
            // xorshift64
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        });
        Self::of_layer(&bytes.collect::<Vec<u8>>())
    }

    /// An index of one image for each architecture.
    #[must_use]
    pub fn index(architectures: &[&str]) -> Self {
        Self::build(|layout| {
            let manifests: Vec<Value> = architectures
                .iter()
                .map(|architecture| layout.manifest(architecture, b""))
                .collect();
            layout.document(
                INDEX,
                &json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests }),
            )
        })
    }

    /// The folder that holds the layout.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The layout's only tag as containers/image and regclient write it: `PATH:made`.
    #[must_use]
    pub fn tagged(&self) -> String {
        format!("{}:made", self.path().display())
    }

    /// The layer of the image as an uncompressed tar archive.
    #[must_use]
    pub fn layer(&self) -> PathBuf {
        self.path().join("layer.tar")
    }

    fn of_layer(content: &[u8]) -> Self {
        Self::build(|layout| layout.manifest("amd64", content))
    }

    fn build(make: impl FnOnce(&Self) -> Value) -> Self {
        let folder = TempDir::with_prefix("wharf-image-").expect("a temporary folder can be made");
        fs::create_dir_all(folder.path().join("blobs/sha256")).expect("a folder can be made");
        let mut layout = Self {
            folder,
            digest: String::new(),
        };
        let mut made = make(&layout);
        layout.digest = made["digest"].as_str().expect("a descriptor has a digest").to_owned();
        made["annotations"] = json!({ "org.opencontainers.image.ref.name": "made" });
        layout.write("oci-layout", &json!({ "imageLayoutVersion": "1.0.0" }));
        layout.write(
            "index.json",
            &json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [made] }),
        );
        layout
    }

    /// Adds an image and returns its descriptor.
    fn manifest(&self, architecture: &str, content: &[u8]) -> Value {
        let root = self.path().join("root");
        fs::create_dir_all(&root).expect("a folder can be made");
        fs::write(root.join("hello"), format!("hello {architecture} {}\n", unique())).expect("a file can be written");
        fs::write(root.join("content"), content).expect("a file can be written");
        let tar = Run::new(program::debian("tar", "tar"))
            .words("--create --owner=0 --group=0 --file")
            .arg(self.layer());
        tar.arg("--directory").arg(&root).words("hello content").go().ok();
        let read = |path: PathBuf| fs::read(path).expect("the layer can be read");
        let uncompressed = digest(&read(self.layer()));
        // Compressed as everybody has it: a client would compress it by itself, and so change the digest.
        Run::new(program::debian("gzip", "gzip"))
            .words("--fast --no-name --force --keep")
            .arg(self.layer())
            .go()
            .ok();
        let layer = self.blob(
            "application/vnd.oci.image.layer.v1.tar+gzip",
            &read(self.layer().with_extension("tar.gz")),
        );
        let config = json!({
            "architecture": architecture, "os": "linux", "config": { "Cmd": ["/hello"] },
            "rootfs": { "type": "layers", "diff_ids": [uncompressed] },
        });
        let config = self.document("application/vnd.oci.image.config.v1+json", &config);
        let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer] });
        let mut descriptor = self.document(MANIFEST, &manifest);
        descriptor["platform"] = json!({ "architecture": architecture, "os": "linux" });
        descriptor
    }

    fn document(&self, media_type: &str, document: &Value) -> Value {
        self.blob(media_type, document.to_string().as_bytes())
    }

    fn blob(&self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = digest(bytes);
        fs::write(self.path().join("blobs").join(digest.replace(':', "/")), bytes).expect("a blob can be written");
        json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
    }

    fn write(&self, name: &str, document: &Value) {
        fs::write(self.path().join(name), document.to_string()).expect("a file can be written");
    }
}

/// The digest of these bytes as OCI writes it.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hash}")
}

/// A text that no other call returns, in this run or another.
#[must_use]
pub fn unique() -> String {
    format!("{:016x}", random())
}

/// A number that no other call returns, in this run or another: std keys its hashes at random.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
