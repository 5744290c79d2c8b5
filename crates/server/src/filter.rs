//! `$filter`: the part of OData's language that `az` and the SDKs use. Terms joined by `and`; each surface says which terms it knows, and refuses others by
//! name (rule 35: an allow-list).

/// One term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Term {
    /// `field eq 'value'`, and `ge` and `le`.
    Compare {
        field: String,
        operator: Operator,
        value: String,
    },
    /// `name('argument', …)`, such as `atScope()` or `startswith(displayName,'x')`; quoted and bare arguments alike.
    Call { name: String, arguments: Vec<String> },
    /// `collection/any(v:v eq 'value')`.
    Any { collection: String, value: String },
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    AtLeast,
    AtMost,
}

/// The filter is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the filter '{0}' is not understood here")]
pub(crate) struct FilterError(pub(crate) String);

/// The longest filter.
const MAX_BYTES: usize = 4096;
const MAX_TERMS: usize = 16;

/// Reads a filter.
pub(crate) fn parse(text: &str) -> Result<Vec<Term>, FilterError> {
    // What is longer than any filter is not repeated in the answer.
    if text.len() > MAX_BYTES {
        return Err(FilterError("…".to_owned()));
    }
    let error = || FilterError(text.to_owned());
    let mut reader = Reader { rest: text.trim() };
    let mut terms = Vec::new();
    loop {
        terms.push(reader.term().ok_or_else(error)?);
        reader.skip_space();
        if reader.rest.is_empty() {
            return Ok(terms);
        }
        if terms.len() == MAX_TERMS || reader.word() != Some("and") {
            return Err(error());
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, token: char) -> Option<()> {
        self.skip_space();
        self.rest = self.rest.strip_prefix(token)?;
        Some(())
    }

    fn word(&mut self) -> Option<&'a str> {
        self.skip_space();
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '-' | '.');
        let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!word.is_empty()).then_some(word)
    }

    /// A quoted text, in which a quote is doubled; or bare, up to what ends it: a time, a number.
    fn value(&mut self) -> Option<String> {
        self.skip_space();
        let Some(mut rest) = self.rest.strip_prefix('\'') else {
            let end = self.rest.find([' ', ',', ')', '(', '\'']).unwrap_or(self.rest.len());
            let (value, rest) = self.rest.split_at(end);
            self.rest = rest;
            return (!value.is_empty()).then(|| value.to_owned());
        };
        let mut value = String::new();
        loop {
            let (head, tail) = rest.split_once('\'')?;
            value.push_str(head);
            match tail.strip_prefix('\'') {
                Some(after) => {
                    value.push('\'');
                    rest = after;
                }
                None => {
                    self.rest = tail;
                    return Some(value);
                }
            }
        }
    }

    fn term(&mut self) -> Option<Term> {
        let word = self.word()?.to_owned();
        self.skip_space();
        if self.rest.starts_with('(') {
            return match word.strip_suffix("/any") {
                Some(collection) => self.any(collection),
                None => self.call(word),
            };
        }
        let operator = match self.word()? {
            "eq" => Operator::Equal,
            "ge" => Operator::AtLeast,
            "le" => Operator::AtMost,
            _ => return None,
        };
        let value = self.value()?;
        Some(Term::Compare {
            field: word,
            operator,
            value,
        })
    }

    fn call(&mut self, name: String) -> Option<Term> {
        self.take('(')?;
        let mut arguments = Vec::new();
        if self.take(')').is_none() {
            loop {
                arguments.push(self.value()?);
                if self.take(',').is_none() {
                    break;
                }
            }
            self.take(')')?;
        }
        Some(Term::Call { name, arguments })
    }

    fn any(&mut self, collection: &str) -> Option<Term> {
        self.take('(')?;
        let variable = self.word()?;
        self.take(':')?;
        if self.word()? != variable || self.word()? != "eq" {
            return None;
        }
        let value = self.value()?;
        self.take(')')?;
        Some(Term::Any {
            collection: collection.to_owned(),
            value,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn equal(field: &str, value: &str) -> Term {
        Term::Compare {
            field: field.into(),
            operator: Operator::Equal,
            value: value.into(),
        }
    }

    fn call(name: &str, arguments: &[&str]) -> Term {
        let arguments = arguments.iter().map(|text| (*text).to_owned()).collect();
        Term::Call {
            name: name.into(),
            arguments,
        }
    }

    #[test]
    fn the_filters_that_clients_send_are_read() {
        let any = Term::Any {
            collection: "servicePrincipalNames".into(),
            value: "http://x".into(),
        };
        for (text, terms) in [
            ("displayName eq 'N'", vec![equal("displayName", "N")]),
            ("displayName eq 'O''Neil'", vec![equal("displayName", "O'Neil")]),
            (
                "eventTimestamp eq 2026-11-21T20:28:22.625854+00:00 and x eq 'y'",
                vec![
                    equal("eventTimestamp", "2026-11-21T20:28:22.625854+00:00"),
                    equal("x", "y"),
                ],
            ),
            ("atScope()", vec![call("atScope", &[])]),
            (
                "atScope() and assignedTo('a b')",
                vec![call("atScope", &[]), call("assignedTo", &["a b"])],
            ),
            (
                "startswith(displayName,'N')",
                vec![call("startswith", &["displayName", "N"])],
            ),
            ("servicePrincipalNames/any(c:c eq 'http://x')", vec![any.clone()]),
            ("servicePrincipalNames/any(c: c eq 'http://x')", vec![any]),
            (
                "displayName eq 'a and b' and mailNickname eq 'M'",
                vec![equal("displayName", "a and b"), equal("mailNickname", "M")],
            ),
        ] {
            assert_eq!(parse(text), Ok(terms), "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_an_error_and_not_everything() {
        for text in [
            "",
            "x",
            "x eq",
            "x eq 'a",
            "x ne 'a'",
            "x eq 'a' or y eq 'b'",
            "x eq 'a' and",
            "f(",
            "f('a'",
            "x/any(a:b eq 'c')",
            "x eq 'a' 'b'",
            &"x eq 'a' and ".repeat(20),
            &"a".repeat(5000),
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_filter_panics(text in "\\PC{0,80}") {
            let _ = parse(&text);
        }

        #[test]
        fn any_text_comes_back_from_its_quotes(value in "\\PC{0,40}") {
            let text = format!("x eq '{}'", value.replace('\'', "''"));
            prop_assert_eq!(parse(&text), Ok(vec![equal("x", &value)]));
        }
    }
}
