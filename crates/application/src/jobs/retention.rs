//! Clearing away what has expired, a bounded number of rows at a time, so that nobody waits for
//! a lock and no transaction grows large.

use domain::audit::AuditEvent;
use domain::job::{Expired, Lease, RunOutcome};
use jiff::{SignedDuration, Timestamp};

use super::{Jobs, correlation};
use crate::error::AppError;

/// How long each kind of row is kept after it has served. Tokens go before their sessions, so that
/// removing a session cascades over few rows; tasks before the events that they refer to.
pub const KEPT: &[(Expired, SignedDuration)] = &[
    (Expired::RefreshTokens, days(30)),
    (Expired::Sessions, days(30)),
    // Technicians work without a network for days and repeat their requests when they are back.
    (Expired::IdempotencyKeys, days(7)),
    // Far longer than any counting window.
    (Expired::LoginAttempts, days(1)),
    (Expired::Tasks, days(30)),
    (Expired::Events, days(30)),
];

/// Rows in one transaction.
const BATCH: u32 = 500;

const fn days(n: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * n)
}

/// What a run removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// Rows of each kind.
    pub counts: Vec<(&'static str, i64)>,
    /// `Ok`, or `Partial` when time ran out first: the next run goes on.
    pub outcome: RunOutcome,
}

/// Removes what has expired until nothing is left or `in_time` says no.
///
/// # Errors
/// Only those of the store; what was removed until then stays removed.
pub async fn retention(
    jobs: &Jobs,
    lease: &Lease,
    in_time: &(dyn Fn() -> bool + Sync),
) -> Result<Removed, AppError> {
    let now = jobs.clock.now();
    let mut removed = Removed {
        counts: Vec::new(),
        outcome: RunOutcome::Ok,
    };
    for &(what, age) in KEPT {
        let before = now.checked_sub(age).unwrap_or(Timestamp::MIN);
        let mut count = 0;
        loop {
            if !in_time() {
                removed.outcome = RunOutcome::Partial;
                break;
            }
            let batch = jobs
                .run("retention.batch", &correlation(lease), move |tx| {
                    let rows = tx.tasks().purge(what, before, BATCH)?;
                    if rows > 0 {
                        tx.audit().record(&AuditEvent {
                            action: "purge",
                            object: what.into(),
                            object_id: None,
                            facts: vec![("lignes", rows.to_string()), ("avant", before.to_string())],
                        });
                    }
                    Ok(rows)
                })
                .await?;
            count += i64::from(batch);
            if batch < BATCH {
                break;
            }
        }
        removed.counts.push((what.into(), count));
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use domain::job::{ScheduledJob, TaskKind};
    use domain::ports::mailer::MockMailer;
    use domain::ports::unit_of_work::FakeTx;

    use super::*;
    use crate::jobs::testing::{jobs, lease, now};

    fn task() -> Lease {
        lease(
            TaskKind::Scheduled {
                job: ScheduledJob::Retention,
                due: now(),
            },
            1,
        )
    }

    #[tokio::test]
    async fn every_kind_goes_in_batches_until_none_is_left_and_leaves_a_trace() {
        let mut tx = FakeTx::default();
        let mut sessions = [BATCH, BATCH, 3].into_iter();
        tx.tasks
            .expect_purge()
            .withf(|what, before, limit| {
                *what == Expired::Sessions && *before == now() - days(30) && *limit == BATCH
            })
            .times(3)
            .returning(move |_, _, _| Ok(sessions.next().unwrap_or(0)));
        tx.tasks
            .expect_purge()
            .times(KEPT.len() - 1)
            .returning(|_, _, _| Ok(0));
        tx.audit
            .expect_record()
            .withf(|e| e.object == "sessions")
            .times(3)
            .return_const(());
        let removed = retention(&jobs(tx, MockMailer::new()), &task(), &|| true)
            .await
            .expect("removed");
        assert_eq!(removed.outcome, RunOutcome::Ok);
        assert_eq!(removed.counts.len(), KEPT.len());
        assert!(removed.counts.contains(&("sessions", 1003)), "{removed:?}");
    }

    #[tokio::test]
    async fn it_stops_in_time_and_says_that_it_is_not_finished() {
        let mut tx = FakeTx::default();
        tx.tasks
            .expect_purge()
            .times(2)
            .returning(|_, _, limit| Ok(limit));
        tx.audit.expect_record().return_const(());
        let left = AtomicU32::new(2);
        let in_time = || {
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
                .is_ok()
        };
        let removed = retention(&jobs(tx, MockMailer::new()), &task(), &in_time)
            .await
            .expect("removed");
        assert_eq!(removed.outcome, RunOutcome::Partial);
        assert_eq!(removed.counts.first(), Some(&("refresh_tokens", 1000)));
    }

    #[test]
    fn every_kind_has_its_age() {
        use domain::Vocab;
        for kind in Expired::all() {
            assert_eq!(KEPT.iter().filter(|(k, _)| k == kind).count(), 1, "{kind:?}");
        }
    }
}
