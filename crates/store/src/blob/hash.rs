//! A SHA-256 sum that can be put down and taken up again.

use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::{Digest as _, Sha256};
use wharf_types::digest::Digest;

use crate::StoreError;

/// The sum of an upload's bytes so far. Its state is stored with the session, so that another process goes on where this one stopped and no byte is
/// hashed twice.
#[derive(Clone, Debug, Default)]
pub struct RunningHash(Sha256);

impl RunningHash {
    /// Takes more bytes in.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes.
    pub fn digest(&self) -> Digest {
        Digest::Sha256(self.0.clone().finalize().into())
    }

    /// What [`Self::resume`] continues from.
    pub fn state(&self) -> Vec<u8> {
        self.0.serialize().to_vec()
    }

    /// Continues from a stored state.
    pub fn resume(state: &[u8]) -> Result<Self, StoreError> {
        let damaged = || StoreError::corrupt("uploads", "hash_state", "is not a state of SHA-256");
        let state = SerializedState::<Sha256>::try_from(state).map_err(|_| damaged())?;
        Sha256::deserialize(&state).map(Self).map_err(|_| damaged())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wharf_types::digest::Algorithm;

    #[test]
    fn a_sum_goes_on_where_it_was_put_down() {
        let content: Vec<u8> = (0..10_000_u32).map(|n| n as u8).collect();
        for at in [0, 1, 63, 64, 65, 5000, 10_000] {
            let mut first = RunningHash::default();
            first.update(&content[..at]);
            let mut second = RunningHash::resume(&first.state()).unwrap();
            second.update(&content[at..]);
            assert_eq!(second.digest(), Digest::of(Algorithm::Sha256, &content));
        }
    }

    #[test]
    fn a_damaged_state_is_an_error() {
        assert!(RunningHash::resume(b"").is_err());
        assert!(RunningHash::resume(&[0xff; 105]).is_err());
    }
}
