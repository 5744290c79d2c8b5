//! Filters and names with a place for what somebody typed. What is put there stays a value, whatever it holds (RFC 4515 §3, RFC 4514 §2.4).

use std::fmt;

/// The longest value that is put into a template, in bytes: a distinguished name, at most.
pub const MAX_VALUE_BYTES: usize = 8192;
/// The longest template, in bytes.
const MAX_TEMPLATE_BYTES: usize = 2048;

/// What a person is called: `{name}`, the part before the `@`, and `{principal}`, all of it.
const PERSON: [&str; 2] = ["{name}", "{principal}"];
/// A distinguished name.
const DN: &str = "{dn}";

/// A search filter with places for values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterTemplate(String);

impl FilterTemplate {
    /// A filter by which one person is found.
    pub(super) fn of_person(text: &str) -> Result<Self, &'static str> {
        let named = PERSON.iter().any(|place| text.contains(place));
        if !named || text.contains(DN) {
            return Err("has to hold {name} or {principal}, where what somebody typed is put");
        }
        Self::new(text)
    }

    /// A filter by which the groups of one member are found.
    pub(super) fn of_member(text: &str) -> Result<Self, &'static str> {
        if !text.contains(DN) && !text.contains(PERSON[0]) {
            return Err("has to hold {dn} or {name}, where the member is put");
        }
        Self::new(text)
    }

    fn new(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let enclosed = text.starts_with('(') && text.ends_with(')');
        if text.len() > MAX_TEMPLATE_BYTES || !enclosed || text.chars().any(char::is_control) {
            return Err("has to be a filter in parentheses: (uid={name})");
        }
        if has_other_places(text, &[PERSON[0], PERSON[1], DN]) {
            return Err("has a place in braces that is none of {name}, {principal} and {dn}");
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether the filter asks for the member's distinguished name.
    pub fn has_dn(&self) -> bool {
        self.0.contains(DN)
    }

    /// Whether the filter asks for what somebody is called.
    pub fn has_name(&self) -> bool {
        PERSON.iter().any(|place| self.0.contains(place))
    }

    /// The filter for a person of that name and principal name.
    pub fn person(&self, name: &str, principal: &str) -> String {
        self.filled(&filter_value(name), &filter_value(principal), "")
    }

    /// The same filter for whoever is called anything at all.
    pub fn anybody(&self) -> String {
        self.filled("*", "*", "")
    }

    /// The filter for the groups of a member.
    pub fn member(&self, name: &str, principal: &str, dn: &str) -> String {
        self.filled(&filter_value(name), &filter_value(principal), &filter_value(dn))
    }

    fn filled(&self, name: &str, principal: &str, dn: &str) -> String {
        fill(&self.0, &[(PERSON[0], name), (PERSON[1], principal), (DN, dn)])
    }

    /// The template as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A name to bind with, made of what somebody typed: `{name}@corp.example`, `CORP\{name}` or `uid={name},ou=people,dc=example,dc=org`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindTemplate(String);

impl BindTemplate {
    pub(super) fn new(text: &str) -> Result<Self, &'static str> {
        let named = PERSON.iter().any(|place| text.contains(place));
        if !named || text.len() > MAX_TEMPLATE_BYTES || text.chars().any(char::is_control) {
            return Err("has to hold {name} or {principal}: {name}@corp.example");
        }
        if has_other_places(text, &PERSON) {
            return Err("has a place in braces that is neither {name} nor {principal}");
        }
        Ok(Self(text.to_owned()))
    }

    /// The name to bind with.
    pub fn person(&self, name: &str, principal: &str) -> String {
        // With '=' it is a distinguished name. Else it is a name of Active Directory's own, which knows no escapes: user principal names hold nothing that it would read.
        let value = if self.0.contains('=') { dn_value } else { str::to_owned };
        fill(&self.0, &[(PERSON[0], &value(name)), (PERSON[1], &value(principal))])
    }

    /// The template as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FilterTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Fills the places of a template from left to right, so that what was put into one place is never read as another.
fn fill(template: &str, places: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        filled.push_str(before);
        let place = places.iter().find(|(place, _)| from.starts_with(place));
        let (value, length) = place.map_or(("{", 1), |(place, value)| (*value, place.len()));
        filled.push_str(value);
        rest = &from[length..];
    }
    filled + rest
}

fn has_other_places(text: &str, known: &[&str]) -> bool {
    let mut left = text.to_owned();
    for place in known {
        left = left.replace(place, "");
    }
    left.contains(['{', '}'])
}

/// A value as it stands in a filter (RFC 4515 §3): also what need not be escaped is, unless it is a letter or a digit or plainly harmless.
pub fn filter_value(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"@.-_+,=:/ '".contains(&byte) || byte >= 0x80;
    escaped(value, plain)
}

/// A value as it stands in a distinguished name (RFC 4514 §2.4), in hexadecimal wherever it could mean something else.
fn dn_value(value: &str) -> String {
    escaped(value, |byte| {
        byte.is_ascii_alphanumeric() || b"@.-_'".contains(&byte) || byte >= 0x80
    })
}

fn escaped(value: &str, is_plain: impl Fn(u8) -> bool) -> String {
    let mut text = String::with_capacity(value.len());
    for character in value.chars() {
        let mut bytes = [0; 4];
        let encoded = character.encode_utf8(&mut bytes);
        if encoded.bytes().all(&is_plain) {
            text.push(character);
        } else {
            text.extend(encoded.bytes().map(|byte| format!("\\{byte:02x}")));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn person(text: &str) -> FilterTemplate {
        FilterTemplate::of_person(text).unwrap()
    }

    #[test]
    fn what_is_typed_stays_a_value_of_the_filter() {
        let filter = person("(&(objectClass=person)(uid={name}))");
        for (name, value) in [
            ("alice", "alice"),
            ("*", r"\2a"),
            ("admin)(uid=*", r"admin\29\28uid=\2a"),
            ("a\\2a", r"a\5c2a"),
            ("nul\0", r"nul\00"),
            ("a,b+c=\"d\"", r"a,b+c=\22d\22"),
            ("{dn}", r"\7bdn\7d"),
            ("Zoë", "Zoë"),
        ] {
            assert_eq!(
                filter.person(name, ""),
                format!("(&(objectClass=person)(uid={value}))"),
                "{name}"
            );
        }
        assert_eq!(filter.anybody(), "(&(objectClass=person)(uid=*))");
    }

    #[test]
    fn what_is_typed_stays_a_value_of_the_name() {
        let dn = BindTemplate::new("uid={name},ou=people,dc=example,dc=org").unwrap();
        assert_eq!(
            dn.person("a,b+c=\"d\"", ""),
            r"uid=a\2cb\2bc\3d\22d\22,ou=people,dc=example,dc=org"
        );
        assert_eq!(dn.person(" #x ", ""), r"uid=\20\23x\20,ou=people,dc=example,dc=org");
        let windows = BindTemplate::new("{name}@corp.example").unwrap();
        assert_eq!(windows.person("alice", "alice@example.com"), "alice@corp.example");
    }

    #[test]
    fn a_value_that_looks_like_a_place_is_not_filled() {
        let filter = FilterTemplate::of_member("(|(member={dn})(memberUid={name}))").unwrap();
        assert_eq!(filter.member("{dn}", "", "x"), r"(|(member=x)(memberUid=\7bdn\7d))");
        assert_eq!(fill("{name}{dn}", &[("{name}", "{dn}"), ("{dn}", "x")]), "{dn}x");
    }

    #[test]
    fn a_template_without_its_place_is_refused() {
        for text in [
            "(uid=alice)",
            "uid={name}",
            "",
            "(uid={user})(x={name})",
            "(member={dn})",
            "(uid={name}\n)",
        ] {
            assert!(FilterTemplate::of_person(text).is_err(), "{text}");
        }
        assert!(FilterTemplate::of_member("(objectClass=group)").is_err());
        assert!(BindTemplate::new("cn=admin").is_err());
        assert!(BindTemplate::new("{dn}{name}").is_err());
    }

    proptest! {
        #[test]
        fn no_value_reaches_beyond_its_place(name in "\\PC{0,40}|[()*\\\\\\x00]{0,8}") {
            let filled = person("(uid={name})").person(&name, &name);
            let inside = &filled["(uid=".len()..filled.len() - 1];
            let reaches = inside.contains(['(', ')', '*', '\0', '{', '}']);
            prop_assert!(!reaches, "{}", inside);
        }
    }
}
