//! Trying out how a directory is set up, from where the server is.

use wharf_client::ldap::LdapTrial;
use wharf_types::access::Action;
use wharf_types::id::ObjectId;
use wharf_types::resource::ResourceScope;

use super::directories::input;
use crate::{App, Error, OpContext};

impl App {
    /// Connects to a provider's directory as a sign-in would, and looks up a person and their groups, if one is named. For whoever may set it up: a trial says what the directory says, and
    /// where the server can reach.
    pub async fn identity_provider_trial(
        &self,
        ctx: &OpContext,
        id: ObjectId,
        name: Option<&str>,
    ) -> Result<LdapTrial, Error> {
        let provider = self.identity_provider_get(ctx, id).await?;
        ctx.require(Action::IdentityProviderWrite, provider.tenant, &ResourceScope::Root)?;
        let input = input(&provider);
        let input = input.ok_or_else(|| Error::invalid("only LDAP providers can be tried out without a browser"))?;
        let domain = input
            .default_domain
            .as_deref()
            .or(provider.domains.first().map(String::as_str));
        let name = name.map(|name| match domain {
            Some(domain) if !name.contains('@') => format!("{name}@{domain}"),
            _ => name.to_owned(),
        });
        let name = name.map(|name| name.parse().map_err(Error::invalid)).transpose()?;
        let known = self.ldap_directory(&provider)?;
        Ok(known.directory.trial(name.as_ref()).await)
    }
}
