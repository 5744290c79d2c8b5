//! What is pushed: blobs that no server has seen yet, and whose digests cost nothing to make.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;
use sha2::{Digest, Sha256};

/// The media type of every manifest here.
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const TAIL: usize = 16;

/// Numbers without meaning (xorshift64*), the same for the same seed.
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// So many bytes, a multiple of eight.
    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count / 8).flat_map(|_| self.next().to_le_bytes()).collect()
    }
}

/// Writes a file of noise, on the disk when it returns.
pub(crate) fn write_noise(path: &Path, size: u64, seed: u64) -> Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut noise = Noise::new(seed);
    for _ in 0..size / (64 << 10) {
        file.write_all(&noise.bytes(64 << 10))?;
    }
    file.write_all(&noise.bytes(usize::try_from(size % (64 << 10))?))?;
    file.into_inner()?.sync_all()?;
    Ok(())
}

/// The first bytes of a file, of which blobs are made: all but the last sixteen bytes are the same, and hashed once.
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
    hash: Sha256,
}

/// A blob of a [`Source`].
pub(crate) struct Blob<'a> {
    pub(crate) source: &'a Source,
    pub(crate) tail: [u8; TAIL],
    pub(crate) digest: String,
}

impl Source {
    /// The first `size` bytes of a file.
    pub(crate) fn open(path: &Path, size: u64) -> Result<Self> {
        let mut hash = Sha256::new();
        let mut reader = BufReader::with_capacity(1 << 20, File::open(path)?).take(size - TAIL as u64);
        let mut block = vec![0; 1 << 20];
        loop {
            match reader.read(&mut block)? {
                0 => break,
                read => hash.update(&block[..read]),
            }
        }
        Ok(Self {
            path: path.to_owned(),
            size,
            hash,
        })
    }

    /// How many bytes come of the file.
    pub(crate) fn shared(&self) -> u64 {
        self.size - TAIL as u64
    }

    /// The blob as it stands in the file.
    pub(crate) fn whole(&self) -> Result<Blob<'_>> {
        let mut tail = [0; TAIL];
        let file = File::open(&self.path)?;
        file.read_exact_at(&mut tail, self.shared())
            .with_context(|| format!("{} is too short", self.path.display()))?;
        Ok(self.ending(tail))
    }

    /// A blob of its own for each number.
    pub(crate) fn fresh(&self, number: u64) -> Blob<'_> {
        let mut tail = [0; TAIL];
        tail.copy_from_slice(&Noise::new(number + 1).bytes(TAIL));
        self.ending(tail)
    }

    fn ending(&self, tail: [u8; TAIL]) -> Blob<'_> {
        Blob {
            source: self,
            tail,
            digest: hex(self.hash.clone().chain_update(tail)),
        }
    }
}

fn hex(hash: Sha256) -> String {
    let sum: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{sum}")
}

/// The digest of these bytes.
pub(crate) fn digest(bytes: &[u8]) -> String {
    hex(Sha256::new().chain_update(bytes))
}

/// A configuration of 1 KiB, of its own for each number.
pub(crate) fn config(number: u64) -> Vec<u8> {
    let document = json!({
        "architecture": "amd64", "os": "linux", "config": {}, "rootfs": { "type": "layers", "diff_ids": [] }, "number": number,
    });
    let mut bytes = document.to_string().into_bytes();
    bytes.resize(1024, b' ');
    bytes
}

/// A manifest of one configuration and one layer, given by digest and size; `number` makes it one of its own.
pub(crate) fn manifest(config: (&str, usize), layer: (&str, u64), number: u64) -> Vec<u8> {
    let document = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": config.0, "size": config.1 },
        "layers": [{ "mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": layer.0, "size": layer.1 }],
        "annotations": { "number": number.to_string() },
    });
    document.to_string().into_bytes()
}
