//! Paths of the registry protocol (distribution-spec 1.1, "Endpoints").
//!
//! A repository's name holds slashes and may itself be called `team/blobs`, so a path is split from the right. The router of the HTTP
//! library takes a wildcard only at the end of a path, which is why this parser exists.

use crate::digest::Digest;
use crate::id::UploadId;
use crate::name::{InvalidReference, Reference, RepositoryName};

/// What a path below `/v2/` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `/v2/`
    Base,
    /// `/v2/_catalog`
    Catalog,
    /// `/v2/{name}/tags/list`
    Tags(RepositoryName),
    /// `/v2/{name}/manifests/{reference}`
    Manifest(RepositoryName, Reference),
    /// `/v2/{name}/blobs/{digest}`
    Blob(RepositoryName, Digest),
    /// `/v2/{name}/blobs/uploads/`
    Uploads(RepositoryName),
    /// `/v2/{name}/blobs/uploads/{id}`
    Upload(RepositoryName, UploadId),
    /// `/v2/{name}/referrers/{digest}`
    Referrers(RepositoryName, Digest),
}

/// Why a path names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// No endpoint has this shape.
    #[error("no such endpoint")]
    NotFound,
    /// The endpoint exists and the repository's name is none.
    #[error(
        "a repository name is at most 255 small letters and digits, with '.', '_', '__' or '-' between them and '/' between components"
    )]
    Name,
    /// The reference is no tag.
    #[error("a tag is 1 to 128 letters, digits, '_', '.' and '-', and does not start with '.' or '-'")]
    Tag,
    /// The digest is none.
    #[error("a digest is sha256: and 64, or sha512: and 128 lower-case hex digits")]
    Digest,
    /// The upload session's id is none that a registry gave out.
    #[error("no such upload session")]
    Upload,
}

/// Reads the part of a path after `/v2/`.
///
/// The one percent-encoded character accepted is the colon of a digest, which some clients encode; an encoded slash, dot or NUL names no
/// endpoint (rule 42).
pub fn parse(path: &str) -> Result<Target, PathError> {
    let decoded;
    let path = if path.contains('%') {
        decoded = path.replace("%3A", ":").replace("%3a", ":");
        if decoded.contains('%') {
            return Err(PathError::NotFound);
        }
        &decoded
    } else {
        path
    };
    match path {
        "" => return Ok(Target::Base),
        "_catalog" => return Ok(Target::Catalog),
        _ => {}
    }
    let mut parts = path.rsplitn(4, '/');
    let (last, second) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let third = parts.next();
    // `{name}/blobs/uploads/` and `{name}/blobs/uploads/{id}`: the session's id or nothing comes last.
    if let (Some("blobs"), "uploads") = (third, second) {
        let name = name(parts.next())?;
        return match last {
            "" => Ok(Target::Uploads(name)),
            id => Ok(Target::Upload(name, id.parse().map_err(|_| PathError::Upload)?)),
        };
    }
    let repository = || {
        let end = path.len() - last.len() - second.len() - 2;
        name(path.get(..end))
    };
    if third.is_none() {
        return Err(PathError::NotFound);
    }
    match second {
        "manifests" => {
            let repository = repository()?;
            let reference = last.parse().map_err(|error| match error {
                InvalidReference::Tag => PathError::Tag,
                InvalidReference::Digest => PathError::Digest,
            })?;
            Ok(Target::Manifest(repository, reference))
        }
        // The trailing slash is the specification's; some clients leave it out.
        "blobs" if last == "uploads" => Ok(Target::Uploads(repository()?)),
        "blobs" => Ok(Target::Blob(
            repository()?,
            last.parse().map_err(|_| PathError::Digest)?,
        )),
        "referrers" => Ok(Target::Referrers(
            repository()?,
            last.parse().map_err(|_| PathError::Digest)?,
        )),
        "tags" if last == "list" => Ok(Target::Tags(repository()?)),
        _ => Err(PathError::NotFound),
    }
}

fn name(text: Option<&str>) -> Result<RepositoryName, PathError> {
    text.ok_or(PathError::NotFound)?.parse().map_err(|_| PathError::Name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SUM: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn repository(text: &str) -> RepositoryName {
        text.parse().unwrap()
    }

    #[test]
    fn every_endpoint_of_the_specification_is_told_apart() {
        let digest: Digest = SUM.parse().unwrap();
        let upload: UploadId = "0123456789abcdef".repeat(7).parse().unwrap();
        let web = || repository("team/web");
        for (path, target) in [
            (String::new(), Target::Base),
            ("_catalog".into(), Target::Catalog),
            ("team/web/tags/list".into(), Target::Tags(web())),
            (
                "team/web/manifests/v1".into(),
                Target::Manifest(web(), "v1".parse().unwrap()),
            ),
            (
                format!("team/web/manifests/{SUM}"),
                Target::Manifest(web(), Reference::Digest(digest)),
            ),
            (format!("team/web/blobs/{SUM}"), Target::Blob(web(), digest)),
            (
                format!("team/web/blobs/{}", SUM.replace(':', "%3A")),
                Target::Blob(web(), digest),
            ),
            (format!("team/web/referrers/{SUM}"), Target::Referrers(web(), digest)),
            ("team/web/blobs/uploads/".into(), Target::Uploads(web())),
            ("team/web/blobs/uploads".into(), Target::Uploads(web())),
            (
                format!("team/web/blobs/uploads/{upload}"),
                Target::Upload(web(), upload.clone()),
            ),
        ] {
            assert_eq!(parse(&path), Ok(target), "{path}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_path_is_said() {
        for (path, error) in [
            ("web", PathError::NotFound),
            ("web/manifests", PathError::NotFound),
            ("manifests/v1", PathError::NotFound),
            ("web/other/v1", PathError::NotFound),
            ("web%2fx/manifests/v1", PathError::NotFound),
            ("%2e%2e/manifests/v1", PathError::NotFound),
            ("Web/manifests/v1", PathError::Name),
            ("../web/manifests/v1", PathError::Name),
            ("a//b/manifests/v1", PathError::Name),
            ("/manifests/v1", PathError::Name),
            ("web/manifests/.v1", PathError::Tag),
            ("web/manifests/sha256:00", PathError::Digest),
            ("web/blobs/latest", PathError::Digest),
            ("web/referrers/latest", PathError::Digest),
            ("web/blobs/uploads/1", PathError::Upload),
        ] {
            assert_eq!(parse(path), Err(error), "{path}");
        }
    }

    proptest! {
        #[test]
        fn any_valid_name_survives_routing(name in "[a-z0-9]{1,8}(/(blobs|tags|uploads|manifests|list|[a-z0-9]{1,8})){0,4}") {
            let expected = repository(&name);
            let path = format!("{name}/manifests/v1");
            prop_assert_eq!(parse(&path), Ok(Target::Manifest(expected.clone(), "v1".parse().unwrap())));
            let path = format!("{name}/blobs/uploads/");
            prop_assert_eq!(parse(&path), Ok(Target::Uploads(expected.clone())));
            let path = format!("{name}/tags/list");
            prop_assert_eq!(parse(&path), Ok(Target::Tags(expected)));
        }

        #[test]
        fn no_path_panics(path in "[a-z/%:._\\-]{0,60}") {
            let _ = parse(&path);
        }
    }
}
