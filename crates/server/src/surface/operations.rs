//! Probes.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use wharf_app::App;

/// The process answers.
pub(super) fn healthz() -> Response {
    (StatusCode::OK, "ok\n").into_response()
}

/// The process can take requests. What is wrong goes to the log; whoever asks learns that something is.
pub(super) async fn readyz(app: &App) -> Response {
    match app.readiness().await {
        Ok(()) => (StatusCode::OK, "ok\n").into_response(),
        Err(problem) => {
            tracing::warn!(problem, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "not ready: see the server's log\n").into_response()
        }
    }
}
