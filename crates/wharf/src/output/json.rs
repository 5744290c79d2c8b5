//! JSON with an indent of two and keys in order.

use std::fmt::Write as _;

use serde_json::Value;

const KEY: &str = "\x1b[94m";
const TEXT: &str = "\x1b[33m";
const WORD: &str = "\x1b[36m";
const RESET: &str = "\x1b[39m";

pub(super) fn json(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value, 0, false);
    out.push('\n');
    out
}

pub(super) fn coloured(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value, 0, true);
    out.push('\n');
    out
}

/// Keys are sorted here and not left to the map, whose order depends on features that other crates switch on.
fn write(out: &mut String, value: &Value, depth: usize, colour: bool) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            let mut members: Vec<_> = map.iter().collect();
            members.sort_by_key(|(key, _)| key.as_str());
            out.push('{');
            for (index, (key, value)) in members.into_iter().enumerate() {
                line(out, index, depth + 1);
                paint(out, &Value::from(key.as_str()).to_string(), KEY, colour);
                out.push_str(": ");
                write(out, value, depth + 1, colour);
            }
            line(out, 0, depth);
            out.push('}');
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                line(out, index, depth + 1);
                write(out, item, depth + 1, colour);
            }
            line(out, 0, depth);
            out.push(']');
        }
        Value::Object(_) => out.push_str("{}"),
        Value::Array(_) => out.push_str("[]"),
        Value::String(_) => paint(out, &value.to_string(), TEXT, colour),
        word => paint(out, &word.to_string(), WORD, colour),
    }
}

fn line(out: &mut String, index: usize, depth: usize) {
    out.push_str(if index > 0 { ",\n" } else { "\n" });
    out.extend(std::iter::repeat_n("  ", depth));
}

fn paint(out: &mut String, text: &str, start: &str, colour: bool) {
    // Writing to a String cannot fail.
    let _ = if colour {
        write!(out, "{start}{text}{RESET}")
    } else {
        write!(out, "{text}")
    };
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_in_order_and_empty_things_stay_on_their_line() {
        let value = json!({"z": [], "a": {"y": 1.5, "x": "é\n"}, "m": {}, "l": [null, true]});
        insta::assert_snapshot!(json(&value), @r#"
        {
          "a": {
            "x": "é\n",
            "y": 1.5
          },
          "l": [
            null,
            true
          ],
          "m": {},
          "z": []
        }
        "#);
    }

    #[test]
    fn colour_is_only_added_around_the_same_text() {
        let value = json!({"a": ["b", 1]});
        let mut plain = coloured(&value);
        for code in [KEY, TEXT, WORD, RESET] {
            plain = plain.replace(code, "");
        }
        assert_eq!(plain, json(&value));
    }
}
