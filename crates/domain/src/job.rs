//! Work that the scheduler does: queued with the change that asks for it, done at least once,
//! by one worker at a time.
//!
//! Whoever claims a task holds it until the lease ends; each claim raises the fence, and a result
//! is only taken from the holder of the present fence. Time in the queue is the database's, so
//! that machines whose clocks differ agree on who holds what.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::error::Repo;
use crate::event::{EventId, StoredEvent};
use crate::notification::Notification;
use crate::{Id, vocab::vocab};

/// What a task does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskKind {
    /// Turns an event into notifications and further tasks.
    DispatchEvent(EventId),
    /// Sends one notification.
    Deliver(Id<Notification>),
    /// A run of a scheduled job.
    Scheduled {
        /// Which job.
        job: ScheduledJob,
        /// The instant that the schedule names; never the one at which it happens to run.
        due: Timestamp,
    },
}

impl TaskKind {
    /// Tries before the task is given up. With the waits between them that is about a day for an
    /// e-mail, whose server may be away for a night.
    pub fn max_attempts(self) -> i32 {
        match self {
            Self::DispatchEvent(_) => 20,
            Self::Deliver(_) => 16,
            Self::Scheduled { .. } => 5,
        }
    }
}

vocab! {
    /// A job that runs by the clock.
    ScheduledJob {
        /// Removes expired sessions, idempotency keys, delivered events.
        Retention = "retention",
    }
}

/// A task that a worker holds for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct Lease {
    /// Identifier of the task.
    pub task: i64,
    /// What it does.
    pub kind: TaskKind,
    /// Rises with every claim: whoever holds a smaller one has lost the task.
    pub fence: i64,
    /// Tries so far, this one included.
    pub attempts: i32,
    /// After so many tries it is dead.
    pub max_attempts: i32,
    /// When the lease ends, by the database's clock.
    pub until: Timestamp,
}

impl Lease {
    /// Whether no try follows this one.
    pub fn is_last_try(&self) -> bool {
        self.attempts >= self.max_attempts
    }
}

/// What became of a task.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskEnd {
    /// Done.
    Done,
    /// To be tried again after this long, because of that.
    RetryAfter(Duration, String),
    /// Given up; stays for an administrator to see.
    Dead(String),
}

vocab! {
    /// What retention removes; the codes are the names under which a run counts them.
    Expired {
        /// Refresh tokens that expired before the limit.
        RefreshTokens = "refresh_tokens",
        /// Sessions that expired or ended before the limit.
        Sessions = "sessions",
        /// Idempotency keys that were used before the limit.
        IdempotencyKeys = "cles_idempotence",
        /// Counted sign-ins whose window began before the limit.
        LoginAttempts = "connexions_tentatives",
        /// Tasks that were done before the limit; dead ones stay until somebody has looked.
        Tasks = "taches",
        /// Events that were dispatched before the limit.
        Events = "evenements",
    }
}

vocab! {
    /// How a run of a job ended.
    RunOutcome {
        /// All done.
        Ok = "ok",
        /// Nothing done.
        Failed = "echec",
        /// Some of it done.
        Partial = "partiel",
    }
}

/// A run of a job, for the record.
#[derive(Debug, Clone, PartialEq)]
pub struct JobRun {
    /// Name of the job.
    pub job: String,
    /// Beginning.
    pub started_at: Timestamp,
    /// End.
    pub finished_at: Timestamp,
    /// How it ended.
    pub outcome: RunOutcome,
    /// Counts, as names and numbers.
    pub counts: Vec<(&'static str, i64)>,
    /// What went wrong.
    pub error: Option<String>,
    /// Which scheduler ran it.
    pub owner: String,
}

/// Tasks inside a unit of work.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait TaskStore {
    /// Queues a task, due at `run_at` or at once; does nothing when one with the same natural key
    /// is queued or was done.
    fn enqueue(&mut self, kind: TaskKind, run_at: Option<Timestamp>) -> Repo<()>;
    /// The latest occurrence of a job that was queued.
    fn last_occurrence(&mut self, job: ScheduledJob) -> Repo<Option<Timestamp>>;
    /// Queues the run of a schedule that is due at `due`, once for all schedulers; `false` when
    /// another one did.
    fn enqueue_occurrence(&mut self, job: ScheduledJob, due: Timestamp) -> Repo<bool>;
    /// The event behind a task.
    fn event(&mut self, id: EventId) -> Repo<Option<StoredEvent>>;
    /// Notes that all who are concerned by an event have been told, or have tasks that will.
    fn mark_dispatched(&mut self, id: EventId) -> Repo<()>;
    /// Takes the events that happened before `before` out of the queue: they count as dispatched and
    /// nobody is told of them. For a history that is brought in from elsewhere. Answers how many
    /// were still waiting.
    fn settle_history(&mut self, before: Timestamp) -> Repo<usize>;
    /// Removes up to `limit` rows that expired before `before`; answers how many.
    fn purge(&mut self, what: Expired, before: Timestamp, limit: u32) -> Repo<u32>;
    /// Whether the lease is still the present one and lasts at least `margin` from now.
    fn holds(&mut self, lease: &Lease, margin: Duration) -> Repo<bool>;
    /// Ends a held task; `false` when the fence is not the present one any more. Locks the task, so
    /// that a unit of work that ends it first writes everything else as its undisputed holder.
    fn finish(&mut self, lease: &Lease, end: &TaskEnd) -> Repo<bool>;
}

/// The queue as the workers see it, each call in a short transaction of its own.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait TaskQueue: Send + Sync {
    /// Claims up to `limit` due tasks for `lease`; time is the database's. A task that this version
    /// does not know is left to those who do.
    async fn claim(&self, owner: &str, limit: u32, lease: Duration) -> Repo<Vec<Lease>>;
    /// Keeps a run for the record.
    async fn record_run(&self, run: &JobRun) -> Repo<()>;
    /// When the next task is due, if any.
    async fn next_due(&self) -> Repo<Option<Timestamp>>;
}
