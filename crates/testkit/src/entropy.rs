//! Bytes that look random and come again with the same seed.

use std::sync::{Mutex, PoisonError};

use wharf_types::entropy::Entropy;

/// Seeded entropy (SplitMix64): good for telling ids apart, good for nothing else.
pub struct TestEntropy(Mutex<u64>);

impl TestEntropy {
    /// The bytes of this seed.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Entropy for TestEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for piece in buffer.chunks_mut(8) {
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = *state;
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            word ^= word >> 31;
            piece.copy_from_slice(&word.to_le_bytes()[..piece.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_bytes_and_another_seed_others() {
        let first = |seed| TestEntropy::new(seed).uuid();
        assert_eq!(first(1), first(1));
        assert_ne!(first(1), first(2));
    }
}
