//! Refresh tokens of people: each is good once, and a family ends when an old one is brought (rule 17, RFC 9700 §4.14.2).
//!
//! A token names its family and its place in the chain, under a seal that is made of the family's salt and the master key: nothing is stored that opens
//! anything, an old token is known as what it is, and two requests at one moment get the same next token.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use wharf_store::meta::Unrecorded;
use wharf_store::meta::refresh_family::RefreshFamily;
use wharf_types::id::{KeyId, TenantId};
use wharf_types::journal::JournalKind;
use wharf_types::secret::Secret;

use super::consent::must_be_agreed;
use super::{GrantError, GrantScope, PersonTokens, PresentedClient};
use crate::identity::Browser;
use crate::identity::people::user_entry;
use crate::{App, Error};

const PREFIX: &str = "whrt_";
const PURPOSE: &str = "refresh token";
/// The token before the latest may be brought for so long: a client whose answer was lost asks again, and two of its processes may ask at once.
const GRACE: Duration = Duration::from_secs(10);

const REFUSED: GrantError = GrantError::Grant("The refresh token has expired or was revoked: sign in again.");

/// A token, read.
struct Parts {
    family: KeyId,
    generation: i64,
    seal: [u8; 32],
}

impl Parts {
    fn parse(token: &Secret) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(token.expose().strip_prefix(PREFIX)?).ok()?;
        let (family, rest) = bytes.split_at_checked(16)?;
        let (generation, seal) = rest.split_at_checked(8)?;
        Some(Self {
            family: KeyId(uuid::Uuid::from_slice(family).ok()?),
            generation: i64::from_be_bytes(generation.try_into().ok()?),
            seal: seal.try_into().ok()?,
        })
    }
}

impl App {
    /// The token of that place in the family's chain.
    pub(super) fn refresh_token_of(&self, family: &RefreshFamily, generation: i64) -> Secret {
        let (id, place) = (family.id.0.as_bytes(), generation.to_be_bytes());
        let seal = self.inner.vault.authenticate(PURPOSE, &[id, &place, &family.salt]);
        let bytes = [&id[..], &place, &seal].concat();
        Secret::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The family of a token of ours, and the token's place in the chain.
    pub(super) async fn refresh_token_read(&self, token: &Secret) -> Result<Option<(RefreshFamily, i64)>, Error> {
        let Some(parts) = Parts::parse(token) else {
            return Ok(None);
        };
        let found = self.inner.meta.read().await?.refresh_family_get(parts.family).await?;
        Ok(found.and_then(|family| {
            let fields = [
                &family.id.0.as_bytes()[..],
                &parts.generation.to_be_bytes(),
                &family.salt,
            ];
            let ours = self.inner.vault.is_authentic(PURPOSE, &fields, &parts.seal);
            ours.then_some((family, parts.generation))
        }))
    }

    /// New tokens for a refresh token, for whichever resource is asked for now; for what was granted at first where none is.
    pub async fn refresh_redeem(
        &self,
        program: &Browser,
        tenant: Option<TenantId>,
        presented: &PresentedClient,
        token: &Secret,
        scope: Option<&str>,
    ) -> Result<PersonTokens, GrantError> {
        let (now, client) = (program.caller.now, &presented.client);
        let base_url = self.inner.settings.public.base_url();
        let read = |scope: &str| GrantScope::parse(scope, &base_url, client);
        let asked = scope.map(read).transpose()?;
        let Some((family, generation)) = self.refresh_token_read(token).await? else {
            return Err(REFUSED);
        };
        let ours = family.client == client.id
            && tenant.is_none_or(|tenant| tenant == family.tenant)
            && now < family.expires_at;
        if !ours {
            return Err(REFUSED);
        }
        presented.must_be(family.kind)?;
        let scope = asked.map_or_else(|| read(&family.scope), Ok)?;
        // Before the transaction, which waits for the database alone.
        if !self
            .directories_look(program.caller, family.tenant, family.user)
            .await?
        {
            return Err(REFUSED);
        }
        let mut tx = self.inner.meta.begin(now).await?;
        let user = tx.user_get(family.tenant, family.user).await?;
        let Some(user) = user.filter(|user| user.enabled) else {
            return Err(REFUSED);
        };
        must_be_agreed(&mut tx, client, user.id, &scope).await?;
        let address = program.address();
        // As it is now: after this rotation, or after that of another request.
        let family = if tx.refresh_family_rotate(family.id, generation, &address, now).await? {
            RefreshFamily {
                generation: generation + 1,
                rotated_at: now,
                address,
                ..family
            }
        } else {
            tx.refresh_family_get(family.id).await?.ok_or(REFUSED)?
        };
        if generation + 1 != family.generation || family.rotated_at + GRACE < now {
            tx.refresh_family_delete(user.id, family.id).await?;
            let payload = json!({"session": family.id, "reason": "an old refresh token was brought"});
            tx.commit(&user_entry(program.caller, &user, JournalKind::UserSessionEnd, payload))
                .await?;
            tracing::warn!(session = %family.id, "an old refresh token was brought: its family was ended");
            return Err(REFUSED);
        }
        tx.commit_unrecorded(Unrecorded::Bookkeeping).await?;
        let mut tokens = self.person_tokens(client, &user, &family, scope, None, now)?;
        tokens.refresh_token = Some(self.refresh_token_of(&family, family.generation));
        Ok(tokens)
    }
}
