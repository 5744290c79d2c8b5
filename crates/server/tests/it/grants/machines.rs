//! Client credentials: by a secret, by the key of a certificate, by somebody else's token.

use super::{Before, COMMON, Grant, Row, bad, holds, malformed, stranger};

const SCOPE: &[Row] = &[
    malformed("no scope").with(&[("scope", "")]),
    malformed("scope twice").twice("scope"),
    bad("a scope without .default", "invalid_scope", 1_002_012).with(&[("scope", "https://management.azure.com")]),
    bad("OpenID Connect's words", "invalid_scope", 1_002_012).with(&[("scope", "openid")]),
    bad("two resources", "invalid_scope", 1_002_012).with(&[(
        "scope",
        "https://management.azure.com/.default https://graph.microsoft.com/.default",
    )]),
    bad("a resource that is not here", "invalid_resource", 500_011)
        .with(&[("scope", "https://vault.example/.default")]),
];

const ASSERTION: &[Row] = &[
    malformed("client_assertion twice").twice("client_assertion"),
    malformed("client_assertion_type twice").twice("client_assertion_type"),
    bad("no client_assertion_type", "invalid_request", 50_027).with(&[("client_assertion_type", "")]),
    malformed("no client_assertion").with(&[("client_assertion", "")]),
    stranger("too long an assertion", 50_027).with(&[("client_assertion", "{long}")]),
];

#[tokio::test]
async fn by_a_secret() {
    holds(Grant::Secret, COMMON).await;
    holds(Grant::Secret, SCOPE).await;
    holds(
        Grant::Secret,
        &[
            malformed("no client_id").with(&[("client_id", "")]),
            malformed("no secret").with(&[("client_secret", "")]),
            malformed("client_secret twice").twice("client_secret"),
            stranger("a wrong secret", 7_000_215).with(&[("client_secret", "wrong")]),
            stranger("another's secret", 7_000_215).with(&[("client_secret", "{other secret}")]),
            stranger("a client that is not here", 7_000_215)
                .with(&[("client_id", "00000000-0000-0000-0000-000000000001")]),
            stranger("the command line", 7_000_215).with(&[("client_id", "04b07795-8ddb-461a-bbee-02f9e1bf7b46")]),
        ],
    )
    .await;
    holds(
        Grant::Secret,
        &[stranger("a secret that ended", 7_000_215).after(Before::Wait(3 * 366 * 24 * 3600))],
    )
    .await;
}

#[tokio::test]
async fn by_the_key_of_a_certificate() {
    holds(Grant::Certificate, COMMON).await;
    holds(Grant::Certificate, SCOPE).await;
    holds(Grant::Certificate, ASSERTION).await;
    holds(
        Grant::Certificate,
        &[
            stranger("an assertion that ended", 700_024).with(&[("client_assertion", "{expired}")]),
            stranger("one that has not begun", 700_024).with(&[("client_assertion", "{early}")]),
            stranger("one for more than a day", 700_024).with(&[("client_assertion", "{for long}")]),
            stranger("one for somebody else", 700_023).with(&[("client_assertion", "{elsewhere}")]),
            stranger("one for somebody else as well", 700_023).with(&[("client_assertion", "{here and elsewhere}")]),
            stranger("one without an id", 50_027).with(&[("client_assertion", "{no jti}")]),
            stranger("one of another key", 700_027).with(&[("client_assertion", "{foreign key}")]),
            stranger("a second time", 700_031).after(Before::Used),
            stranger("another client's", 700_213).with(&[("client_id", "{other}")]),
        ],
    )
    .await;
}

#[tokio::test]
async fn by_somebody_elses_token() {
    holds(Grant::Federated, COMMON).await;
    holds(Grant::Federated, SCOPE).await;
    holds(Grant::Federated, ASSERTION).await;
    holds(
        Grant::Federated,
        &[
            malformed_client(),
            stranger("of another subject", 700_213).with(&[("client_assertion", "{token of another subject}")]),
            stranger("for another audience", 700_213).with(&[("client_assertion", "{token for another audience}")]),
            stranger("of another issuer", 700_213).with(&[("client_assertion", "{token of another issuer}")]),
            stranger("one that ended", 700_024).with(&[("client_assertion", "{expired token}")]),
            stranger("one that was changed", 700_027).with(&[("client_assertion", "{changed token}")]),
            stranger("for an application that does not trust it", 700_213).with(&[("client_id", "{other}")]),
        ],
    )
    .await;
}

/// Whose application it is for, such a token does not say.
const fn malformed_client() -> Row {
    stranger("no client_id", 700_213).with(&[("client_id", "")])
}
