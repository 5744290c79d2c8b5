//! OpenID Connect providers (OpenID Connect Core 1.0): authorization code with PKCE, state and nonce, each bound to the browser that began.
//!
//! [`attempt`] sends a browser there and takes it back, [`id_token`] believes an ID token or not, [`claims`] reads what it says of somebody. Metadata and keys
//! are fetched and remembered as those of federated issuers are ([`IssuerKeys`](crate::identity::IssuerKeys)).

mod attempt;
mod claims;
mod id_token;

pub use attempt::{UpstreamAnswer, UpstreamReturn};

use url::Url;
use wharf_types::identity_provider::OpenIdConnectSettings;

use crate::{App, Error};

const MAX_TEXT_BYTES: usize = 600;
/// The most values of a list.
const MAX_VALUES: usize = 20;

impl App {
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
        if !settings.scope.split(' ').any(|word| word == "openid") {
            return Err(Error::invalid("the scope has to hold the word openid"));
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
