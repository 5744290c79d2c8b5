//! A registry's admin account: one user name, two passwords, either of which works (M8, rules 3 and 12).

use serde_json::json;
use wharf_store::meta::Tx;
use wharf_store::meta::admin_password::{AdminPassword, AdminSlot};
use wharf_store::meta::registry::Registry;
use wharf_types::access::Action;
use wharf_types::id::{KeyId, RegistryId};
use wharf_types::journal::JournalKind;
use wharf_types::resource::RegistryScope;
use wharf_types::secret::{Secret, SecretKind};
use wharf_types::time::Time;

use crate::{App, Error, OpContext};

/// The admin account's user name and passwords, in clear.
#[derive(Clone, Debug)]
pub struct AdminCredentials {
    /// The user name: the registry's name.
    pub user_name: String,
    /// `password`, with what is stored of it.
    pub first: (AdminPassword, Secret),
    /// `password2`.
    pub second: (AdminPassword, Secret),
}

fn place(registry: RegistryId, slot: AdminSlot) -> String {
    let number = match slot {
        AdminSlot::First => 1,
        AdminSlot::Second => 2,
    };
    format!("admin-password/{registry}/{number}")
}

impl App {
    /// Reads the passwords. Each reading is recorded (rule 3).
    pub async fn admin_credentials_list(
        &self,
        ctx: &OpContext,
        scope: &RegistryScope,
    ) -> Result<AdminCredentials, Error> {
        let registry = self.registry_get(ctx, scope).await?;
        ctx.require(Action::RegistryListCredentials, registry.tenant, &registry.resource())?;
        must_be_enabled(&registry)?;
        let tx = self.inner.meta.begin(ctx.now).await?;
        tx.commit(&ctx.entry(
            JournalKind::RegistryListCredentials,
            registry.tenant,
            registry.scope(),
            json!({}),
        ))
        .await?;
        self.admin_credentials(&registry).await
    }

    /// Replaces one of the passwords; the other goes on (rule 12).
    pub async fn admin_credential_regenerate(
        &self,
        ctx: &OpContext,
        scope: &RegistryScope,
        slot: AdminSlot,
    ) -> Result<AdminCredentials, Error> {
        let registry = self.registry_get(ctx, scope).await?;
        ctx.require(
            Action::RegistryRegenerateCredential,
            registry.tenant,
            &registry.resource(),
        )?;
        must_be_enabled(&registry)?;
        let mut tx = self.inner.meta.begin(ctx.now).await?;
        let password = self.admin_password_make(registry.id, slot, ctx.now)?;
        tx.admin_password_put(registry.id, &password).await?;
        let name = if slot == AdminSlot::First {
            "password"
        } else {
            "password2"
        };
        let payload = json!({"name": name, "keyId": password.key});
        tx.commit(&ctx.entry(
            JournalKind::RegistryRegenerateCredential,
            registry.tenant,
            registry.scope(),
            payload,
        ))
        .await?;
        self.admin_credentials(&registry).await
    }

    async fn admin_credentials(&self, registry: &Registry) -> Result<AdminCredentials, Error> {
        let mut passwords = self.admin_passwords(registry.id).await?.into_iter();
        match (passwords.next(), passwords.next()) {
            (Some(first), Some(second)) => Ok(AdminCredentials {
                user_name: registry.name.to_string(),
                first,
                second,
            }),
            _ => Err(Error::not_found("admin password of the registry", &registry.name)),
        }
    }

    /// The passwords in clear, with what is stored of them.
    pub(crate) async fn admin_passwords(&self, registry: RegistryId) -> Result<Vec<(AdminPassword, Secret)>, Error> {
        let stored = self.inner.meta.read().await?.admin_password_list(registry).await?;
        let open = |password: AdminPassword| {
            let clear = self
                .inner
                .vault
                .open(&place(registry, password.slot), &password.ciphertext)?;
            let secret = Secret::new(String::from_utf8_lossy(&clear).into_owned());
            Ok((password, secret))
        };
        stored.into_iter().map(open).collect()
    }

    /// Both passwords of a new registry. They exist from the start, and open nothing until the account is enabled.
    pub(super) async fn admin_passwords_make(&self, tx: &mut Tx, registry: &Registry, now: Time) -> Result<(), Error> {
        for slot in AdminSlot::ALL {
            let password = self.admin_password_make(registry.id, slot, now)?;
            tx.admin_password_put(registry.id, &password).await?;
        }
        Ok(())
    }

    fn admin_password_make(&self, registry: RegistryId, slot: AdminSlot, now: Time) -> Result<AdminPassword, Error> {
        let entropy = self.inner.environment.entropy.as_ref();
        let secret = Secret::generate(SecretKind::AdminPassword, entropy);
        let ciphertext = self
            .inner
            .vault
            .seal(entropy, &place(registry, slot), secret.expose().as_bytes())?;
        Ok(AdminPassword {
            slot,
            key: KeyId(entropy.uuid()),
            ciphertext,
            created_at: now,
            last_used: None,
        })
    }
}

fn must_be_enabled(registry: &Registry) -> Result<(), Error> {
    if registry.admin_enabled {
        return Ok(());
    }
    let message = format!(
        "the admin account of {0} is disabled: enable it with acr update -n {0} --admin-enabled true",
        registry.name
    );
    Err(Error::conflict("AdminUserDisabled", message))
}
