//! Tenants and subscriptions.

use serde_json::json;
use wharf_store::StoreError;
use wharf_store::meta::Unrecorded;
use wharf_store::meta::subscription::{Subscription, Tenant};
use wharf_types::access::{Action, GrantSource, Subject};
use wharf_types::id::{SubscriptionId, TenantId};
use wharf_types::journal::JournalKind;
use wharf_types::resource::ResourceScope;

use crate::{App, Error, OpContext};

/// Whether the subject holds anything in the subscription: then it may know of it (a principal with AcrPull on one registry must find its way there).
fn reaches(subject: &Subject, subscription: SubscriptionId) -> bool {
    let whole = ResourceScope::Subscription(subscription);
    subject.grants.iter().any(|grant| {
        let is_assigned = matches!(grant.source, GrantSource::Assignment(_) | GrantSource::Group { .. });
        is_assigned && (grant.scope.contains(&whole) || whole.contains(&grant.scope))
    })
}

impl App {
    /// The tenant of that id, if there is one; or the only one.
    pub async fn tenant_find(&self, name: &str) -> Result<Option<Tenant>, Error> {
        let tenants = self.inner.meta.read().await?.tenant_list().await?;
        // `organizations` and `common` are what clients put where no tenant was given; the domain stands for the first tenant as well.
        if ["organizations", "common", self.inner.settings.public.domain.as_str()].contains(&name) {
            return Ok(tenants.into_iter().next());
        }
        let id: Option<TenantId> = name.parse().ok();
        Ok(tenants.into_iter().find(|tenant| Some(tenant.id) == id))
    }

    /// The tenant of an installation that has but one.
    pub async fn tenant_only(&self) -> Result<Option<Tenant>, Error> {
        let mut tenants = self.inner.meta.read().await?.tenant_list().await?.into_iter();
        Ok(tenants.next().filter(|_| tenants.next().is_none()))
    }

    /// The caller's tenant.
    pub async fn tenant_list(&self, ctx: &OpContext) -> Result<Vec<Tenant>, Error> {
        let tenants = self.inner.meta.read().await?.tenant_list().await?;
        Ok(tenants
            .into_iter()
            .filter(|tenant| tenant.id == ctx.subject.tenant)
            .collect())
    }

    /// The subscriptions that the caller holds something in.
    pub async fn subscription_list(&self, ctx: &OpContext) -> Result<Vec<Subscription>, Error> {
        let all = self
            .inner
            .meta
            .read()
            .await?
            .subscription_list(ctx.subject.tenant)
            .await?;
        Ok(all
            .into_iter()
            .filter(|subscription| reaches(&ctx.subject, subscription.id))
            .collect())
    }

    /// The subscription, if the caller holds something in it.
    pub async fn subscription_get(&self, ctx: &OpContext, id: SubscriptionId) -> Result<Subscription, Error> {
        let found = self
            .inner
            .meta
            .read()
            .await?
            .subscription_get(ctx.subject.tenant, id)
            .await?;
        found
            .filter(|found| reaches(&ctx.subject, found.id))
            .ok_or_else(|| Error::not_found("subscription", id))
    }

    /// Makes a subscription under an alias; making it again finds it. Returns whether it is new.
    pub async fn subscription_create(
        &self,
        ctx: &OpContext,
        alias: &str,
        display_name: &str,
    ) -> Result<(Subscription, bool), Error> {
        let tenant = ctx.subject.tenant;
        ctx.require(Action::SubscriptionCreate, tenant, &ResourceScope::Root)?;
        check_alias(alias)?;
        check_display_name(display_name)?;
        let subscription = Subscription {
            id: SubscriptionId(self.inner.environment.entropy.uuid()),
            tenant,
            alias: alias.to_owned(),
            display_name: display_name.to_owned(),
        };
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        if let Some(known) = tx.subscription_by_alias(tenant, alias).await? {
            tx.commit_unrecorded(Unrecorded::NothingToDo).await?;
            return Ok((known, false));
        }
        tx.subscription_insert(&subscription, ctx.now)
            .await
            .map_err(|error| match error {
                StoreError::Conflict(_) => Error::conflict(
                    "Conflict",
                    format!("the alias {alias} is being made by another request"),
                ),
                other => other.into(),
            })?;
        let scope = ResourceScope::Subscription(subscription.id);
        let payload = json!({"alias": alias, "displayName": display_name});
        tx.commit(&ctx.entry(JournalKind::SubscriptionCreate, tenant, scope, payload))
            .await?;
        Ok((subscription, true))
    }

    /// The subscription of that alias.
    pub async fn subscription_by_alias(&self, ctx: &OpContext, alias: &str) -> Result<Subscription, Error> {
        let found = self
            .inner
            .meta
            .read()
            .await?
            .subscription_by_alias(ctx.subject.tenant, alias)
            .await?;
        found
            .filter(|found| reaches(&ctx.subject, found.id))
            .ok_or_else(|| Error::not_found("subscription alias", alias))
    }
}

fn check_alias(alias: &str) -> Result<(), Error> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if (1..=63).contains(&alias.len()) && alias.bytes().all(allowed) {
        Ok(())
    } else {
        Err(Error::invalid(
            "a subscription's alias is 1 to 63 letters, digits, '-', '_' and '.'",
        ))
    }
}

fn check_display_name(name: &str) -> Result<(), Error> {
    if !name.trim().is_empty() && name.len() <= 256 && !name.chars().any(char::is_control) {
        Ok(())
    } else {
        Err(Error::invalid(
            "a subscription's display name has 1 to 256 bytes and no control characters",
        ))
    }
}
