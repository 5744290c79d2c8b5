//! YAML as PyYAML's `safe_dump` writes it: block style, keys in order, quotes only where another type would be read.

use serde_json::Value;

/// Longer lines are folded at a space.
const WIDTH: usize = 80;

pub(super) fn yaml(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Array(items) if !items.is_empty() => sequence(&mut out, items, 0),
        Value::Object(map) if !map.is_empty() => mapping(&mut out, map, 0),
        scalar => {
            let text = inline(scalar, 0, 0);
            out.push_str(&text);
            // A plain scalar alone needs an end of document.
            let plain = !text.starts_with(['\'', '"', '[', '{']);
            out.push_str(if plain { "\n...\n" } else { "\n" });
        }
    }
    out
}

fn mapping(out: &mut String, map: &serde_json::Map<String, Value>, indent: usize) {
    let mut members: Vec<_> = map.iter().collect();
    members.sort_by_key(|(key, _)| key.as_str());
    for (index, (key, value)) in members.into_iter().enumerate() {
        if index > 0 {
            pad(out, indent);
        }
        let key = inline(&Value::from(key.as_str()), 0, indent);
        out.push_str(&key);
        out.push(':');
        match value {
            Value::Array(items) if !items.is_empty() => {
                out.push('\n');
                pad(out, indent);
                sequence(out, items, indent);
            }
            Value::Object(map) if !map.is_empty() => {
                out.push('\n');
                pad(out, indent + 2);
                mapping(out, map, indent + 2);
            }
            scalar => {
                out.push(' ');
                out.push_str(&inline(scalar, indent + key.chars().count() + 2, indent + 2));
                out.push('\n');
            }
        }
    }
}

fn sequence(out: &mut String, items: &[Value], indent: usize) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            pad(out, indent);
        }
        out.push_str("- ");
        match item {
            Value::Array(items) if !items.is_empty() => sequence(out, items, indent + 2),
            Value::Object(map) if !map.is_empty() => mapping(out, map, indent + 2),
            scalar => {
                out.push_str(&inline(scalar, indent + 2, indent + 2));
                out.push('\n');
            }
        }
    }
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// A scalar or an empty collection. `column` is where it starts, `indent` where its folded lines do.
fn inline(value: &Value, column: usize, indent: usize) -> String {
    match value {
        Value::String(text) if text.chars().any(|letter| letter != '\n' && letter.is_control()) => {
            Value::from(text.as_str()).to_string()
        }
        Value::String(text) if is_plain(text) => folded(text, column, indent),
        Value::String(text) => {
            let quoted = text
                .replace('\'', "''")
                .replace('\n', &format!("\n\n{}", " ".repeat(indent)));
            format!("'{}'", folded(&quoted, column + 1, indent))
        }
        other => other.to_string(),
    }
}

fn folded(text: &str, mut column: usize, indent: usize) -> String {
    let mut out = String::new();
    let letters: Vec<char> = text.chars().collect();
    for (index, &letter) in letters.iter().enumerate() {
        let alone = index > 0 && index + 1 < letters.len() && letters[index - 1] != ' ' && letters[index + 1] != ' ';
        if letter == ' ' && alone && column > WIDTH {
            out.push('\n');
            pad(&mut out, indent);
            column = indent;
        } else {
            out.push(letter);
            column = if letter == '\n' { 0 } else { column + 1 };
        }
    }
    out
}

/// Whether a text reads back as itself without quotes.
fn is_plain(text: &str) -> bool {
    let begins_as_syntax = text.starts_with(|first: char| ",[]{}#&*!|>'\"%@`".contains(first));
    let mut letters = text.chars();
    let lone_indicator = matches!(letters.next(), Some('-' | '?' | ':')) && matches!(letters.next(), None | Some(' '));
    let has_syntax = text.contains(": ") || text.contains(" #") || text.ends_with(':') || text.contains('\n');
    let document = text.starts_with("---") || text.starts_with("...");
    !(text.is_empty() || text.starts_with(' ') || text.ends_with(' '))
        && !(begins_as_syntax || lone_indicator || has_syntax || document || is_other_type(text))
}

/// Whether YAML 1.1 would read a text as null, a boolean, a number, a time, or a merge key.
fn is_other_type(text: &str) -> bool {
    let word = text.to_ascii_lowercase();
    let one_case = text == word || text == text.to_ascii_uppercase() || text[1..] == word[1..];
    let words = [
        "null", "~", "true", "false", "yes", "no", "on", "off", "<<", "=", ".nan", ".inf", "+.inf", "-.inf",
    ];
    (one_case && words.contains(&word.as_str())) || is_number(text) || is_time(text)
}

fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = |part: &str, radix: u32| !part.is_empty() && part.chars().all(|c| c == '_' || c.is_digit(radix));
    if let Some(hex) = unsigned.strip_prefix("0x") {
        return digits(hex, 16);
    }
    if let Some(binary) = unsigned.strip_prefix("0b") {
        return digits(binary, 2);
    }
    if !unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return false;
    }
    if unsigned.contains(':') {
        // Base 60, as in 1:30.
        return unsigned.split([':', '.']).all(|part| digits(part, 10));
    }
    let Some((whole, fraction)) = unsigned.split_once('.') else {
        return digits(unsigned, 10) && (unsigned == "0" || !unsigned.starts_with('0') || digits(unsigned, 8));
    };
    let (fraction, exponent) = fraction.split_once(['e', 'E']).unwrap_or((fraction, "+0"));
    let exponent_is_signed = exponent.strip_prefix(['-', '+']).is_some_and(|power| digits(power, 10));
    let both_empty = whole.is_empty() && fraction.is_empty();
    !both_empty
        && (whole.is_empty() || digits(whole, 10))
        && (fraction.is_empty() || digits(fraction, 10))
        && exponent_is_signed
}

/// `2026-11-21` and what may follow it.
fn is_time(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let mut part = |lengths: &[usize]| {
        let found = parts.next().unwrap_or_default();
        let digits = found.chars().take_while(char::is_ascii_digit).count();
        lengths.contains(&digits) && (digits == found.len() || lengths.len() == 3)
    };
    // The day is followed by nothing or by a time of day.
    part(&[4]) && part(&[1, 2]) && part(&[1, 2, 2])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    // The expected texts below were printed by PyYAML's safe_dump, as `az` calls it, from the same input.

    #[test]
    fn scalars_are_quoted_where_they_would_be_read_as_something_else() {
        let value = json!({
            "a": "true", "b": "yes", "c": "1", "d": "multi\nline", "e": "", "f": "x: y", "g": null, "h": true,
            "i": {"j": [{"k": 1}]}, "l": "2026-01-02T03:04:05Z", "m": "null", "n": "- a", "o": "é", "p": [], "q": {},
            "r": " lead", "s": "00000000-0000-0000-0000-000000000000", "t": "12e3", "u": "long ".repeat(40), "v": "#x",
            "w": "a#b", "x": "a:b", "y": "~", "z": "0x1f",
        });
        let expected = "a: 'true'\nb: 'yes'\nc: '1'\nd: 'multi\n\n  line'\ne: ''\nf: 'x: y'\ng: null\nh: true\ni:\n  j:\n  - k: 1\n\
            l: '2026-01-02T03:04:05Z'\nm: 'null'\nn: '- a'\no: é\np: []\nq: {}\nr: ' lead'\ns: 00000000-0000-0000-0000-000000000000\n\
            t: 12e3\nu: 'long long long long long long long long long long long long long long long long\n  \
            long long long long long long long long long long long long long long long long\n  \
            long long long long long long long long '\nv: '#x'\nw: a#b\nx: a:b\ny: '~'\nz: '0x1f'\n";
        assert_eq!(yaml(&value), expected);
    }

    #[test]
    fn lists_are_not_indented_below_their_key() {
        assert_eq!(
            yaml(&json!([{"a": 1, "l": [1]}, {"b": "only"}])),
            "- a: 1\n  l:\n  - 1\n- b: only\n"
        );
        assert_eq!(yaml(&json!([["a", 1], ["b"]])), "- - a\n  - 1\n- - b\n");
    }

    #[test]
    fn a_scalar_alone_ends_its_document() {
        assert_eq!(yaml(&json!("str")), "str\n...\n");
        assert_eq!(yaml(&json!([])), "[]\n");
    }
}
