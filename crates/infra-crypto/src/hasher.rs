//! bcrypt in a bounded queue.
//!
//! A check costs a processor a quarter of a second, so a storm of sign-ins could stop everything:
//! all processors but one may hash at a time, a few requests may wait, the rest is told at once to
//! come back. bcrypt reads 72 bytes only; a keyed digest before it makes every byte of a password
//! of any length count.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::ports::{HashError, PasswordHasher, Place};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

/// Requests that may wait for a processor.
pub const QUEUE: usize = 8;

/// bcrypt over a digest of the password.
#[derive(Clone)]
pub struct BcryptHasher {
    cost: u32,
    permits: usize,
    gate: Arc<Semaphore>,
    inside: Arc<Mutex<Inside>>,
    label: hmac::Key,
    /// Hash of no known password, for accounts that do not exist.
    dummy: Arc<str>,
}

impl std::fmt::Debug for BcryptHasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BcryptHasher")
            .field("cost", &self.cost)
            .finish_non_exhaustive()
    }
}

impl BcryptHasher {
    /// With this work factor, on all processors but one.
    ///
    /// # Errors
    /// When the work factor is not one of bcrypt's.
    pub fn new(cost: u32) -> Result<Self, HashError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self::with_permits(cost, cores.saturating_sub(1).max(1))
    }

    /// With this work factor and number of hashes at a time.
    ///
    /// # Errors
    /// When the work factor is not one of bcrypt's.
    pub fn with_permits(cost: u32, permits: usize) -> Result<Self, HashError> {
        if !(4..=31).contains(&cost) {
            return Err(HashError::Failed(format!(
                "{cost} is not a work factor of bcrypt"
            )));
        }
        // Written down rather than computed: computing it would delay every start.
        let dummy = format!("$2b${cost:02}${}", ".".repeat(22 + 31));
        Ok(Self {
            cost,
            permits,
            gate: Arc::new(Semaphore::new(permits)),
            inside: Arc::default(),
            // Public: it only keeps these digests apart from lists of other systems' digests.
            label: hmac::Key::new(hmac::HMAC_SHA256, b"erp/password/1"),
            dummy: dummy.into(),
        })
    }

    /// 44 characters that depend on every character of the password. The same text typed on two
    /// systems may come in two Unicode forms; both give the same digest.
    fn digest(&self, password: &str) -> String {
        let composed: String = password.nfc().collect();
        STANDARD.encode(hmac::sign(&self.label, composed.as_bytes()))
    }

    /// One of the places; at most half of them for one owner, so that one machine cannot keep
    /// everybody else waiting.
    fn place(&self, owner: Option<&str>) -> Result<InQueue, HashError> {
        let places = self.permits + QUEUE;
        let mut inside = lock(&self.inside);
        if inside.all >= places {
            return Err(HashError::Busy);
        }
        if let Some(owner) = owner {
            let own = inside.of.entry(owner.to_owned()).or_default();
            if *own >= places.div_ceil(2) {
                return Err(HashError::Busy);
            }
            *own += 1;
        }
        inside.all += 1;
        Ok(InQueue {
            inside: self.inside.clone(),
            owner: owner.map(ToOwned::to_owned),
        })
    }

    async fn run<T: Send + 'static>(
        &self,
        place: Place,
        work: impl FnOnce() -> Result<T, bcrypt::BcryptError> + Send + 'static,
    ) -> Result<T, HashError> {
        let permit = self
            .gate
            .clone()
            .acquire_owned()
            .await
            .map_err(|e| HashError::Failed(e.to_string()))?;
        // Both go with the work: it goes on when the request that asked for it is gone.
        let (tell, told) = tokio::sync::oneshot::channel();
        // A thread of its own, since a thread cannot take its priority back.
        let thread = std::thread::Builder::new()
            .name("password".to_owned())
            .spawn(move || {
                give_way();
                let done = work();
                drop((permit, place));
                // Nobody listens when the request is gone.
                let _ = tell.send(done);
            });
        thread.map_err(|e| HashError::Failed(e.to_string()))?;
        match told.await {
            Ok(done) => done.map_err(|e| HashError::Failed(e.to_string())),
            Err(interrupted) => Err(HashError::Failed(interrupted.to_string())),
        }
    }
}

/// Lets requests that need a processor for a moment go before: one hash takes as long as a thousand of them.
/// Elsewhere than on Linux the priority belongs to the whole process and stays.
fn give_way() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(GIVEN_WAY);
}

/// A tenth of a processor is left to a hash when everything else is busy.
#[cfg(target_os = "linux")]
const GIVEN_WAY: i32 = 10;

/// Who is inside, working or waiting.
#[derive(Default)]
struct Inside {
    all: usize,
    /// By where they come from; only those who have a place are in it.
    of: HashMap<String, usize>,
}

fn lock(inside: &Mutex<Inside>) -> MutexGuard<'_, Inside> {
    inside.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One of the places.
struct InQueue {
    inside: Arc<Mutex<Inside>>,
    owner: Option<String>,
}

impl Drop for InQueue {
    fn drop(&mut self) {
        let mut inside = lock(&self.inside);
        inside.all -= 1;
        if let Some(owner) = &self.owner
            && let Some(own) = inside.of.get_mut(owner)
        {
            *own -= 1;
            if *own == 0 {
                inside.of.remove(owner);
            }
        }
    }
}

#[async_trait]
impl PasswordHasher for BcryptHasher {
    async fn hash(&self, password: &str) -> Result<String, HashError> {
        let place = Place::new(self.place(None)?);
        let (digest, cost) = (self.digest(password), self.cost);
        self.run(place, move || bcrypt::non_truncating_hash(digest, cost))
            .await
    }

    fn reserve(&self, owner: &str) -> Result<Place, HashError> {
        self.place(Some(owner)).map(Place::new)
    }

    async fn verify<'a>(
        &self,
        place: Place,
        password: &str,
        hash: Option<&'a str>,
    ) -> Result<bool, HashError> {
        let digest = self.digest(password);
        let known = hash.is_some();
        let hash = hash.map_or_else(|| self.dummy.to_string(), ToOwned::to_owned);
        Ok(self
            .run(place, move || bcrypt::non_truncating_verify(digest, &hash))
            .await?
            && known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher() -> BcryptHasher {
        BcryptHasher::with_permits(4, 1).expect("cost 4")
    }

    async fn verify(hasher: &BcryptHasher, password: &str, hash: Option<&str>) -> Result<bool, HashError> {
        let place = hasher.reserve("198.51.100.1")?;
        hasher.verify(place, password, hash).await
    }

    #[tokio::test]
    async fn every_byte_counts_however_long_the_password() {
        let hasher = hasher();
        let long = "x".repeat(300);
        let hash = hasher.hash(&long).await.expect("hash");
        assert!(verify(&hasher, &long, Some(&hash)).await.expect("verify"));
        for at in [0, 71, 72, 73, 99, 254, 299] {
            let mut other = long.clone().into_bytes();
            other[at] = b'y';
            let other = String::from_utf8(other).expect("ASCII");
            assert!(
                !verify(&hasher, &other, Some(&hash)).await.expect("verify"),
                "byte {at}"
            );
        }
    }

    #[tokio::test]
    async fn any_script_and_any_character_is_kept() {
        let hasher = hasher();
        let emoji = "🔧".repeat(64);
        let hash = hasher.hash(&emoji).await.expect("hash");
        assert!(verify(&hasher, &emoji, Some(&hash)).await.expect("verify"));
        let hash = hasher.hash("a\0b").await.expect("hash");
        assert!(!verify(&hasher, "a\0c", Some(&hash)).await.expect("verify"));
        assert!(!verify(&hasher, "a", Some(&hash)).await.expect("verify"));
        let hash = hasher.hash("caf\u{e9} serr\u{e9}").await.expect("hash");
        assert!(
            verify(&hasher, "cafe\u{301} serre\u{301}", Some(&hash))
                .await
                .expect("verify")
        );
    }

    #[tokio::test]
    async fn an_unknown_account_is_never_right_and_a_broken_hash_is_said() {
        let hasher = hasher();
        for password in ["", "x"] {
            assert!(!verify(&hasher, password, None).await.expect("verify"));
        }
        assert!(matches!(
            verify(&hasher, "x", Some("not a hash")).await,
            Err(HashError::Failed(_))
        ));
    }

    #[tokio::test]
    async fn beyond_the_queue_callers_are_sent_away_at_once() {
        let hasher = BcryptHasher::with_permits(4, 1).expect("cost 4");
        let mut places: Vec<_> = (0..QUEUE + 1)
            .map(|n| hasher.reserve(&format!("192.0.2.{n}")).expect("a place"))
            .collect();
        assert!(matches!(hasher.reserve("198.51.100.1"), Err(HashError::Busy)));
        assert!(matches!(hasher.hash("x").await, Err(HashError::Busy)));
        // A place is enough: nobody is sent away after having been let in.
        let place = places.pop().expect("a place");
        assert!(!hasher.verify(place, "x", None).await.expect("verify"));
        drop(places);
        assert!(!verify(&hasher, "x", None).await.expect("free again"));
        assert!(lock(&hasher.inside).of.is_empty());
    }

    #[tokio::test]
    async fn one_address_gets_no_more_than_half_of_the_places() {
        let hasher = BcryptHasher::with_permits(4, 1).expect("cost 4");
        let half = (QUEUE + 1).div_ceil(2);
        let places: Vec<_> = (0..half)
            .map(|_| hasher.reserve("192.0.2.1").expect("a place"))
            .collect();
        assert!(matches!(hasher.reserve("192.0.2.1"), Err(HashError::Busy)));
        assert!(verify(&hasher, "x", None).await.is_ok(), "somebody else");
        drop(places);
        assert!(hasher.reserve("192.0.2.1").is_ok());
    }
}
