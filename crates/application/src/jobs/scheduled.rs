//! Jobs that run by the clock: queueing each occurrence once, and running it with a record.

use std::time::Duration;

use domain::job::{Lease, RunEnd, RunOutcome, ScheduledJob, TaskEnd};
use jiff::Timestamp;

use super::retention::{Removed, retention};
use super::{Ended, Jobs, correlation};
use crate::error::AppError;

/// Pause before a run goes on with what there was no time for.
const SOON: Duration = Duration::from_secs(60);

/// Queues the occurrences that `due` gives for the latest queued one and the present time, which is the
/// database's; answers how many were new. However many schedulers do so at once, each occurrence is
/// queued once.
///
/// # Errors
/// Only those of the store.
pub async fn queue_due<D>(jobs: &Jobs, job: ScheduledJob, due: D) -> Result<u32, AppError>
where
    D: Fn(Option<Timestamp>, Timestamp) -> Vec<Timestamp> + Send + Sync + 'static,
{
    jobs.run("schedule.queue", "ordonnanceur", move |tx| {
        let (last, now) = (tx.tasks().last_occurrence(job)?, tx.tasks().now()?);
        let mut queued = 0;
        for at in due(last, now) {
            queued += u32::from(tx.tasks().enqueue_occurrence(job, at)?);
        }
        Ok(queued)
    })
    .await
}

/// Runs a job and keeps a record of the run from its beginning on, whatever its end.
///
/// # Errors
/// Those of the job; it is tried again.
pub async fn run(
    jobs: &Jobs,
    lease: &Lease,
    job: ScheduledJob,
    owner: &str,
    in_time: &(dyn Fn() -> bool + Sync),
) -> Result<Ended, AppError> {
    let (held, by) = (lease.clone(), owner.to_owned());
    let run = jobs
        .run("job.begin", &correlation(lease), move |tx| {
            Ok(tx.tasks().begin_run(&held, job, &by)?)
        })
        .await?;
    // A failure here ends the task's try, and the open record with it.
    let Removed {
        counts,
        outcome,
        error,
    } = match job {
        ScheduledJob::Retention => retention(jobs, lease, in_time).await?,
    };
    let partial = error.is_some() || outcome == RunOutcome::Partial;
    let end = RunEnd {
        outcome: if partial { RunOutcome::Partial } else { outcome },
        counts,
        error: error.as_ref().map(ToString::to_string),
    };
    tracing::info!(job = <&str>::from(job), outcome = <&str>::from(end.outcome), counts = ?end.counts, "scheduled job");
    let task_end = match (&error, partial) {
        (Some(_), _) => None,
        (None, true) => Some(TaskEnd::GoOnAfter(SOON)),
        (None, false) => Some(TaskEnd::Done),
    };
    let held = lease.clone();
    let still_held = jobs
        .run("job.end", &correlation(lease), move |tx| {
            let held = match &task_end {
                Some(end) => tx.tasks().finish(&held, end)?,
                None => true,
            };
            if held {
                tx.tasks().end_run(run, &end)?;
            }
            Ok(held)
        })
        .await?;
    match error {
        Some(error) => Err(error),
        None if !still_held => Ok(Ended::Lost),
        None if partial => Ok(Ended::Retry),
        None => Ok(Ended::Done),
    }
}

#[cfg(test)]
mod tests {
    use domain::error::RepoError;
    use domain::job::{Expired, RunId, TaskKind};
    use domain::ports::mailer::MockMailer;
    use domain::ports::unit_of_work::FakeTx;

    use super::*;
    use crate::jobs::testing::{jobs, lease, now};

    #[tokio::test]
    async fn only_occurrences_that_nobody_else_queued_are_counted() {
        let mut tx = FakeTx::default();
        let servers = now() - jiff::SignedDuration::from_hours(100);
        tx.tasks.expect_last_occurrence().return_once(|_| Ok(Some(now())));
        tx.tasks.expect_now().return_once(move || Ok(servers));
        let mut new = [true, false].into_iter();
        tx.tasks
            .expect_enqueue_occurrence()
            .times(2)
            .returning(move |_, _| Ok(new.next().unwrap_or(false)));
        let queued = queue_due(
            &jobs(tx, MockMailer::new()),
            ScheduledJob::Retention,
            move |last, present| {
                assert_eq!(
                    (last, present),
                    (Some(now()), servers),
                    "never the program's own time"
                );
                vec![now(), now()]
            },
        )
        .await;
        assert_eq!(queued.expect("queued"), 1);
    }

    /// A run that purges as `purge` says; its end, its record's outcome, and how its task ended.
    async fn ran(
        purge: fn(Expired) -> Result<u32, RepoError>,
        in_time: fn() -> bool,
        outcome: RunOutcome,
        task: Option<TaskEnd>,
    ) -> Result<Ended, AppError> {
        let lease = lease(
            TaskKind::Scheduled {
                job: ScheduledJob::Retention,
                due: now(),
            },
            1,
        );
        let mut tx = FakeTx::default();
        tx.tasks.expect_now().returning(|| Ok(now()));
        tx.tasks
            .expect_begin_run()
            .withf(|lease, job, owner| lease.task == 40 && *job == ScheduledJob::Retention && owner == "moi")
            .times(1)
            .returning(|_, _, _| Ok(RunId(3)));
        tx.tasks.expect_purge().returning(move |what, _, _| purge(what));
        tx.audit.expect_record().return_const(());
        let ends = usize::from(task.is_some());
        tx.tasks
            .expect_finish()
            .withf(move |_, end| Some(end) == task.as_ref())
            .times(ends)
            .returning(|_, _| Ok(true));
        tx.tasks
            .expect_end_run()
            .withf(move |run, end| *run == RunId(3) && end.outcome == outcome)
            .times(1)
            .returning(|_, _| Ok(()));
        let jobs = jobs(tx, MockMailer::new());
        run(&jobs, &lease, ScheduledJob::Retention, "moi", &in_time).await
    }

    #[tokio::test]
    async fn every_run_leaves_a_record_and_an_unfinished_one_goes_on_soon() {
        let none = |_| Ok(0);
        let done = ran(none, || true, RunOutcome::Ok, Some(TaskEnd::Done)).await;
        assert_eq!(done.expect("run"), Ended::Done);
        let late = ran(
            none,
            || false,
            RunOutcome::Partial,
            Some(TaskEnd::GoOnAfter(SOON)),
        )
        .await;
        assert_eq!(late.expect("run"), Ended::Retry);
        let failing = |what| match what {
            Expired::Tasks => Err(RepoError::Locked),
            _ => Ok(1),
        };
        let failed = ran(failing, || true, RunOutcome::Partial, None).await;
        assert!(failed.is_err(), "the task is tried again");
    }
}
