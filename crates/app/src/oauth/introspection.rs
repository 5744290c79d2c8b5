//! Whether a token is good (RFC 7662), the end of one (RFC 7009), and who it is for (OpenID Connect Core 1.0 §5.3).

use serde_json::json;
use wharf_store::meta::user::User;
use wharf_types::access::Principal;
use wharf_types::id::TenantId;
use wharf_types::journal::JournalKind;
use wharf_types::oauth::{DirectoryAccessClaims, IntrospectionAnswer};
use wharf_types::secret::Secret;

use super::{ClientKind, GrantError, PresentedClient};
use crate::identity::people::user_entry;
use crate::identity::tokens::DIRECTORY_ACCESS;
use crate::identity::{Audience, Browser, Caller};
use crate::{App, Error};

/// A person, as a client may see them.
#[derive(Clone, Debug)]
pub struct SeenUser {
    /// Who.
    pub user: User,
    /// Whether the client may see their names.
    pub profile: bool,
    /// Whether it may see their address.
    pub email: bool,
}

impl App {
    /// What a token is, for a client of the tenant `asker`, which proved who it is. Nothing but "no" is said of one that is not good now.
    pub async fn token_introspect(
        &self,
        caller: Caller,
        asker: TenantId,
        token: &str,
    ) -> Result<IntrospectionAnswer, Error> {
        let claims = Audience::ALL
            .into_iter()
            .find_map(|audience| self.directory_token_verify(token, audience, caller.now));
        let Some(claims) = claims.filter(|claims| claims.tid == asker) else {
            return Ok(IntrospectionAnswer::default());
        };
        let Ok(principal) = claims.sub.parse() else {
            return Ok(IntrospectionAnswer::default());
        };
        match self.subject(claims.tid, principal, claims.cid, caller.now).await {
            Err(Error::Unauthenticated) => Ok(IntrospectionAnswer::default()),
            Err(error) => Err(error),
            Ok(_) => Ok(IntrospectionAnswer {
                active: true,
                iss: Some(claims.iss),
                sub: Some(claims.oid.to_string()),
                aud: Some(claims.aud),
                client_id: Some(claims.appid.to_string()),
                username: claims.upn,
                exp: Some(claims.exp),
                iat: Some(claims.iat),
                token_type: Some("Bearer".to_owned()),
            }),
        }
    }

    /// A client gives back what it has: the family of the token ends. A token that is not one, or is not the client's, changes nothing and is no error
    /// (RFC 7009 §2.2).
    pub async fn token_revoke(
        &self,
        program: &Browser,
        presented: &PresentedClient,
        token: &Secret,
    ) -> Result<(), GrantError> {
        let family = match self.refresh_token_read(token).await? {
            Some((family, _)) => Some(family),
            None => {
                let claims: Option<DirectoryAccessClaims> = self.inner.signer.verify(DIRECTORY_ACCESS, token.expose());
                match claims {
                    Some(claims) => self.inner.meta.read().await?.refresh_family_get(claims.cid).await?,
                    None => None,
                }
            }
        };
        let Some(family) = family.filter(|family| family.client == presented.client.id) else {
            return Ok(());
        };
        // A server proves who it is before it ends anything (rule 19); a page and a program have nothing to prove it with.
        if family.kind == ClientKind::Web {
            presented.must_be(family.kind)?;
        }
        let mut tx = self.inner.meta.begin(program.caller.now).await?;
        let user = tx.user_get(family.tenant, family.user).await?;
        if let Some(user) = user
            && tx.refresh_family_delete(user.id, family.id).await?
        {
            let payload = json!({"session": family.id, "reason": "the client gave it back"});
            tx.commit(&user_entry(program.caller, &user, JournalKind::UserSessionEnd, payload))
                .await?;
        }
        Ok(())
    }

    /// The person that a token is for, and what of them its client may see.
    pub async fn token_user(&self, caller: Caller, token: &str) -> Result<SeenUser, Error> {
        let narrow = self.directory_token_verify(token, Audience::UserInfo, caller.now);
        let audience = match &narrow {
            Some(_) => Audience::UserInfo,
            None => Audience::Graph,
        };
        let ctx = self.directory_caller(caller, audience, token).await?;
        let Principal::User(id) = ctx.subject.principal else {
            return Err(Error::Unauthenticated);
        };
        let user = self.inner.meta.read().await?.user_get(ctx.subject.tenant, id).await?;
        // Whoever may ask the graph sees all of it there.
        let scope = narrow.map(|claims| claims.scp.unwrap_or_default());
        let sees = |word| {
            scope
                .as_ref()
                .is_none_or(|scope| scope.split(' ').any(|known| known == word))
        };
        Ok(SeenUser {
            user: user.ok_or(Error::Unauthenticated)?,
            profile: sees("profile"),
            email: sees("email"),
        })
    }
}
