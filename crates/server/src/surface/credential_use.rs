//! What is shown of a credential's use, beside what the cloud's answers hold: so that people see which one can be replaced.

use wharf_app::identity::LastUse;
use wharf_types::rotation::{CredentialUse, LastUsed, Rotation};
use wharf_types::time::Time;

/// Of one credential. `uses` are the last uses of all that open the same, itself among them.
pub(super) fn credential_use(
    created_at: Time,
    last: Option<&LastUse>,
    uses: &[Option<Time>],
    now: Time,
) -> CredentialUse {
    let rotation = Rotation::of(last.map(|used| used.at), uses.iter().copied(), now);
    let last_used = last.map(|used| LastUsed {
        date_time: used.at.into(),
        ip_address: used.from.clone(),
        client: used.client.clone(),
    });
    CredentialUse {
        created_date_time: created_at.into(),
        last_used,
        rotation,
        safe_to_regenerate: rotation.is_safe(),
    }
}
