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
    /// Tries before the task is given up. With the waits between them that is between four and five days for
    /// an e-mail, as mail servers have it among themselves: a password that expires on a Friday evening is
    /// put right on Monday.
    pub fn max_attempts(self) -> i32 {
        match self {
            Self::DispatchEvent(_) => 20,
            Self::Deliver(_) => 56,
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
    /// Some of it is done, the rest follows after this long, with all its tries before it.
    GoOnAfter(Duration),
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
        /// Tasks that were done before the limit.
        Tasks = "taches",
        /// Tasks that were given up before the limit, and that nobody asked for again.
        DeadTasks = "taches_mortes",
        /// Events that were dispatched before the limit.
        Events = "evenements",
        /// Events from before the limit that nobody was told of and that no task is left for.
        LostEvents = "evenements_sans_suite",
        /// Notifications from before the limit whose delivery has ended and, in the inbox, that were read.
        Notifications = "notifications",
        /// Records of runs that began before the limit.
        JobRuns = "job_runs",
        /// Occurrences that were due before the limit, except the latest of each schedule.
        Occurrences = "occurrences",
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

/// Identifier of the record of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunId(pub i64);

/// How a run of a job ended, for the record.
#[derive(Debug, Clone, PartialEq)]
pub struct RunEnd {
    /// How it ended.
    pub outcome: RunOutcome,
    /// Counts, as names and numbers.
    pub counts: Vec<(&'static str, i64)>,
    /// What went wrong.
    pub error: Option<String>,
}

/// A task that was given up.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadTask {
    /// Identifier.
    pub task: i64,
    /// Code of what it was to do.
    pub kind: String,
    /// When it was given up.
    pub at: Timestamp,
    /// Why.
    pub why: String,
}

/// How many tasks a worker can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Tasks of all kinds.
    pub tasks: u32,
    /// Deliveries among them: they wait for servers of others, and must leave room for what does not.
    pub deliveries: u32,
}

/// Tasks inside a unit of work.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait TaskStore {
    /// Queues a task, due at `run_at` or at once; does nothing when one with the same natural key
    /// is queued or was done.
    fn enqueue(&mut self, kind: TaskKind, run_at: Option<Timestamp>) -> Repo<()>;
    /// The present time, by the database's clock.
    fn now(&mut self) -> Repo<Timestamp>;
    /// Queues a task that was given up anew, with all its tries before it; the notification that it was
    /// to deliver is no longer abandoned then. `false` when no such task was given up.
    fn revive(&mut self, task: i64) -> Repo<bool>;
    /// The latest occurrence of a job that was queued; one of the future, from a clock that was ahead,
    /// does not count.
    fn last_occurrence(&mut self, job: ScheduledJob) -> Repo<Option<Timestamp>>;
    /// Queues the run of a schedule that is due at `due`, once for all schedulers; `false` when
    /// another one did.
    fn enqueue_occurrence(&mut self, job: ScheduledJob, due: Timestamp) -> Repo<bool>;
    /// The event behind a task.
    fn event(&mut self, id: EventId) -> Repo<Option<StoredEvent>>;
    /// The same; `None` also for one that only another version of the program can read.
    fn readable_event(&mut self, id: EventId) -> Repo<Option<StoredEvent>>;
    /// Notes that all who are concerned by an event have been told, or have tasks that will.
    fn mark_dispatched(&mut self, id: EventId) -> Repo<()>;
    /// Takes the events that happened before `before` out of the queue: they count as dispatched when they
    /// happened, nobody is told of them, and whom they concern knows of them. For a history that is
    /// brought in from elsewhere. Answers how many were still waiting.
    fn settle_history(&mut self, before: Timestamp) -> Repo<usize>;
    /// Removes up to `limit` rows that expired before `before`; answers how many.
    fn purge(&mut self, what: Expired, before: Timestamp, limit: u32) -> Repo<u32>;
    /// Whether the lease is still the present one and lasts at least `margin` from now.
    fn holds(&mut self, lease: &Lease, margin: Duration) -> Repo<bool>;
    /// Begins the record of a run. Runs of the same task that never came to an end are closed as failed.
    fn begin_run(&mut self, lease: &Lease, job: ScheduledJob, owner: &str) -> Repo<RunId>;
    /// Ends the record of a run that is still open.
    fn end_run(&mut self, run: RunId, end: &RunEnd) -> Repo<()>;
    /// Ends whatever runs of a task are open, as failed.
    fn fail_runs(&mut self, task: i64, why: &str) -> Repo<()>;
    /// Ends a held task; `false` when the fence is not the present one any more. Locks the task, so
    /// that a unit of work that ends it first writes everything else as its undisputed holder.
    fn finish(&mut self, lease: &Lease, end: &TaskEnd) -> Repo<bool>;
}

/// The queue as the workers see it, each call in a short transaction of its own.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait TaskQueue: Send + Sync {
    /// Claims the due tasks that there is room for, the longest due first, for `lease`; time is the
    /// database's. A task that this version does not know is left to those who do.
    async fn claim(&self, owner: &str, room: Room, lease: Duration) -> Repo<Vec<Lease>>;
    /// How many tasks have been due for `late` and are left to those who know them: while programs of two
    /// versions run side by side that passes, after a step back to an older one it does not.
    async fn left_alone(&self, late: Duration) -> Repo<u64>;
    /// The tasks that were given up, the latest first, up to `limit`.
    async fn dead(&self, limit: u32) -> Repo<Vec<DeadTask>>;
}
