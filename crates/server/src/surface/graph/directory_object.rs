//! Objects of any kind by their ids: names for lists of assignments.

use axum::response::Response;
use http::StatusCode;
use wharf_types::graph::GraphPage;
use wharf_types::graph::directory_object::{GET_BY_IDS_MAX, GetByIds};
use wharf_types::id::ObjectId;

use super::body;
use super::error::Failure;
use crate::call::{Call, json};

/// The objects among the ids that the caller may see, of the kinds that it wants. What is none, or not to be seen, is left out alike.
pub(super) async fn by_ids(call: Call) -> Result<Response, Failure> {
    let GetByIds { ids, types } = call.input()?;
    if ids.len() > GET_BY_IDS_MAX {
        return Err(Failure::Bad("at most 1000 ids may be asked for at once"));
    }
    let ids: Vec<ObjectId> = ids.iter().filter_map(|id| id.parse().ok()).collect();
    let objects = call.app.visible(&call.ctx, &ids).await?;
    let wants = |odata_type: &str| {
        let kind = odata_type.rsplit('.').next().unwrap_or_default();
        let is_wanted = |wanted: &String| {
            [kind, "directoryObject"]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(wanted))
        };
        types.is_empty() || types.iter().any(is_wanted)
    };
    let objects = objects.into_iter().map(body::object);
    let value: Vec<_> = objects.filter(|object| wants(&object.odata_type)).collect();
    Ok(json(StatusCode::OK, &GraphPage::last(value)))
}
