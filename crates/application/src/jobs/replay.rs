//! Doing again what was given up, when somebody has put its cause right.

use domain::audit::AuditEvent;

use super::Jobs;
use crate::error::AppError;

/// Queues a task that was given up anew, and the message with it that it was to deliver; `false` when
/// no such task was given up.
///
/// # Errors
/// Only those of the store.
pub async fn replay(jobs: &Jobs, task: i64) -> Result<bool, AppError> {
    jobs.run("task.replay", "relance", move |tx| {
        let found = tx.tasks().revive(task)?;
        if found {
            tx.audit().record(&AuditEvent {
                action: "relance",
                object: "taches",
                object_id: Some(task),
                facts: Vec::new(),
            });
        }
        Ok(found)
    })
    .await
}

#[cfg(test)]
mod tests {
    use domain::ports::mailer::MockMailer;
    use domain::ports::unit_of_work::FakeTx;

    use super::*;
    use crate::jobs::testing::jobs;

    #[tokio::test]
    async fn only_what_was_given_up_is_done_again_and_that_is_put_on_record() {
        for found in [true, false] {
            let mut tx = FakeTx::default();
            tx.tasks
                .expect_revive()
                .withf(|task| *task == 40)
                .return_once(move |_| Ok(found));
            tx.audit
                .expect_record()
                .withf(|e| e.action == "relance" && e.object_id == Some(40))
                .times(usize::from(found))
                .return_const(());
            assert_eq!(
                replay(&jobs(tx, MockMailer::new()), 40).await.expect("answered"),
                found
            );
        }
    }
}
