//! The token endpoint: client credentials (RFC 6749 §4.4), by a secret or by an assertion (RFC 7523), and the way to people's grants.

use axum::response::Response;
use http::StatusCode;
use percent_encoding::percent_decode_str;
use wharf_app::App;
use wharf_app::identity::{AssertionGrant, Audience, Browser, Presented};
use wharf_types::id::TenantId;
use wharf_types::oauth::DirectoryTokenAnswer;
use wharf_types::secret::Secret;

use super::error::Refusal;
use super::operation::TenantPath;
use super::people;
use crate::call::json;

/// The fields of the form. None that matters may come twice (RFC 6749 §3.2).
pub(super) struct Form(pub(super) Vec<(String, String)>);

impl Form {
    pub(super) fn optional(&self, name: &'static str) -> Result<Option<&str>, Refusal> {
        let mut values = self.0.iter().filter(|(key, value)| key == name && !value.is_empty());
        let first = values.next().map(|(_, value)| value.as_str());
        if values.next().is_some() {
            return Err(Refusal::Field(name));
        }
        Ok(first)
    }

    pub(super) fn required(&self, name: &'static str) -> Result<&str, Refusal> {
        self.optional(name)?.ok_or(Refusal::Field(name))
    }
}

pub(super) async fn issue(
    app: &App,
    program: &Browser,
    tenant: TenantPath,
    presented: Presented,
    form: Form,
) -> Result<Response, Refusal> {
    let caller = program.caller;
    let path = tenant.clone();
    let tenant = tenant_of(app, tenant).await?;
    // Each grant reads the form by itself.
    match form.required("grant_type")? {
        "client_credentials" => {}
        person @ ("authorization_code" | "refresh_token" | DEVICE_CODE) => {
            return people::redeem(app, program, tenant, person, &form).await;
        }
        other => return Err(Refusal::Grant(other.chars().take(100).collect())),
    }
    let base = app.settings().public.base_url();
    let issued = match form.optional("client_assertion")? {
        Some(assertion) => {
            no_other_proof(&presented, &form)?;
            let grant = AssertionGrant {
                tenant,
                client_id: form.optional("client_id")?,
                assertion,
                endpoints: &endpoints(&path, tenant, &base),
                audience: audience(form.required("scope")?, &base)?,
            };
            app.client_assertion_token(caller, grant).await?
        }
        None => {
            let (client_id, secret) = client(presented, &form)?;
            let audience = audience(form.required("scope")?, &base)?;
            let issued = app.client_credentials_token(caller, tenant, &client_id, &secret, audience);
            issued.await?
        }
    };
    let life = issued.life.as_secs();
    let answer = DirectoryTokenAnswer {
        token_type: "Bearer".to_owned(),
        access_token: issued.token,
        expires_in: life,
        ext_expires_in: life,
        scope: None,
        refresh_token: None,
        id_token: None,
        client_info: None,
    };
    Ok(json(StatusCode::OK, &answer))
}

/// RFC 8628 §3.4.
pub(super) const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The tenant that a path names; none where the client knows its own, and whoever asks at these names does not.
pub(super) async fn tenant_of(app: &App, tenant: TenantPath) -> Result<Option<TenantId>, Refusal> {
    match tenant {
        TenantPath::Adfs => Ok(None),
        TenantPath::Named(name) if ["organizations", "common"].contains(&name.as_str()) => Ok(None),
        TenantPath::Named(name) => Ok(Some(app.tenant_find(&name).await?.ok_or(Refusal::Tenant(name))?.id)),
    }
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

/// Who the client says it is: in the body, or by Basic (RFC 6749 §2.3.1).
pub(super) fn client(presented: Presented, form: &Form) -> Result<(String, Secret), Refusal> {
    let id = form.optional("client_id")?;
    let secret = form.optional("client_secret")?;
    match presented {
        Presented::Basic { user, secret: given } => {
            let user = form_decoded(&user).ok_or(Refusal::Field("client_id"))?;
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

/// The one resource of `scope`. Entra gives one token for one resource.
fn audience(scope: &str, base_url: &str) -> Result<Audience, Refusal> {
    let shown = || scope.chars().take(200).collect::<String>();
    let mut scopes = scope.split_ascii_whitespace();
    let (Some(scope), None) = (scopes.next(), scopes.next()) else {
        return Err(Refusal::Scope(shown()));
    };
    if !scope.ends_with("/.default") {
        return Err(Refusal::Scope(shown()));
    }
    Audience::parse(scope, base_url).ok_or_else(|| Refusal::Resource(shown()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://acr.example:8443";

    #[test]
    fn a_scope_is_one_resource_and_default() {
        for (scope, wanted) in [
            ("https://management.azure.com/.default", Audience::ResourceManager),
            (
                "https://management.core.windows.net//.default",
                Audience::ResourceManager,
            ),
            ("https://graph.microsoft.com/.default", Audience::Graph),
            ("https://acr.example:8443/.default", Audience::Graph),
            ("https://containerregistry.azure.net/.default", Audience::Registry),
        ] {
            assert_eq!(audience(scope, BASE).unwrap(), wanted, "{scope}");
        }
        for scope in ["https://management.azure.com", "openid", "a/.default b/.default"] {
            assert!(matches!(audience(scope, BASE), Err(Refusal::Scope(_))), "{scope}");
        }
        assert!(matches!(
            audience("https://vault/.default", BASE),
            Err(Refusal::Resource(_))
        ));
    }

    #[test]
    fn a_field_that_comes_twice_is_refused() {
        let form = Form(vec![("scope".into(), "a".into()), ("scope".into(), "b".into())]);
        assert!(matches!(form.required("scope"), Err(Refusal::Field("scope"))));
        assert!(matches!(form.required("client_id"), Err(Refusal::Field("client_id"))));
    }

    #[test]
    fn a_client_says_who_it_is_in_one_way() {
        let basic = |user: &str, secret: &str| Presented::Basic {
            user: user.into(),
            secret: Secret::new(secret),
        };
        let (id, secret) = client(basic("app", "a%2Bb+c"), &Form(Vec::new())).unwrap();
        assert_eq!((id.as_str(), secret.expose()), ("app", "a+b c"));
        let form = Form(vec![("client_secret".into(), "x".into())]);
        assert!(matches!(client(basic("app", "x"), &form), Err(Refusal::TwoCredentials)));
        assert!(matches!(
            client(Presented::Nothing, &form),
            Err(Refusal::Field("client_id"))
        ));
    }
}
