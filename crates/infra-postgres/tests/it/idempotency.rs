//! Idempotency keys: one effect each, and the same answer to the byte.

use std::sync::Arc;

use diesel::connection::SimpleConnection;
use domain::Id;
use domain::error::RepoError;
use domain::idempotency::{Claim, IdempotencyKey, StoredAnswer};
use domain::job::Expired;
use domain::policy::Role;
use domain::user::User;
use test_support::TestDb;
use test_support::wait::within;

use crate::support::{must, new_user_id, now, repo_error, run};

fn key(user: Id<User>, fingerprint: u8) -> IdempotencyKey {
    IdempotencyKey {
        user,
        method: "POST".into(),
        path: "/interventions".into(),
        key: "tablette-7".into(),
        fingerprint: [fingerprint; 32],
    }
}

fn answer() -> StoredAnswer {
    StoredAnswer {
        status: 201,
        headers: vec![
            ("etag".into(), "\"1\"".into()),
            ("location".into(), "/api/v1/interventions/é".into()),
        ],
        body: vec![0, 159, 146, 150, b'{', b'}'],
    }
}

async fn claim(db: &TestDb, key: &IdempotencyKey) -> Claim {
    let key = key.clone();
    must(db, move |tx| tx.idempotency().claim(&key)).await
}

#[tokio::test]
async fn the_answer_comes_back_as_it_was_and_for_the_same_request_only() {
    let db = TestDb::new().await;
    let amal = new_user_id(&db, "amal", Role::Manager).await;
    let karim = new_user_id(&db, "karim", Role::Manager).await;
    let mine = key(amal, 1);
    let stored = mine.clone();
    must(&db, move |tx| {
        assert_eq!(tx.idempotency().claim(&stored)?, Claim::Mine);
        tx.idempotency().complete(&stored, &answer())
    })
    .await;
    assert_eq!(claim(&db, &mine).await, Claim::Done(answer()));
    assert_eq!(claim(&db, &key(amal, 2)).await, Claim::Mismatch);
    // What is claimed and rolled back was never claimed.
    for _ in 0..2 {
        let theirs = key(karim, 1);
        let refused = run(&db, move |tx| -> Result<(), RepoError> {
            assert_eq!(tx.idempotency().claim(&theirs)?, Claim::Mine);
            Err(RepoError::BadCursor)
        })
        .await;
        assert!(refused.is_err());
    }
}

#[tokio::test]
async fn a_repeat_waits_for_the_first_and_not_for_ever() {
    let db = Arc::new(TestDb::new().await);
    let amal = new_user_id(&db, "amal", Role::Manager).await;
    let gate = Arc::new(std::sync::Barrier::new(2));
    let first = {
        let (db, gate) = (db.clone(), gate.clone());
        tokio::spawn(async move {
            must(&db, move |tx| {
                let mine = key(amal, 1);
                assert_eq!(tx.idempotency().claim(&mine)?, Claim::Mine);
                gate.wait();
                gate.wait();
                tx.idempotency().complete(&mine, &answer())
            })
            .await;
        })
    };
    let meet = || {
        let gate = gate.clone();
        tokio::task::spawn_blocking(move || gate.wait())
    };
    meet().await.unwrap();
    // Longer than anybody waits for a lock.
    let mine = key(amal, 1);
    let locked = repo_error(run(&db, move |tx| tx.idempotency().claim(&mine)).await);
    assert!(matches!(locked, RepoError::Locked), "{locked:?}");
    // And one that waits gets the answer of the first.
    let waiting = {
        let db = db.clone();
        tokio::spawn(async move { claim(&db, &key(amal, 1)).await })
    };
    let blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    within(
        "the other one waits",
        std::time::Duration::from_secs(20),
        || async { db.number(blocked) > 0 },
    )
    .await;
    meet().await.unwrap();
    first.await.unwrap();
    assert_eq!(waiting.await.unwrap(), Claim::Done(answer()));
}

#[tokio::test]
async fn a_key_that_retention_removes_while_it_is_looked_at_is_new() {
    let db = Arc::new(TestDb::new().await);
    let amal = new_user_id(&db, "amal", Role::Manager).await;
    must(&db, move |tx| {
        assert_eq!(tx.idempotency().claim(&key(amal, 1))?, Claim::Mine);
        tx.idempotency().complete(&key(amal, 1), &answer())
    })
    .await;
    // Holds whoever claims between the conflict and the look at the row.
    db.execute(
        "UPDATE cles_idempotence SET created_at = '2025-01-01'; \
         CREATE FUNCTION attendre() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END $$; \
         CREATE TRIGGER tg_essai AFTER INSERT ON cles_idempotence FOR EACH STATEMENT EXECUTE FUNCTION attendre()",
    );
    let mut gate = db.connection();
    gate.batch_execute("SELECT pg_advisory_lock(7)").unwrap();
    let repeat = {
        let db = db.clone();
        tokio::spawn(async move { claim(&db, &key(amal, 1)).await })
    };
    let held = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()";
    within(
        "the repeat has met the row",
        std::time::Duration::from_secs(20),
        || async { db.number(held) == 1 },
    )
    .await;
    let removed = must(&db, |tx| tx.tasks().purge(Expired::IdempotencyKeys, now(), 10)).await;
    assert_eq!(removed, 1);
    gate.batch_execute("SELECT pg_advisory_unlock(7)").unwrap();
    assert_eq!(repeat.await.unwrap(), Claim::Mine);
}
