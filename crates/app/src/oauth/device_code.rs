//! Devices without a browser (RFC 8628, rule 18): a code that somebody types elsewhere, where they look at what they let in.

use std::time::Duration;

use serde_json::json;
use wharf_store::StoreError;
use wharf_store::meta::Unrecorded;
use wharf_store::meta::device_code::{DeviceCode, DeviceCodeState};
use wharf_store::meta::user::User;
use wharf_types::access::{Action, Grant};
use wharf_types::id::TenantId;
use wharf_types::journal::JournalKind;
use wharf_types::secret::{Secret, SecretKind};
use wharf_types::time::Time;

use super::consent::must_be_agreed;
use super::{Client, ClientKind, GrantError, GrantScope, Permission, PersonTokens};
use crate::access::grants_of;
use crate::identity::people::user_entry;
use crate::identity::{Browser, BrowserSession};
use crate::{App, DeviceCodeFlow, Error};

/// How long the codes are good.
pub const DEVICE_CODE_LIFE: Duration = Duration::from_secs(15 * 60);
const INTERVAL_S: i64 = 5;
/// How much longer a device has to wait after each poll that came too early (RFC 8628 §3.5).
const SLOWER_BY_S: i64 = 5;
/// Letters without vowels, so that no code is a word (RFC 8628 §6.1): 20 to the power of 8 is more than 34 bits.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const USER_CODE_LETTERS: usize = 8;

/// What a device asks for.
#[derive(Clone, Debug)]
pub struct DeviceCodeRequest {
    /// The directory.
    pub tenant: TenantId,
    /// The client.
    pub client: Client,
    /// What is asked for.
    pub scope: GrantScope,
}

/// The two codes of a device.
#[derive(Clone, Debug)]
pub struct IssuedDeviceCode {
    /// What it polls with.
    pub device_code: Secret,
    /// What the person types, in two groups.
    pub user_code: String,
    /// How long to wait between two polls, in seconds.
    pub interval_s: u64,
}

/// The letters of what somebody typed, as they are stored; none when it is no code.
fn plain_user_code(text: &str) -> Option<String> {
    let letters: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_uppercase())
        .take(USER_CODE_LETTERS + 1)
        .collect();
    let is_code = letters.len() == USER_CODE_LETTERS && letters.bytes().all(|b| LETTERS.contains(&b));
    is_code.then_some(letters)
}

impl App {
    /// Gives a device its codes: to one source only so many a minute, since anybody may ask.
    pub async fn device_code_issue(
        &self,
        device: &Browser,
        request: &DeviceCodeRequest,
    ) -> Result<IssuedDeviceCode, Error> {
        let entropy = self.inner.environment.entropy.as_ref();
        let device_code = Secret::generate(SecretKind::DeviceCode, entropy);
        let now = device.caller.now;
        let asks = &self.inner.device_code_throttle;
        asks.admit(device.caller.address, now)?;
        asks.failed(device.caller.address, now);
        // Somebody else may have the same user code just now: it is as likely as one in a hundred million.
        for _ in 0..3 {
            let user_code = self.user_code();
            let code = DeviceCode {
                code_hash: device_code.sha256(),
                user_code: user_code.clone(),
                tenant: request.tenant,
                client: request.client.id,
                scope: request.scope.granted.clone(),
                state: DeviceCodeState::Pending,
                interval_s: INTERVAL_S,
                polled_at: None,
                user_agent: device.user_agent.clone(),
                address: device.address(),
                created_at: now,
                expires_at: now + DEVICE_CODE_LIFE,
            };
            let mut tx = self.inner.meta.begin(now).await?;
            match tx.device_code_insert(&code).await {
                Err(StoreError::Conflict(_)) => continue,
                other => other?,
            }
            tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
            let (first, second) = user_code.split_at(USER_CODE_LETTERS / 2);
            return Ok(IssuedDeviceCode {
                device_code,
                user_code: format!("{first}-{second}"),
                interval_s: INTERVAL_S.unsigned_abs(),
            });
        }
        Err(Error::Contended)
    }

    fn user_code(&self) -> String {
        let mut code = String::new();
        while code.len() < USER_CODE_LETTERS {
            let mut random = [0; 16];
            self.inner.environment.entropy.fill(&mut random);
            // 240 is the largest multiple of 20 in a byte.
            let letters = random.iter().filter(|byte| **byte < 240);
            let letters = letters.map(|byte| char::from(LETTERS[usize::from(byte % 20)]));
            code.extend(letters.take(USER_CODE_LETTERS - code.len()));
        }
        code
    }

    /// The device whose code a signed-in person typed. Wrong ones are counted like wrong passwords, so that nobody finds a stranger's device by trying.
    pub async fn device_code_find(
        &self,
        browser: &Browser,
        session: &BrowserSession,
        typed: &str,
    ) -> Result<DeviceCode, Error> {
        session.require_fresh(browser.caller.now)?;
        let account = format!("device/{}", session.user.id);
        let admitted = self.attempt_admit(browser.caller, &account).await?;
        let found = match plain_user_code(typed).filter(|_| admitted) {
            Some(code) => {
                let mut read = self.inner.meta.read().await?;
                read.device_code_pending(&code, browser.caller.now).await?
            }
            None => None,
        };
        match found.filter(|code| code.tenant == session.user.tenant) {
            Some(code) => Ok(code),
            None => {
                self.attempt_failed(browser.caller, &account, None, admitted).await?;
                Err(Error::not_found("device code", ""))
            }
        }
    }

    /// Whether somebody may let a device in: by default those who can give rights to others do not do it this way (rule 18).
    pub async fn device_code_allowed(&self, user: &User) -> Result<bool, Error> {
        match self.inner.settings.device_code {
            DeviceCodeFlow::Off => Ok(false),
            DeviceCodeFlow::Everybody => Ok(true),
            DeviceCodeFlow::NotOwners => {
                let grants = grants_of(&mut self.inner.meta.read().await?, user.tenant, user.id).await?;
                let gives = |grant: &Grant| grant.role.permissions.permit(Action::RoleAssignmentWrite);
                Ok(!grants.iter().any(gives))
            }
        }
    }

    /// The client that a device uses, and what that asks for; none where it is no client any more.
    async fn device_client(&self, code: &DeviceCode) -> Result<Option<(Client, GrantScope)>, Error> {
        let found = self.client_find(&code.client.to_string(), Some(code.tenant)).await?;
        let base_url = self.inner.settings.public.base_url();
        Ok(found.filter(Client::allows_devices).and_then(|client| {
            let scope = GrantScope::parse(&code.scope, &base_url, &client).ok()?;
            Some((client, scope))
        }))
    }

    /// The name of the client that a device uses, and what the person would agree to; nothing of that for the command line, which does all that they may.
    pub async fn device_code_client(&self, code: &DeviceCode) -> Result<(String, Vec<Permission>), Error> {
        Ok(match self.device_client(code).await? {
            Some((client, _)) if client.is_built_in() => (client.display_name, Vec::new()),
            Some((client, scope)) => (client.display_name, scope.permissions()),
            None => return Err(Error::not_found("device code", "")),
        })
    }

    /// Lets the device in, or keeps it out.
    pub async fn device_code_decide(
        &self,
        browser: &Browser,
        session: &BrowserSession,
        typed: &str,
        approve: bool,
    ) -> Result<(), Error> {
        let code = self.device_code_find(browser, session, typed).await?;
        let approve = approve && self.device_code_allowed(&session.user).await?;
        // The page says what the device will be able to do: to let it in is to agree to that.
        let agreed = match approve {
            true => Some(
                self.device_client(&code)
                    .await?
                    .ok_or_else(|| Error::not_found("device code", ""))?,
            ),
            false => None,
        };
        let now = browser.caller.now;
        let authenticated_at = session.session.authenticated_at.ok_or(Error::Unauthenticated)?;
        let mut tx = self.inner.meta.begin(now).await?;
        let decided = if approve {
            tx.device_code_approve(&code.user_code, session.user.id, authenticated_at, now)
                .await?
        } else {
            tx.device_code_deny(&code.user_code, now).await?
        };
        if !decided {
            return Err(Error::not_found("device code", ""));
        }
        if let Some((client, scope)) = &agreed {
            self.consent_write(&mut tx, browser, &session.user, client, scope)
                .await?;
        }
        tx.sign_in_succeeded(&format!("device/{}", session.user.id)).await?;
        let payload = json!({"client": code.client, "approved": approve, "device": code.address});
        let kind = JournalKind::DeviceCodeDecide;
        tx.commit(&user_entry(browser.caller, &session.user, kind, payload))
            .await?;
        Ok(())
    }

    /// A device asks whether it may come in.
    pub async fn device_code_redeem(
        &self,
        device: &Browser,
        tenant: Option<TenantId>,
        client: &Client,
        device_code: &Secret,
    ) -> Result<PersonTokens, GrantError> {
        let now = device.caller.now;
        let hash = device_code.sha256();
        if self.inner.settings.device_code == DeviceCodeFlow::Off {
            return Err(GrantError::Denied);
        }
        let mut tx = self.inner.meta.begin(now).await?;
        let found = tx.device_code_hold(&hash).await?;
        let found = found.filter(|code| code.client == client.id && tenant.is_none_or(|tenant| tenant == code.tenant));
        let Some(code) = found else {
            return Err(GrantError::Grant("The device code is not known."));
        };
        if code.expires_at <= now {
            return Err(GrantError::Expired);
        }
        let (user, authenticated_at) = match code.state {
            DeviceCodeState::Pending => {
                let (refused, interval_s) = poll(&code, now);
                tx.device_code_polled(&hash, interval_s, now).await?;
                tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
                return Err(refused);
            }
            DeviceCodeState::Denied => return Err(GrantError::Denied),
            DeviceCodeState::Redeemed => return Err(GrantError::Grant("The device code was used.")),
            DeviceCodeState::Approved { user, authenticated_at } => (user, authenticated_at),
        };
        let user = tx.user_get(code.tenant, user).await?.filter(|user| user.enabled);
        let user = user.ok_or(GrantError::Denied)?;
        // They may have been given more since.
        if !self.device_code_allowed(&user).await? {
            return Err(GrantError::Denied);
        }
        let scope = GrantScope::parse(&code.scope, &self.inner.settings.public.base_url(), client)?;
        // They may have thought better of it, and it may be no client of devices any more.
        must_be_agreed(&mut tx, client, user.id, &scope).await?;
        if !client.allows_devices() {
            return Err(GrantError::Device);
        }
        if !tx.device_code_redeem(&hash, now).await? {
            return Err(GrantError::Grant("The device code was used."));
        }
        let family = self
            .family_begin(
                &mut tx,
                device,
                &user,
                (client.id, ClientKind::Native),
                &scope,
                authenticated_at,
            )
            .await?;
        tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
        Ok(self.person_tokens(client, &user, &family, scope, None, now)?)
    }
}

/// What a poll is told while nobody has decided, and how long the device has to wait from now on.
fn poll(code: &DeviceCode, now: Time) -> (GrantError, i64) {
    let wait = Duration::from_secs(code.interval_s.unsigned_abs());
    match code.polled_at {
        Some(at) if now < at + wait => (GrantError::SlowDown, code.interval_s + SLOWER_BY_S),
        _ => (GrantError::Pending, code.interval_s),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_same_however_it_is_typed() {
        assert_eq!(plain_user_code(" bcdf-ghjk "), Some("BCDFGHJK".to_owned()));
        for wrong in ["", "BCDF-GHJ", "BCDF-GHJKL", "ABCD-EFGH", "BCDF GHJ9"] {
            assert_eq!(plain_user_code(wrong), None, "{wrong}");
        }
    }
}
