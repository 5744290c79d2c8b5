//! Pages of lists, and the links between them.

use std::borrow::Cow;

use wharf_types::link;
use wharf_types::page::{PageRequest, PageSize};

use crate::grammar::text;

fn field<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let mut fields = form_urlencoded::parse(query.as_bytes());
    fields.find(|(key, _)| key == name).map(|(_, value)| value)
}

/// A page is asked for by a number, and is no larger than the largest; the link to it leads to it. The bytes are a query.
pub(crate) fn cursor(data: &[u8]) {
    let Some(query) = text(data) else { return };
    let (n, last) = (field(query, "n"), field(query, "last"));
    let Ok(page) = PageRequest::read(n.as_deref(), last.as_deref()) else {
        let number = n.is_none_or(|n| n.len() < 20 && n.bytes().all(|byte| byte.is_ascii_digit()));
        assert!(!number, "{query}");
        return;
    };
    assert!(page.size.get() <= PageSize::MAX.get());
    assert_eq!(page.after.as_deref(), last.as_deref());
    let after = page.after.clone().unwrap_or_default();
    let header = link::next("/v2/_catalog", &[("last", &after), ("n", &page.size.get().to_string())]);
    let target = link::next_target(&header).expect("our links can be read");
    let (path, query) = target.split_once('?').expect("our links have a query");
    assert_eq!(path, "/v2/_catalog");
    let again = PageRequest::read(field(query, "n").as_deref(), field(query, "last").as_deref());
    let expected = PageRequest {
        after: Some(after),
        ..page
    };
    assert_eq!(again, Ok(expected), "{header}");
}

/// A link that we write is a header's value, and any text of ours survives it; a link that we read lies between its angle brackets.
pub(crate) fn link(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Some(target) = link::next_target(text) {
        assert!(text.contains(&format!("<{target}>")), "{text}");
        assert!(text.to_ascii_lowercase().contains("next"), "{text}");
        assert!(!target.contains('>'));
    }
    let written = link::next("/v2/web/referrers/x", &[("last", text), ("artifactType", text)]);
    assert!(written.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{written:?}");
    let target = link::next_target(&written).expect("our links can be read");
    let (_, query) = target.split_once('?').expect("our links have a query");
    assert_eq!(field(query, "last").as_deref(), Some(text));
    assert_eq!(field(query, "artifactType").as_deref(), Some(text));
}
