//! Values between tabs, one entry a line, no heads.

use serde_json::Value;

use super::{entries, python_text, query::in_order};

pub(super) fn tsv(result: &Value, columns: Option<&[String]>) -> String {
    entries(result).into_iter().map(|entry| line(entry, columns)).collect()
}

fn line(entry: &Value, columns: Option<&[String]>) -> String {
    let cells: Vec<String> = match entry {
        Value::Object(map) => in_order(map, columns)
            .into_iter()
            .map(|(_, value)| cell(value))
            .collect(),
        Value::Array(items) => items.iter().map(cell).collect(),
        // Alone, a boolean is in lower case; within a line it is not. So is `az`.
        Value::Bool(flag) => vec![flag.to_string()],
        scalar => vec![python_text(scalar)],
    };
    cells.join("\t") + "\n"
}

/// Of a list its length, of an object nothing: that keeps the number of columns the same in every line.
fn cell(value: &Value) -> String {
    match value {
        Value::Array(items) => items.len().to_string(),
        Value::Object(_) => String::new(),
        scalar => python_text(scalar),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_are_as_az_prints_them() {
        let list = json!([
            {"id": "i", "b": "x", "a": 1, "n": null, "t": true, "f": 1.5, "l": [1], "o": {}, "s": "é"},
            {"b": "yy", "z": "only"},
        ]);
        assert_eq!(tsv(&list, None), "1\tx\t1.5\ti\t1\tNone\t\té\tTrue\nyy\tonly\n");
        assert_eq!(tsv(&json!(["a", "b"]), None), "a\nb\n");
        assert_eq!(tsv(&json!(true), None), "true\n");
        assert_eq!(tsv(&json!([]), None), "");
    }
}
