//! Randomness as an argument, and what is made of it.

use uuid::Uuid;

/// Where random bytes come from. The product asks the operating system; tests use a seed, so that a failure can be repeated.
pub trait Entropy: Send + Sync {
    /// Fills `buffer` with random bytes.
    fn fill(&self, buffer: &mut [u8]);

    /// A random (version 4) UUID.
    fn uuid(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}
