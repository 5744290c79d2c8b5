//! The grammars of names, as recursive descent over characters; the parsers look at pieces between separators instead.

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*`, at most 255 bytes (distribution-spec, "Pulling manifests").
pub(crate) fn is_repository(text: &str) -> bool {
    text.len() <= 255 && {
        let mut rest = text.as_bytes();
        loop {
            let Some(after) = component(rest) else { return false };
            match after {
                [] => return true,
                [b'/', more @ ..] => rest = more,
                _ => return false,
            }
        }
    }
}

/// What follows a component.
fn component(text: &[u8]) -> Option<&[u8]> {
    let mut rest = word(text)?;
    loop {
        let after_separator = match rest {
            [b'_', b'_', more @ ..] | [b'.' | b'_', more @ ..] => more,
            [b'-', ..] => &rest[rest.iter().take_while(|byte| **byte == b'-').count()..],
            _ => return Some(rest),
        };
        rest = word(after_separator)?;
    }
}

/// What follows `[a-z0-9]+`.
fn word(text: &[u8]) -> Option<&[u8]> {
    let length = text
        .iter()
        .take_while(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9'))
        .count();
    (length > 0).then(|| &text[length..])
}

/// `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
pub(crate) fn is_tag(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut characters = text.chars();
    characters.next().is_some_and(word) && text.len() <= 128 && characters.all(|c| word(c) || c == '.' || c == '-')
}

/// `sha256:` and 64, or `sha512:` and 128 lower-case hex digits.
pub(crate) fn is_digest(text: &str) -> bool {
    let hex = |text: &str| text.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
    match text.len() {
        71 => text.strip_prefix("sha256:").is_some_and(hex),
        135 => text.strip_prefix("sha512:").is_some_and(hex),
        _ => false,
    }
}

/// The bytes as text; most inputs of these parsers are header values, which are texts already.
pub(crate) fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}
