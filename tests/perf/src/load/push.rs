//! Pushes: blobs from files, small images, tags.

use std::fs::File;

use anyhow::Result;

use super::content::{self, Blob, Noise};
use super::{Done, share};
use crate::connection::{Body, Connection, Peer};

const OCTETS: &str = "Content-Type: application/octet-stream\r\n";

/// How a blob is pushed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Manner {
    /// In chunks of so many bytes, instead of in one PUT.
    pub(crate) chunk: Option<u64>,
    /// At most so many bytes a second.
    pub(crate) pace: Option<u64>,
}

/// Pushes blobs, each on a connection of its own at most `workers` at once.
pub(crate) fn blobs(peer: &Peer, repository: &str, blobs: &[Blob<'_>], workers: usize, manner: Manner) -> Result<Done> {
    share(peer, workers, blobs.len(), |connection, at| {
        blob(connection, repository, &blobs[at], manner)
    })
}

fn upload(connection: &mut Connection, repository: &str) -> Result<String> {
    let path = format!("/v2/{repository}/blobs/uploads/");
    connection
        .request("POST", &path, "", &Body::Nothing)?
        .expect(202)?
        .location()
}

/// The address that ends an upload.
fn ending(location: &str, digest: &str) -> String {
    let sign = if location.contains('?') { '&' } else { '?' };
    format!("{location}{sign}digest={digest}")
}

fn blob(connection: &mut Connection, repository: &str, blob: &Blob<'_>, manner: Manner) -> Result<()> {
    let file = File::open(&blob.source.path)?;
    let (shared, size) = (blob.source.shared(), blob.source.size);
    let mut location = upload(connection, repository)?;
    let Some(chunk) = manner.chunk else {
        let body = Body::File(&file, 0..shared, &blob.tail, manner.pace);
        connection
            .request("PUT", &ending(&location, &blob.digest), OCTETS, &body)?
            .expect(201)?;
        return Ok(());
    };
    let mut start = 0;
    while start < size {
        let end = size.min(start + chunk);
        // The last chunk brings what is not of the file.
        let tail: &[u8] = if end == size { &blob.tail } else { &[] };
        let headers = format!("{OCTETS}Content-Range: {start}-{}\r\n", end - 1);
        let body = Body::File(&file, start..end.min(shared), tail, manner.pace);
        location = connection
            .request("PATCH", &location, &headers, &body)?
            .expect(202)?
            .location()?;
        start = end;
    }
    connection
        .request("PUT", &ending(&location, &blob.digest), "", &Body::Nothing)?
        .expect(201)?;
    Ok(())
}

/// Pushes bytes as a client does: asks for them first, then sends them in one PUT.
pub(crate) fn bytes(connection: &mut Connection, repository: &str, bytes: &[u8]) -> Result<String> {
    let digest = content::digest(bytes);
    let path = format!("/v2/{repository}/blobs/{digest}");
    if connection.request("HEAD", &path, "", &Body::Nothing)?.head.status == 200 {
        return Ok(digest);
    }
    let location = upload(connection, repository)?;
    connection
        .request("PUT", &ending(&location, &digest), OCTETS, &Body::Bytes(bytes))?
        .expect(201)?;
    Ok(digest)
}

/// Puts a manifest under a tag.
pub(crate) fn manifest(connection: &mut Connection, repository: &str, tag: &str, manifest: &[u8]) -> Result<()> {
    let path = format!("/v2/{repository}/manifests/{tag}");
    let headers = format!("Content-Type: {}\r\n", content::MANIFEST);
    connection
        .request("PUT", &path, &headers, &Body::Bytes(manifest))?
        .expect(201)?;
    Ok(())
}

/// Pushes small images: a configuration of 1 KiB, a layer of 4 KiB and a manifest each.
pub(crate) fn images(peer: &Peer, repository: &str, count: usize, workers: usize) -> Result<Done> {
    share(peer, workers, count, |connection, at| {
        let (config, layer) = (content::config(at as u64), Noise::new(at as u64 + 1).bytes(4096));
        let config_digest = bytes(connection, repository, &config)?;
        let layer_digest = bytes(connection, repository, &layer)?;
        let document = content::manifest((&config_digest, config.len()), (&layer_digest, 4096), at as u64);
        manifest(connection, repository, &format!("t{at:05}"), &document)
    })
}

/// The blobs that [`tags`] and [`repositories`] need, in one repository. Returns a manifest of them for each number.
pub(crate) fn base(peer: &Peer, repository: &str) -> Result<impl Fn(u64) -> Vec<u8> + use<>> {
    let mut connection = peer.connect(None)?;
    let (config, layer) = (content::config(0), Noise::new(1).bytes(4096));
    let config_digest = bytes(&mut connection, repository, &config)?;
    let layer_digest = bytes(&mut connection, repository, &layer)?;
    Ok(move |number| content::manifest((&config_digest, 1024), (&layer_digest, 4096), number))
}

/// Puts tags on one manifest, or on a manifest each.
pub(crate) fn tags(peer: &Peer, repository: &str, count: usize, a_manifest_each: bool) -> Result<Done> {
    let document = base(peer, repository)?;
    share(peer, 16, count, |connection, at| {
        let number = if a_manifest_each { at as u64 } else { 0 };
        manifest(connection, repository, &format!("v1.{at:06}"), &document(number))
    })
}

/// Makes repositories `PREFIX00000` and on, each of one image.
pub(crate) fn repositories(peer: &Peer, prefix: &str, count: usize) -> Result<Done> {
    let (config, layer) = (content::config(0), Noise::new(1).bytes(4096));
    share(peer, 16, count, |connection, at| {
        let repository = format!("{prefix}{at:05}");
        let config_digest = bytes(connection, &repository, &config)?;
        let layer_digest = bytes(connection, &repository, &layer)?;
        let document = content::manifest((&config_digest, config.len()), (&layer_digest, 4096), 0);
        manifest(connection, &repository, "v1", &document)
    })
}
