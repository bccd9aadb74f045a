//! Sessions that this process has seen in the last moments.
//!
//! A copy is believed for [`MAX_COPY_AGE`](application::auth::authenticate::MAX_COPY_AGE) after it
//! was read from the truth, so an ended session is refused within a second even when nobody can
//! tell this process. Requests of one session that find no copy wait for one read instead of all
//! reading.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use application::auth::authenticate::{authenticate, is_young};
use application::{App, AppError, Code};
use domain::session::{LiveSession, SessionId};
use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;

use super::token::Verified;

/// Independent parts, so that threads seldom meet at one lock.
const SHARDS: usize = 16;
/// Most sessions of one part.
const PER_SHARD: usize = 1024;

/// How long a request waits for another one that reads the same session.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a failed read stands for those of the requests that waited for it.
const FAILURE_COUNTS: SignedDuration = SignedDuration::from_millis(100);

#[derive(Default)]
struct Entry {
    copy: Option<Arc<LiveSession>>,
    /// Held by the request that reads; the others wait for it.
    reading: Arc<tokio::sync::Mutex<()>>,
    /// When the truth could not be read.
    failed_at: Option<Timestamp>,
}

/// The sessions.
pub struct SessionBook {
    shards: [Mutex<HashMap<SessionId, Entry>>; SHARDS],
    /// Rises when sessions are forgotten: a read that began before must not be kept.
    forgotten: AtomicU64,
}

impl Default for SessionBook {
    fn default() -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            forgotten: AtomicU64::new(0),
        }
    }
}

impl SessionBook {
    /// The live session of a good token.
    ///
    /// # Errors
    /// `SessionEnded`; `Unauthenticated` when access changed since the token was issued;
    /// `Unavailable` when the truth cannot be read.
    pub async fn of(&self, app: &App, token: Verified, now: Timestamp) -> Result<Arc<LiveSession>, AppError> {
        let mut live = match self.young(token.session, now) {
            Some(copy) => copy,
            None => self.read(app, token.session, false).await?,
        };
        if live.auth_version < token.version {
            // The token is newer than every copy: the session was refreshed after a change of access.
            live = self.read(app, token.session, true).await?;
        }
        if live.auth_version != token.version || live.actor.user.get() != token.user {
            return Err(AppError::Unauthenticated(Code::Unauthenticated));
        }
        Ok(live)
    }

    /// Keeps what a sign-in or a refresh has just read.
    pub fn learn(&self, session: LiveSession) {
        self.keep(Arc::new(session), self.forgotten.load(Ordering::Acquire));
    }

    /// Forgets sessions; to be called when another process tells that they ended.
    pub fn forget(&self, sessions: &[SessionId]) {
        self.forgotten.fetch_add(1, Ordering::AcqRel);
        for id in sessions {
            self.shard(*id).remove(id);
        }
    }

    /// Forgets everything; to be called when messages of other processes may have been missed.
    pub fn forget_all(&self) {
        self.forgotten.fetch_add(1, Ordering::AcqRel);
        for shard in &self.shards {
            shard.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.shards
            .iter()
            .map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).len())
            .sum()
    }

    /// None is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn shard(&self, id: SessionId) -> MutexGuard<'_, HashMap<SessionId, Entry>> {
        let index = usize::try_from(id.0 % SHARDS as u128).unwrap_or_default();
        let [first, ..] = &self.shards;
        self.shards
            .get(index)
            .unwrap_or(first)
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn young(&self, id: SessionId, now: Timestamp) -> Option<Arc<LiveSession>> {
        self.shard(id)
            .get(&id)?
            .copy
            .clone()
            .filter(|copy| is_young(copy, now))
    }

    async fn read(&self, app: &App, id: SessionId, past_copies: bool) -> Result<Arc<LiveSession>, AppError> {
        let turn = self.turn(id, app.clock.now());
        let away = |why: &'static str| AppError::Unavailable(why.into());
        let Ok(_reading) = timeout(PATIENCE, turn.lock()).await else {
            return Err(away("another request is still reading the session"));
        };
        // The clock again: waiting for the turn takes time.
        let now = app.clock.now();
        if !past_copies && let Some(copy) = self.young(id, now) {
            return Ok(copy);
        }
        if self.has_just_failed(id, now) {
            return Err(away("the session could not be read a moment ago"));
        }
        let epoch = self.forgotten.load(Ordering::Acquire);
        let read = if past_copies {
            truth(app, id, now).await
        } else {
            authenticate(app, id, now).await
        };
        match read {
            Ok(session) => {
                let session = Arc::new(session);
                self.keep(session.clone(), epoch);
                Ok(session)
            }
            Err(error) => {
                let mut shard = self.shard(id);
                if matches!(error, AppError::Unavailable(_)) {
                    // Those who wait need not each find it out.
                    let entry = shard.entry(id).or_default();
                    (entry.copy, entry.failed_at) = (None, Some(app.clock.now()));
                } else {
                    shard.remove(&id);
                }
                Err(error)
            }
        }
    }

    fn has_just_failed(&self, id: SessionId, now: Timestamp) -> bool {
        let failed_at = self.shard(id).get(&id).and_then(|entry| entry.failed_at);
        failed_at.is_some_and(|at| now.duration_since(at).abs() < FAILURE_COUNTS)
    }

    fn turn(&self, id: SessionId, now: Timestamp) -> Arc<tokio::sync::Mutex<()>> {
        let mut shard = self.shard(id);
        if shard.len() >= PER_SHARD && !shard.contains_key(&id) {
            shard.retain(|_, entry| entry.copy.as_ref().is_some_and(|copy| is_young(copy, now)));
            if shard.len() >= PER_SHARD {
                shard.clear();
            }
        }
        shard.entry(id).or_default().reading.clone()
    }

    fn keep(&self, session: Arc<LiveSession>, epoch: u64) {
        let id = session.id;
        let mut shard = self.shard(id);
        if self.forgotten.load(Ordering::Acquire) == epoch
            && (shard.len() < PER_SHARD || shard.contains_key(&id))
        {
            let entry = shard.entry(id).or_default();
            (entry.copy, entry.failed_at) = (Some(session), None);
        }
    }
}

/// Past every copy.
async fn truth(app: &App, id: SessionId, now: Timestamp) -> Result<LiveSession, AppError> {
    let live = app
        .sessions
        .live(id, now)
        .await?
        .ok_or(AppError::Unauthenticated(Code::SessionEnded))?;
    app.session_cache.put(&live).await;
    Ok(live)
}
