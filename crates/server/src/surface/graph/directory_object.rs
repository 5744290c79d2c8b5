//! Objects of any kind by their ids: names for lists of assignments.

use axum::response::Response;
use http::StatusCode;
use wharf_app::Error;
use wharf_types::graph::directory_object::{GET_BY_IDS_MAX, GetByIds};
use wharf_types::graph::{DirectoryObject, GraphPage};

use super::body::SERVICE_PRINCIPAL;
use super::error::Failure;
use crate::call::{Call, json};

/// The service principals among the ids that the caller may see. What is not one, or not to be seen, is left out alike.
pub(super) async fn by_ids(call: Call) -> Result<Response, Failure> {
    let GetByIds { ids, types } = call.input()?;
    if ids.len() > GET_BY_IDS_MAX {
        return Err(Failure::Bad("at most 1000 ids may be asked for at once"));
    }
    let wants_principals = types.is_empty()
        || types.iter().any(|kind| {
            ["servicePrincipal", "directoryObject"]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(kind))
        });
    let mut value = Vec::new();
    for id in ids.iter().filter_map(|id| id.parse().ok()).filter(|_| wants_principals) {
        match call.app.service_principal_get(&call.ctx, id).await {
            // An application id finds its principal too; here only object ids are asked for.
            Ok((principal, _)) if principal.id.0 == id => value.push(DirectoryObject {
                odata_type: SERVICE_PRINCIPAL.to_owned(),
                id,
                display_name: Some(principal.display_name),
                user_principal_name: None,
                app_id: Some(principal.app_id.0),
                service_principal_names: Some(vec![principal.app_id.to_string()]),
            }),
            Ok(_) | Err(Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(json(StatusCode::OK, &GraphPage::last(value)))
}
