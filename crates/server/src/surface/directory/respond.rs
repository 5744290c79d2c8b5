//! How a client is answered by way of a person's browser: at its address, in the way that it asked for.

use axum::response::Response;
use wharf_app::oauth::Client;

use crate::surface::sign_in::PageError;
use crate::surface::sign_in::page::{form_post, see_other};

/// How the client wants its answer (OAuth 2.0 Multiple Response Type Encoding Practices, Form Post Response Mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResponseMode {
    Query,
    Fragment,
    FormPost,
}

impl ResponseMode {
    pub(super) fn parse(text: Option<&str>, redirect_uri: &str) -> Result<Self, Told> {
        let is_page = ["https://", "http://"]
            .iter()
            .any(|start| redirect_uri.starts_with(start));
        match text {
            None | Some("query") => Ok(Self::Query),
            Some("fragment") => Ok(Self::Fragment),
            // A form is sent to pages alone.
            Some("form_post") if is_page => Ok(Self::FormPost),
            Some(_) => {
                let text = "response_mode is query, fragment or form_post".to_owned();
                Err(Told("invalid_request", text))
            }
        }
    }
}

/// A client to which answers may be sent.
pub(super) struct Addressee {
    pub(super) client: Client,
    pub(super) redirect_uri: String,
    pub(super) mode: ResponseMode,
    pub(super) state: Option<String>,
    /// Which directory answers (RFC 9207).
    pub(super) issuer: String,
}

/// An error that the client is told (RFC 6749 §4.1.2.1).
#[derive(Debug)]
pub(super) struct Told(pub(super) &'static str, pub(super) String);

impl Told {
    /// With the directory that says so: a client with several has to know of errors as well (RFC 9207 §2).
    fn fields(self, to: &Addressee) -> Vec<(&'static str, String)> {
        vec![
            ("error", self.0.to_owned()),
            ("error_description", self.1),
            ("iss", to.issuer.clone()),
        ]
    }
}

pub(super) fn tell(to: &Addressee, told: Told) -> Result<Response, PageError> {
    respond(to, told.fields(to))
}

/// Where a browser goes with an error; none where only a form leads there.
pub(super) fn told_address(to: &Addressee, told: Told) -> Option<String> {
    (to.mode != ResponseMode::FormPost).then(|| address(to, told.fields(to)))
}

fn address(to: &Addressee, mut fields: Vec<(&'static str, String)>) -> String {
    if let Some(state) = &to.state {
        fields.push(("state", state.clone()));
    }
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&fields)
        .finish();
    let between = match to.mode {
        ResponseMode::Fragment => '#',
        // An address may have a query of its own, which stays (RFC 6749 §3.1.2).
        _ if to.redirect_uri.contains('?') => '&',
        _ => '?',
    };
    format!("{}{between}{query}", to.redirect_uri)
}

pub(super) fn respond(to: &Addressee, mut fields: Vec<(&'static str, String)>) -> Result<Response, PageError> {
    if to.mode == ResponseMode::FormPost {
        if let Some(state) = &to.state {
            fields.push(("state", state.clone()));
        }
        return form_post(&to.redirect_uri, &fields);
    }
    Ok(see_other(&address(to, fields)))
}
