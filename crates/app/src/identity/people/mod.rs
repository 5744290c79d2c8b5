//! How a person proves who they are: a password, then a second factor (a code, a passkey) or a recovery code; or a passkey alone (rules 1, 2, 6, 8 to 11).
//!
//! The proof is kept as a session of their browser, of which only a finished one has rights. Tokens that clients were given on a person's behalf are families
//! ([`crate::oauth`]). Both are credentials: every request looks whether the one that it came with is still there.

mod attempt;
mod enrolment;
mod factor;
mod first_owner;
mod form;
mod invitation;
mod passkeys;
mod password;
mod session;

pub use enrolment::{Confirmed, FactorOffer};
pub use first_owner::FirstPerson;
pub use invitation::INVITATION_LIFE;
pub use passkeys::{Factor, Factors, PasskeyAnswer, PasskeyAsk};
pub use session::{Browser, BrowserSession, SignInProgress};
pub(crate) use session::{HALF_WAY, IDLE, LIFE, holds as session_holds, user_entry};

use std::time::Duration;

/// How long ago the second factor may have been shown for what must not be done with a session that somebody left open (rule 11).
pub(crate) const FRESH: Duration = Duration::from_secs(5 * 60);
