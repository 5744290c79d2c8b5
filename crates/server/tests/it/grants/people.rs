//! Grants that act for people: codes, refresh tokens, device codes.

use super::{Before, COMMON, Grant, Row, bad, holds, malformed, stranger};

/// What is wrong with whatever a client brings for a person.
const CLIENT: &[Row] = &[
    malformed("no client_id").with(&[("client_id", ""), ("client_secret", "")]),
    stranger("a client that is not here", 700_016).with(&[
        ("client_id", "00000000-0000-0000-0000-000000000001"),
        ("client_secret", ""),
    ]),
    stranger("a client that is no id", 700_016).with(&[("client_id", "shop"), ("client_secret", "")]),
    stranger("a wrong secret", 7_000_215).with(&[("client_secret", "wrong")]),
    stranger("another's secret", 7_000_215).with(&[("client_secret", "{other secret}")]),
];

const CODE: &[Row] = &[
    malformed("no code").with(&[("code", "")]),
    malformed("code twice").twice("code"),
    malformed("no redirect_uri").with(&[("redirect_uri", "")]),
    malformed("redirect_uri twice").twice("redirect_uri"),
    malformed("no code_verifier").with(&[("code_verifier", "")]),
    malformed("code_verifier twice").twice("code_verifier"),
    malformed("scope twice").with(&[("scope", "openid")]).twice("scope"),
    bad("a code that is none", "invalid_grant", 700_082).with(&[("code", "whac_x")]),
    bad("an address that is not the client's", "invalid_grant", 700_082)
        .with(&[("redirect_uri", "https://evil.example/")]),
    bad("a verifier of another challenge", "invalid_grant", 700_082)
        .with(&[("code_verifier", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")]),
    bad("a verifier that is too short", "invalid_grant", 700_082).with(&[("code_verifier", "short")]),
    bad("after a minute", "invalid_grant", 700_082).after(Before::Wait(60)),
    bad("a second time", "invalid_grant", 700_082)
        .after(Before::Used)
        .ends_a_session(),
    bad("of somebody who was disabled", "invalid_grant", 700_082).after(Before::Disabled),
    bad("of somebody who took back what they agreed to", "invalid_grant", 65_001).after(Before::TakenBack),
    bad("of somebody who signed out", "invalid_grant", 700_082).after(Before::SignedOut),
    bad("a scope that is none", "invalid_scope", 70_011).with(&[("scope", "repository:web:pull")]),
    bad("too many scopes", "invalid_scope", 70_011).with(&[("scope", "{many}")]),
    bad("too long a scope", "invalid_scope", 70_011).with(&[("scope", "{long}")]),
    bad("two resources", "invalid_scope", 70_011).with(&[(
        "scope",
        "https://management.azure.com/.default https://graph.microsoft.com/.default",
    )]),
    bad("a resource that is not here", "invalid_resource", 500_011)
        .with(&[("scope", "https://vault.example/.default")]),
    bad("more than was agreed to", "invalid_grant", 65_001).with(&[("scope", "https://management.azure.com/.default")]),
];

#[tokio::test]
async fn a_code_of_a_server() {
    holds(Grant::Code, COMMON).await;
    holds(Grant::Code, CLIENT).await;
    holds(Grant::Code, CODE).await;
    holds(
        Grant::Code,
        &[
            stranger("no secret", 7_000_218).with(&[("client_secret", "")]),
            malformed("client_secret twice").twice("client_secret"),
            bad("another client's", "invalid_grant", 700_082)
                .with(&[("client_id", "{other}"), ("client_secret", "{other secret}")]),
            stranger("a certificate that is not the client's", 700_027).with(&[
                ("client_secret", ""),
                ("client_assertion", "{foreign key}"),
                (
                    "client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                ),
            ]),
            bad("the address of a program", "invalid_grant", 700_082)
                .with(&[("redirect_uri", "http://localhost/done")]),
            bad("the address of a page", "invalid_request", 9_002_327)
                .with(&[("redirect_uri", "https://page.example/")]),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_code_of_a_program() {
    holds(Grant::PublicCode, COMMON).await;
    holds(Grant::PublicCode, CLIENT).await;
    holds(Grant::PublicCode, CODE).await;
    holds(
        Grant::PublicCode,
        &[
            bad("another client's", "invalid_grant", 700_082).with(&[("client_id", "{other}")]),
            bad("the command line's", "invalid_grant", 700_082).with(&[
                ("client_id", "04b07795-8ddb-461a-bbee-02f9e1bf7b46"),
                ("redirect_uri", "http://localhost"),
            ]),
            bad("another port", "invalid_grant", 700_082).with(&[("redirect_uri", "http://localhost:1/done")]),
            stranger("the address of a server", 7_000_218).with(&[("redirect_uri", "https://app.example/back")]),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_refresh_token() {
    holds(Grant::Refresh, COMMON).await;
    holds(Grant::Refresh, CLIENT).await;
    holds(
        Grant::Refresh,
        &[
            malformed("no refresh_token").with(&[("refresh_token", "")]),
            malformed("refresh_token twice").twice("refresh_token"),
            malformed("scope twice").with(&[("scope", "openid")]).twice("scope"),
            stranger("no secret", 7_000_218).with(&[("client_secret", "")]),
            bad("one that is none", "invalid_grant", 700_082).with(&[("refresh_token", "whrt_x")]),
            bad("one of another kind", "invalid_grant", 700_082).with(&[("refresh_token", "a.b.c")]),
            bad("another client's", "invalid_grant", 700_082)
                .with(&[("client_id", "{other}"), ("client_secret", "{other secret}")]),
            bad("the command line's", "invalid_grant", 700_082).with(&[
                ("client_id", "04b07795-8ddb-461a-bbee-02f9e1bf7b46"),
                ("client_secret", ""),
            ]),
            bad("a second time", "invalid_grant", 700_082)
                .after(Before::Used)
                .ends_a_session(),
            bad("of somebody who was disabled", "invalid_grant", 700_082).after(Before::Disabled),
            bad(
                "of somebody who took back what they agreed to",
                "invalid_grant",
                700_082,
            )
            .after(Before::TakenBack),
            bad("a scope that is none", "invalid_scope", 70_011).with(&[("scope", "repository:web:pull")]),
            bad("too many scopes", "invalid_scope", 70_011).with(&[("scope", "{many}")]),
            bad("a resource that is not here", "invalid_resource", 500_011)
                .with(&[("scope", "https://vault.example/.default")]),
            bad("more than was agreed to", "invalid_grant", 65_001)
                .with(&[("scope", "https://containerregistry.azure.net/.default")]),
        ],
    )
    .await;
    // Last, since it is long.
    holds(
        Grant::Refresh,
        &[bad("after 30 days", "invalid_grant", 700_082).after(Before::Wait(30 * 24 * 3600))],
    )
    .await;
}

#[tokio::test]
async fn a_device_code() {
    holds(Grant::Device, COMMON).await;
    holds(Grant::Device, CLIENT).await;
    holds(
        Grant::Device,
        &[
            malformed("no device_code").with(&[("device_code", "")]),
            malformed("device_code twice").twice("device_code"),
            bad("one that is none", "invalid_grant", 700_082).with(&[("device_code", "whdc_x")]),
            bad("another client's", "invalid_grant", 700_082).with(&[("client_id", "{other}")]),
            bad("nobody has decided", "authorization_pending", 70_016).after(Before::Undecided),
            bad("too early", "slow_down", 70_016).after(Before::Polled),
            bad("declined", "access_denied", 65_004).after(Before::Declined),
            bad("after a quarter of an hour", "expired_token", 70_020).after(Before::Wait(15 * 60)),
            bad("a second time", "invalid_grant", 700_082).after(Before::Used),
            bad("of somebody who was disabled", "access_denied", 65_004).after(Before::Disabled),
            bad("of somebody who took back what they agreed to", "invalid_grant", 65_001).after(Before::TakenBack),
        ],
    )
    .await;
}
