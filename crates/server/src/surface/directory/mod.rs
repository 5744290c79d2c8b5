//! directory

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use wharf_app::App;
use wharf_app::identity::Caller;

pub(super) fn owns(_path: &str) -> bool {
    false
}

pub(super) async fn handle(_app: App, _caller: Caller, _request: Request) -> Response {
    StatusCode::NOT_FOUND.into_response()
}
