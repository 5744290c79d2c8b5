//! The list of repositories: those that the caller may pull from, or all of them for whoever may list the catalogue.

use wharf_types::access::{Action, Decision, Missing, Principal, decide};
use wharf_types::name::{RegistryName, RepositoryName};
use wharf_types::oauth::{ScopeResource, TokenScope};
use wharf_types::page::{Page, PageRequest};
use wharf_types::resource::ResourceScope;

use crate::registry::{Place, RegistryError};
use crate::{App, Error, Limits, OpContext};

const BATCH: usize = 1001;

impl App {
    /// A page of a registry's repositories, in byte order.
    pub async fn catalog(
        &self,
        ctx: &OpContext,
        place: &Place,
        page: &PageRequest,
    ) -> Result<Page<RepositoryName>, RegistryError> {
        must_list(ctx, Some(place))?;
        if !sees_some(ctx, place) {
            let missing = Missing {
                action: Action::CatalogList,
                scope: ResourceScope::Registry((*place.scope).clone()),
            };
            return Err(Error::Forbidden(Box::new(missing)).into());
        }
        let mut names = Vec::new();
        self.collect(
            ctx,
            place,
            page.after.clone().unwrap_or_default(),
            page.size.get() + 1,
            &mut names,
        )
        .await?;
        Ok(Page::cut(names, page.size, ToString::to_string))
    }

    /// A page of the repositories of all registries, each after its registry's name: the list of the base host, where names begin so. A token that is
    /// for one registry lists that one (rule 23).
    pub async fn catalog_of_all(&self, ctx: &OpContext, page: &PageRequest) -> Result<Page<String>, RegistryError> {
        must_list(ctx, None)?;
        let only = match &ctx.limits {
            Limits::None => None,
            Limits::Registry { registry, .. } => *registry,
        };
        let is_listed = |place: &Place| only.is_none_or(|only| only == place.registry.id) && sees_some(ctx, place);
        let wanted = page.size.get() + 1;
        let after = page.after.as_deref().unwrap_or("");
        let (mut registry_name, mut after) = after.split_once('/').unwrap_or((after, ""));
        let mut names: Vec<String> = Vec::new();
        let mut place = match registry_name.parse::<RegistryName>() {
            Ok(name) => self.registry_place(&name, ctx.now).await?,
            Err(_) => None,
        };
        let mut current;
        while names.len() < wanted {
            if let Some(place) = place.take().filter(is_listed) {
                let mut found = Vec::new();
                self.collect(ctx, &place, after.to_owned(), wanted - names.len(), &mut found)
                    .await?;
                names.extend(
                    found
                        .iter()
                        .map(|repository| format!("{}/{repository}", place.registry.name)),
                );
            }
            let next = self
                .inner
                .meta
                .read()
                .await?
                .registry_list_of_tenant(ctx.subject.tenant, registry_name, 1)
                .await?;
            let Some(registry) = next.into_iter().next() else { break };
            current = registry.name.to_string();
            (registry_name, after) = (&current, "");
            place = Some(registry.into());
        }
        Ok(Page::cut(names, page.size, Clone::clone))
    }

    /// Adds the repositories after `after` that the caller may see, until there are `wanted`.
    async fn collect(
        &self,
        ctx: &OpContext,
        place: &Place,
        mut after: String,
        wanted: usize,
        names: &mut Vec<RepositoryName>,
    ) -> Result<(), RegistryError> {
        let sees_all = permits(ctx, place, Action::CatalogList, None) || permits(ctx, place, Action::ContentPull, None);
        let mut read = self.inner.meta.read().await?;
        loop {
            let limit = if sees_all { wanted - names.len() } else { BATCH };
            let batch = read.repository_list(place.registry.id, &after, limit).await?;
            let is_last = batch.len() < limit;
            for name in batch {
                after = name.to_string();
                if sees_all || permits(ctx, place, Action::ContentPull, Some(&name)) {
                    names.push(name);
                    if names.len() == wanted {
                        return Ok(());
                    }
                }
            }
            if is_last {
                return Ok(());
            }
        }
    }
}

/// A token must hold `registry:catalog:*`. What is listed then follows the caller's rights, and not the token's other scopes.
fn must_list(ctx: &OpContext, place: Option<&Place>) -> Result<(), Error> {
    let Limits::Registry { registry, scopes } = &ctx.limits else {
        return Ok(());
    };
    let is_here = place.is_none_or(|place| *registry == Some(place.registry.id));
    if is_here && scopes.iter().any(|scope| scope.resource == ScopeResource::Catalog) {
        return Ok(());
    }
    Err(Error::TokenScope {
        scope: Box::new(TokenScope::catalog()),
        missing: None,
    })
}

fn permits(ctx: &OpContext, place: &Place, action: Action, repository: Option<&RepositoryName>) -> bool {
    let scope = match repository {
        Some(repository) => ResourceScope::Repository((*place.scope).clone(), repository.clone()),
        None => ResourceScope::Registry((*place.scope).clone()),
    };
    matches!(
        decide(&ctx.subject, action, place.registry.tenant, &scope),
        Decision::Allow(_)
    )
}

/// Whether the caller holds anything that lets it see a repository of the registry.
fn sees_some(ctx: &OpContext, place: &Place) -> bool {
    if let Principal::AdminAccount(id) | Principal::Anonymous(id) = ctx.subject.principal
        && id != place.registry.id
    {
        return false;
    }
    let registry = ResourceScope::Registry((*place.scope).clone());
    ctx.subject.tenant == place.registry.tenant
        && ctx.subject.grants.iter().any(|grant| {
            let reaches = grant.scope.contains(&registry) || registry.contains(&grant.scope);
            let permissions = &grant.role.permissions;
            reaches && (permissions.permit(Action::ContentPull) || permissions.permit(Action::CatalogList))
        })
}
