//! Which client asks, and how it shows that (RFC 6749 §2.3, RFC 7521 §4.2, rule 19).

use percent_encoding::percent_decode_str;
use wharf_app::App;
use wharf_app::identity::{AssertionGrant, AssertionUse, Caller, Presented};
use wharf_app::oauth::{GrantError, PresentedClient};
use wharf_types::id::TenantId;
use wharf_types::secret::Secret;

use super::error::Refusal;
use super::operation::TenantPath;
use super::token::Form;

/// Where a request came in, and with what.
pub(super) struct Endpoint<'a> {
    pub(super) app: &'a App,
    pub(super) caller: Caller,
    pub(super) path: &'a TenantPath,
    pub(super) tenant: Option<TenantId>,
    pub(super) presented: &'a Presented,
    pub(super) form: &'a Form,
    /// The page that asks.
    pub(super) origin: Option<&'a str>,
}

impl Endpoint<'_> {
    /// The client that asks. What it shows is checked; what it does not have to show it may leave out.
    pub(super) async fn client(&self) -> Result<PresentedClient, Refusal> {
        let Self { app, form, .. } = self;
        let (id, authenticated) = match self.shown()? {
            Shown::Nothing => (form.required("client_id")?.to_owned(), false),
            Shown::Secret(id, secret) => {
                let principal = app.client_secret_check(self.caller, self.tenant, &id, &secret).await?;
                (principal.app_id.to_string(), true)
            }
            Shown::Assertion(assertion) => {
                let grant = self.assertion(assertion, AssertionUse::Client)?;
                let (principal, _) = app.client_assertion_check(self.caller, grant).await?;
                (principal.app_id.to_string(), true)
            }
        };
        let client = app.client_find(&id, self.tenant).await?;
        Ok(PresentedClient {
            client: client.ok_or(Refusal::Person(GrantError::Client))?,
            authenticated,
            origin: self.origin.map(str::to_owned),
        })
    }

    /// The same, where only a client may ask that shows who it is.
    pub(super) async fn confidential_client(&self) -> Result<PresentedClient, Refusal> {
        if matches!(self.shown()?, Shown::Nothing) {
            self.form.required("client_id")?;
            self.form.required("client_secret")?;
        }
        self.client().await
    }

    /// What the client shows, in one way (RFC 6749 §2.3).
    pub(super) fn shown(&self) -> Result<Shown<'_>, Refusal> {
        if let Some(assertion) = self.form.optional("client_assertion")? {
            no_other_proof(self.presented, self.form)?;
            return Ok(Shown::Assertion(assertion));
        }
        if matches!(self.presented, Presented::Nothing) && self.form.optional("client_secret")?.is_none() {
            return Ok(Shown::Nothing);
        }
        let (id, secret) = secret(self.presented, self.form)?;
        Ok(Shown::Secret(id, secret))
    }

    pub(super) fn assertion<'a>(
        &'a self,
        assertion: &'a str,
        purpose: AssertionUse,
    ) -> Result<AssertionGrant<'a>, Refusal> {
        Ok(AssertionGrant {
            tenant: self.tenant,
            client_id: self.form.optional("client_id")?,
            assertion,
            endpoints: endpoints(self.path, self.tenant, &self.app.settings().public.base_url()),
            purpose,
        })
    }
}

/// What a client shows.
pub(super) enum Shown<'a> {
    Nothing,
    Secret(String, Secret),
    Assertion(&'a str),
}

/// A client proves in one way who it is (RFC 6749 §2.3), and its assertion is of the one kind that there is (RFC 7523 §2.2).
fn no_other_proof(presented: &Presented, form: &Form) -> Result<(), Refusal> {
    if !matches!(presented, Presented::Nothing) || form.optional("client_secret")?.is_some() {
        return Err(Refusal::TwoCredentials);
    }
    match form.optional("client_assertion_type")? {
        Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer") => Ok(()),
        _ => Err(Refusal::AssertionType),
    }
}

/// The names of the token endpoint that was asked, the first as discovery announces it: an assertion is for one of them (RFC 7523 §3), or for the issuer.
fn endpoints(path: &TenantPath, tenant: Option<TenantId>, base: &str) -> Vec<String> {
    let mut names = match path {
        TenantPath::Adfs => vec![format!("{base}/adfs/oauth2/token")],
        TenantPath::Named(name) => vec![format!("{base}/{name}/oauth2/v2.0/token")],
    };
    if let Some(tenant) = tenant {
        names.extend([
            format!("{base}/{tenant}/oauth2/v2.0/token"),
            format!("{base}/{tenant}/v2.0"),
        ]);
    }
    names
}

/// Name and secret of a client: in the body, or by Basic (RFC 6749 §2.3.1).
pub(super) fn secret(presented: &Presented, form: &Form) -> Result<(String, Secret), Refusal> {
    let id = form.optional("client_id")?;
    let secret = form.optional("client_secret")?;
    match presented {
        Presented::Basic { user, secret: given } => {
            let user = form_decoded(user).ok_or(Refusal::Field("client_id"))?;
            if secret.is_some() || id.is_some_and(|id| !id.eq_ignore_ascii_case(&user)) {
                return Err(Refusal::TwoCredentials);
            }
            let secret = form_decoded(given.expose()).ok_or(Refusal::Field("client_secret"))?;
            Ok((user, Secret::new(secret)))
        }
        Presented::Bearer(_) => Err(Refusal::TwoCredentials),
        Presented::Nothing => {
            let id = id.ok_or(Refusal::Field("client_id"))?;
            let secret = secret.ok_or(Refusal::Field("client_secret"))?;
            Ok((id.to_owned(), Secret::new(secret)))
        }
    }
}

/// Both parts of Basic are form-encoded first (RFC 6749 §2.3.1); a generated secret is the same either way.
fn form_decoded(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    percent_decode_str(&text)
        .decode_utf8()
        .ok()
        .map(|text| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_says_who_it_is_in_one_way() {
        let basic = |user: &str, secret: &str| Presented::Basic {
            user: user.into(),
            secret: Secret::new(secret),
        };
        let (id, found) = secret(&basic("app", "a%2Bb+c"), &Form(Vec::new())).unwrap();
        assert_eq!((id.as_str(), found.expose()), ("app", "a+b c"));
        let form = Form(vec![("client_secret".into(), "x".into())]);
        assert!(matches!(
            secret(&basic("app", "x"), &form),
            Err(Refusal::TwoCredentials)
        ));
        assert!(matches!(
            secret(&Presented::Nothing, &form),
            Err(Refusal::Field("client_id"))
        ));
    }
}
