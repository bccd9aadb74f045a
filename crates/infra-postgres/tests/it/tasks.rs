//! The task queue: who holds what, once each, by the database's clock.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::Id;
use domain::event::{Event, EventId};
use domain::job::{Expired, JobRun, Lease, RunOutcome, ScheduledJob, TaskEnd, TaskKind, TaskQueue};
use domain::policy::Role;
use infra_postgres::PgTaskQueue;
use jiff::{SignedDuration, Timestamp};
use test_support::TestDb;

use crate::support::{must, new_user_id, now};

const LEASE: Duration = Duration::from_secs(60);

fn queue(db: &TestDb) -> PgTaskQueue {
    PgTaskQueue::new(db.pool())
}

fn delivery(id: i64) -> TaskKind {
    TaskKind::Deliver(Id::new(id))
}

async fn enqueue(db: &TestDb, ids: impl IntoIterator<Item = i64>) {
    let ids: Vec<i64> = ids.into_iter().collect();
    must(db, move |tx| {
        ids.iter()
            .try_for_each(|id| tx.tasks().enqueue(delivery(*id), None))
    })
    .await;
}

async fn claim(db: &TestDb, limit: u32) -> Vec<Lease> {
    queue(db).claim("essai", limit, LEASE).await.unwrap()
}

async fn claim_one(db: &TestDb) -> Lease {
    claim(db, 1).await.pop().expect("a task")
}

async fn finish(db: &TestDb, lease: &Lease, end: TaskEnd) -> bool {
    let lease = lease.clone();
    must(db, move |tx| tx.tasks().finish(&lease, &end)).await
}

async fn holds(db: &TestDb, lease: &Lease, margin: u64) -> bool {
    let lease = lease.clone();
    must(db, move |tx| {
        tx.tasks().holds(&lease, Duration::from_secs(margin))
    })
    .await
}

/// As if the lease had been taken long ago.
fn expire(db: &TestDb) {
    db.execute("UPDATE taches SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL");
}

#[tokio::test]
async fn due_tasks_are_claimed_in_order_and_once() {
    let db = TestDb::new().await;
    enqueue(&db, 1..=3).await;
    must(&db, |tx| {
        let tomorrow = "2999-01-01T00:00:00Z".parse().unwrap();
        tx.tasks().enqueue(delivery(4), Some(tomorrow))
    })
    .await;
    let first = claim(&db, 2).await;
    assert_eq!(
        first.iter().map(|l| l.kind).collect::<Vec<_>>(),
        [delivery(1), delivery(2)]
    );
    assert!(
        first
            .iter()
            .all(|l| (l.fence, l.attempts, l.max_attempts) == (1, 1, 16))
    );
    assert_eq!(
        claim(&db, 5).await.iter().map(|l| l.kind).collect::<Vec<_>>(),
        [delivery(3)]
    );
    assert_eq!(claim(&db, 5).await, []);
    let left = db.number("SELECT round(extract(epoch FROM max(lease_until) - now())) FROM taches");
    assert!((55..=60).contains(&left), "{left} s");
}

#[tokio::test]
async fn many_workers_at_once_never_share_a_task() {
    let db = TestDb::new().await;
    enqueue(&db, 1..=300).await;
    let workers = (0..6).map(|n| {
        let queue = queue(&db);
        tokio::spawn(async move {
            let mut mine = Vec::new();
            loop {
                let some = queue.claim(&format!("essai-{n}"), 7, LEASE).await.unwrap();
                if some.is_empty() {
                    return mine;
                }
                mine.extend(some.iter().map(|l| l.task));
            }
        })
    });
    let mut all = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        all.extend(worker.await.unwrap());
    }
    assert_eq!(all.len(), 300);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 300);
    assert_eq!(db.number("SELECT max(fence) FROM taches"), 1);
}

#[tokio::test]
async fn the_fence_refuses_whoever_has_lost_the_task() {
    let db = TestDb::new().await;
    enqueue(&db, [1]).await;
    let zombie = claim_one(&db).await;
    assert_eq!(claim(&db, 1).await, [], "held");
    expire(&db);
    assert!(!holds(&db, &zombie, 0).await, "the lease is over");
    let holder = claim_one(&db).await;
    assert_eq!(
        (holder.task, holder.fence, holder.attempts),
        (zombie.task, zombie.fence + 1, 2)
    );
    for end in [
        TaskEnd::Done,
        TaskEnd::Dead("tard".into()),
        TaskEnd::RetryAfter(LEASE, "tard".into()),
    ] {
        assert!(!finish(&db, &zombie, end).await);
    }
    assert_eq!(
        db.number(
            "SELECT count(*) FROM taches WHERE done_at IS NULL AND dead_at IS NULL AND last_error IS NULL"
        ),
        1
    );
    assert!(holds(&db, &holder, 20).await);
    assert!(!holds(&db, &holder, 90).await, "not for as long as that");
    assert!(finish(&db, &holder, TaskEnd::Done).await);
    assert!(!finish(&db, &holder, TaskEnd::Done).await, "once");
    assert!(!holds(&db, &holder, 0).await);
}

#[tokio::test]
async fn a_late_result_counts_while_nobody_else_has_taken_over() {
    let db = TestDb::new().await;
    enqueue(&db, [1]).await;
    let lease = claim_one(&db).await;
    expire(&db);
    assert!(finish(&db, &lease, TaskEnd::Done).await);
    assert_eq!(claim(&db, 1).await, []);
}

#[tokio::test]
async fn a_failed_task_waits_and_a_dead_one_stays_to_be_seen() {
    let db = TestDb::new().await;
    enqueue(&db, [1, 2]).await;
    let (first, second) = (claim_one(&db).await, claim_one(&db).await);
    assert!(
        finish(
            &db,
            &first,
            TaskEnd::RetryAfter(Duration::from_secs(90), "a\0é".repeat(3000))
        )
        .await
    );
    assert!(finish(&db, &second, TaskEnd::Dead("refusé".into())).await);
    assert_eq!(claim(&db, 5).await, []);
    let wait =
        db.number("SELECT round(extract(epoch FROM run_at - now())) FROM taches WHERE dead_at IS NULL");
    assert!((85..=90).contains(&wait), "{wait} s");
    assert_eq!(
        db.number("SELECT char_length(last_error) FROM taches WHERE dead_at IS NULL"),
        4000
    );
    assert_eq!(
        db.number("SELECT count(*) FROM taches WHERE dead_at IS NOT NULL AND last_error = 'refusé'"),
        1
    );
    db.execute("UPDATE taches SET run_at = now()");
    let again = claim(&db, 5).await;
    assert_eq!(
        again.iter().map(|l| (l.kind, l.attempts)).collect::<Vec<_>>(),
        [(first.kind, 2)]
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_put_aside_and_what_is_unknown_is_left_alone() {
    let db = TestDb::new().await;
    db.execute(
        "INSERT INTO taches (kind, payload) VALUES ('livraison', '{}'), ('planifie.retention', '{\"echeance\": 1}'), \
         ('evenement', '{}'), ('planifie.plus_tard', '{}'), ('plus_tard', '{}')",
    );
    enqueue(&db, [1]).await;
    assert_eq!(
        claim(&db, 10).await.iter().map(|l| l.kind).collect::<Vec<_>>(),
        [delivery(1)]
    );
    assert_eq!(
        db.number("SELECT count(*) FROM taches WHERE dead_at IS NOT NULL"),
        3
    );
    assert_eq!(
        db.number(
            "SELECT count(*) FROM taches WHERE kind LIKE '%plus_tard' AND fence = 0 AND dead_at IS NULL"
        ),
        2
    );
}

#[tokio::test]
async fn a_task_is_queued_once_even_after_it_was_done() {
    let db = TestDb::new().await;
    enqueue(&db, [1, 1]).await;
    assert!(finish(&db, &claim_one(&db).await, TaskEnd::Done).await);
    enqueue(&db, [1]).await;
    assert_eq!(db.number("SELECT count(*) FROM taches"), 1);
}

#[tokio::test]
async fn an_occurrence_is_queued_once_however_many_ask() {
    let db = TestDb::new().await;
    let asked = (0..16).map(|_| {
        must(&db, |tx| {
            tx.tasks().enqueue_occurrence(ScheduledJob::Retention, now())
        })
    });
    // All at once, on as many connections as there are.
    let answers = futures_util::future::join_all(asked).await;
    assert_eq!(answers.iter().filter(|first| **first).count(), 1);
    assert_eq!(db.number("SELECT count(*) FROM taches"), 1);
    let last = must(&db, |tx| tx.tasks().last_occurrence(ScheduledJob::Retention)).await;
    assert_eq!(last, Some(now()));
    let kind = TaskKind::Scheduled {
        job: ScheduledJob::Retention,
        due: now(),
    };
    assert_eq!(claim_one(&db).await.kind, kind);
    assert_eq!(
        db.number("SELECT count(*) FROM occurrences o JOIN taches t ON t.id = o.tache_id"),
        1
    );
}

#[tokio::test]
async fn an_event_brings_its_task_and_is_dispatched_once() {
    let db = TestDb::new().await;
    let event = Event::EquipmentDown { id: Id::new(3) };
    let pushed = event.clone();
    // An instant of the application's clock that is far ahead must not delay the task.
    must(&db, move |tx| {
        tx.outbox().push(&pushed, "2999-01-01T00:00:00Z".parse().unwrap())
    })
    .await;
    let TaskKind::DispatchEvent(id) = claim_one(&db).await.kind else {
        panic!("another task")
    };
    let stored = must(&db, move |tx| tx.tasks().event(id)).await.unwrap();
    assert_eq!(
        (stored.id, stored.event, stored.correlation_id.as_str()),
        (id, event, "essai-0001")
    );
    for _ in 0..2 {
        must(&db, move |tx| tx.tasks().mark_dispatched(id)).await;
    }
    assert_eq!(
        db.number("SELECT count(*) FROM evenements WHERE dispatched_at IS NOT NULL"),
        1
    );
    assert_eq!(must(&db, |tx| tx.tasks().event(EventId(99))).await, None);
}

#[tokio::test]
async fn runs_are_recorded_and_the_next_task_is_known() {
    let db = TestDb::new().await;
    let queue = queue(&db);
    assert_eq!(queue.next_due().await.unwrap(), None);
    let due: Timestamp = "2999-01-01T00:00:00Z".parse().unwrap();
    must(&db, move |tx| tx.tasks().enqueue(delivery(1), Some(due))).await;
    assert_eq!(queue.next_due().await.unwrap(), Some(due));
    let run = JobRun {
        job: "retention".into(),
        started_at: now(),
        // The clock was set back meanwhile.
        finished_at: now() - SignedDuration::from_secs(5),
        outcome: RunOutcome::Partial,
        counts: vec![("sessions", 3)],
        error: Some("interrompu".into()),
        owner: "essai".into(),
    };
    queue.record_run(&run).await.unwrap();
    assert_eq!(
        db.number(
            "SELECT count(*) FROM job_runs WHERE job = 'retention' AND outcome = 'partiel' AND owner = 'essai' \
             AND finished_at = started_at AND details = '{\"lignes\": {\"sessions\": 3}, \"erreur\": \"interrompu\"}'"
        ),
        1
    );
}

async fn purge(db: &TestDb, what: Expired, before: Timestamp, limit: u32) -> u32 {
    must(db, move |tx| tx.tasks().purge(what, before, limit)).await
}

#[tokio::test]
async fn retention_removes_what_expired_before_the_limit_and_nothing_else() {
    let db = TestDb::new().await;
    let user = new_user_id(&db, "amal", Role::Client).await;
    db.execute(&format!(
        "INSERT INTO sessions (id, user_id, expires_at, ended_at, end_reason, mode) VALUES \
         (md5('expiree')::uuid, {user}, '2026-01-01', NULL, NULL, 'bearer'), \
         (md5('finie')::uuid, {user}, '2026-06-01', '2026-01-01', 'deconnexion', 'bearer'), \
         (md5('vivante')::uuid, {user}, '2026-06-01', NULL, NULL, 'bearer'); \
         INSERT INTO refresh_tokens (token_hash, session_id, generation, expires_at) \
         SELECT sha256(g::text::bytea), md5('vivante')::uuid, g, CASE WHEN g < 3 THEN '2026-01-01'::timestamptz \
         ELSE '2026-06-01' END FROM generate_series(1, 4) g; \
         INSERT INTO refresh_tokens (token_hash, session_id, generation, expires_at) \
         VALUES (sha256('x'), md5('finie')::uuid, 0, '2026-06-01'); \
         INSERT INTO cles_idempotence (user_id, methode, chemin, cle, empreinte, created_at) VALUES \
         ({user}, 'POST', '/a', 'vieille', sha256('a'), '2026-01-01'), ({user}, 'POST', '/a', 'neuve', sha256('a'), '2026-06-01'); \
         INSERT INTO connexions_tentatives (identifiant_hash, fenetre_debut) VALUES \
         (sha256('a'), '2026-01-01'), (sha256('b'), '2026-06-01'); \
         INSERT INTO evenements (id, kind, aggregate_type, aggregate_id, occurred_at, dispatched_at) VALUES \
         (1, 'intervention.creee', 'interventions', 1, '2026-01-01', '2026-01-01'), \
         (2, 'intervention.creee', 'interventions', 1, '2026-01-01', '2026-06-01'), \
         (3, 'intervention.creee', 'interventions', 1, '2026-01-01', NULL); \
         INSERT INTO taches (kind, evenement_id, done_at, dead_at) VALUES \
         ('evenement', 1, '2026-01-01', NULL), ('evenement', 1, '2026-06-01', NULL), ('evenement', 3, NULL, '2026-01-01'); \
         INSERT INTO notifications (user_id, type, canal, sujet, contenu, evenement_id) \
         VALUES ({user}, 'rappel', 'push', 'x', 'y', 1)"
    ));
    let limit = "2026-03-01T00:00:00Z".parse().unwrap();
    for (what, removed, table, left) in [
        (Expired::RefreshTokens, 2, "refresh_tokens", 3),
        (Expired::Sessions, 2, "sessions", 1),
        (Expired::IdempotencyKeys, 1, "cles_idempotence", 1),
        (Expired::LoginAttempts, 1, "connexions_tentatives", 1),
        (Expired::Tasks, 1, "taches", 2),
        (Expired::Events, 1, "evenements", 2),
    ] {
        assert_eq!(purge(&db, what, limit, 100).await, removed, "{what:?}");
        assert_eq!(
            db.number(&format!("SELECT count(*) FROM {table}")),
            left,
            "{what:?}"
        );
        assert_eq!(purge(&db, what, limit, 100).await, 0, "{what:?}");
    }
    assert_eq!(
        db.number("SELECT count(*) FROM refresh_tokens"),
        2,
        "those of the removed session went with it"
    );
    assert_eq!(
        db.number("SELECT count(*) FROM notifications WHERE evenement_id IS NULL"),
        1,
        "the inbox stays"
    );
}

#[tokio::test]
async fn retention_takes_a_bounded_number_and_never_waits() {
    let db = TestDb::new().await;
    db.execute(
        "INSERT INTO connexions_tentatives (identifiant_hash, fenetre_debut) \
         SELECT sha256(g::text::bytea), '2026-01-01' FROM generate_series(1, 10) g",
    );
    assert_eq!(purge(&db, Expired::LoginAttempts, now(), 4).await, 4);
    // Somebody signs in at this moment: that row is theirs.
    use diesel::connection::SimpleConnection;
    let mut other = db.connection();
    other
        .batch_execute("BEGIN; SELECT 1 FROM connexions_tentatives LIMIT 1 FOR UPDATE")
        .expect("a locked row");
    assert_eq!(purge(&db, Expired::LoginAttempts, now(), 100).await, 5);
    other.batch_execute("ROLLBACK").expect("let go");
    assert_eq!(purge(&db, Expired::LoginAttempts, now(), 100).await, 1);
}
