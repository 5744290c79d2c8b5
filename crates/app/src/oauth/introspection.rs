//! Whether a token is good (RFC 7662), the end of one (RFC 7009), and who it is for (OpenID Connect Core 1.0 §5.3).

use serde_json::json;
use wharf_store::meta::user::User;
use wharf_types::access::Principal;
use wharf_types::id::TenantId;
use wharf_types::journal::JournalKind;
use wharf_types::oauth::{DirectoryAccessClaims, IntrospectionAnswer};
use wharf_types::secret::Secret;

use super::{Client, GrantError};
use crate::identity::people::user_entry;
use crate::identity::tokens::DIRECTORY_ACCESS;
use crate::identity::{Audience, Browser, Caller};
use crate::{App, Error};

impl App {
    /// What a token is, for a service principal of its tenant that shows its secret. Nothing but "no" is said of one that is not good now.
    pub async fn token_introspect(
        &self,
        caller: Caller,
        tenant: Option<TenantId>,
        client_id: &str,
        client_secret: &Secret,
        token: &str,
    ) -> Result<IntrospectionAnswer, Error> {
        let (asker, _) = self.directory_sign_in(caller, tenant, client_id, client_secret).await?;
        let claims = [Audience::ResourceManager, Audience::Graph, Audience::Registry]
            .into_iter()
            .find_map(|audience| self.directory_token_verify(token, audience, caller.now));
        let Some(claims) = claims.filter(|claims| claims.tid == asker.tenant) else {
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
    pub async fn token_revoke(&self, program: &Browser, client: Client, token: &Secret) -> Result<(), GrantError> {
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
        let Some(family) = family.filter(|family| family.client == client.id) else {
            return Ok(());
        };
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

    /// The person that a token of the graph is for.
    pub async fn token_user(&self, caller: Caller, token: &str) -> Result<User, Error> {
        let ctx = self.directory_caller(caller, Audience::Graph, token).await?;
        let Principal::User(id) = ctx.subject.principal else {
            return Err(Error::Unauthenticated);
        };
        let user = self.inner.meta.read().await?.user_get(ctx.subject.tenant, id).await?;
        user.ok_or(Error::Unauthenticated)
    }
}
