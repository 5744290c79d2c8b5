//! Content: blobs, uploads, manifests, tags, referrers; and the registry's tokens.

mod blobs;
mod catalog;
mod error;
mod exchange;
mod manifests;
mod place;
mod remembered;
mod tags;
mod tokens;
mod uploads;

pub use blobs::{BlobDownload, NotReady};
pub use error::{DigestMismatch, RegistryError};
pub use exchange::ExchangeError;
pub use manifests::{ManifestPut, PushedManifest, Referrers};
pub use place::Place;
pub(crate) use place::RegistryCache;
pub(crate) use remembered::RememberedContent;
pub use tokens::{TokenAnswer, TokenGrant, TokenRequest};
pub(crate) use uploads::Finished;
pub use uploads::{Chunk, MountSource, UploadStart, UploadStatus};
pub use wharf_store::blob::BlobContent;
