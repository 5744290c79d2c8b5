//! Lists, walked from their first page to their last as `Link` leads.

use std::time::Instant;

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::connection::{Body, Connection};
use crate::head::next_page;

/// What a walk found.
pub(crate) struct Walk {
    pub(crate) entries: usize,
    /// What each page took, in seconds, in order.
    pub(crate) pages: Vec<f64>,
}

/// Walks a list whose entries stand under `key`.
pub(crate) fn walk(connection: &mut Connection, first: &str, key: &str) -> Result<Walk> {
    let mut found = Walk {
        entries: 0,
        pages: Vec::new(),
    };
    let mut next = Some(first.to_owned());
    while let Some(path) = next {
        ensure!(found.pages.len() < 10_000, "{first}: a list that does not end");
        let began = Instant::now();
        let answer = connection.request("GET", &path, "", &Body::Nothing)?.expect(200)?;
        found.pages.push(began.elapsed().as_secs_f64());
        let document: Value = serde_json::from_slice(&answer.body)?;
        found.entries += document[key].as_array().map_or(0, Vec::len);
        next = answer.head.link.as_deref().and_then(next_page).map(str::to_owned);
    }
    Ok(found)
}
