//! Looking again at whoever came from a directory: it tells nobody what has become of them.

use std::time::Duration;

use serde_json::json;
use wharf_client::ldap::LdapRefusal;
use wharf_store::meta::Unrecorded;
use wharf_store::meta::identity_provider::IdentityProvider;
use wharf_store::meta::user::User;
use wharf_types::id::{ObjectId, TenantId};
use wharf_types::identity_provider::ProviderKind;
use wharf_types::journal::JournalKind;
use wharf_types::ldap::SubjectId;

use crate::identity::Caller;
use crate::identity::people::user_entry;
use crate::identity::upstream::{Claims, memberships};
use crate::{App, Error, repeated};

/// What a directory said is good for so long.
const GOOD_FOR: Duration = Duration::from_secs(10 * 60);

/// What a directory says of somebody now.
enum Word {
    /// They are there, in these groups, if it says anything of groups.
    There(Option<Vec<String>>),
    /// They are gone, switched off, or not among those who are let in.
    Gone(LdapRefusal),
    /// Nothing.
    None,
}

impl App {
    /// Whether somebody who goes on without a password may, as far as the directories say that they come from. Asks them when they were not asked lately, and brings their word up to date: groups, and for
    /// those who are gone, the end of all that they have.
    pub(crate) async fn directories_look(
        &self,
        caller: Caller,
        tenant: TenantId,
        user: ObjectId,
    ) -> Result<bool, Error> {
        let mut read = self.inner.meta.read().await?;
        let known = read.external_identity_list(user).await?;
        if known.is_empty() {
            return Ok(true);
        }
        let Some(user) = read.user_get(tenant, user).await?.filter(|user| user.enabled) else {
            return Ok(false);
        };
        drop(read);
        let user = &user;
        for identity in known {
            let Some(subject) = identity.subject else { continue };
            let mut read = self.inner.meta.read().await?;
            let looked = read.directory_looked_at(identity.provider, user.id).await?;
            if looked.is_some_and(|at| caller.now < at + GOOD_FOR) {
                continue;
            }
            let provider = read.identity_provider_get(user.tenant, identity.provider).await?;
            drop(read);
            let provider = provider.filter(|provider| provider.enabled && provider.kind == ProviderKind::Ldap);
            let Some(provider) = provider else { continue };
            let word = self.directory_word(caller, &provider, &subject).await;
            if !repeated!(
                self.directory_word_keep(caller, user, &provider, &word).await,
                Error::Contended
            )? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn directory_word(&self, caller: Caller, provider: &IdentityProvider, subject: &str) -> Word {
        let known = match self.ldap_directory(provider) {
            Ok(known) if known.directory.can_look() && !known.is_silent(caller.now) => known,
            Ok(_) => return Word::None,
            Err(error) => {
                tracing::warn!(provider.id = %provider.id, error = %error, "a directory's settings cannot be used");
                return Word::None;
            }
        };
        match known.directory.look(&SubjectId::from_text(subject)).await {
            Ok(Ok(person)) if person.disabled => Word::Gone(LdapRefusal::Disabled),
            Ok(Ok(person)) => Word::There(person.groups.filter(|_| person.groups_complete)),
            Ok(Err(refusal @ LdapRefusal::Unknown)) => Word::Gone(refusal),
            Ok(Err(refusal)) => {
                tracing::warn!(provider.id = %provider.id, "a directory cannot say who somebody is: {refusal}");
                Word::None
            }
            Err(error) => {
                known.did_not_answer(caller.now);
                tracing::warn!(provider.id = %provider.id, error = %error, "a directory does not answer: its people go on as they are");
                Word::None
            }
        }
    }

    /// Whether they may go on.
    async fn directory_word_keep(
        &self,
        caller: Caller,
        user: &User,
        provider: &IdentityProvider,
        word: &Word,
    ) -> Result<bool, Error> {
        let (groups, gone) = match word {
            Word::None => return Ok(true),
            Word::There(groups) => (groups.clone(), None),
            Word::Gone(refusal) => (Some(Vec::new()), Some(refusal)),
        };
        let claims = Claims {
            groups_complete: groups.is_some(),
            groups,
            ..Claims::default()
        };
        let mut tx = self.inner.meta.begin(caller.now).await?;
        let Some(provider) = tx.identity_provider_use(provider.tenant, provider.id).await? else {
            return Ok(true);
        };
        memberships::bring_up_to_date(&mut tx, caller, &provider, user, &claims).await?;
        tx.directory_looked(provider.id, user.id, caller.now).await?;
        let Some(refusal) = gone else {
            tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
            return Ok(true);
        };
        let browsers = tx.web_sessions_delete(user.id, None).await?;
        let clients = tx.refresh_families_delete(user.id).await?;
        let payload = json!({
            "browsers": browsers, "clients": clients, "provider": provider.id, "reason": format!("the directory says: {refusal}"),
        });
        tx.commit(&user_entry(caller, user, JournalKind::UserSessionEnd, payload))
            .await?;
        tracing::info!(user.id = %user.id, provider.id = %provider.id, "a directory lets somebody in no more: {refusal}; their sessions were ended");
        Ok(false)
    }
}
