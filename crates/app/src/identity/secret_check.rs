//! Whether a secret is an account's. Absent, wrong, expired, disabled and deleted are one answer after about the same work (rule 5); failures are counted
//! (rule 6).

use subtle::ConstantTimeEq;
use wharf_store::meta::Unrecorded;
use wharf_store::meta::credential::Credential;
use wharf_store::meta::registry::Registry;
use wharf_store::meta::service_principal::ServicePrincipal;
use wharf_types::access::Principal;
use wharf_types::id::{AppId, TenantId};
use wharf_types::secret::Secret;

use crate::audit::SignIn;
use crate::identity::throttle::must_wait;
use crate::identity::{Caller, SignedIn};
use crate::{App, Error};

/// What became of a secret.
enum Verdict<'a> {
    /// It is this credential's.
    Right(&'a Credential),
    /// It was compared, and is none's.
    Wrong,
    /// It cannot be guessed, or the account has to wait: nothing was learnt by it.
    NotTried,
}

impl App {
    pub(super) async fn service_principal_sign_in(
        &self,
        caller: Caller,
        user: &str,
        principal: Option<&ServicePrincipal>,
        secret: &Secret,
    ) -> Result<SignedIn, Error> {
        let credentials = match principal {
            Some(principal) => {
                self.inner
                    .meta
                    .read()
                    .await?
                    .credential_list(principal.tenant, principal.app_id)
                    .await?
            }
            None => Vec::new(),
        };
        let valid: Vec<&Credential> = credentials
            .iter()
            .filter(|credential| credential.is_valid_at(caller.now))
            .collect();
        let verdict = self.find_credential(caller, user, &valid, secret).await?;
        match (verdict, principal) {
            (Verdict::Right(credential), Some(principal)) => {
                let signed_in = SignedIn {
                    tenant: principal.tenant,
                    principal: Principal::ServicePrincipal(principal.id),
                    credential: credential.key,
                    confined_to: None,
                    refresh: None,
                };
                self.inner.known_secrets.note(principal.app_id, secret, signed_in);
                self.sign_in_done(caller, signed_in, user);
                Ok(signed_in)
            }
            (verdict, _) => {
                let tenant = principal.map(|principal| principal.tenant);
                let was_tried = matches!(verdict, Verdict::Wrong);
                Err(self.sign_in_failed(caller, user, tenant, was_tried).await?)
            }
        }
    }

    /// Looks for the credential whose secret this is.
    async fn find_credential<'a>(
        &self,
        caller: Caller,
        user: &str,
        valid: &[&'a Credential],
        secret: &Secret,
    ) -> Result<Verdict<'a>, Error> {
        let sum = format!("sha256:{}", hex(&secret.sha256()));
        let same = |credential: &&&Credential| credential.secret_hash.as_bytes().ct_eq(sum.as_bytes()).into();
        if let Some(credential) = valid.iter().find(same) {
            return Ok(Verdict::Right(credential));
        }
        if secret.is_generated() {
            return Ok(Verdict::NotTried);
        }
        // From here on the secret is one that can be guessed.
        let chosen: Vec<&&Credential> = valid
            .iter()
            .filter(|credential| credential.secret_hash.starts_with('$'))
            .collect();
        self.inner.throttle.admit(caller.address, caller.now)?;
        let failures = self
            .inner
            .meta
            .read()
            .await?
            .sign_in_failures(&user.to_ascii_lowercase())
            .await?;
        if must_wait(failures, caller.now) {
            return Ok(Verdict::NotTried);
        }
        let mut found = chosen
            .iter()
            .copied()
            .find(|credential| self.inner.hasher.recognises(&credential.secret_hash, secret))
            .copied();
        if found.is_none() {
            if chosen.is_empty() {
                self.inner.hasher.verify(None, secret).await?;
            }
            for credential in chosen {
                if self.inner.hasher.verify(Some(&credential.secret_hash), secret).await? {
                    found = Some(credential);
                    break;
                }
            }
        }
        if found.is_some() && failures.is_some() {
            let mut tx = self.inner.meta.begin(caller.now).await?;
            tx.sign_in_succeeded(&user.to_ascii_lowercase()).await?;
            tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
        }
        Ok(found.map_or(Verdict::Wrong, Verdict::Right))
    }

    /// The admin account, where it is enabled, with either of its two passwords (M8).
    pub(super) async fn admin_sign_in(
        &self,
        caller: Caller,
        user: &str,
        registry: Option<&Registry>,
        secret: &Secret,
    ) -> Result<SignedIn, Error> {
        if let Some(registry) = registry.filter(|registry| registry.admin_enabled) {
            for (password, clear) in self.admin_passwords(registry.id).await? {
                if clear.matches(secret) {
                    let principal = Principal::AdminAccount(registry.id);
                    let signed_in = SignedIn {
                        tenant: registry.tenant,
                        principal,
                        credential: password.key,
                        confined_to: None,
                        refresh: None,
                    };
                    self.sign_in_done(caller, signed_in, user);
                    return Ok(signed_in);
                }
            }
        }
        let was_tried = !secret.is_generated();
        if was_tried {
            // What was typed by hand costs the same whoever it was typed for.
            self.inner.throttle.admit(caller.address, caller.now)?;
            self.inner.hasher.verify(None, secret).await?;
        }
        let tenant = registry.map(|registry| registry.tenant);
        Err(self.sign_in_failed(caller, user, tenant, was_tried).await?)
    }

    pub(super) fn sign_in_done(&self, caller: Caller, signed_in: SignedIn, user: &str) {
        self.inner.usage.note(signed_in.credential, caller);
        let actor = signed_in.principal.to_string();
        self.inner
            .audit
            .signed_in(sign_in(caller, signed_in.tenant, actor, user), true);
    }

    /// Counts the failure, by source, and by account if the secret was tried; and gives the one answer to all failures.
    ///
    /// What was not tried is no guess: if it counted, a burst of them would lock a chosen secret for good in a moment.
    pub(super) async fn sign_in_failed(
        &self,
        caller: Caller,
        user: &str,
        tenant: Option<TenantId>,
        was_tried: bool,
    ) -> Result<Error, Error> {
        if let Err(throttled) = self.inner.throttle.admit(caller.address, caller.now) {
            return Ok(throttled);
        }
        self.inner.throttle.failed(caller.address, caller.now);
        // Only what can be an account's name is kept, so that the table holds nothing that somebody typed into the wrong field.
        let account = user.to_ascii_lowercase();
        if user.parse::<AppId>().is_ok() || user.parse::<wharf_types::name::RegistryName>().is_ok() {
            if was_tried {
                let mut tx = self.inner.meta.begin(caller.now).await?;
                tx.sign_in_failed(&account, caller.now).await?;
                tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
            }
            if let Some(tenant) = tenant {
                self.inner
                    .audit
                    .signed_in(sign_in(caller, tenant, format!("unverified/{account}"), user), false);
            }
        }
        // From where is in the journal (rule 66), and not here.
        tracing::info!("sign-in failed");
        Ok(Error::Unauthenticated)
    }
}

fn sign_in(caller: Caller, tenant: TenantId, actor: String, user: &str) -> SignIn {
    let resource = format!("/providers/Microsoft.Directory/signIns/{}", user.to_ascii_lowercase());
    SignIn {
        tenant,
        actor,
        resource,
        address: caller.address,
        request: caller.request,
        at: caller.now,
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
