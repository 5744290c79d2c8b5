//! The token endpoint: client credentials (RFC 6749 §4.4), by a secret or by an assertion (RFC 7523), and the way to people's grants.

use axum::response::Response;
use http::StatusCode;
use wharf_app::App;
use wharf_app::identity::{AssertionUse, Audience, Browser, Presented};
use wharf_types::id::TenantId;
use wharf_types::oauth::DirectoryTokenAnswer;

use super::client::{Endpoint, Shown, secret};
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
    path: TenantPath,
    presented: Presented,
    origin: Option<&str>,
    form: Form,
) -> Result<Response, Refusal> {
    let endpoint = Endpoint {
        app,
        caller: program.caller,
        tenant: tenant_of(app, path.clone()).await?,
        path: &path,
        presented: &presented,
        form: &form,
        origin,
    };
    // Each grant reads the form by itself.
    match form.required("grant_type")? {
        "client_credentials" => machine(&endpoint).await,
        person @ ("authorization_code" | "refresh_token" | DEVICE_CODE) => {
            people::redeem(&endpoint, program, person).await
        }
        other => Err(Refusal::Grant(other.chars().take(100).collect())),
    }
}

/// A token of a client's own.
async fn machine(endpoint: &Endpoint<'_>) -> Result<Response, Refusal> {
    let Endpoint {
        app,
        caller,
        tenant,
        form,
        ..
    } = endpoint;
    let base = app.settings().public.base_url();
    let issued = match endpoint.shown()? {
        Shown::Assertion(assertion) => {
            let audience = audience(form.required("scope")?, &base)?;
            let grant = endpoint.assertion(assertion, AssertionUse::Token(audience))?;
            app.client_assertion_token(*caller, grant, audience).await?
        }
        Shown::Secret(..) | Shown::Nothing => {
            let (client_id, secret) = secret(endpoint.presented, form)?;
            let audience = audience(form.required("scope")?, &base)?;
            let issued = app.client_credentials_token(*caller, *tenant, &client_id, &secret, audience);
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
}
