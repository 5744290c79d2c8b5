//! A name and a password: whose they are to judge, and what a directory says of them.

use wharf_client::ldap::LdapPerson;
use wharf_store::meta::Unrecorded;
use wharf_store::meta::identity_provider::IdentityProvider;
use wharf_store::meta::user::User;
use wharf_store::meta::web_session::WebSessionStage;
use wharf_types::identity_provider::{ProviderKind, SecondFactor};
use wharf_types::secret::Secret;
use wharf_types::time::Time;
use wharf_types::user_name::UserPrincipalName;

use super::directories::input;
use crate::identity::common_secrets::MAX_BYTES;
use crate::identity::upstream::sign_in::is_within;
use crate::identity::upstream::{Claims, UpstreamError, UpstreamRefusal};
use crate::identity::{Browser, SignInProgress};
use crate::{App, Error};

/// Whose a name is to judge.
pub(crate) enum PasswordPlace {
    /// Ours, under this name.
    Here(String),
    /// A directory's.
    Directory(Box<Asked>),
}

/// Somebody who says to be from a directory.
pub(crate) struct Asked {
    provider: IdentityProvider,
    name: UserPrincipalName,
    /// The account, where there is one already.
    user: Option<User>,
}

impl App {
    /// Where the password for what somebody typed as their name is tried: at the directory that an account of that name is linked with, or else at the one that nobody's name belongs to. An account without
    /// such a link is ours.
    pub(crate) async fn password_place(&self, typed: &str) -> Result<PasswordPlace, Error> {
        let typed = typed.trim();
        let mut read = self.inner.meta.read().await?;
        let mut directories = read.identity_provider_list_enabled().await?;
        directories.retain(|provider| provider.kind == ProviderKind::Ldap);
        let full = full_name(&directories, typed);
        let Ok(name) = full.parse::<UserPrincipalName>() else {
            return Ok(PasswordPlace::Here(full));
        };
        if directories.is_empty() {
            return Ok(PasswordPlace::Here(full));
        }
        let user = read.user_by_name(&name).await?;
        let provider = match &user {
            Some(user) => {
                let known = read.external_identity_list(user.id).await?;
                let is_linked = |provider: &IdentityProvider| known.iter().any(|known| known.provider == provider.id);
                directories.into_iter().find(is_linked)
            }
            None => directories.into_iter().find(|provider| is_within(&name, provider)),
        };
        Ok(match provider {
            Some(provider) => PasswordPlace::Directory(Box::new(Asked { provider, name, user })),
            None => PasswordPlace::Here(full),
        })
    }

    /// The first step of signing in, for somebody from a directory.
    pub(crate) async fn ldap_sign_in(
        &self,
        browser: &Browser,
        asked: &Asked,
        password: &Secret,
    ) -> Result<SignInProgress, UpstreamError> {
        let Asked { provider, name, user } = asked;
        let (caller, user) = (browser.caller, user.as_ref());
        let account = self.attempt_account(name.as_str());
        let admitted = self.attempt_admit(caller, &account).await?;
        let turn = admitted.then(|| self.inner.directories.turn(&account)).flatten();
        if turn.is_none() {
            return Err(self.attempt_failed(caller, &account, user, false).await?.into());
        }
        let length = password.expose().len();
        // A directory takes an empty password for somebody who gives no name, and says yes.
        if length == 0 || length > MAX_BYTES {
            return Err(self.attempt_failed(caller, &account, user, true).await?.into());
        }
        let known = self.ldap_directory(provider)?;
        let person = match known.directory.sign_in(name, password).await {
            Ok(Ok(person)) => person,
            Ok(Err(refusal)) => {
                tracing::info!(provider.id = %provider.id, "a directory let somebody not in: {refusal}");
                return Err(self.attempt_failed(caller, &account, user, true).await?.into());
            }
            Err(error) => {
                tracing::warn!(provider.id = %provider.id, error = %error, "a directory does not answer a sign-in");
                return Err(UpstreamRefusal::DirectorySilent {
                    provider: provider.display_name.clone(),
                }
                .into());
            }
        };
        let claims = claims(provider, name, person, caller.now);
        match self.upstream_signed_in(browser, provider, &claims).await {
            Ok(progress) => {
                // Where a factor follows, the counter of the account ends with that. A name that is only another one for the account has none.
                if user.is_none() || progress.stage == WebSessionStage::Complete {
                    let mut tx = self.inner.meta.begin(caller.now).await?;
                    tx.sign_in_succeeded(&account).await?;
                    tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
                }
                Ok(progress)
            }
            Err(UpstreamError::Operation(Error::Unauthenticated)) => {
                Err(self.attempt_failed(caller, &account, user, true).await?.into())
            }
            Err(error) => Err(error),
        }
    }
}

/// What was typed, with the default domain where it has none and exactly one directory has such a domain.
fn full_name(directories: &[IdentityProvider], typed: &str) -> String {
    if typed.is_empty() || typed.contains('@') {
        return typed.to_owned();
    }
    let mut domains = directories
        .iter()
        .filter_map(|provider| input(provider)?.default_domain);
    match (domains.next(), domains.next()) {
        (Some(domain), None) => format!("{typed}@{domain}"),
        _ => typed.to_owned(),
    }
}

/// What a directory says of somebody, as every provider says it.
pub(super) fn claims(provider: &IdentityProvider, typed: &UserPrincipalName, person: LdapPerson, now: Time) -> Claims {
    let domain = typed.as_str().split_once('@').map_or("", |(_, domain)| domain);
    let user_principal_name = match person.name.contains('@') {
        true => person.name,
        false => format!("{}@{domain}", person.name),
    };
    Claims {
        subject: person.subject.as_str().to_owned(),
        user_principal_name,
        display_name: person.display_name,
        mail: person.mail,
        groups: person.groups,
        groups_complete: person.groups_complete,
        // LDAP has no word for it: the operator says that the directory asks for one within the bind.
        second_factor_shown: provider.second_factor == SecondFactor::Trusted,
        authenticated_at: Some(now),
    }
}
