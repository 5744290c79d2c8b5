//! Paths, digests and ranges.

use wharf_types::digest::Digest;
use wharf_types::name::{Reference, RepositoryName, TagName};
use wharf_types::range::{ByteRange, RangeAnswer, content_range as read_content_range, range as read_range};
use wharf_types::v2::{Target, parse};

use crate::grammar::{is_digest, is_repository, is_tag, text};

/// What is accepted is of the grammar, and says what the path says: written again it is the same path.
pub(crate) fn v2_path(data: &[u8]) {
    let Some(path) = text(data) else { return };
    assert_eq!(path.parse::<RepositoryName>().is_ok(), is_repository(path));
    assert_eq!(path.parse::<TagName>().is_ok(), is_tag(path));
    let Ok(target) = parse(path) else {
        assert!(!is_plainly_good(path), "{path}");
        return;
    };
    let (written, repository) = match &target {
        Target::Base => (String::new(), None),
        Target::Catalog => ("_catalog".to_owned(), None),
        Target::Tags(name) => (format!("{name}/tags/list"), Some(name)),
        Target::Manifest(name, reference) => (format!("{name}/manifests/{reference}"), Some(name)),
        Target::Blob(name, digest) => (format!("{name}/blobs/{digest}"), Some(name)),
        Target::Uploads(name) => (format!("{name}/blobs/uploads/"), Some(name)),
        Target::Upload(name, id) => (format!("{name}/blobs/uploads/{id}"), Some(name)),
        Target::Referrers(name, digest) => (format!("{name}/referrers/{digest}"), Some(name)),
    };
    assert!(repository.is_none_or(|name| is_repository(name.as_str())), "{path}");
    if let Target::Manifest(_, Reference::Tag(tag)) = &target {
        assert!(is_tag(tag.as_str()), "{path}");
    }
    // The one freedom: the colon may be encoded, and the slash behind `uploads` left out.
    let plain = path.replace("%3A", ":").replace("%3a", ":");
    assert!(
        written == plain || written == format!("{plain}/"),
        "{path} was read as {written}"
    );
    assert_eq!(parse(&written).as_ref(), Ok(&target), "{written}");
}

/// Some paths that must be accepted.
fn is_plainly_good(path: &str) -> bool {
    path.rsplit_once("/manifests/")
        .is_some_and(|(name, reference)| is_repository(name) && (is_tag(reference) || is_digest(reference)))
        || path.strip_suffix("/tags/list").is_some_and(is_repository)
        || path.strip_suffix("/blobs/uploads/").is_some_and(is_repository)
}

/// There is one spelling of a digest.
pub(crate) fn digest(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let digest = text.parse::<Digest>();
    assert_eq!(digest.is_ok(), is_digest(text), "{text}");
    if let Ok(digest) = digest {
        assert_eq!(digest.to_string(), text);
        assert_eq!(format!("{}:{}", digest.algorithm().as_str(), digest.hex()), text);
    }
}

/// A part lies within the content, and holds what was asked for. The first byte and its square say how large the content is.
pub(crate) fn range(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else {
        return;
    };
    let Some(header) = text(rest) else { return };
    let sizes = [
        0,
        1,
        10,
        u64::from(*first),
        u64::from(*first).pow(2),
        i64::MAX as u64,
        u64::MAX,
    ];
    for size in sizes {
        let answer = read_range(header, size);
        if let RangeAnswer::Part(part) = answer {
            assert!(part.start <= part.end && part.end < size, "{header} of {size}");
            assert_eq!(part.len(), part.end - part.start + 1);
            // What was answered, asked for plainly, is answered the same.
            let plain = format!("bytes={}-{}", part.start, part.end);
            assert_eq!(read_range(&plain, size), answer, "{header} of {size}");
        }
        assert_eq!(answer, by_hand(header, size), "{header} of {size}");
    }
}

/// RFC 9110 §14.1.2 by numbers of any length: compared as texts of digits without leading zeros.
fn by_hand(header: &str, size: u64) -> RangeAnswer {
    let Some(set) = header
        .split_once('=')
        .filter(|(unit, _)| unit.trim().eq_ignore_ascii_case("bytes"))
    else {
        return RangeAnswer::Whole;
    };
    let set = set.1.trim();
    let number = |text: &str| -> Option<u128> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let significant = text.trim_start_matches('0');
        let value = if significant.len() > 30 {
            u128::MAX
        } else {
            format!("0{significant}").parse().ok()?
        };
        // Whatever lies beyond 64 bits is equally far away.
        digits.then_some(value.min(u128::from(u64::MAX)))
    };
    let size = u128::from(size);
    let part = |start: u128, end: u128| {
        RangeAnswer::Part(ByteRange {
            start: start as u64,
            end: end as u64,
        })
    };
    match set.split_once('-') {
        Some(("", last)) => match number(last) {
            None => RangeAnswer::Whole,
            Some(0) => RangeAnswer::Unsatisfiable,
            Some(_) if size == 0 => RangeAnswer::Unsatisfiable,
            Some(last) => part(size - last.min(size), size - 1),
        },
        Some((first, last)) => match (number(first), number(last), last.is_empty()) {
            (None, ..) | (_, None, false) => RangeAnswer::Whole,
            (Some(first), Some(last), _) if first > last => RangeAnswer::Unsatisfiable,
            (Some(first), ..) if first >= size => RangeAnswer::Unsatisfiable,
            (Some(first), last, _) => part(first, last.unwrap_or(u128::MAX).min(size - 1)),
        },
        None => RangeAnswer::Whole,
    }
}

/// What is accepted is digits, a dash and digits, and nothing hides around them.
pub(crate) fn content_range(data: &[u8]) {
    let Some(header) = text(data) else { return };
    let Some(range) = read_content_range(header) else {
        return;
    };
    assert!(range.start <= range.end && range.end < u64::MAX, "{header}");
    assert_eq!(range.len(), range.end - range.start + 1);
    let plain = header.trim();
    let plain = plain
        .strip_prefix("bytes ")
        .or(plain.strip_prefix("bytes="))
        .unwrap_or(plain);
    let allowed = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'/' | b'*');
    assert!(plain.bytes().all(allowed), "{header}");
    for written in [
        format!("{}-{}", range.start, range.end),
        format!("bytes {}-{}/*", range.start, range.end),
        format!("bytes {}-{}/{}", range.start, range.end, range.end + 1),
    ] {
        assert_eq!(read_content_range(&written), Some(range), "{written}");
    }
}
