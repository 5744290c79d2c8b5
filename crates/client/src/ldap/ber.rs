//! As much of BER (X.690) as is needed to look at a message before the protocol's library reads it.

/// How deep an answer's elements are nested: message, operation, attributes, attribute, values, value; one more for luck would be a mistake of ours.
const MAX_DEPTH: usize = 8;

/// One element: its tag, what is in it, and what follows.
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    pub(super) rest: &'a [u8],
}

/// The first element, if it is whole and of a form that LDAP uses (RFC 4511 §5.1): a tag of one byte, a definite length.
pub(super) fn element(bytes: &[u8]) -> Option<Element<'_>> {
    let (tag, after) = bytes.split_first()?;
    let (length, used) = length(after)?;
    let (content, rest) = after.get(used..)?.split_at_checked(length)?;
    (tag & 0x1f != 0x1f).then_some(Element {
        tag: *tag,
        content,
        rest,
    })
}

/// A length, and how many bytes say it.
fn length(bytes: &[u8]) -> Option<(usize, usize)> {
    let first = usize::from(*bytes.first()?);
    if first < 0x80 {
        return Some((first, 1));
    }
    let count = first - 0x80;
    let digits = bytes.get(1..=count)?;
    if !(1..=4).contains(&count) {
        return None;
    }
    let length = digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit));
    Some((length, 1 + count))
}

/// How many bytes the head of a message takes, given its first two.
pub(super) fn head_bytes(first: [u8; 2]) -> Option<usize> {
    let more = match first[1] {
        short if short < 0x80 => 0,
        long => usize::from(long - 0x80),
    };
    (first[0] == 0x30 && more <= 4 && first[1] != 0x80).then_some(2 + more)
}

/// How many bytes follow the head of a message.
pub(super) fn body_bytes(head: &[u8]) -> Option<usize> {
    length(head.get(1..)?).map(|(length, _)| length)
}

/// Whether the message's elements fill each other exactly and are no deeper than an answer's can be. Looks, and does not call itself: the library that reads it afterwards does.
pub(super) fn is_sound(message: &[u8]) -> bool {
    let mut ends = vec![message];
    while let Some(here) = ends.pop() {
        if here.is_empty() {
            continue;
        }
        let Some(found) = element(here) else { return false };
        ends.push(found.rest);
        if found.tag & 0x20 != 0 {
            ends.push(found.content);
        }
        if ends.len() > MAX_DEPTH + 1 {
            return false;
        }
    }
    // An id and an operation at least, for which the library looks without asking.
    let Some(message) = element(message) else { return false };
    let Some(id) = element(message.content) else {
        return false;
    };
    id.tag == 0x02 && (1..=4).contains(&id.content.len()) && !id.rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(levels: usize) -> Vec<u8> {
        let mut message = vec![0x04, 0x00];
        for _ in 0..levels {
            message = wrapped(0x30, &message);
        }
        let body = [&[0x02, 0x01, 0x01][..], &message].concat();
        wrapped(0x30, &body)
    }

    fn wrapped(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x84][..], &length, content].concat()
    }

    #[test]
    fn an_answer_is_sound_and_one_that_is_too_deep_is_not() {
        // A bind's answer: success.
        let bound = [
            0x30, 0x0c, 0x02, 0x01, 0x01, 0x61, 0x07, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00,
        ];
        assert!(is_sound(&bound));
        assert!(is_sound(&nested(5)));
        assert!(!is_sound(&nested(10)));
        assert!(!is_sound(&nested(5_000)));
    }

    #[test]
    fn what_does_not_fill_its_element_is_refused() {
        for bytes in [
            &[][..],
            &[0x30],
            &[0x30, 0x80, 0x02, 0x01, 0x01],
            &[0x30, 0x85, 0, 0, 0, 0, 1, 0],
            &[0x30, 0x03, 0x02, 0x02, 0x01],
            &[0x30, 0x03, 0x02, 0x01, 0x01],
            &[0x30, 0x00],
            &[0x30, 0x05, 0x04, 0x01, 0x01, 0x04, 0x00],
            &[0x3f, 0x05, 0x02, 0x01, 0x01, 0x04, 0x00],
            &[0x30, 0x0a, 0x02, 0x05, 0, 0, 0, 0, 1, 0x04, 0x01, 0x00],
        ] {
            assert!(!is_sound(bytes), "{bytes:x?}");
        }
    }

    #[test]
    fn the_head_of_a_message_says_its_length() {
        assert_eq!(head_bytes([0x30, 0x05]), Some(2));
        assert_eq!(head_bytes([0x30, 0x84]), Some(6));
        assert_eq!(head_bytes([0x30, 0x80]), None);
        assert_eq!(head_bytes([0x30, 0x85]), None);
        assert_eq!(head_bytes([0x48, 0x54]), None);
        assert_eq!(body_bytes(&[0x30, 0x82, 0x01, 0x00]), Some(256));
    }
}
