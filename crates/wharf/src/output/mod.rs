//! How results are shown: `az`'s formats, to the byte where a script could notice.
//!
//! A command hands over JSON in the shape that `az` prints. Then, in this order: the `--query`, the table layout of the
//! command (unless there was a query), the format.

mod flatten;
mod json;
mod query;
mod table;
pub(crate) mod transform;
mod tsv;
mod yaml;

use clap::ValueEnum;
use serde_json::Value;

pub(crate) use flatten::{Shape, flatten};
pub(crate) use query::Query;
pub(crate) use table::Row;

/// Output formats, as `az` names them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// JSON, keys in order.
    #[default]
    Json,
    /// JSON with colours on a terminal.
    Jsonc,
    /// Columns for reading.
    Table,
    /// Values between tabs, for scripts.
    Tsv,
    /// YAML.
    Yaml,
    /// YAML; the same here.
    Yamlc,
    /// Nothing.
    None,
}

/// The table layout of a command: from its result to rows of named cells.
pub(crate) type Transform = fn(&Value) -> Vec<Row>;

/// A result as text, ready for stdout; empty when there is nothing to show.
///
/// # Errors
/// A query that fails on this result.
pub(crate) fn render(
    result: Value,
    format: Format,
    colour: bool,
    query: Option<&Query>,
    transform: Option<Transform>,
) -> Result<String, String> {
    let (result, columns) = match query {
        Some(query) => (query.search(&result)?, Some(query.columns())),
        None => (result, None),
    };
    if result.is_null() {
        return Ok(String::new());
    }
    Ok(match format {
        Format::Json => json::json(&result),
        Format::Jsonc if colour => json::coloured(&result),
        Format::Jsonc => json::json(&result),
        Format::Table => match (transform, columns) {
            (Some(transform), None) => table::table(&table::shown(transform(&result))),
            (_, columns) => table::table(&table::automatic(&result, columns.as_deref())),
        },
        Format::Tsv => tsv::tsv(&result, columns.as_deref()),
        Format::Yaml | Format::Yamlc => yaml::yaml(&result),
        Format::None => String::new(),
    })
}

/// The entries of a list, or the one thing as a list of one.
fn entries(result: &Value) -> Vec<&Value> {
    match result {
        Value::Array(entries) => entries.iter().collect(),
        one => vec![one],
    }
}

/// A scalar as Python's `str` writes it, which is what tables and tsv show.
fn python_text(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn show(result: Value, format: Format, query: Option<&str>) -> String {
        let query = query.map(|text| text.parse::<Query>().unwrap());
        render(result, format, false, query.as_ref(), None).unwrap()
    }

    #[test]
    fn nothing_is_shown_of_nothing() {
        for format in [Format::Json, Format::Table, Format::Tsv, Format::Yaml] {
            assert_eq!(show(Value::Null, format, None), "");
            assert_eq!(show(json!({"a": 1}), format, Some("b")), "");
        }
        assert_eq!(show(json!({"a": 1}), Format::None, None), "");
    }

    #[test]
    fn a_query_selects_and_orders_columns() {
        let list = json!([{"name": "a", "id": 1, "x": null}, {"name": "b", "id": 2, "x": true}]);
        let query = Some("[].{Name:name, Id:id, Flag:x}");
        assert_eq!(show(list.clone(), Format::Tsv, query), "a\t1\tNone\nb\t2\tTrue\n");
        insta::assert_snapshot!(show(list, Format::Table, query), @r"
        Name    Id    Flag
        ------  ----  ------
        a       1
        b       2     True
        ");
    }

    #[test]
    fn a_single_value_is_ready_for_a_shell_variable() {
        let object = json!({"loginServer": "web.example", "adminUserEnabled": true});
        assert_eq!(show(object.clone(), Format::Tsv, Some("loginServer")), "web.example\n");
        assert_eq!(show(object, Format::Tsv, Some("adminUserEnabled")), "true\n");
    }
}
