//! OpenID Connect providers (OpenID Connect Core 1.0): authorization code with PKCE, state and nonce, each bound to the browser that began.

use url::Url;
use wharf_types::id::ObjectId;
use wharf_types::identity_provider::OpenIdConnectSettings;

use crate::{App, Error};

const MAX_TEXT_BYTES: usize = 600;
/// The most values of a list.
const MAX_VALUES: usize = 20;

impl App {
    /// Where a provider sends browsers back to. Each has an address of its own, so that no answer is taken for another provider's (RFC 9700 §4.4).
    pub fn upstream_redirect_uri(&self, id: ObjectId) -> String {
        format!("{}/sign-in/callback/{id}", self.inner.settings.public.base_url())
    }

    /// Whether a provider's settings can be used.
    pub(super) fn open_id_connect_check(
        &self,
        settings: &OpenIdConnectSettings,
        has_secret: bool,
    ) -> Result<(), Error> {
        let names = &settings.claims_mapping;
        let texts = [&settings.issuer, &settings.client_id, &settings.scope];
        let claims = [
            &names.user_principal_name,
            &names.display_name,
            &names.email,
            &names.groups,
        ];
        let values = [&settings.second_factor_methods, &settings.second_factor_contexts];
        let is_text = |text: &String| {
            !text.trim().is_empty() && text.len() <= MAX_TEXT_BYTES && !text.chars().any(char::is_control)
        };
        let few = values.iter().all(|list| list.len() <= MAX_VALUES);
        let listed = values.into_iter().flatten();
        if !few || !texts.into_iter().chain(claims).chain(listed).all(is_text) {
            return Err(Error::invalid(
                "issuer, clientId, scope and the names of claims have 1 to 600 bytes and no control characters; a list has at most 20 values",
            ));
        }
        if !has_secret {
            return Err(Error::invalid(
                "an OpenID Connect provider needs clientSecret: the secret that the provider gave this registry",
            ));
        }
        let url = Url::parse(&settings.issuer)
            .ok()
            .filter(|url| self.inner.issuers.admits(url) && url.query().is_none());
        match url {
            Some(_) => Ok(()),
            None => Err(Error::invalid(
                "the issuer has to be an https address at the public network; issuers.private_network in the server's configuration permits others",
            )),
        }
    }
}
