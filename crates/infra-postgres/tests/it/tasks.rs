//! The task queue: who holds what, once each, by the database's clock.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::Id;
use domain::event::{Event, EventId};
use domain::job::{Lease, Room, RunEnd, RunOutcome, ScheduledJob, TaskEnd, TaskKind, TaskQueue};
use domain::policy::Role;
use infra_postgres::PgTaskQueue;
use jiff::Timestamp;
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

/// Room for this many, of whatever kind.
fn room(tasks: u32) -> Room {
    Room {
        tasks,
        deliveries: tasks,
    }
}

async fn claim(db: &TestDb, limit: u32) -> Vec<Lease> {
    queue(db).claim("essai", room(limit), LEASE).await.unwrap()
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
            .all(|l| (l.fence, l.attempts, l.max_attempts) == (1, 1, 56))
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
async fn events_of_a_newer_version_are_left_to_it() {
    let db = TestDb::new().await;
    must(&db, |tx| {
        for id in 1..=3 {
            tx.outbox()
                .push(&Event::InterventionCreated { id: Id::new(id) }, now())?;
        }
        Ok(())
    })
    .await;
    db.execute(
        "UPDATE evenements SET v = v + 1 WHERE aggregate_id = 1; \
         UPDATE evenements SET kind = 'contrat.echu' WHERE aggregate_id = 2",
    );
    let claimed: Vec<_> = claim(&db, 5).await.into_iter().map(|l| l.kind).collect();
    let known = EventId(db.number("SELECT id FROM evenements WHERE aggregate_id = 3"));
    assert_eq!(claimed, [TaskKind::DispatchEvent(known)]);
    assert_eq!(
        db.number(
            "SELECT count(*) FROM taches WHERE attempts = 0 AND lease_until IS NULL AND dead_at IS NULL"
        ),
        2,
        "untouched"
    );
    for (job, readable) in [(1, false), (2, false), (3, true)] {
        let event = EventId(db.number(&format!("SELECT id FROM evenements WHERE aggregate_id = {job}")));
        let read = must(&db, move |tx| tx.tasks().readable_event(event)).await;
        assert_eq!(read.is_some(), readable, "{job}");
    }
    let left_alone = async |minutes: u64| {
        let late = Duration::from_secs(60 * minutes);
        queue(&db).left_alone(late).await.unwrap()
    };
    assert_eq!(left_alone(15).await, 0, "a rollout may be under way");
    db.execute("UPDATE taches SET run_at = now() - interval '16 minutes' WHERE done_at IS NULL");
    assert_eq!(left_alone(15).await, 2);
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
                let some = queue.claim(&format!("essai-{n}"), room(7), LEASE).await.unwrap();
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
    let event = Event::EquipmentDown {
        id: Id::new(3),
        job: Some(Id::new(9)),
    };
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
async fn deliveries_leave_room_for_everything_else() {
    let db = TestDb::new().await;
    enqueue(&db, 1..=20).await;
    db.execute("UPDATE taches SET run_at = now() - interval '1 hour'");
    must(&db, |tx| {
        tx.outbox().push(
            &Event::EquipmentDown {
                id: Id::new(3),
                job: None,
            },
            now(),
        )
    })
    .await;
    let taken = |deliveries| {
        let queue = queue(&db);
        async move {
            let room = Room { tasks: 8, deliveries };
            let leases = queue.claim("essai", room, LEASE).await.unwrap();
            let mails = leases.iter().filter(|l| matches!(l.kind, TaskKind::Deliver(_)));
            (mails.count(), leases.len())
        }
    };
    assert_eq!(taken(0).await, (0, 1), "the event, although it is the youngest");
    assert_eq!(taken(6).await, (6, 6));
    assert_eq!(taken(20).await, (8, 8), "never more than there is room for");
}

#[tokio::test]
async fn what_was_given_up_can_be_done_again_and_its_message_with_it() {
    let db = TestDb::new().await;
    let user = new_user_id(&db, "amal", Role::Client).await;
    db.execute(&format!(
        "INSERT INTO notifications (id, user_id, type, canal, sujet, contenu, statut, tentatives) \
         VALUES (1, {user}, 'rappel', 'email', 'x', 'y', 'abandonnee', 16)"
    ));
    enqueue(&db, [1]).await;
    let last = claim_one(&db).await;
    let id = last.task;
    let revive = || must(&db, move |tx| tx.tasks().revive(id));
    assert!(!revive().await, "not given up");
    db.execute("UPDATE taches SET attempts = 16");
    assert!(finish(&db, &last, TaskEnd::Dead("relais".into())).await);
    let dead = queue(&db).dead(10).await.unwrap();
    assert_eq!(
        dead.iter()
            .map(|d| (d.task, d.kind.as_str(), d.why.as_str()))
            .collect::<Vec<_>>(),
        [(id, "livraison", "relais")]
    );
    assert!(revive().await);
    assert!(!revive().await, "once");
    assert_eq!(queue(&db).dead(10).await.unwrap(), []);
    assert_eq!(
        db.number("SELECT count(*) FROM notifications WHERE statut = 'echec' AND tentatives = 16"),
        1
    );
    let again = claim_one(&db).await;
    assert_eq!(
        (again.task, again.attempts),
        (id, 1),
        "with all its tries before it"
    );
    assert!(
        !finish(&db, &last, TaskEnd::Done).await,
        "whoever had it has lost it"
    );
}

#[tokio::test]
async fn a_task_that_goes_on_has_all_its_tries_before_it() {
    let db = TestDb::new().await;
    enqueue(&db, [1]).await;
    let lease = claim_one(&db).await;
    assert!(finish(&db, &lease, TaskEnd::GoOnAfter(Duration::from_secs(90))).await);
    assert_eq!(claim(&db, 1).await, [], "not yet");
    db.execute("UPDATE taches SET run_at = now()");
    assert_eq!(claim_one(&db).await.attempts, 1);
}

#[tokio::test]
async fn an_occurrence_of_the_future_does_not_stop_the_schedule() {
    let db = TestDb::new().await;
    for due in ["2026-03-02T03:00:00Z", "2999-01-01T03:00:00Z"] {
        let due: Timestamp = due.parse().unwrap();
        must(&db, move |tx| {
            tx.tasks().enqueue_occurrence(ScheduledJob::Retention, due)
        })
        .await;
    }
    let last = must(&db, |tx| tx.tasks().last_occurrence(ScheduledJob::Retention)).await;
    assert_eq!(last, Some("2026-03-02T03:00:00Z".parse().unwrap()));
}

#[tokio::test]
async fn a_run_is_recorded_from_its_beginning_on() {
    let db = TestDb::new().await;
    must(&db, |tx| {
        tx.tasks().enqueue_occurrence(ScheduledJob::Retention, now())
    })
    .await;
    let lease = claim_one(&db).await;
    let begin = || {
        let lease = lease.clone();
        must(&db, move |tx| {
            tx.tasks().begin_run(&lease, ScheduledJob::Retention, "essai")
        })
    };
    let runs = |condition: &str| {
        db.number(&format!(
            "SELECT count(*) FROM job_runs WHERE job = 'retention' AND owner = 'essai' AND {condition}"
        ))
    };
    let crashed = begin().await;
    assert_eq!(runs("finished_at IS NULL AND outcome IS NULL"), 1);
    let second = begin().await;
    assert_eq!(
        runs("outcome = 'echec' AND finished_at >= started_at AND details ->> 'erreur' = 'sans fin connue'"),
        1,
        "the try before never came to an end"
    );
    let end = RunEnd {
        outcome: RunOutcome::Partial,
        counts: vec![("sessions", 3)],
        error: Some("interrompu\0".into()),
    };
    for run in [crashed, second] {
        let end = end.clone();
        must(&db, move |tx| tx.tasks().end_run(run, &end)).await;
    }
    assert_eq!(
        runs(
            "outcome = 'partiel' AND details = '{\"lignes\": {\"sessions\": 3}, \"erreur\": \"interrompu\"}'"
        ),
        1,
        "what has ended stays as it is"
    );
    begin().await;
    let task = lease.task;
    must(&db, move |tx| tx.tasks().fail_runs(task, "panic")).await;
    assert_eq!(runs("outcome = 'echec' AND details ->> 'erreur' = 'panic'"), 1);
    assert_eq!(runs("true"), 3);
}

#[tokio::test]
async fn a_history_that_is_brought_in_is_nobodys_news() {
    let db = TestDb::new().await;
    for at in ["2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z"] {
        let at: Timestamp = at.parse().unwrap();
        must(&db, move |tx| {
            tx.outbox().push(
                &Event::EquipmentDown {
                    id: Id::new(3),
                    job: None,
                },
                at,
            )
        })
        .await;
    }
    let before: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    assert_eq!(must(&db, move |tx| tx.tasks().settle_history(before)).await, 1);
    assert_eq!(
        db.number(
            "SELECT count(*) FROM evenements WHERE dispatched_at IS NOT NULL AND occurred_at < '2026-03-01'"
        ),
        1
    );
    assert_eq!(claim(&db, 10).await.len(), 1, "the later one is still to be told");
    assert_eq!(must(&db, move |tx| tx.tasks().settle_history(before)).await, 0);
}
