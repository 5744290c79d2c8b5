//! Identity providers as objects of the directory. Who writes one can become everybody who signs in by it, so only an owner of everything does.

use serde_json::{Value, json};
use wharf_store::meta::Read;
use wharf_store::meta::group::Group;
use wharf_store::meta::identity_provider::{IdentityProvider, MAX_GROUP_MAPPINGS, MAX_IDENTITY_PROVIDERS};
use wharf_types::access::Action;
use wharf_types::id::ObjectId;
use wharf_types::identity_provider::{GroupMapping, ProviderSettings, SecondFactor};
use wharf_types::journal::JournalKind;
use wharf_types::resource::ResourceScope;
use wharf_types::secret::Secret;
use wharf_types::user_name::UserPrincipalName;

use crate::access::{must_hold_its_roles, owner_must_remain};
use crate::identity::applications::check_name;
use crate::identity::groups::managed;
use crate::{App, Error, OpContext};

/// A provider that is to be made.
#[derive(Clone, Debug)]
pub struct NewProvider {
    /// What the sign-in page shows.
    pub display_name: String,
    /// Whether people may sign in by it.
    pub enabled: bool,
    /// What may follow the `@` of the names of those who come from there.
    pub domains: Vec<String>,
    /// Where the second factor is asked for.
    pub second_factor: SecondFactor,
    /// Whether somebody who comes for the first time is added.
    pub create_users: bool,
    /// What its kind needs.
    pub settings: ProviderSettings,
    /// What we sign in there with.
    pub secret: Option<Secret>,
    /// Which of our groups people are members of because of what it says.
    pub groups: Vec<GroupMapping>,
}

/// What is to change about a provider; what is none stays.
#[derive(Clone, Debug, Default)]
pub struct ProviderChange {
    /// What the sign-in page shows.
    pub display_name: Option<String>,
    /// Whether people may sign in by it.
    pub enabled: Option<bool>,
    /// What may follow the `@` of the names of those who come from there.
    pub domains: Option<Vec<String>>,
    /// Where the second factor is asked for.
    pub second_factor: Option<SecondFactor>,
    /// Whether somebody who comes for the first time is added.
    pub create_users: Option<bool>,
    /// What its kind needs: those fields that change.
    pub settings: serde_json::Map<String, Value>,
    /// What we sign in there with.
    pub secret: Option<Secret>,
    /// All mappings of groups.
    pub groups: Option<Vec<GroupMapping>>,
}

/// The most domains of a provider.
const MAX_DOMAINS: usize = 100;
const MAX_SECRET_BYTES: usize = 4096;
const MAX_VALUE_BYTES: usize = 1024;
const MAX_SETTINGS_BYTES: usize = 16 * 1024;

fn scope(provider: &IdentityProvider) -> ResourceScope {
    ResourceScope::DirectoryObject(provider.id)
}

/// Where a provider's secret is sealed for.
fn secret_place(id: ObjectId) -> String {
    format!("identity-provider/{id}")
}

impl App {
    /// All providers of the tenant.
    pub async fn identity_provider_list(&self, ctx: &OpContext) -> Result<Vec<IdentityProvider>, Error> {
        let tenant = ctx.subject.tenant;
        ctx.require(Action::IdentityProviderRead, tenant, &ResourceScope::Root)?;
        Ok(self.inner.meta.read().await?.identity_provider_list(tenant).await?)
    }

    /// The provider of that object id, if the caller may see it.
    pub async fn identity_provider_get(&self, ctx: &OpContext, id: ObjectId) -> Result<IdentityProvider, Error> {
        let tenant = ctx.subject.tenant;
        let missing = || Error::not_found("identity provider", id);
        if !ctx.may(Action::IdentityProviderRead, tenant, &ResourceScope::Root) {
            return Err(missing());
        }
        let found = self.inner.meta.read().await?.identity_provider_get(tenant, id).await?;
        found.ok_or_else(missing)
    }

    /// Makes a provider.
    pub async fn identity_provider_create(&self, ctx: &OpContext, new: NewProvider) -> Result<IdentityProvider, Error> {
        let tenant = ctx.subject.tenant;
        ctx.require(Action::IdentityProviderWrite, tenant, &ResourceScope::Root)?;
        let id = ObjectId(self.inner.environment.entropy.uuid());
        let mut provider = IdentityProvider {
            id,
            tenant,
            kind: new.settings.kind(),
            display_name: new.display_name,
            enabled: new.enabled,
            domains: domains(new.domains)?,
            second_factor: new.second_factor,
            create_users: new.create_users,
            settings: Value::Object(new.settings.fields()),
            secret: None,
            groups: new.groups,
            created_at: ctx.now,
        };
        provider.secret = self.provider_secret_seal(id, new.secret.as_ref())?;
        self.provider_check(&mut provider, new.secret.is_some())?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        if tx.identity_provider_list(tenant).await?.len() >= MAX_IDENTITY_PROVIDERS {
            let message = format!(
                "a tenant has at most {MAX_IDENTITY_PROVIDERS} identity providers: delete one that nobody needs"
            );
            return Err(Error::conflict("TooManyIdentityProviders", message));
        }
        groups_may_be_chosen(&mut tx, ctx, &provider.groups).await?;
        tx.identity_provider_insert(&provider).await?;
        tx.commit(&ctx.entry(
            JournalKind::IdentityProviderWrite,
            tenant,
            scope(&provider),
            payload(&provider),
        ))
        .await?;
        Ok(provider)
    }

    /// Changes a provider. One that is switched off gives nothing any more: the memberships that it gave and the sessions of those who have an identity
    /// there end at once, and its people come in by it again once it is switched on. Memberships by mappings that are taken away end as well.
    pub async fn identity_provider_update(
        &self,
        ctx: &OpContext,
        id: ObjectId,
        change: ProviderChange,
    ) -> Result<IdentityProvider, Error> {
        let known = self.identity_provider_get(ctx, id).await?;
        ctx.require(Action::IdentityProviderWrite, known.tenant, &ResourceScope::Root)?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        let known = tx.identity_provider_hold(known.tenant, id).await?;
        let known = known.ok_or_else(|| Error::not_found("identity provider", id))?;
        let mut settings = known.settings.clone();
        if let Value::Object(fields) = &mut settings {
            fields.extend(change.settings);
        }
        let secret = self.provider_secret_seal(id, change.secret.as_ref())?;
        let is_kept = secret.is_none() && known.secret.is_some();
        let place = if is_kept {
            stays_where_it_goes(&known, &settings)
        } else {
            Ok(())
        };
        let mut provider = IdentityProvider {
            display_name: change.display_name.unwrap_or_else(|| known.display_name.clone()),
            enabled: change.enabled.unwrap_or(known.enabled),
            domains: change.domains.map_or_else(|| Ok(known.domains.clone()), domains)?,
            second_factor: change.second_factor.unwrap_or(known.second_factor),
            create_users: change.create_users.unwrap_or(known.create_users),
            settings,
            secret: secret.or(known.secret),
            groups: change.groups.unwrap_or(known.groups),
            ..known
        };
        let has_secret = provider.secret.is_some();
        self.provider_check(&mut provider, has_secret)?;
        place?;
        groups_may_be_chosen(&mut tx, ctx, &provider.groups).await?;
        tx.identity_provider_update(&provider).await?;
        let ended = if provider.enabled {
            tx.identity_provider_unmap(id).await?
        } else {
            tx.identity_provider_end(id).await?.0
        };
        if ended > 0 || (known.enabled && !provider.enabled) {
            owner_must_remain(&mut tx).await?;
        }
        let entry = ctx.entry(
            JournalKind::IdentityProviderWrite,
            provider.tenant,
            scope(&provider),
            payload(&provider),
        );
        tx.commit(&entry).await?;
        Ok(provider)
    }

    /// Deletes a provider with what it gave and the identities there. The accounts stay, as ones of our own: without a password nobody comes in by them.
    pub async fn identity_provider_delete(&self, ctx: &OpContext, id: ObjectId) -> Result<(), Error> {
        let known = self.identity_provider_get(ctx, id).await?;
        ctx.require(Action::IdentityProviderWrite, known.tenant, &ResourceScope::Root)?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        let (memberships, sessions) = tx.identity_provider_end(id).await?;
        if !tx.identity_provider_delete(known.tenant, id).await? {
            return Err(Error::not_found("identity provider", id));
        }
        owner_must_remain(&mut tx).await?;
        tx.tombstone_put("identity_provider", &id.to_string(), ctx.now).await?;
        let payload = json!({"displayName": known.display_name, "memberships": memberships, "sessions": sessions});
        tx.commit(&ctx.entry(
            JournalKind::IdentityProviderDelete,
            known.tenant,
            scope(&known),
            payload,
        ))
        .await?;
        Ok(())
    }

    /// The providers that the sign-in page offers, in the order of their names. Their group mappings are left out.
    pub async fn identity_providers_offered(&self) -> Result<Vec<IdentityProvider>, Error> {
        Ok(self.inner.meta.read().await?.identity_provider_list_enabled().await?)
    }

    /// A provider that somebody wants to sign in by, if it is switched on.
    pub async fn identity_provider_for_sign_in(&self, id: ObjectId) -> Result<Option<IdentityProvider>, Error> {
        let found = self.inner.meta.read().await?.identity_provider_by_id(id).await?;
        Ok(found.filter(|provider| provider.enabled))
    }

    fn provider_secret_seal(&self, id: ObjectId, secret: Option<&Secret>) -> Result<Option<Vec<u8>>, Error> {
        let Some(secret) = secret else { return Ok(None) };
        let text = secret.expose();
        if text.is_empty() || text.len() > MAX_SECRET_BYTES || text.chars().any(char::is_control) {
            return Err(Error::invalid(
                "a secret has 1 to 4096 bytes and no control characters, so no line end either",
            ));
        }
        let entropy = self.inner.environment.entropy.as_ref();
        let sealed = self.inner.vault.seal(entropy, &secret_place(id), text.as_bytes())?;
        Ok(Some(sealed))
    }

    /// What we sign in at a provider with.
    pub(crate) fn provider_secret(&self, provider: &IdentityProvider) -> Result<Option<Secret>, Error> {
        let Some(sealed) = &provider.secret else {
            return Ok(None);
        };
        let clear = self.inner.vault.open(&secret_place(provider.id), sealed)?;
        Ok(Some(Secret::new(String::from_utf8_lossy(&clear).into_owned())))
    }

    /// Whether a provider is one that can be spoken to. Its settings are kept as they were read.
    fn provider_check(&self, provider: &mut IdentityProvider, has_secret: bool) -> Result<(), Error> {
        check_name(&provider.display_name)?;
        let read = ProviderSettings::read(provider.kind, provider.settings.clone());
        let read = read.map_err(|error| Error::invalid(format!("the settings of the provider: {error}")))?;
        provider.settings = Value::Object(read.fields());
        if provider.settings.to_string().len() > MAX_SETTINGS_BYTES {
            return Err(Error::invalid("the settings of a provider have at most 16 KiB"));
        }
        provider.groups.sort();
        provider.groups.dedup();
        let bad = |mapping: &GroupMapping| {
            mapping.value.is_empty() || mapping.value.len() > MAX_VALUE_BYTES || mapping.value.contains('\0')
        };
        if provider.groups.len() > MAX_GROUP_MAPPINGS || provider.groups.iter().any(bad) {
            return Err(Error::invalid(
                "a provider has at most 1000 group mappings, of values of 1 to 1024 bytes",
            ));
        }
        match read {
            ProviderSettings::OpenIdConnect(settings) => self.open_id_connect_check(&settings, has_secret),
            ProviderSettings::Ldap(input) => self.ldap_check(&input, &provider.domains, has_secret),
        }
    }
}

/// Domains in small letters, each once.
fn domains(domains: Vec<String>) -> Result<Vec<String>, Error> {
    let is_domain = |domain: &String| format!("a@{domain}").parse::<UserPrincipalName>().is_ok();
    if domains.is_empty() || domains.len() > MAX_DOMAINS || !domains.iter().all(is_domain) {
        return Err(Error::invalid(
            "a provider has 1 to 100 domains such as example.com: only people whose names end so come in by it",
        ));
    }
    let mut domains: Vec<String> = domains.iter().map(|domain| domain.to_ascii_lowercase()).collect();
    domains.sort();
    domains.dedup();
    Ok(domains)
}

/// Whoever maps a group chooses who is in it (rule 36).
async fn groups_may_be_chosen(read: &mut Read, ctx: &OpContext, mappings: &[GroupMapping]) -> Result<(), Error> {
    let tenant = ctx.subject.tenant;
    let mut seen: Vec<Group> = Vec::new();
    for mapping in mappings {
        if seen.iter().any(|group| group.id == mapping.group) {
            continue;
        }
        let group = read.group_get(tenant, mapping.group).await?;
        let group = group.ok_or_else(|| Error::not_found("group", mapping.group))?;
        ctx.as_owner_of_group(&group).require(
            Action::GroupMembers,
            tenant,
            &ResourceScope::DirectoryObject(group.id),
        )?;
        must_hold_its_roles(read, ctx, managed(&group, Action::GroupMembers)).await?;
        seen.push(group);
    }
    Ok(())
}

/// Goes on if the stored secret is for the same place as before: who changes that has to know the secret (rule 50).
fn stays_where_it_goes(known: &IdentityProvider, settings: &Value) -> Result<(), Error> {
    let places = known.kind.places_of_the_secret().iter();
    match places
        .copied()
        .find(|name| known.settings.get(name) != settings.get(name))
    {
        None => Ok(()),
        Some(name) => Err(Error::invalid(format!(
            "{name} says where the stored {secret} goes: to change it, give the {secret} again",
            secret = known.kind.secret_name()
        ))),
    }
}

fn payload(provider: &IdentityProvider) -> Value {
    let mappings: Vec<Value> = provider
        .groups
        .iter()
        .map(|mapping| json!({"value": mapping.value, "group": mapping.group}))
        .collect();
    json!({
        "displayName": provider.display_name, "type": provider.kind.as_str(), "enabled": provider.enabled, "domains": provider.domains,
        "secondFactor": provider.second_factor.as_str(), "createUsers": provider.create_users, "groupMappings": mappings,
        "settings": provider.settings,
    })
}
