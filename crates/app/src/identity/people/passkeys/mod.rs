//! Passkeys (WebAuthn Level 2, rule 9): a second factor, and a sign-in by themselves.
//!
//! What the standard asks to be verified is verified by `webauthn-rs`: type, challenge, origin, the party's id, presence and verification of the user,
//! algorithm, signature, counter. Ours are whose challenge it is and that it is good once ([`ceremony`]), whose credential it is, and what follows
//! ([decision 0019](../../../../../../docs/decisions/0019-passkeys.md)).

mod ceremony;
mod enrol;
mod factors;
mod prove;

pub use ceremony::{PasskeyAnswer, PasskeyAsk};
pub use factors::{Factor, Factors};

use url::Url;
use webauthn_rs::{Webauthn, WebauthnBuilder};

use crate::App;

impl App {
    /// The party that passkeys are made for: the base host. None where browsers have no passkeys, which is at an address that is not a name.
    fn webauthn(&self) -> Option<Webauthn> {
        let public = &self.inner.settings.public;
        let origin = Url::parse(&public.base_url()).ok()?;
        let builder = WebauthnBuilder::new(&public.domain, &origin).ok()?;
        builder.rp_name("Wharf").timeout(ceremony::LIFE).build().ok()
    }
}
