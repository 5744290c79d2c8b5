//! Which pages of other origins may read an answer (Fetch, "CORS protocol").
//!
//! What anybody may know, every page may read. The token endpoint's answers are read by a page that belongs to the client which asks, and by no other. Cookies
//! are not part of it: no answer says that credentials may be sent along. A preflight is not answered: a token request needs none.

use axum::response::Response;
use http::{HeaderMap, HeaderValue, header};
use wharf_app::App;

use super::token::Form;

/// Who may read the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Readers {
    /// Pages of our own origin.
    #[default]
    Ours,
    /// Every page.
    All,
    /// Those of that origin.
    Origin(HeaderValue),
}

/// The origin of the page that sends a request.
pub(super) fn origin(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::ORIGIN).and_then(|value| value.to_str().ok())
}

impl Readers {
    /// Who may read what a client gets at the token endpoint.
    pub(super) async fn of_client(app: &App, headers: &HeaderMap, form: &Form) -> Self {
        let (Some(value), Some(origin)) = (headers.get(header::ORIGIN), origin(headers)) else {
            return Self::Ours;
        };
        let Ok(Some(id)) = form.optional("client_id") else {
            return Self::Ours;
        };
        match app.client_find(id, None).await {
            Ok(Some(client)) if client.has_origin(origin) => Self::Origin(value.clone()),
            _ => Self::Ours,
        }
    }

    pub(super) fn tell(self, response: &mut Response) {
        let headers = response.headers_mut();
        match self {
            Self::Ours => {}
            Self::All => {
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            }
            Self::Origin(origin) => {
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
                headers.append(header::VARY, HeaderValue::from_static("Origin"));
            }
        }
    }
}
