//! Which account a provider's subject is, said by somebody who may: a link is a way to become the account's owner (rule 36).

use serde_json::json;
use wharf_store::StoreError;
use wharf_store::meta::external_identity::ExternalIdentity;
use wharf_store::meta::identity_provider::IdentityProvider;
use wharf_store::meta::user::User;
use wharf_types::access::Action;
use wharf_types::id::ObjectId;
use wharf_types::journal::JournalKind;
use wharf_types::resource::ResourceScope;

use super::sign_in::is_within;
use crate::access::must_hold_its_roles;
use crate::identity::users::managed;
use crate::{App, Error, OpContext};

/// The longest subject (OpenID Connect Core 1.0 §2 has 255 characters; a distinguished name may be longer).
pub(super) const MAX_SUBJECT_BYTES: usize = 1024;

impl App {
    /// A person's identities at providers, if the caller may see them.
    pub async fn user_identity_list(&self, ctx: &OpContext, user: &str) -> Result<Vec<ExternalIdentity>, Error> {
        let user = self.user_get(ctx, user).await?;
        Ok(self.inner.meta.read().await?.external_identity_list(user.id).await?)
    }

    /// Links a person with what a provider calls them: whoever the provider takes for that subject is this person from now on. Without a subject it is whoever
    /// comes from there first under the person's name.
    pub async fn user_identity_add(
        &self,
        ctx: &OpContext,
        user: &str,
        provider: ObjectId,
        subject: Option<String>,
    ) -> Result<ExternalIdentity, Error> {
        let (user, provider) = self.linked(ctx, user, provider).await?;
        if !is_within(&user.user_principal_name, &provider) {
            let message = format!(
                "{} signs in people of {} only: add the domain of {} to it first",
                provider.display_name,
                provider.domains.join(", "),
                user.user_principal_name
            );
            return Err(Error::conflict("OutsideDomains", message));
        }
        if subject
            .as_ref()
            .is_some_and(|subject| subject.is_empty() || subject.len() > MAX_SUBJECT_BYTES || subject.contains('\0'))
        {
            return Err(Error::invalid("a subject has 1 to 1024 bytes"));
        }
        let identity = ExternalIdentity {
            provider: provider.id,
            user: user.id,
            subject,
            created_at: ctx.now,
            last_used_at: None,
        };
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        must_hold_its_roles(&mut tx, ctx, managed(&user, Action::UserCredentials)).await?;
        let known = match &identity.subject {
            Some(subject) => tx.external_identity_by_subject(provider.id, subject).await?,
            None => None,
        };
        let taken = || {
            let message = "the provider's subject is linked with another account: remove that link first";
            Error::conflict("ObjectConflict", message)
        };
        if known.is_some_and(|known| known.user != user.id) {
            return Err(taken());
        }
        tx.external_identity_put(&identity).await.map_err(|error| match error {
            StoreError::Conflict(_) => taken(),
            other => other.into(),
        })?;
        let payload = json!({"provider": provider.id, "subject": identity.subject});
        tx.commit(&ctx.entry(
            JournalKind::UserIdentityLink,
            user.tenant,
            ResourceScope::DirectoryObject(user.id),
            payload,
        ))
        .await?;
        Ok(identity)
    }

    /// Removes a person's identity at a provider, with the memberships that it gave them. They are signed out everywhere.
    pub async fn user_identity_remove(&self, ctx: &OpContext, user: &str, provider: ObjectId) -> Result<(), Error> {
        let (user, provider) = self.linked(ctx, user, provider).await?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        must_hold_its_roles(&mut tx, ctx, managed(&user, Action::UserCredentials)).await?;
        if !tx.external_identity_delete(provider.id, user.id).await? {
            return Err(Error::not_found("identity", provider.id));
        }
        for group in tx.provider_group_list(provider.id, user.id).await? {
            tx.provider_group_leave(provider.id, group, user.id).await?;
        }
        tx.web_sessions_delete(user.id, None).await?;
        tx.refresh_families_delete(user.id).await?;
        crate::access::owner_must_remain(&mut tx).await?;
        let payload = json!({"provider": provider.id});
        tx.commit(&ctx.entry(
            JournalKind::UserIdentityUnlink,
            user.tenant,
            ResourceScope::DirectoryObject(user.id),
            payload,
        ))
        .await?;
        Ok(())
    }

    async fn linked(&self, ctx: &OpContext, user: &str, provider: ObjectId) -> Result<(User, IdentityProvider), Error> {
        let user = self.user_get(ctx, user).await?;
        ctx.require(
            Action::UserCredentials,
            user.tenant,
            &ResourceScope::DirectoryObject(user.id),
        )?;
        // Who may give somebody a way in may know by which way, without the provider's settings.
        let found = self
            .inner
            .meta
            .read()
            .await?
            .identity_provider_get(user.tenant, provider)
            .await?;
        let found = found.ok_or_else(|| Error::not_found("identity provider", provider))?;
        Ok((user, found))
    }
}
