//! Jobs by the clock, with several schedulers.

use std::sync::Arc;

use application::jobs::Jobs;
use scheduler::Engine;
use scheduler::schedule::SCHEDULE;
use test_support::{FixedClock, SmtpSink};

use crate::company::{Company, PACE, smtp};

#[tokio::test]
async fn however_many_schedulers_run_an_occurrence_runs_once_and_is_recorded() {
    let (company, sink) = (Company::new().await, SmtpSink::start().await);
    company.db.execute(
        "INSERT INTO sessions (id, user_id, expires_at, mode) VALUES \
         (md5('vieille')::uuid, 4, now() - interval '40 days', 'bearer'), \
         (md5('neuve')::uuid, 4, now() - interval '1 day', 'bearer')",
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
            "schedule = 'retention' AND due_at BETWEEN now() - interval '25 hours' AND now()"
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

#[tokio::test]
async fn a_machine_whose_clock_is_ahead_removes_nothing_and_stops_no_schedule() {
    let (company, sink) = (Company::new().await, SmtpSink::start().await);
    company.db.execute(
        "INSERT INTO cles_idempotence (user_id, methode, chemin, cle, empreinte) \
         VALUES (4, 'POST', '/interventions', 'a', sha256('a'))",
    );
    let jobs = Jobs {
        clock: Arc::new(FixedClock::at("2999-01-01T12:00:00Z")),
        ..company.jobs(smtp(&sink))
    };
    let tally = Engine::new(jobs, SCHEDULE, PACE, "en avance")
        .drain()
        .await
        .expect("drained");
    assert_eq!((tally.done, company.count("cles_idempotence", "true")), (1, 1));
    assert_eq!(company.count("occurrences", "due_at > now()"), 0);
}
