//! Probes.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use wharf_app::App;

/// The process answers.
pub(super) fn healthz() -> Response {
    (StatusCode::OK, "ok\n").into_response()
}

/// The process can take requests. Whoever asks learns what is wrong in general; the log says more.
pub(super) async fn readyz(app: &App) -> Response {
    match app.readiness().await {
        Ok(()) => (StatusCode::OK, "ok\n").into_response(),
        Err(problem) => {
            let cause = std::error::Error::source(&problem).map(ToString::to_string);
            tracing::warn!(cause, "not ready: {problem}");
            (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {problem}\n")).into_response()
        }
    }
}
