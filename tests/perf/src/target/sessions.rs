//! A person who is signed in, and the clients that act for them.

use anyhow::{Context, Result};
use serde_json::Value;
use wharf_tests::{Pages, Request, Wharf};

/// As many as connections that use them: a refresh token is good once.
const SESSIONS: usize = 64;
/// The client of `wharf` and `az`.
pub(crate) const CLIENT: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const SCOPE: &str = "https%3A%2F%2Fmanagement.azure.com%2F.default%20offline_access";
const REDIRECT: &str = "http%3A%2F%2Flocalhost";

/// Signs somebody in, and has clients fetch tokens for them. Returns the refresh tokens.
pub(super) fn begin(wharf: &Wharf, tenant: &str) -> Result<Vec<String>> {
    let invited = wharf
        .admin("bootstrap --another --user bench@example.com -o json")
        .ok()
        .json();
    let mut pages = Pages::new(wharf);
    pages.accept(invited["link"].as_str().context("no link")?, "violet tangent 9");
    (0..SESSIONS).map(|_| session(wharf, &mut pages, tenant)).collect()
}

fn session(wharf: &Wharf, pages: &mut Pages, tenant: &str) -> Result<String> {
    let path = format!(
        "/{tenant}/oauth2/v2.0/authorize?client_id={CLIENT}&response_type=code&redirect_uri={REDIRECT}&scope={SCOPE}&state=s\
         &code_challenge={CHALLENGE}&code_challenge_method=S256"
    );
    let answer = pages.get(&path);
    let location = answer.header("location").unwrap_or_default();
    let code = location.split(['?', '&']).find_map(|field| field.strip_prefix("code="));
    let form = format!(
        "grant_type=authorization_code&client_id={CLIENT}&redirect_uri={REDIRECT}&code_verifier={VERIFIER}&code={}",
        code.with_context(|| format!("no code: {answer:?}"))?
    );
    let url = format!("{}/{tenant}/oauth2/v2.0/token", wharf.url());
    let request = Request::new("POST", url).header("content-type", "application/x-www-form-urlencoded");
    let answer: Value = serde_json::from_str(&request.body(form).send()?.body)?;
    let token = answer["refresh_token"].as_str();
    Ok(token.with_context(|| format!("no refresh token: {answer}"))?.to_owned())
}
