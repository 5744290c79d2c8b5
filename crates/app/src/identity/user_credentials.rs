//! What a person came with: the session that their sign-in began.

use wharf_store::meta::Read;
use wharf_store::meta::user::User;
use wharf_types::id::KeyId;
use wharf_types::time::Time;

use crate::Error;

/// Until when `credential`, which is a session of `user`, is good, if it is now.
///
/// Nothing begins sessions of people in this version, so none is: a token that names one is refused like one of a session that ended (rule 25).
pub(crate) async fn user_credential(
    _read: &mut Read,
    _user: &User,
    _credential: KeyId,
    _now: Time,
) -> Result<Time, Error> {
    Err(Error::Unauthenticated)
}
