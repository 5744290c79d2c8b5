//! What a path and a method ask for, and the table of all endpoints.

use http::{Method, Uri};
use wharf_types::access::Action;
use wharf_types::digest::Digest;
use wharf_types::id::UploadId;
use wharf_types::name::{Reference, RepositoryName};
use wharf_types::oauth::ScopeActions;
use wharf_types::v2::{Target, parse};

use super::OciError;
use crate::body::{field, query};
use crate::endpoint::{Access, Endpoint, Refusal};

/// Something that can be asked of a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Is this a registry, and am I somebody?
    Base,
    /// Which repositories are there?
    Catalog,
    /// Which tags has the repository?
    TagList,
    /// A manifest, or only what it would be.
    ManifestGet {
        /// Which one.
        reference: Reference,
        /// Without the bytes.
        is_head: bool,
    },
    /// Store a manifest.
    ManifestPut {
        /// Under which tag or digest.
        reference: Reference,
    },
    /// Remove a tag, or a manifest with its tags.
    ManifestDelete {
        /// Which one.
        reference: Reference,
    },
    /// Is the blob there, and how large is it?
    BlobHead {
        /// Which one.
        digest: Digest,
    },
    /// A blob, or a part of it.
    BlobGet {
        /// Which one.
        digest: Digest,
    },
    /// Remove a blob.
    BlobDelete {
        /// Which one.
        digest: Digest,
    },
    /// Start an upload, or mount, or push in one request.
    UploadStart,
    /// How far is the upload?
    UploadStatus {
        /// Which one.
        id: UploadId,
    },
    /// Add a chunk.
    UploadPatch {
        /// To which one.
        id: UploadId,
    },
    /// Finish an upload.
    UploadPut {
        /// Which one.
        id: UploadId,
    },
    /// Give an upload up.
    UploadCancel {
        /// Which one.
        id: UploadId,
    },
    /// Which manifests refer to this one?
    Referrers {
        /// To which one.
        digest: Digest,
    },
}

impl Operation {
    /// Its row in the endpoint table.
    pub fn endpoint(&self) -> Endpoint {
        use Access::{Right, SignedIn};
        use Action::{CatalogList, ContentDelete, ContentPull, ContentPush};
        let (method, path, access) = match self {
            Self::Base => (Method::GET, "/v2/", SignedIn),
            Self::Catalog => (Method::GET, "/v2/_catalog", Right(CatalogList)),
            Self::TagList => (Method::GET, "/v2/{name}/tags/list", Right(ContentPull)),
            Self::ManifestGet { is_head: false, .. } => {
                (Method::GET, "/v2/{name}/manifests/{reference}", Right(ContentPull))
            }
            Self::ManifestGet { is_head: true, .. } => {
                (Method::HEAD, "/v2/{name}/manifests/{reference}", Right(ContentPull))
            }
            Self::ManifestPut { .. } => (Method::PUT, "/v2/{name}/manifests/{reference}", Right(ContentPush)),
            Self::ManifestDelete { .. } => (Method::DELETE, "/v2/{name}/manifests/{reference}", Right(ContentDelete)),
            Self::BlobHead { .. } => (Method::HEAD, "/v2/{name}/blobs/{digest}", Right(ContentPull)),
            Self::BlobGet { .. } => (Method::GET, "/v2/{name}/blobs/{digest}", Right(ContentPull)),
            Self::BlobDelete { .. } => (Method::DELETE, "/v2/{name}/blobs/{digest}", Right(ContentDelete)),
            Self::UploadStart => (Method::POST, "/v2/{name}/blobs/uploads/", Right(ContentPush)),
            Self::UploadStatus { .. } => (Method::GET, "/v2/{name}/blobs/uploads/{id}", Right(ContentPush)),
            Self::UploadPatch { .. } => (Method::PATCH, "/v2/{name}/blobs/uploads/{id}", Right(ContentPush)),
            Self::UploadPut { .. } => (Method::PUT, "/v2/{name}/blobs/uploads/{id}", Right(ContentPush)),
            Self::UploadCancel { .. } => (Method::DELETE, "/v2/{name}/blobs/uploads/{id}", Right(ContentPush)),
            Self::Referrers { .. } => (Method::GET, "/v2/{name}/referrers/{digest}", Right(ContentPull)),
        };
        let refusal = if access == SignedIn {
            Refusal::None
        } else {
            Refusal::Challenge
        };
        Endpoint::new(method, path, access, refusal)
    }

    /// What a token must hold for it, as a challenge says.
    pub(super) fn scope_actions(&self) -> ScopeActions {
        match self.endpoint().access {
            Access::Right(Action::ContentPush) => ScopeActions::PULL.with(ScopeActions::PUSH),
            Access::Right(Action::ContentDelete) => ScopeActions::DELETE,
            _ => ScopeActions::PULL,
        }
    }

    /// One of each kind, for whoever goes through the whole table.
    pub fn samples(digest: Digest, upload: &UploadId) -> Vec<Operation> {
        std::iter::successors(Some(Self::Base), |operation| operation.following(digest, upload)).collect()
    }

    /// The next kind. The match is exhaustive, so that a new kind cannot be left out of the table's tests unnoticed.
    fn following(&self, digest: Digest, upload: &UploadId) -> Option<Operation> {
        let (reference, id) = (Reference::Digest(digest), upload.clone());
        Some(match self {
            Self::Base => Self::Catalog,
            Self::Catalog => Self::TagList,
            Self::TagList => Self::ManifestGet {
                reference,
                is_head: false,
            },
            Self::ManifestGet { is_head: false, .. } => Self::ManifestGet {
                reference,
                is_head: true,
            },
            Self::ManifestGet { is_head: true, .. } => Self::ManifestPut { reference },
            Self::ManifestPut { .. } => Self::ManifestDelete { reference },
            Self::ManifestDelete { .. } => Self::BlobHead { digest },
            Self::BlobHead { .. } => Self::BlobGet { digest },
            Self::BlobGet { .. } => Self::BlobDelete { digest },
            Self::BlobDelete { .. } => Self::UploadStart,
            Self::UploadStart => Self::UploadStatus { id },
            Self::UploadStatus { .. } => Self::UploadPatch { id },
            Self::UploadPatch { .. } => Self::UploadPut { id },
            Self::UploadPut { .. } => Self::UploadCancel { id },
            Self::UploadCancel { .. } => Self::Referrers { digest },
            Self::Referrers { .. } => return None,
        })
    }
}

/// An operation, and the repository that it is about, named as on this host.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) operation: Operation,
    pub(super) repository: Option<RepositoryName>,
    /// Where a blob is to be mounted from, named as on this host.
    pub(super) source: Option<RepositoryName>,
}

/// What the address and the method ask for.
pub(super) fn wanted(uri: &Uri, method: &Method) -> Result<Wanted, OciError> {
    let target = parse(uri.path().strip_prefix("/v2/").unwrap_or(""))?;
    let (repository, operation, allowed) = match target {
        Target::Base => (None, get(method, Operation::Base), "GET, HEAD"),
        Target::Catalog => (None, get(method, Operation::Catalog), "GET, HEAD"),
        Target::Tags(name) => (Some(name), get(method, Operation::TagList), "GET, HEAD"),
        Target::Referrers(name, digest) => (Some(name), get(method, Operation::Referrers { digest }), "GET, HEAD"),
        Target::Manifest(name, reference) => (Some(name), manifest(method, reference), "GET, HEAD, PUT, DELETE"),
        Target::Blob(name, digest) => (Some(name), blob(method, digest), "GET, HEAD, DELETE"),
        Target::Uploads(name) => (
            Some(name),
            (*method == Method::POST).then_some(Operation::UploadStart),
            "POST",
        ),
        Target::Upload(name, id) => (Some(name), upload(method, id), "GET, PATCH, PUT, DELETE"),
    };
    let operation = operation.ok_or(OciError::MethodNotAllowed { allowed })?;
    let source = (operation == Operation::UploadStart)
        .then(|| mount_source(uri))
        .flatten();
    Ok(Wanted {
        operation,
        repository,
        source,
    })
}

/// The repository that a mount names; nothing for any other upload, and for what is no name.
fn mount_source(uri: &Uri) -> Option<RepositoryName> {
    let fields = query(uri);
    field(&fields, "mount")?;
    field(&fields, "from")?.parse().ok()
}

fn get(method: &Method, operation: Operation) -> Option<Operation> {
    matches!(*method, Method::GET | Method::HEAD).then_some(operation)
}

fn manifest(method: &Method, reference: Reference) -> Option<Operation> {
    match *method {
        Method::GET => Some(Operation::ManifestGet {
            reference,
            is_head: false,
        }),
        Method::HEAD => Some(Operation::ManifestGet {
            reference,
            is_head: true,
        }),
        Method::PUT => Some(Operation::ManifestPut { reference }),
        Method::DELETE => Some(Operation::ManifestDelete { reference }),
        _ => None,
    }
}

fn blob(method: &Method, digest: Digest) -> Option<Operation> {
    match *method {
        Method::GET => Some(Operation::BlobGet { digest }),
        Method::HEAD => Some(Operation::BlobHead { digest }),
        Method::DELETE => Some(Operation::BlobDelete { digest }),
        _ => None,
    }
}

fn upload(method: &Method, id: UploadId) -> Option<Operation> {
    match *method {
        Method::GET | Method::HEAD => Some(Operation::UploadStatus { id }),
        Method::PATCH => Some(Operation::UploadPatch { id }),
        Method::PUT => Some(Operation::UploadPut { id }),
        Method::DELETE => Some(Operation::UploadCancel { id }),
        _ => None,
    }
}
