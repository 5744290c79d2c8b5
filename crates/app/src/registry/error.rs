//! Why content could not be read or written: the cases that the protocol has codes for (distribution-spec, "Error Codes").

use wharf_store::StoreError;
use wharf_types::digest::Digest;
use wharf_types::manifest::ManifestError;
use wharf_types::name::{Reference, RepositoryName};

use crate::Error;

/// Why content could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// What can go wrong with any operation.
    #[error(transparent)]
    Operation(#[from] Error),
    /// No such blob in the repository.
    #[error("the blob {0} is not in this repository")]
    BlobUnknown(Digest),
    /// A manifest of the repository needs the blob.
    #[error("the blob {0} is part of a manifest of this repository: delete that first")]
    BlobInUse(Digest),
    /// No such manifest in the repository.
    #[error("the manifest {0} is not in this repository")]
    ManifestUnknown(Reference),
    /// The manifest is not accepted.
    #[error(transparent)]
    ManifestInvalid(#[from] ManifestError),
    /// Its type is not accepted.
    #[error("the content type {0:?} is not one of the manifests that this registry keeps")]
    ManifestType(String),
    /// Blobs that the manifest needs are not in the repository.
    #[error("blobs of the manifest are not in this repository: push them first")]
    ManifestBlobUnknown(Vec<Digest>),
    /// No such repository, as far as the caller may know.
    #[error("the repository {0} is not known")]
    NameUnknown(RepositoryName),
    /// No such upload session of this caller in this repository.
    #[error("the upload session is not known: it was finished, cancelled, or it expired; start a new one")]
    UploadUnknown,
    /// The chunk does not begin where the session stands.
    #[error("the upload session stands at byte {offset}: {problem}")]
    UploadRange {
        /// Where the next chunk has to begin.
        offset: u64,
        /// What is wrong.
        problem: &'static str,
    },
    /// The client went away before the end of its body. What arrived is kept.
    #[error("the body ended early: {0} bytes are stored, go on from there")]
    UploadInterrupted(u64),
    /// The content has another digest than the client said.
    #[error("the content has the digest {} and not {}: it was damaged on its way, push it again", .0.found, .0.expected)]
    DigestMismatch(Box<DigestMismatch>),
    /// The range does not exist.
    #[error("the range lies outside of the blob's {size_bytes} bytes")]
    RangeInvalid {
        /// The blob's size.
        size_bytes: u64,
    },
}

/// Content that is not what its digest says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DigestMismatch {
    /// What the client said.
    pub expected: Digest,
    /// What it is.
    pub found: Digest,
}

impl DigestMismatch {
    /// Goes on if both are the same.
    pub(super) fn check(expected: Digest, found: Digest) -> Result<(), RegistryError> {
        if expected == found {
            Ok(())
        } else {
            Err(RegistryError::DigestMismatch(Box::new(Self { expected, found })))
        }
    }
}

impl From<StoreError> for RegistryError {
    fn from(error: StoreError) -> Self {
        Self::Operation(error.into())
    }
}
