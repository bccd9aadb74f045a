//! What the scheduler does with a task that it holds: telling people of events, sending messages,
//! clearing away what has expired.
//!
//! Each job reads and writes in short units of work and does what is slow between them, with no
//! connection held. A unit of work that ends a task does so first: who has lost the task writes
//! nothing at all.

pub mod deliver;
pub mod dispatch;
pub mod mail;
mod matter;
pub mod message;
pub mod replay;
pub mod retention;
pub mod scheduled;
pub mod texts;

use std::sync::Arc;
use std::time::Duration;

use domain::audit::Origin;
use domain::job::{Lease, TaskEnd, TaskKind, TaskQueue};
use domain::ports::{Clock, Mailer, Tx, UnitOfWork};

use crate::app::run;
use crate::error::AppError;

/// The ports that the jobs run on.
#[derive(Clone)]
pub struct Jobs {
    /// Transactions.
    pub uow: Arc<dyn UnitOfWork>,
    /// The task queue.
    pub tasks: Arc<dyn TaskQueue>,
    /// Outgoing e-mail.
    pub mailer: Arc<dyn Mailer>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Where the product is reached: for links in messages.
    pub base_url: String,
    /// Name of the product, under every e-mail.
    pub signature: String,
    /// Waits between tries.
    pub waits: Waits,
}

/// Waits between the tries of each kind of task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// Sending. Servers that refuse unknown senders for a while (greylisting) do so for a minute
    /// or more: asking sooner only counts against the sender.
    pub delivery: Backoff,
    /// Everything else: the database's own troubles pass quickly.
    pub other: Backoff,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            delivery: Backoff {
                first: Duration::from_secs(60),
                longest: Duration::from_secs(2 * 3600),
            },
            other: Backoff {
                first: Duration::from_secs(1),
                longest: Duration::from_secs(300),
            },
        }
    }
}

/// A wait that doubles with each try, up to a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// After the first try; never less than this.
    pub first: Duration,
    /// The limit, before the spread.
    pub longest: Duration,
}

impl Backoff {
    /// The wait after this many tries of a task, spread by up to a fifth. The spread follows from
    /// the task and the try, so that tasks that failed together do not come back together and no
    /// source of chance is needed.
    pub fn after(&self, task: i64, attempts: i32) -> Duration {
        let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(30);
        let wait = self
            .first
            .saturating_mul(1 << doublings)
            .min(self.longest.max(self.first));
        let spread = mix(task.cast_unsigned() ^ (u64::from(doublings) << 48)) % 1_000;
        wait + wait.mul_f64(0.2 * spread as f64 / 1_000.0)
    }
}

/// Scatters numbers that lie close together (the finaliser of SplitMix64).
fn mix(n: u64) -> u64 {
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// How a worker's hold of a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The task is done.
    Done,
    /// It will be tried again.
    Retry,
    /// It was given up.
    Dead,
    /// Somebody else holds it: nothing was written.
    Lost,
}

impl Jobs {
    /// Runs `work` in one transaction, on behalf of the system.
    async fn run<R, F>(&self, name: &'static str, correlation: &str, work: F) -> Result<R, AppError>
    where
        F: Fn(&mut dyn Tx) -> Result<R, AppError> + Send + Sync + 'static,
        R: Send + 'static,
    {
        run(self.uow.as_ref(), name, &Origin::system(correlation), work).await
    }

    /// Ends a task that is done, without anything else to write.
    ///
    /// # Errors
    /// Only those of the store.
    pub async fn done(&self, lease: &Lease) -> Result<Ended, AppError> {
        let held = lease.clone();
        self.run("task.done", &correlation(lease), move |tx| {
            Ok(if tx.tasks().finish(&held, &TaskEnd::Done)? {
                Ended::Done
            } else {
                Ended::Lost
            })
        })
        .await
    }

    /// Ends the try of a task that failed for a reason of ours: again later, or dead after the last
    /// try. A notification that will not be sent any more says so.
    ///
    /// # Errors
    /// Only those of the store.
    pub async fn failed(&self, lease: &Lease, why: &str) -> Result<Ended, AppError> {
        let (held, now) = (lease.clone(), self.clock.now());
        let end = match lease.is_last_try() {
            true => TaskEnd::Dead(why.to_owned()),
            false => TaskEnd::RetryAfter(self.waits.other.after(lease.task, lease.attempts), why.to_owned()),
        };
        let why = why.to_owned();
        self.run("task.failed", &correlation(lease), move |tx| {
            if !tx.tasks().finish(&held, &end)? {
                return Ok(Ended::Lost);
            }
            if let TaskKind::Scheduled { .. } = held.kind {
                tx.tasks().fail_runs(held.task, &why)?;
            }
            if !matches!(end, TaskEnd::Dead(_)) {
                return Ok(Ended::Retry);
            }
            if let TaskKind::Deliver(id) = held.kind {
                deliver::abandon(tx, &held, id, now, &why)?;
            }
            Ok(Ended::Dead)
        })
        .await
    }
}

/// What stands on audit rows that a task writes.
fn correlation(lease: &Lease) -> String {
    format!("tache:{}:{}", lease.task, lease.fence)
}

#[cfg(test)]
pub(crate) mod testing {
    use std::sync::Arc;

    use domain::Id;
    use domain::job::{Lease, MockTaskQueue, TaskKind};
    use domain::notification::{About, Channel, DeliveryStatus, Notification, NotificationKind, Outgoing};
    use domain::policy::Role;
    use domain::ports::clock::MockClock;
    use domain::ports::mailer::MockMailer;
    use domain::ports::unit_of_work::{FakeTx, FakeUnitOfWork};
    use jiff::Timestamp;

    use super::{Jobs, Waits};

    pub fn now() -> Timestamp {
        "2026-03-03T10:00:00Z".parse().expect("instant")
    }

    /// Jobs on these fakes; the clock stands still.
    pub fn jobs(tx: FakeTx, mailer: MockMailer) -> Jobs {
        let mut clock = MockClock::new();
        clock.expect_now().returning(now);
        Jobs {
            uow: Arc::new(FakeUnitOfWork::new(tx)),
            tasks: Arc::new(MockTaskQueue::new()),
            mailer: Arc::new(mailer),
            clock: Arc::new(clock),
            base_url: "https://erp.example.ma".to_owned(),
            signature: "GMAO".to_owned(),
            waits: Waits::default(),
        }
    }

    /// Identifier of the notification that [`outgoing`] gives.
    pub const ID: i64 = 7;

    /// An e-mail in this state.
    pub fn outgoing(status: DeliveryStatus, attempts: i32) -> Outgoing {
        Outgoing {
            id: Id::new(ID),
            created_at: now(),
            notification: Notification {
                user: Id::new(1),
                event: None,
                about: Some(About::Intervention(Id::new(12))),
                kind: NotificationKind::Assignment,
                channel: Channel::Email,
                subject: "Objet".to_owned(),
                body: "Texte".to_owned(),
                status,
                attempts,
                sent_at: None,
            },
            email: "y@example.ma".to_owned(),
            full_name: "Youssef".to_owned(),
            role: Role::Technician,
            is_active: true,
        }
    }

    pub fn lease(kind: TaskKind, attempts: i32) -> Lease {
        Lease {
            task: 40,
            kind,
            fence: i64::from(attempts),
            attempts,
            max_attempts: kind.max_attempts(),
            until: now(),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Id;
    use domain::event::EventId;
    use domain::notification::DeliveryStatus;
    use domain::ports::mailer::MockMailer;
    use domain::ports::unit_of_work::FakeTx;

    use super::testing::{jobs, lease, outgoing};
    use super::*;

    #[test]
    fn an_email_is_tried_for_longer_than_a_weekend_and_never_sooner_than_a_minute() {
        let waits = Waits::default().delivery;
        for task in 1..200 {
            let tries = TaskKind::Deliver(Id::new(1)).max_attempts();
            let all: Vec<Duration> = (1..tries).map(|n| waits.after(task, n)).collect();
            assert!(all.iter().all(|w| *w >= Duration::from_secs(60)), "{all:?}");
            let total: Duration = all.iter().sum();
            let days = total.as_secs_f64() / 86_400.0;
            assert!((4.0..5.0).contains(&days), "{days} days");
        }
    }

    #[test]
    fn tasks_that_failed_together_do_not_come_back_together() {
        let waits = Waits::default().delivery;
        let mut seen: Vec<Duration> = (1..=100).map(|task| waits.after(task, 1)).collect();
        seen.sort_unstable();
        seen.dedup();
        assert!(seen.len() > 80, "{} different waits of 100", seen.len());
        assert_eq!(waits.after(5, 3), waits.after(5, 3));
        assert!(
            waits.after(5, 1_000_000) <= Duration::from_secs(3 * 3600),
            "no overflow"
        );
    }

    #[tokio::test]
    async fn a_failed_task_comes_back_until_its_last_try() {
        for (attempts, dead) in [(1, false), (19, false), (20, true), (21, true)] {
            let mut tx = FakeTx::default();
            tx.tasks
                .expect_finish()
                .withf(move |_, end| {
                    matches!(end, TaskEnd::Dead(why) if dead && why == "poison")
                        || matches!(end, TaskEnd::RetryAfter(_, why) if !dead && why == "poison")
                })
                .times(1)
                .returning(|_, _| Ok(true));
            let lease = lease(TaskKind::DispatchEvent(EventId(1)), attempts);
            let ended = jobs(tx, MockMailer::new())
                .failed(&lease, "poison")
                .await
                .expect("recorded");
            assert_eq!(ended, if dead { Ended::Dead } else { Ended::Retry });
        }
    }

    #[tokio::test]
    async fn a_delivery_that_is_given_up_says_so_and_whether_its_last_try_may_have_gone_out() {
        use DeliveryStatus::{Failed, Pending};
        for (held, status, attempts, audited) in [
            (true, Failed, 56, ["envoi_abandonne"].as_slice()),
            (true, Pending, 0, &["envoi_abandonne"]),
            (true, Pending, 56, &["doublon_possible", "envoi_abandonne"]),
            (false, Pending, 56, &[]),
        ] {
            let mut tx = FakeTx::default();
            tx.tasks.expect_finish().returning(move |_, _| Ok(held));
            tx.notifications
                .expect_outgoing()
                .returning(move |_| Ok(Some(outgoing(status, attempts))));
            for action in audited {
                tx.audit
                    .expect_record()
                    .withf(|e| e.action == *action && e.object_id == Some(7))
                    .times(1)
                    .return_const(());
            }
            tx.notifications
                .expect_record_attempt()
                .withf(|id, status, _, why| {
                    *id == Id::new(7)
                        && *status == DeliveryStatus::Abandoned
                        && why.as_deref() == Some("poison")
                })
                .times(usize::from(held))
                .returning(|_, _, _, _| Ok(()));
            let lease = lease(TaskKind::Deliver(Id::new(7)), 56);
            let ended = jobs(tx, MockMailer::new())
                .failed(&lease, "poison")
                .await
                .expect("recorded");
            assert_eq!(ended, if held { Ended::Dead } else { Ended::Lost });
        }
    }
}
