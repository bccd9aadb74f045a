//! bcrypt in a bounded queue.
//!
//! A check costs a processor a quarter of a second, so a storm of sign-ins could stop everything:
//! all processors but one may hash at a time, a few strangers may wait, the rest is told at once to
//! come back. New passwords of people who are signed in wait apart, so that no sign-in stands behind all
//! of them. bcrypt reads 72 bytes only; a keyed digest before it makes every byte of a password of any length count.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::ports::{HashError, PasswordHasher, Place};
use tokio::sync::{Semaphore, oneshot};
use unicode_normalization::UnicodeNormalization;

/// Checks that may wait for a processor.
pub const QUEUE: usize = 8;

/// New passwords that may wait: half a minute of work for one processor.
const NEW_PASSWORDS: usize = 100;

/// How long a hash makes do with what nobody else wants of the processors.
const PATIENCE: Duration = Duration::from_secs(1);

/// bcrypt over a digest of the password.
#[derive(Clone)]
pub struct BcryptHasher {
    cost: u32,
    permits: usize,
    gate: Arc<Semaphore>,
    /// New passwords under way or waiting.
    new: Arc<Semaphore>,
    /// Of these, the ones that may stand at the gate, where who comes first is first.
    turns: Arc<Semaphore>,
    /// Threads that run only when nothing else does; there are not more of them than processors for hashes,
    /// however little they get on.
    idle: Arc<Semaphore>,
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
        let dummy = dummy(cost);
        Ok(Self {
            cost,
            permits,
            gate: Arc::new(Semaphore::new(permits)),
            new: Arc::new(Semaphore::new(NEW_PASSWORDS)),
            turns: Arc::new(Semaphore::new(permits)),
            idle: Arc::new(Semaphore::new(permits)),
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
    fn place(&self, owner: &str) -> Result<InQueue, HashError> {
        let places = self.permits + QUEUE;
        let mut inside = lock(&self.inside);
        if inside.all >= places {
            return Err(HashError::Busy);
        }
        let own = inside.of.entry(owner.to_owned()).or_default();
        if *own >= places.div_ceil(2) {
            return Err(HashError::Busy);
        }
        *own += 1;
        inside.all += 1;
        Ok(InQueue {
            inside: self.inside.clone(),
            owner: owner.to_owned(),
        })
    }

    /// Works on a thread that runs only when a processor has nothing else to do: one hash takes as long as a
    /// thousand requests, and none of them should wait for it. On a machine that is never idle the work is begun
    /// again after [`PATIENCE`] by a thread that gets its share; who is ready first answers.
    async fn run<T: Send + 'static>(
        &self,
        place: Place,
        work: impl Fn() -> Result<T, bcrypt::BcryptError> + Send + Sync + 'static,
    ) -> Result<T, HashError> {
        let permit = self.gate.clone().acquire_owned().await.map_err(failed)?;
        let idle = self.idle.clone();
        // On a task of its own: the request that asked for it may go away at any time, and would leave the
        // permit to a thread that never gets a processor.
        let task = tokio::spawn(async move {
            let (work, held) = (Arc::new(work), (permit, place));
            let first = idle
                .try_acquire_owned()
                .ok()
                .map(|one| start(Urgency::None, work.clone(), one))
                .transpose()?;
            let Some(mut first) = first else {
                return outcome(start(Urgency::Low, work, held)?.await);
            };
            // The permit ends here, never on the idle thread: it could be kept from it in the middle of that.
            if let Ok(done) = tokio::time::timeout(PATIENCE, &mut first).await {
                return outcome(done);
            }
            let second = start(Urgency::Low, work, held)?;
            tokio::select! {
                done = first => outcome(done),
                done = second => outcome(done),
            }
        });
        task.await.map_err(failed)?
    }
}

/// The work factor of a hash; `None` for what is no hash.
fn cost_of(hash: &str) -> Option<u32> {
    let parts: bcrypt::HashParts = hash.parse().ok()?;
    Some(parts.get_cost())
}

/// Hash of no known password.
fn dummy(cost: u32) -> String {
    format!("$2b${cost:02}${}", ".".repeat(22 + 31))
}

fn failed(error: impl std::fmt::Display) -> HashError {
    HashError::Failed(error.to_string())
}

fn outcome<T>(
    done: Result<Result<T, bcrypt::BcryptError>, oneshot::error::RecvError>,
) -> Result<T, HashError> {
    done.map_err(failed)?.map_err(failed)
}

/// Works on a thread of its own, since a thread cannot take its priority back, and keeps `held` until the end.
fn start<T: Send + 'static>(
    urgency: Urgency,
    work: Arc<impl Fn() -> Result<T, bcrypt::BcryptError> + Send + Sync + 'static>,
    held: impl Send + 'static,
) -> Result<oneshot::Receiver<Result<T, bcrypt::BcryptError>>, HashError> {
    let (tell, told) = oneshot::channel();
    std::thread::Builder::new()
        .name(urgency.thread_name().to_owned())
        .spawn(move || {
            urgency.take();
            let done = work();
            drop(held);
            // Nobody listens when the request is gone or somebody else was faster.
            let _ = tell.send(done);
        })
        .map_err(failed)?;
    Ok(told)
}

/// What a thread gets of busy processors. Elsewhere than on Linux the system decides.
#[derive(Debug, Clone, Copy)]
enum Urgency {
    /// Nothing (`SCHED_IDLE`).
    None,
    /// A tenth of what others get.
    Low,
}

impl Urgency {
    fn thread_name(self) -> &'static str {
        match self {
            Self::None => "password-idle",
            Self::Low => "password",
        }
    }

    /// A system that does not grant it is no reason not to work.
    #[cfg(target_os = "linux")]
    fn take(self) {
        use thread_priority::{
            NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
            thread_native_id,
        };
        match self {
            Self::None => {
                let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
                let _ = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle);
            }
            Self::Low => {
                let _ = rustix::process::nice(10);
            }
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn take(self) {}
}

/// Who is inside, working or waiting.
#[derive(Default)]
struct Inside {
    all: usize,
    /// By where they come from; only those who have a place are in it.
    of: HashMap<String, usize>,
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One of the places.
struct InQueue {
    inside: Arc<Mutex<Inside>>,
    owner: String,
}

impl Drop for InQueue {
    fn drop(&mut self) {
        let mut inside = lock(&self.inside);
        inside.all -= 1;
        if let Some(own) = inside.of.get_mut(&self.owner) {
            *own -= 1;
            if *own == 0 {
                inside.of.remove(&self.owner);
            }
        }
    }
}

#[async_trait]
impl PasswordHasher for BcryptHasher {
    async fn hash(&self, password: &str) -> Result<String, HashError> {
        let new = self
            .new
            .clone()
            .try_acquire_owned()
            .map_err(|_| HashError::Busy)?;
        let turn = self.turns.clone().acquire_owned().await.map_err(failed)?;
        let place = Place::new((new, turn));
        let (digest, cost) = (self.digest(password), self.cost);
        self.run(place, move || bcrypt::non_truncating_hash(&digest, cost))
            .await
    }

    async fn rehash(&self, place: Place, password: &str) -> Result<String, HashError> {
        let (digest, cost) = (self.digest(password), self.cost);
        self.run(place, move || bcrypt::non_truncating_hash(&digest, cost))
            .await
    }

    fn reserve(&self, owner: &str) -> Result<Place, HashError> {
        self.place(owner).map(Place::new)
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
        // A wrong password takes the time of the present work factor also over a weaker hash, else that time
        // would tell who has an account: each factor takes twice that of the one before, and these add up.
        let weaker = cost_of(&hash).unwrap_or(self.cost)..self.cost;
        let rest: Vec<_> = weaker.map(dummy).collect();
        let work = move || {
            let right = bcrypt::non_truncating_verify(&digest, &hash)?;
            if !right {
                for dummy in &rest {
                    bcrypt::non_truncating_verify(&digest, dummy)?;
                }
            }
            Ok(right)
        };
        Ok(self.run(place, work).await? && known)
    }

    fn needs_rehash(&self, hash: &str) -> bool {
        cost_of(hash).is_some_and(|cost| cost < self.cost)
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
    async fn only_a_weaker_hash_is_worth_making_anew() {
        let of = |cost| BcryptHasher::with_permits(cost, 1).expect("cost");
        let hash = of(5).hash("x").await.expect("hash");
        assert!(of(6).needs_rehash(&hash));
        assert!(!of(5).needs_rehash(&hash));
        assert!(!of(4).needs_rehash(&hash), "a stronger one stays");
        assert!(!of(6).needs_rehash("not a hash"));
    }

    #[tokio::test]
    async fn beyond_the_queue_callers_are_sent_away_at_once() {
        let hasher = BcryptHasher::with_permits(4, 1).expect("cost 4");
        let mut places: Vec<_> = (0..QUEUE + 1)
            .map(|n| hasher.reserve(&format!("192.0.2.{n}")).expect("a place"))
            .collect();
        assert!(matches!(hasher.reserve("198.51.100.1"), Err(HashError::Busy)));
        // Whoever sets a password is signed in and needs no place.
        assert!(hasher.hash("x").await.is_ok());
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

    #[tokio::test]
    async fn many_new_passwords_wait_for_each_other_and_too_many_are_refused() {
        let hasher = BcryptHasher::with_permits(4, 1).expect("cost 4");
        let all = futures_util::future::join_all((0..NEW_PASSWORDS).map(|_| hasher.hash("x"))).await;
        assert!(all.iter().all(Result::is_ok));
        let _taken = hasher
            .new
            .clone()
            .try_acquire_many_owned(100)
            .expect("all of them");
        assert!(matches!(hasher.hash("x").await, Err(HashError::Busy)));
    }

    #[tokio::test]
    async fn a_sign_in_waits_for_one_new_password_and_not_for_all() {
        let hasher = BcryptHasher::with_permits(4, 1).expect("cost 4");
        let order = Mutex::new(Vec::new());
        let new = (0..20).map(|_| async {
            hasher.hash("x").await.expect("hash");
            lock(&order).push("new");
        });
        let sign_in = async {
            verify(&hasher, "x", None).await.expect("verify");
            lock(&order).push("sign-in");
        };
        futures_util::future::join(futures_util::future::join_all(new), sign_in).await;
        let order = order.into_inner().expect("the order");
        assert!(order[..2].contains(&"sign-in"), "{order:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_goes_away_leaves_nobody_waiting() {
        let hasher = BcryptHasher::with_permits(4, 1).expect("cost 4");
        let (release, stuck) = std::sync::mpsc::channel::<()>();
        let stuck = Mutex::new(stuck);
        let work = move || {
            if std::thread::current().name() == Some("password-idle") {
                let _ = lock(&stuck).recv();
            }
            Ok(())
        };
        let place = hasher.reserve("192.0.2.1").expect("a place");
        let gone = tokio::time::timeout(PATIENCE / 2, hasher.run(place, work)).await;
        assert!(
            gone.is_err(),
            "the request is gone while the thread has no processor"
        );
        assert!(verify(&hasher, "x", None).await.is_ok());
        drop(release);
        let _free = hasher.idle.acquire().await.expect("it ends");
    }

    /// Time passes at once where nothing else is to be done.
    #[tokio::test(start_paused = true)]
    async fn who_never_gets_a_processor_is_overtaken_and_does_not_keep_the_next_one_out() {
        let hasher = BcryptHasher::with_permits(4, 1).expect("cost 4");
        let (release, stuck) = std::sync::mpsc::channel::<()>();
        let stuck = Mutex::new(stuck);
        let work = move || {
            let name = std::thread::current().name().map(ToOwned::to_owned);
            if name.as_deref() == Some("password-idle") {
                let _ = lock(&stuck).recv();
            }
            Ok(name)
        };
        let work = Arc::new(work);
        for _ in 0..2 {
            let again = work.clone();
            let place = hasher.reserve("192.0.2.1").expect("a place");
            let done = hasher.run(place, move || again()).await.expect("done");
            assert_eq!(done.as_deref(), Some("password"));
        }
        assert_eq!(
            hasher.idle.available_permits(),
            0,
            "one is still at it, and no second"
        );
        assert!(lock(&hasher.inside).of.is_empty());
        drop(release);
        let _free = hasher.idle.acquire().await.expect("it ends");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn threads_have_the_urgency_that_they_say() {
        // From the manual page of proc: the 19th value is the nice value, the 41st the policy (0 other, 5 idle).
        let of = |urgency: Option<Urgency>| {
            std::thread::spawn(move || {
                if let Some(urgency) = urgency {
                    urgency.take();
                }
                let stat = std::fs::read_to_string("/proc/thread-self/stat").expect("stat");
                let (_, rest) = stat.rsplit_once(')').expect("name");
                let values: Vec<_> = rest.split_whitespace().collect();
                let nice: i32 = values[16].parse().expect("a nice value");
                (nice, values[38].to_owned())
            })
            .join()
            .expect("thread")
        };
        let (nice, policy) = of(None);
        assert_eq!(of(Some(Urgency::None)).1, "5");
        assert_eq!(of(Some(Urgency::Low)), ((nice + 10).min(19), policy));
    }
}
