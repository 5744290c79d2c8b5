//! Pages of lists that are in the order of their objects' ids.

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use uuid::Uuid;
use wharf_types::graph::GraphPage;

use super::error::{BAD_PAGE, Failure};
use crate::call::{Call, json};

/// After which object the page begins, and how many it holds.
pub(super) fn page_of(call: &Call) -> Result<(Uuid, usize), Failure> {
    let page = call.page().ok_or(BAD_PAGE)?;
    let after = page.after.map_or(Ok(Uuid::nil()), |key| key.parse());
    Ok((after.map_err(|_| BAD_PAGE)?, page.size))
}

/// The answer with a page, and where the next one is.
pub(super) fn paged<T: Serialize>(call: &Call, value: Vec<T>, next: Option<impl ToString>) -> Response {
    let page = GraphPage {
        context: None,
        next_link: next.map(|key| call.next_link(key)),
        value,
    };
    json(StatusCode::OK, &page)
}
