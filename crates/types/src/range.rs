//! `Range` of downloads (RFC 9110 §14) and `Content-Range` of upload chunks (distribution-spec, "Pushing a blob in chunks").

/// Bytes `start` to `end`, both included, as both headers count them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteRange {
    /// The first byte.
    pub start: u64,
    /// The last byte.
    pub end: u64,
}

impl ByteRange {
    /// How many bytes it covers.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a range with its last byte included is never empty"
    )]
    pub const fn len(&self) -> u64 {
        self.end - self.start + 1
    }
}

/// What a download's `Range` header asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeAnswer {
    /// Nothing that is understood: the whole content with 200 (RFC 9110 §14.2 lets a server ignore the field).
    Whole,
    /// One part, with 206.
    Part(ByteRange),
    /// A part that does not exist, 416.
    Unsatisfiable,
}

/// Reads a `Range` header for content of `size` bytes. Several ranges are answered with the whole content, which RFC 9110 allows and
/// which spares a multipart answer that no registry client asks for.
pub fn range(header: &str, size: u64) -> RangeAnswer {
    let Some((unit, set)) = header.split_once('=') else {
        return RangeAnswer::Whole;
    };
    if !unit.trim().eq_ignore_ascii_case("bytes") || set.contains(',') {
        return RangeAnswer::Whole;
    }
    let Some((first, last)) = set.trim().split_once('-') else {
        return RangeAnswer::Whole;
    };
    match (number(first), number(last)) {
        // RFC 9110 §14.2 lets a server ignore or refuse a part that ends before it begins; the OCI conformance suite wants it refused.
        (Some(start), Some(end)) if start > end => RangeAnswer::Unsatisfiable,
        (Some(start), _) if start >= size && (last.is_empty() || number(last).is_some()) => RangeAnswer::Unsatisfiable,
        // A range past the end is cut to it: the Azure SDKs ask for 4 MiB parts and expect 206 for the last one too.
        (Some(start), Some(end)) => RangeAnswer::Part(ByteRange {
            start,
            end: end.min(size - 1),
        }),
        (Some(start), None) if last.is_empty() => RangeAnswer::Part(ByteRange { start, end: size - 1 }),
        (None, Some(0)) if first.is_empty() => RangeAnswer::Unsatisfiable,
        (None, Some(_)) if first.is_empty() && size == 0 => RangeAnswer::Unsatisfiable,
        (None, Some(tail)) if first.is_empty() => RangeAnswer::Part(ByteRange {
            start: size.saturating_sub(tail),
            end: size - 1,
        }),
        _ => RangeAnswer::Whole,
    }
}

/// Reads a chunk's `Content-Range`: `0-1023`, as the distribution specification has it, or `bytes 0-1023/*`, as RFC 9110 does.
pub fn content_range(header: &str) -> Option<ByteRange> {
    let text = header.trim();
    let text = text
        .strip_prefix("bytes")
        .map_or(text, |rest| rest.trim_start_matches(['=', ' ']));
    let text = text.split_once('/').map_or(text, |(range, _)| range);
    let (start, end) = text.split_once('-')?;
    let (start, end) = (number(start)?, number(end)?);
    // A length of 2^64 does not fit; no content is that long.
    if start <= end && end < u64::MAX {
        Some(ByteRange { start, end })
    } else {
        None
    }
}

/// Digits alone: no sign, no space.
fn number(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        let part = |start, end| RangeAnswer::Part(ByteRange { start, end });
        for (header, answer) in [
            ("bytes=0-3", part(0, 3)),
            ("bytes=4-", part(4, 9)),
            ("bytes=-3", part(7, 9)),
            ("bytes=-30", part(0, 9)),
            ("bytes=0-4194303", part(0, 9)),
            ("Bytes=0-0", part(0, 0)),
            ("bytes=10-12", RangeAnswer::Unsatisfiable),
            ("bytes=10-", RangeAnswer::Unsatisfiable),
            ("bytes=-0", RangeAnswer::Unsatisfiable),
            ("bytes=3-1", RangeAnswer::Unsatisfiable),
            ("bytes=0-1,3-4", RangeAnswer::Whole),
            ("bytes=a-b", RangeAnswer::Whole),
            ("bytes=+1-2", RangeAnswer::Whole),
            ("lines=0-3", RangeAnswer::Whole),
            ("", RangeAnswer::Whole),
        ] {
            assert_eq!(range(header, 10), answer, "{header}");
        }
    }

    #[test]
    fn a_chunk_says_where_it_belongs() {
        assert_eq!(content_range("0-1023"), Some(ByteRange { start: 0, end: 1023 }));
        assert_eq!(content_range("bytes 5-6/*"), Some(ByteRange { start: 5, end: 6 }));
        for header in ["", "-", "1-0", "a-b", "0", "0-18446744073709551615"] {
            assert_eq!(content_range(header), None, "{header}");
        }
    }

    proptest! {
        #[test]
        fn a_part_lies_within_the_content(header in "bytes=[0-9]{0,21}-[0-9]{0,21}", size in 0u64..1000) {
            if let RangeAnswer::Part(part) = range(&header, size) {
                prop_assert!(part.start <= part.end && part.end < size);
            }
        }
    }
}
