//! The engine: claims as many tasks as it has slots free, works on them side by side, and sees to
//! it that each ends, whatever its work does.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use application::AppError;
use application::jobs::deliver::{self, Attempt};
use application::jobs::{Ended, Jobs, dispatch, scheduled};
use domain::job::{Lease, Room, TaskKind};
use futures_util::FutureExt;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::heartbeat::Heartbeat;
use crate::schedule::Entry;

/// How fast and how much at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Tasks side by side.
    pub slots: usize,
    /// Deliveries among them. They wait for a mail server, and when it hangs the others must go on:
    /// fewer than the slots.
    pub deliveries: usize,
    /// How long a task is held. Work is short, so that leases are never renewed.
    pub lease: Duration,
    /// Pause between two looks into an empty queue.
    pub poll: Duration,
    /// Pause between two looks at the schedule.
    pub tick: Duration,
    /// Longest wait for what is held when told to stop.
    pub farewell: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            slots: 8,
            deliveries: 6,
            lease: Duration::from_secs(60),
            poll: Duration::from_millis(500),
            tick: Duration::from_secs(20),
            farewell: Duration::from_secs(20),
        }
    }
}

/// Left of the lease for writing down how a task ended.
pub const LAST_WORDS: Duration = Duration::from_secs(5);
/// Pause before writing down again what the database did not take.
const AGAIN: Duration = Duration::from_millis(500);
/// Tries of a task whose work panics: it will hardly get better.
const MAX_PANICS: i32 = 5;

/// Longest wait for tasks that are being claimed when told to stop: nobody works on them until their leases end.
const LAST_LOOK: Duration = Duration::from_secs(1);

/// How long two versions of the program run side by side at the most.
const LEFT_ALONE: Duration = Duration::from_secs(15 * 60);

/// How tasks ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Done.
    pub done: u32,
    /// To be tried again.
    pub retry: u32,
    /// Given up.
    pub dead: u32,
    /// Taken by somebody else, or not written down.
    pub lost: u32,
}

impl Tally {
    fn count(&mut self, ended: Ended) {
        let count = match ended {
            Ended::Done => &mut self.done,
            Ended::Retry => &mut self.retry,
            Ended::Dead => &mut self.dead,
            Ended::Lost => &mut self.lost,
        };
        *count += 1;
    }
}

/// Works off the queue.
#[derive(Clone)]
pub struct Engine {
    jobs: Jobs,
    schedule: &'static [Entry],
    pace: Pace,
    owner: String,
    /// Room for deliveries.
    deliveries: Arc<Semaphore>,
    heartbeat: Option<Heartbeat>,
}

impl Engine {
    /// On these ports. `owner` names this process in the queue.
    pub fn new(jobs: Jobs, schedule: &'static [Entry], pace: Pace, owner: impl Into<String>) -> Self {
        Self {
            jobs,
            schedule,
            pace,
            owner: owner.into(),
            deliveries: Arc::new(Semaphore::new(pace.deliveries)),
            heartbeat: None,
        }
    }

    /// Tells there of each look into the queue.
    #[must_use]
    pub fn with_heartbeat(self, heartbeat: Heartbeat) -> Self {
        Self {
            heartbeat: Some(heartbeat),
            ..self
        }
    }

    /// Works until `stop`, then finishes what it holds.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        tracing::info!(owner = self.owner, slots = self.pace.slots, "working");
        let mut running = JoinSet::new();
        let mut next_tick = Instant::now();
        let mut away: Option<String> = None;
        let mut left_alone = 0;
        let stop = stop.shared();
        loop {
            let look = async {
                if Instant::now() >= next_tick {
                    self.queue_due().await;
                    self.tell_left_alone(&mut left_alone).await;
                    next_tick = Instant::now() + self.pace.tick;
                }
                self.claim(&mut running).await
            };
            // What is being claimed comes soon, or the database hangs.
            let enough = stop.clone().then(|()| sleep(LAST_LOOK));
            match tokio::select! { looked = look => looked, () = enough => break } {
                Ok(()) => {
                    if away.take().is_some() {
                        tracing::info!("the queue can be read again");
                    }
                }
                Err(error) => {
                    let why = chain(&error);
                    // Another reason, such as a wrong password once the server is back, is news.
                    if away.as_deref() != Some(why.as_str()) {
                        tracing::warn!(error = why, "the queue cannot be read");
                    }
                    away = Some(why);
                }
            }
            tokio::select! {
                biased;
                () = stop.clone() => break,
                Some(_) = running.join_next() => {}
                () = sleep(self.poll()) => {}
            }
            while running.try_join_next().is_some() {}
        }
        tracing::info!(held = running.len(), "stopping");
        let held = async { while running.join_next().await.is_some() {} };
        if timeout(self.pace.farewell, held).await.is_err() {
            tracing::warn!("stopped with tasks under way; they are taken up when their leases end");
        }
    }

    /// Does what is due now, follow-up tasks included.
    ///
    /// # Errors
    /// When the queue cannot be read.
    pub async fn drain(&self) -> Result<Tally, AppError> {
        self.queue_due().await;
        let mut running = JoinSet::new();
        let mut tally = Tally::default();
        loop {
            self.claim(&mut running).await?;
            match running.join_next().await {
                Some(ended) => tally.count(ended.unwrap_or(Ended::Lost)),
                None => return Ok(tally),
            }
        }
    }

    /// Slightly different for each process, so that they do not ask in step.
    fn poll(&self) -> Duration {
        let sum: u32 = self.owner.bytes().map(u32::from).sum();
        self.pace.poll + self.pace.poll.mul_f64(f64::from(sum % 100) / 500.0)
    }

    async fn queue_due(&self) {
        for entry in self.schedule {
            let entry = *entry;
            match scheduled::queue_due(&self.jobs, entry.job, move |last, now| entry.due(last, now)).await {
                Ok(0) => {}
                Ok(queued) => tracing::info!(job = <&str>::from(entry.job), queued, "scheduled"),
                Err(error) => tracing::warn!(job = <&str>::from(entry.job), error = %error, "not scheduled"),
            }
        }
    }

    /// Says when tasks wait for a program of another version: nobody else would, since they are neither done
    /// nor given up.
    async fn tell_left_alone(&self, told: &mut u64) {
        // Whoever cannot be asked is told of by the claim.
        let Ok(count) = self.jobs.tasks.left_alone(LEFT_ALONE).await else {
            return;
        };
        if count != *told {
            tracing::warn!(count, "due tasks that only another version of this program knows");
            *told = count;
        }
    }

    /// Fills the free slots.
    async fn claim(&self, running: &mut JoinSet<Ended>) -> Result<(), AppError> {
        let free = self.pace.slots.saturating_sub(running.len());
        if free == 0 {
            return Ok(());
        }
        // Before the question: the lease is counted from its arrival, never from the answer's.
        let claimed = Instant::now();
        let room = Room {
            tasks: u32::try_from(free).unwrap_or(u32::MAX),
            deliveries: u32::try_from(self.deliveries.available_permits()).unwrap_or(u32::MAX),
        };
        let leases = self.jobs.tasks.claim(&self.owner, room, self.pace.lease).await?;
        if let Some(heartbeat) = &self.heartbeat {
            heartbeat.beat();
        }
        for lease in leases {
            let engine = self.clone();
            // Nobody else takes permits: there are as many as were asked for.
            let delivery = match lease.kind {
                TaskKind::Deliver(_) => self.deliveries.clone().try_acquire_owned().ok(),
                _ => None,
            };
            running.spawn(async move {
                let (task, kind) = (lease.task, lease.kind);
                let ended = engine.execute(lease, claimed).await;
                if ended == Ended::Dead {
                    // Nothing follows by itself: somebody has to look.
                    tracing::error!(task, ?kind, "task given up: see `scheduler dead`");
                }
                drop(delivery);
                ended
            });
        }
        Ok(())
    }

    /// Works on a task and sees that its end is written down.
    async fn execute(&self, lease: Lease, claimed: Instant) -> Ended {
        let deadline = claimed + self.pace.lease.saturating_sub(LAST_WORDS);
        if lease.attempts > lease.max_attempts {
            // The tries before ended without a word: they may have taken their process with them.
            return self.failed(&lease, deadline, "no try came to an end").await;
        }
        let work = AssertUnwindSafe(self.work(&lease, claimed)).catch_unwind();
        let (why, lease) = match timeout_at(deadline, work).await {
            Ok(Ok(Ok(ended))) => return ended,
            Ok(Ok(Err(error))) => (chain(&error), lease),
            Ok(Err(panic)) => {
                let max_attempts = lease.max_attempts.min(MAX_PANICS);
                (
                    format!("panic: {}", words(panic.as_ref())),
                    Lease {
                        max_attempts,
                        ..lease
                    },
                )
            }
            Err(_) => ("not finished within the lease".to_owned(), lease),
        };
        tracing::warn!(task = lease.task, kind = ?lease.kind, attempts = lease.attempts, error = why, "task failed");
        self.failed(&lease, deadline + LAST_WORDS, &why).await
    }

    async fn work(&self, lease: &Lease, claimed: Instant) -> Result<Ended, AppError> {
        let jobs = &self.jobs;
        // Beyond this nothing is begun that others would notice.
        let latest = claimed + self.pace.lease.saturating_sub(deliver::MARGIN);
        let in_time = move || Instant::now() < latest;
        match lease.kind {
            TaskKind::DispatchEvent(event) => dispatch::dispatch(jobs, lease, event).await,
            TaskKind::Scheduled { job, .. } => scheduled::run(jobs, lease, job, &self.owner, &in_time).await,
            TaskKind::Deliver(id) => match deliver::attempt(jobs, lease, id, &in_time).await? {
                Attempt::Over(ended) => Ok(ended),
                // What the other side said is known here alone: it must not be lost for a moment's
                // trouble of the database, or the message would go out again.
                Attempt::Tried(said) => {
                    self.insist(claimed + self.pace.lease, || {
                        deliver::record(jobs, lease, id, &said)
                    })
                    .await
                }
            },
        }
    }

    async fn failed(&self, lease: &Lease, until: Instant, why: &str) -> Ended {
        match self.insist(until, || self.jobs.failed(lease, why)).await {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(task = lease.task, error = %error, "the end of a task could not be written down");
                Ended::Lost
            }
        }
    }

    /// Writes down until the database takes it or the time is over.
    async fn insist<F, W>(&self, until: Instant, write: W) -> Result<Ended, AppError>
    where
        F: Future<Output = Result<Ended, AppError>>,
        W: Fn() -> F,
    {
        loop {
            match write().await {
                Err(error) if Instant::now() + AGAIN < until => {
                    tracing::debug!(error = %error, "to be written down again");
                    sleep(AGAIN).await;
                }
                other => return other,
            }
        }
    }
}

/// An error with its causes.
fn chain(error: &AppError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without words")
}
