//! What a person came with: a session of their browser, or what a client was given on their behalf.

use wharf_store::meta::Read;
use wharf_store::meta::user::User;
use wharf_store::meta::web_session::WebSessionStage;
use wharf_types::id::KeyId;
use wharf_types::time::Time;

use crate::Error;
use crate::identity::people::{IDLE, session_holds};
use crate::oauth::PUBLIC_CLIENT;

/// Until when `credential`, which is a session of `user`, is good, if it is now.
///
/// What an application was given ends when the application is disabled or gone. A token ends with the credential that it was issued for, so that "sign out everywhere" is true of what clients hold (rules 25, 26).
pub(crate) async fn user_credential(read: &mut Read, user: &User, credential: KeyId, now: Time) -> Result<Time, Error> {
    if let Some(family) = read.refresh_family_get(credential).await? {
        if family.client != PUBLIC_CLIENT {
            let client = read.service_principal_by_app_id(family.client).await?;
            client.filter(|client| client.enabled).ok_or(Error::Unauthenticated)?;
        }
        let holds = family.user == user.id && family.tenant == user.tenant && now < family.expires_at;
        return holds.then_some(family.expires_at).ok_or(Error::Unauthenticated);
    }
    let session = read.web_session_get(user.id, credential).await?;
    let session = session.filter(|session| session.stage == WebSessionStage::Complete && session_holds(session, now));
    let session = session.ok_or(Error::Unauthenticated)?;
    Ok(session.expires_at.min(session.seen_at + IDLE))
}
