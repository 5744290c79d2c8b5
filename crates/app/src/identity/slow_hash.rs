//! Hashing of secrets that people chose: Argon2id, a few at a time (rules 2, 4).

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::hmac;
use moka::sync::Cache;
use subtle::ConstantTimeEq;
use tokio::sync::{Semaphore, oneshot};
use wharf_types::entropy::Entropy;
use wharf_types::secret::Secret;

use crate::Error;

const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;
/// Whoever waits longer for a slot is sent away: the queue is bounded by time and by [`MOST_WAITING`].
const PATIENCE: Duration = Duration::from_secs(5);
const MOST_WAITING: usize = 32;

/// The pool that slow hashes are computed in.
///
/// A client that sends its secret with each request would keep the pool busy for ever: what was recognised is remembered for a while, as an HMAC under
/// a key that only this process has.
pub(crate) struct SlowHasher {
    slots: Arc<Semaphore>,
    waiting: Semaphore,
    recognised: Cache<String, [u8; 32]>,
    key: hmac::Key,
}

/// How long a recognised secret is remembered, and how many.
const REMEMBERED_FOR: Duration = Duration::from_secs(300);
const MOST_REMEMBERED: u64 = 1000;

impl SlowHasher {
    pub(crate) fn new(slots: usize, entropy: &dyn Entropy) -> Self {
        let mut key = [0; 32];
        entropy.fill(&mut key);
        Self {
            slots: Arc::new(Semaphore::new(slots.max(1))),
            waiting: Semaphore::new(MOST_WAITING),
            recognised: Cache::builder()
                .max_capacity(MOST_REMEMBERED)
                .time_to_live(REMEMBERED_FOR)
                .build(),
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
        }
    }

    /// Whether this secret was recognised under `stored` lately.
    pub(crate) fn recognises(&self, stored: &str, secret: &Secret) -> bool {
        let tag = self.tag(secret);
        self.recognised
            .get(stored)
            .is_some_and(|known| known.ct_eq(&tag).into())
    }

    fn tag(&self, secret: &Secret) -> [u8; 32] {
        let mut tag = [0; 32];
        tag.copy_from_slice(hmac::sign(&self.key, secret.expose().as_bytes()).as_ref());
        tag
    }

    /// The hash that a chosen secret is stored under.
    pub(crate) async fn hash(&self, entropy: &dyn Entropy, secret: &Secret) -> Result<String, Error> {
        let mut salt = [0; SALT_BYTES];
        entropy.fill(&mut salt);
        let secret = secret.clone();
        self.run(move || {
            let hash = hasher().hash_password_with_salt(secret.expose().as_bytes(), &salt);
            hash.map(|hash| hash.to_string())
                .map_err(|_| Error::invalid("the secret cannot be hashed"))
        })
        .await?
    }

    /// Whether the secret is the one that was stored under `stored`; with no stored hash, no, after the same work (rule 5).
    pub(crate) async fn verify(&self, stored: Option<&str>, secret: &Secret) -> Result<bool, Error> {
        let tag = self.tag(secret);
        let (owned, secret) = (stored.map(str::to_owned), secret.clone());
        let right = self
            .run(move || match owned.as_deref().map(PasswordHash::new) {
                Some(Ok(hash)) if is_bounded(&hash) => {
                    hasher().verify_password(secret.expose().as_bytes(), &hash).is_ok()
                }
                _ => {
                    // The result does not matter, the time does.
                    let _ = hasher().hash_password_with_salt(secret.expose().as_bytes(), &[0; SALT_BYTES]);
                    false
                }
            })
            .await?;
        if let Some(stored) = stored.filter(|_| right) {
            self.recognised.insert(stored.to_owned(), tag);
        }
        Ok(right)
    }

    /// A slot is held until the work ends, also when whoever asked is gone: it goes into the thread with the work.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let _place = self.waiting.try_acquire().map_err(|_| Error::Busy)?;
        let slot = tokio::time::timeout(PATIENCE, Arc::clone(&self.slots).acquire_owned()).await;
        let slot = slot.map_err(|_| Error::Busy)?.map_err(|_| Error::Busy)?;
        let (done, result) = oneshot::channel();
        let work = move || {
            give_way();
            let _slot = slot;
            // Whoever asked may be gone.
            drop(done.send(work()));
        };
        // A thread of its own, for a tenth of a second of work: what is slow here must not make others' reads slow.
        let thread = thread::Builder::new().name("password".to_owned()).spawn(work);
        thread.map_err(|_| Error::Busy)?;
        result.await.map_err(|_| Error::Busy)
    }
}

/// Lets every other thread go first while there is more to do than cores: a flood of passwords must not take the pulls' time. With the kernel's weights,
/// two hashes and one thread of ours share a core by about 1 to 5.
fn give_way() {
    // On Linux this is the thread's alone. Where it is not permitted, hashes take their share as everything does.
    #[cfg(target_os = "linux")]
    rustix::process::nice(NICE).ok();
}

#[cfg(target_os = "linux")]
const NICE: i32 = 10;

fn hasher() -> Argon2<'static> {
    // These parameters are within the library's bounds, which a test shows.
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// A stored hash must not make this process take more memory or time than ours would (rule 2: "bounded on read").
fn is_bounded(hash: &PasswordHash) -> bool {
    let parameter = |name: &str| hash.params.get_decimal(name).unwrap_or(u32::MAX);
    parameter("m") <= 4 * MEMORY_KIB && parameter("t") <= 4 * PASSES && parameter("p") <= 4
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemEntropy;

    #[tokio::test]
    async fn a_chosen_secret_is_recognised_and_another_is_not() {
        let pool = SlowHasher::new(1, &SystemEntropy);
        let secret = Secret::new("correct horse battery staple");
        let stored = pool.hash(&SystemEntropy, &secret).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=65536,t=2,p=1$"), "{stored}");
        assert!(!pool.recognises(&stored, &secret));
        assert!(pool.verify(Some(&stored), &secret).await.unwrap());
        assert!(pool.recognises(&stored, &secret));
        assert!(!pool.recognises(&stored, &Secret::new("wrong")));
        assert!(!pool.verify(Some(&stored), &Secret::new("wrong")).await.unwrap());
        assert!(!pool.verify(None, &secret).await.unwrap());
        assert!(
            !pool
                .verify(
                    Some("$argon2id$v=19$m=4194304,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA"),
                    &secret
                )
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn beyond_the_queue_the_answer_is_busy() {
        let pool = SlowHasher::new(1, &SystemEntropy);
        let _places = pool
            .waiting
            .acquire_many(u32::try_from(MOST_WAITING).unwrap())
            .await
            .unwrap();
        assert!(matches!(pool.verify(None, &Secret::new("x")).await, Err(Error::Busy)));
    }
}
