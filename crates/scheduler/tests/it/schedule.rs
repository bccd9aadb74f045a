//! Jobs by the clock, with several schedulers.

use scheduler::Engine;
use scheduler::schedule::SCHEDULE;
use test_support::SmtpSink;

use crate::company::{Company, PACE, smtp};

#[tokio::test]
async fn however_many_schedulers_run_an_occurrence_runs_once_and_is_recorded() {
    let (company, sink) = (Company::new().await, SmtpSink::start().await);
    company.db.execute(
        "INSERT INTO sessions (id, user_id, expires_at, mode) VALUES \
         (md5('vieille')::uuid, 4, '2026-10-01', 'bearer'), (md5('neuve')::uuid, 4, '2026-11-19', 'bearer')",
    );
    let engines = ["a", "b", "c", "d"].map(|owner| {
        let engine = Engine::new(company.jobs(smtp(&sink)), SCHEDULE, PACE, owner);
        tokio::spawn(async move { engine.drain().await.expect("drained").done })
    });
    let mut done = 0;
    for engine in engines {
        done += engine.await.expect("an engine");
    }
    assert_eq!(done, 1);
    assert_eq!(
        company.count(
            "occurrences",
            "schedule = 'retention' AND due_at = '2026-11-20 03:00+00'"
        ),
        1
    );
    assert_eq!(
        company.count(
            "job_runs",
            "job = 'retention' AND outcome = 'ok' AND details -> 'lignes' ->> 'sessions' = '1'"
        ),
        1
    );
    assert_eq!(company.count("sessions", "true"), 1);
    assert_eq!(company.audited("purge"), 1);
}
