//! The endpoint table: every operation of every surface, with who may call it and how a refusal looks.
//!
//! Each surface's router produces an operation of its own enum, and each enum's `endpoint` is an exhaustive match: an endpoint that is not in the table does
//! not compile. A test calls every row with no credential and with too little.

use http::Method;

/// Who may call an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody: it tells only what is public, or it is where one signs in.
    Public,
    /// Whoever has signed in; what is listed depends on rights.
    SignedIn,
    /// Whoever holds the right.
    Right(wharf_types::access::Action),
}

/// How a caller without the right is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Never refused once signed in.
    None,
    /// 401 with a challenge (token) or 403 (Basic): the registry protocol's way.
    Challenge,
    /// 403: that the thing exists is no secret from whoever may name it.
    Forbidden,
    /// 404: as if it did not exist (rule 33).
    NotFound,
}

/// A row of the table.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The method.
    pub method: Method,
    /// The path; `{}` parts vary.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// How others are answered.
    pub refusal: Refusal,
}

impl Endpoint {
    /// A row.
    pub const fn new(method: Method, path: &'static str, access: Access, refusal: Refusal) -> Self {
        Self {
            method,
            path,
            access,
            refusal,
        }
    }
}
