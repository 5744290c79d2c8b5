//! Tables: columns as wide as their longest cell, dashes under the heads, no lines.

use serde_json::Value;

use super::{entries, python_text, query::in_order};

/// A row: cells by column, in the order shown.
pub(crate) type Row = Vec<(&'static str, Value)>;

/// A row of the finished table.
pub(super) type Cells = Vec<(String, String)>;

/// Not worth a column: they repeat what others say, at great width.
const SKIPPED: [&str; 3] = ["id", "type", "etag"];

/// Rows of a command's own layout. Ids are shown there, since the layout names them.
pub(super) fn shown(rows: Vec<Row>) -> Vec<Cells> {
    let cell = |(name, value): (&str, Value)| (capitalised(name), python_text(&value));
    rows.into_iter()
        .map(|row| {
            row.into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(cell)
                .collect()
        })
        .collect()
}

/// Rows of any result: its scalars, under their names.
pub(super) fn automatic(result: &Value, columns: Option<&[String]>) -> Vec<Cells> {
    entries(result).into_iter().map(|entry| row(entry, columns)).collect()
}

fn row(entry: &Value, columns: Option<&[String]>) -> Cells {
    match entry {
        Value::Object(map) => in_order(map, columns)
            .into_iter()
            .filter(|(key, value)| {
                !SKIPPED.contains(key) && !value.is_null() && !value.is_array() && !value.is_object()
            })
            .map(|(key, value)| (capitalised(key), python_text(value)))
            .collect(),
        Value::Array(items) => {
            let cell = |value: &Value| {
                if value.is_null() {
                    String::new()
                } else {
                    python_text(value)
                }
            };
            items
                .iter()
                .enumerate()
                .map(|(index, value)| (format!("Column{}", index + 1), cell(value)))
                .collect()
        }
        scalar => vec![("Result".to_owned(), python_text(scalar))],
    }
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

pub(super) fn table(rows: &[Cells]) -> String {
    let mut heads: Vec<&str> = Vec::new();
    for (head, _) in rows.iter().flatten() {
        if !heads.contains(&head.as_str()) {
            heads.push(head);
        }
    }
    let cell = |row: &Cells, head: &str| {
        let found = row.iter().find(|(name, _)| name == head);
        // A line break would break the row.
        found
            .map(|(_, text)| text.replace(['\n', '\r'], " "))
            .unwrap_or_default()
    };
    let lines: Vec<Vec<String>> = rows
        .iter()
        .map(|row| heads.iter().map(|head| cell(row, head)).collect())
        .collect();
    let width = |(index, head): (usize, &&str)| {
        let cells = lines.iter().map(|line| line[index].chars().count()).max();
        // Two more than the head, as the library that `az` uses pads heads.
        cells.unwrap_or(0).max(head.chars().count() + 2)
    };
    let widths: Vec<usize> = heads.iter().enumerate().map(width).collect();
    let dashes: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let heads: Vec<String> = heads.iter().map(|&head| head.to_owned()).collect();
    let mut out = String::new();
    if heads.is_empty() {
        return "\n".to_owned();
    }
    for line in [&heads, &dashes].into_iter().chain(&lines) {
        let cells: Vec<String> = line
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        out.push_str(cells.join("  ").trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    // The expected texts below were printed by knack 0.14, the output library of `az`, from the same input.

    #[test]
    fn scalars_are_columns_in_the_order_of_their_names() {
        let list = json!([
            {"id": "i", "b": "x", "a": 1, "n": null, "t": true, "f": 1.5, "l": [1], "o": {}, "s": "é/日本"},
            {"b": "yy", "z": "only"},
        ]);
        insta::assert_snapshot!(table(&automatic(&list, None)), @r"
        A    B    F    S     T     Z
        ---  ---  ---  ----  ----  ----
        1    x    1.5  é/日本  True
             yy                    only
        ");
    }

    #[test]
    fn lists_and_scalars_are_tables_too() {
        let lists = json!([["a", 1, null, true], ["b", 2, null, false]]);
        insta::assert_snapshot!(table(&automatic(&lists, None)), @r"
        Column1    Column2    Column3    Column4
        ---------  ---------  ---------  ---------
        a          1                     True
        b          2                     False
        ");
        assert_eq!(table(&automatic(&json!("str"), None)), "Result\n--------\nstr\n");
        assert_eq!(table(&automatic(&json!([]), None)), "\n");
        assert_eq!(table(&automatic(&json!({"id": "x"}), None)), "\n");
    }
}
