//! Jobs that run by the clock: queueing each occurrence once, and running it with a record.

use domain::job::{JobRun, Lease, RunOutcome, ScheduledJob};
use jiff::Timestamp;

use super::retention::{Removed, retention};
use super::{Ended, Jobs};
use crate::error::AppError;

/// Queues the occurrences that `due` gives for the latest queued one; answers how many were new.
/// However many schedulers do so at once, each occurrence is queued once.
///
/// # Errors
/// Only those of the store.
pub async fn queue_due<D>(jobs: &Jobs, job: ScheduledJob, due: D) -> Result<u32, AppError>
where
    D: Fn(Option<Timestamp>) -> Vec<Timestamp> + Send + Sync + 'static,
{
    jobs.run("schedule.queue", "ordonnanceur", move |tx| {
        let last = tx.tasks().last_occurrence(job)?;
        let mut queued = 0;
        for at in due(last) {
            queued += u32::from(tx.tasks().enqueue_occurrence(job, at)?);
        }
        Ok(queued)
    })
    .await
}

/// Runs a job and keeps a record of the run, whatever its end.
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
    let started_at = jobs.clock.now();
    let result = match job {
        ScheduledJob::Retention => retention(jobs, lease, in_time).await,
    };
    let (outcome, counts, error) = match &result {
        Ok(Removed { outcome, counts }) => (*outcome, counts.clone(), None),
        Err(error) => (RunOutcome::Failed, Vec::new(), Some(error.to_string())),
    };
    let run = JobRun {
        job: <&str>::from(job).to_owned(),
        started_at,
        finished_at: jobs.clock.now(),
        outcome,
        counts,
        error,
        owner: owner.to_owned(),
    };
    tracing::info!(job = run.job, outcome = <&str>::from(outcome), counts = ?run.counts, "scheduled job");
    // A run without a record is still a run: only the log tells of it then.
    if let Err(error) = jobs.tasks.record_run(&run).await {
        tracing::error!(job = run.job, error = %error, "a run could not be recorded");
    }
    result?;
    jobs.done(lease).await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::error::RepoError;
    use domain::job::{MockTaskQueue, TaskEnd, TaskKind};
    use domain::ports::mailer::MockMailer;
    use domain::ports::unit_of_work::FakeTx;

    use super::*;
    use crate::jobs::testing::{jobs, lease, now};

    #[tokio::test]
    async fn only_occurrences_that_nobody_else_queued_are_counted() {
        let mut tx = FakeTx::default();
        tx.tasks.expect_last_occurrence().return_once(|_| Ok(Some(now())));
        let mut new = [true, false].into_iter();
        tx.tasks
            .expect_enqueue_occurrence()
            .times(2)
            .returning(move |_, _| Ok(new.next().unwrap_or(false)));
        let queued = queue_due(&jobs(tx, MockMailer::new()), ScheduledJob::Retention, |last| {
            assert_eq!(last, Some(now()));
            vec![now(), now()]
        })
        .await;
        assert_eq!(queued.expect("queued"), 1);
    }

    fn recording(tx: FakeTx, outcome: RunOutcome) -> Jobs {
        let mut queue = MockTaskQueue::new();
        queue
            .expect_record_run()
            .withf(move |run| {
                run.job == "retention"
                    && run.outcome == outcome
                    && run.owner == "moi"
                    && run.error.is_some() == (outcome == RunOutcome::Failed)
            })
            .times(1)
            .returning(|_| Ok(()));
        Jobs {
            tasks: Arc::new(queue),
            ..jobs(tx, MockMailer::new())
        }
    }

    #[tokio::test]
    async fn every_run_leaves_a_record() {
        let task = lease(
            TaskKind::Scheduled {
                job: ScheduledJob::Retention,
                due: now(),
            },
            1,
        );
        let mut tx = FakeTx::default();
        tx.tasks.expect_purge().returning(|_, _, _| Ok(0));
        tx.tasks
            .expect_finish()
            .withf(|_, end| *end == TaskEnd::Done)
            .times(1)
            .returning(|_, _| Ok(true));
        let ended = run(
            &recording(tx, RunOutcome::Ok),
            &task,
            ScheduledJob::Retention,
            "moi",
            &|| true,
        )
        .await;
        assert_eq!(ended.expect("run"), Ended::Done);

        let mut tx = FakeTx::default();
        tx.tasks
            .expect_purge()
            .returning(|_, _, _| Err(RepoError::Locked));
        let ended = run(
            &recording(tx, RunOutcome::Failed),
            &task,
            ScheduledJob::Retention,
            "moi",
            &|| true,
        )
        .await;
        assert!(ended.is_err());
    }
}
