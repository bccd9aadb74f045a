//! Clearing away what has expired, a bounded number of rows at a time, so that nobody waits for
//! a lock and no transaction grows large.

use domain::audit::AuditEvent;
use domain::job::{Expired, Lease, RunOutcome};
use jiff::{SignedDuration, Timestamp};

use super::{Jobs, correlation};
use crate::error::AppError;

/// How long each kind of row is kept after it has served. Tasks go before the events that they refer to.
pub const KEPT: &[(Expired, SignedDuration)] = &[
    (Expired::RefreshTokens, days(30)),
    (Expired::Sessions, days(30)),
    // Technicians work without a network for days and repeat their requests when they are back.
    (Expired::IdempotencyKeys, days(7)),
    // Far longer than any counting window.
    (Expired::LoginAttempts, days(1)),
    (Expired::Tasks, days(30)),
    (Expired::Events, days(30)),
    // Somebody should have looked at them long before.
    (Expired::DeadTasks, days(180)),
    (Expired::LostEvents, days(180)),
    (Expired::Notifications, days(365)),
    (Expired::JobRuns, days(365)),
    (Expired::Occurrences, days(90)),
];

/// Rows in one transaction.
const BATCH: u32 = 500;

const fn days(n: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * n)
}

/// What a run removed.
#[derive(Debug)]
pub struct Removed {
    /// Rows of each kind.
    pub counts: Vec<(&'static str, i64)>,
    /// `Ok`, or `Partial` when time ran out first: the next run goes on.
    pub outcome: RunOutcome,
    /// Why some kinds could not be cleared; the others were.
    pub error: Option<AppError>,
}

/// One kind of row on its way.
struct Progress {
    what: Expired,
    before: Timestamp,
    count: i64,
    more: bool,
}

/// Removes what has expired until nothing is left or `in_time` says no. Each kind gets a batch in turn,
/// so that none can keep the others from being cleared, and one that fails does not stop them.
///
/// # Errors
/// Only those of the store, before anything was removed.
pub async fn retention(
    jobs: &Jobs,
    lease: &Lease,
    in_time: &(dyn Fn() -> bool + Sync),
) -> Result<Removed, AppError> {
    // The database's time: a machine whose clock is ahead must not remove what is still of use.
    let now = jobs
        .run("retention.now", &correlation(lease), |tx| Ok(tx.tasks().now()?))
        .await?;
    let mut kinds: Vec<Progress> = KEPT
        .iter()
        .map(|&(what, age)| Progress {
            what,
            before: now.checked_sub(age).unwrap_or(Timestamp::MIN),
            count: 0,
            more: true,
        })
        .collect();
    // Each claim begins with another one, should there not even be time for a batch of each.
    let first = usize::try_from(lease.fence).unwrap_or(0) % KEPT.len();
    kinds.rotate_left(first);
    let (mut outcome, mut error) = (RunOutcome::Ok, None);
    'rounds: while kinds.iter().any(|kind| kind.more) {
        for kind in kinds.iter_mut().filter(|kind| kind.more) {
            if !in_time() {
                outcome = RunOutcome::Partial;
                break 'rounds;
            }
            match batch(jobs, lease, kind.what, kind.before).await {
                Ok(rows) => {
                    kind.count += i64::from(rows);
                    kind.more = rows == BATCH;
                }
                Err(failed) => {
                    tracing::warn!(kind = <&str>::from(kind.what), error = %failed, "not cleared");
                    kind.more = false;
                    error.get_or_insert(failed);
                }
            }
        }
    }
    kinds.rotate_right(first);
    Ok(Removed {
        counts: kinds.iter().map(|kind| (kind.what.into(), kind.count)).collect(),
        outcome,
        error,
    })
}

/// Removes up to [`BATCH`] rows; answers how many.
async fn batch(jobs: &Jobs, lease: &Lease, what: Expired, before: Timestamp) -> Result<u32, AppError> {
    jobs.run("retention.batch", &correlation(lease), move |tx| {
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
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use domain::error::RepoError;
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

    /// A store whose clock shows another time than the program's.
    fn store() -> FakeTx {
        let mut tx = FakeTx::default();
        tx.tasks.expect_now().returning(|| Ok(now() - days(2)));
        tx
    }

    fn count(removed: &Removed, what: Expired) -> i64 {
        let name: &str = what.into();
        let found = removed.counts.iter().find(|(n, _)| *n == name);
        found.expect("a count").1
    }

    #[tokio::test]
    async fn every_kind_goes_in_batches_until_none_is_left_and_leaves_a_trace() {
        let mut tx = store();
        let mut sessions = [BATCH, BATCH, 3].into_iter();
        tx.tasks
            .expect_purge()
            .withf(|what, before, limit| {
                *what == Expired::Sessions && *before == now() - days(32) && *limit == BATCH
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
        assert_eq!(count(&removed, Expired::Sessions), 1003);
    }

    #[tokio::test]
    async fn a_kind_without_end_does_not_keep_the_others_from_being_cleared() {
        let mut tx = store();
        tx.tasks
            .expect_purge()
            .returning(|what, _, limit| Ok(if what == Expired::RefreshTokens { limit } else { 7 }));
        tx.audit.expect_record().return_const(());
        let left = AtomicU32::new(20);
        let in_time = || {
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
                .is_ok()
        };
        let removed = retention(&jobs(tx, MockMailer::new()), &task(), &in_time)
            .await
            .expect("removed");
        assert_eq!(removed.outcome, RunOutcome::Partial, "the next run goes on");
        assert_eq!(count(&removed, Expired::RefreshTokens), 10 * i64::from(BATCH));
        for &(what, _) in KEPT.iter().skip(1) {
            assert_eq!(count(&removed, what), 7, "{what:?}");
        }
    }

    #[tokio::test]
    async fn a_kind_that_fails_is_told_of_and_does_not_stop_the_others() {
        let mut tx = store();
        tx.tasks.expect_purge().returning(|what, _, _| match what {
            Expired::RefreshTokens => Err(RepoError::Locked),
            _ => Ok(7),
        });
        tx.audit.expect_record().return_const(());
        let removed = retention(&jobs(tx, MockMailer::new()), &task(), &|| true)
            .await
            .expect("removed");
        assert!(removed.error.is_some());
        assert_eq!(count(&removed, Expired::Occurrences), 7);
    }

    #[test]
    fn every_kind_has_its_age() {
        use domain::Vocab;
        for kind in Expired::all() {
            assert_eq!(KEPT.iter().filter(|(k, _)| k == kind).count(), 1, "{kind:?}");
        }
    }
}
