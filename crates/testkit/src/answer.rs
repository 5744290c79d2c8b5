//! What came back.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What was asked, for failures.
    pub asked: String,
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl Answer {
    /// Goes on if the status is this one; shows the answer otherwise.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}: {}", self.asked, self.text());
        self
    }

    /// As [`Self::expect`], and the error's code is this one, in whichever surface's shape.
    #[track_caller]
    pub fn expect_error(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.code(), code, "{}: {}", answer.asked, answer.text());
        answer
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}: no JSON: {}", self.asked, self.text()))
    }

    /// The error's code: of the resource manager and the graph, of OAuth, or of the registry.
    pub fn code(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let shapes = [&body["error"]["code"], &body["error"], &body["errors"][0]["code"]];
        let code = shapes.into_iter().find_map(Value::as_str);
        code.unwrap_or("").to_owned()
    }

    /// A header's text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    }

    /// The entries of a list, of one page.
    #[track_caller]
    pub fn entries(&self) -> Vec<Value> {
        let value = self.json()["value"].take();
        serde_json::from_value(value).unwrap_or_else(|_| panic!("{}: no list: {}", self.asked, self.text()))
    }

    /// A text at a JSON pointer.
    #[track_caller]
    pub fn at(&self, pointer: &str) -> String {
        let body = self.json();
        match body.pointer(pointer) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => panic!("{}: nothing at {pointer}: {body}", self.asked),
        }
    }
}
