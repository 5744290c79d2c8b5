//! The table of every error case of every grant of the directory's token endpoint.
//!
//! Each row takes a request that is good, makes one thing wrong, and says what is answered: status, RFC 6749's code, Entra's number. Whatever the row, the answer
//! is not stored by anybody, tells no secret, and nothing is written but what counts failures and uses up what was shown with a wrong proof. That the request is
//! good without the change is shown for each grant first.

mod machines;
mod people;
mod row;
mod world;

use row::{Before, Row, Sent, bad, malformed, row, stranger};
use world::{Grant, World};

/// What is wrong with a request of any grant.
const COMMON: &[Row] = &[
    malformed("no grant_type").with(&[("grant_type", "")]),
    malformed("grant_type twice").twice("grant_type"),
    bad("an unknown grant", "unsupported_grant_type", 70_003).with(&[("grant_type", "urn:example:barter")]),
    bad("the password grant", "unsupported_grant_type", 70_003).with(&[
        ("grant_type", "password"),
        ("username", "alice@example.com"),
        ("password", "violet tangent 9"),
    ]),
    bad("token exchange", "unsupported_grant_type", 70_003)
        .with(&[("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")]),
    bad("the implicit grant's word", "unsupported_grant_type", 70_003).with(&[("grant_type", "implicit")]),
    malformed("client_id twice").twice("client_id"),
    malformed("JSON").sent(Sent::Json),
    malformed("a compressed form").sent(Sent::Compressed),
    row("more than a megabyte", 413, "invalid_request", 90_100).sent(Sent::Large),
    row("GET", 405, "invalid_request", 900_561).sent(Sent::Get),
    bad("a directory that is not here", "invalid_request", 90_002).at("nowhere.example"),
    bad("a directory's id that is not here", "invalid_request", 90_002).at("00000000-0000-0000-0000-000000000009"),
    malformed("a bearer token and a secret")
        .sent(Sent::Bearer)
        .with(&[("client_id", "{id}"), ("client_secret", "{secret}")]),
    malformed("a secret in two places")
        .sent(Sent::Basic)
        .with(&[("client_id", "{id}"), ("client_secret", "{secret}")]),
    malformed("a name by Basic and another in the form")
        .sent(Sent::Basic)
        .with(&[("client_id", "{other}"), ("client_secret", "")]),
    stranger("a wrong secret by Basic", 7_000_215)
        .sent(Sent::WrongBasic)
        .with(&[
            ("client_secret", ""),
            ("client_assertion", ""),
            ("scope", "https://graph.microsoft.com/.default"),
        ]),
    malformed("an assertion and a secret").with(&[
        ("client_id", "{id}"),
        ("client_secret", "{secret}"),
        ("client_assertion", "a.b.c"),
    ]),
    bad("an assertion of no kind", "invalid_request", 50_027).with(&[
        ("client_secret", ""),
        ("client_assertion", "a.b.c"),
        ("client_assertion_type", ""),
    ]),
    bad("an assertion of another kind", "invalid_request", 50_027).with(&[
        ("client_secret", ""),
        ("client_assertion", "a.b.c"),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:saml2-bearer",
        ),
    ]),
    stranger("an assertion that is none", 50_027).with(&[
        ("client_secret", ""),
        ("client_assertion", "a.b.c"),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
    ]),
];

async fn holds(grant: Grant, rows: &[Row]) {
    let world = World::new().await;
    world.good(grant).await;
    for row in rows {
        world.refuses(grant, row).await;
    }
}
