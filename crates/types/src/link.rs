//! The `Link` header that names a list's next page (RFC 8288; distribution-spec, "Listing Tags").

use form_urlencoded::Serializer;

/// The header's value: `path` with these parameters.
pub fn next(path: &str, parameters: &[(&str, &str)]) -> String {
    let query = Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("<{path}?{query}>; rel=\"next\"")
}

/// The address of the next page in a header's value; nothing where it names none. Of several links the first with that relation counts.
pub fn next_target(header: &str) -> Option<&str> {
    let mut rest = header;
    loop {
        let (target, after) = rest
            .trim_start_matches([' ', '\t', ','])
            .strip_prefix('<')?
            .split_once('>')?;
        let (mut parameters, others) = cut(after, ',');
        while !parameters.is_empty() {
            let (parameter, more) = cut(parameters, ';');
            if is_next(parameter) {
                return Some(target);
            }
            parameters = more;
        }
        rest = others;
    }
}

/// What stands before a separator, and what behind it. A separator within quotes is none.
fn cut(text: &str, separator: char) -> (&str, &str) {
    let mut quoted = false;
    for (at, character) in text.char_indices() {
        match character {
            '"' => quoted = !quoted,
            _ if character == separator && !quoted => return (&text[..at], &text[at + 1..]),
            _ => {}
        }
    }
    (text, "")
}

/// `rel` lists relations apart by spaces (RFC 8288 §3.3).
fn is_next(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else {
        return false;
    };
    let relations = value.trim().trim_matches('"');
    name.trim().eq_ignore_ascii_case("rel")
        && relations
            .split(' ')
            .any(|relation| relation.eq_ignore_ascii_case("next"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_where_it_was_made_to_lead() {
        let link = next("/v2/web/tags/list", &[("last", "a b&c"), ("n", "2")]);
        assert_eq!(link, "</v2/web/tags/list?last=a+b%26c&n=2>; rel=\"next\"");
        assert_eq!(next_target(&link), Some("/v2/web/tags/list?last=a+b%26c&n=2"));
    }

    #[test]
    fn the_next_page_is_found_among_other_links() {
        for (header, target) in [
            ("</a>; rel=\"prev\", </b>; rel=\"next\"", Some("/b")),
            ("</a>; title=\"x, <y>; rel=next\"; rel=prev", None),
            ("</a>; rel=next", Some("/a")),
            ("</a>; REL=\"last next\"", Some("/a")),
            ("</a>", None),
            ("/a; rel=next", None),
            ("</a; rel=next", None),
            ("", None),
        ] {
            assert_eq!(next_target(header), target, "{header}");
        }
    }
}
