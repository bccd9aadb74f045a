//! Units of work: all or nothing, run again after a transient conflict, audited.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use domain::error::{Constraint, RepoError};
use domain::policy::Role;
use domain::ports::{Erased, Tx, TxError, UnitOfWork};
use infra_postgres::{PgUnitOfWork, WritePool};
use test_support::{Relay, TestDb};

use crate::support::{conflict, must, new_user, origin, repo_error, run, user};

#[tokio::test]
async fn a_refusal_leaves_nothing_behind() {
    let db = TestDb::new().await;
    let refused = db
        .uow()
        .run_erased(
            "test",
            &origin(),
            Box::new(|tx| {
                tx.users().insert(&user("amal", Role::Admin), None)?;
                Err(TxError::Refused(Box::new("non")))
            }),
        )
        .await;
    match refused {
        Err(TxError::Refused(why)) => assert_eq!(why.downcast_ref::<&str>(), Some(&"non")),
        other => panic!("{:?}", other.map(|_| ())),
    }
    assert_eq!(db.number("SELECT count(*) FROM users"), 0);
    assert_eq!(db.number("SELECT count(*) FROM audit_log"), 0);
}

#[tokio::test]
async fn every_write_has_its_audit_row_in_the_same_transaction() {
    let db = TestDb::new().await;
    let amal = new_user(&db, "amal", Role::Admin).await;
    must(&db, move |tx| {
        let before = tx.users().lock(amal.id)?.unwrap();
        let mut after = before.data.clone();
        after.full_name = "Amal Renommée".into();
        tx.users().update(&before, &after)
    })
    .await;
    assert_eq!(
        db.number(
            "SELECT count(*) FROM audit_log WHERE action = 'modification' AND objet_type = 'users' \
             AND avant = '{\"full_name\": \"Prénom amal\"}' AND apres = '{\"full_name\": \"Amal Renommée\"}' \
             AND correlation_id = 'essai-0001' AND ip = '127.0.0.1'"
        ),
        1,
        "what changed, who asked"
    );
    assert_eq!(
        db.number("SELECT count(*) FROM audit_log WHERE action = 'creation' AND objet_type = 'users'"),
        1
    );
}

#[tokio::test]
async fn a_new_password_alone_is_audited_and_its_hash_told_to_nobody() {
    let db = TestDb::new().await;
    let amal = new_user(&db, "amal", Role::Admin).await;
    must(&db, move |tx| {
        let before = tx.users().lock(amal.id)?.unwrap();
        let mut after = before.data.clone();
        after.password_hash = "$2b$12$another".into();
        tx.users().update(&before, &after)
    })
    .await;
    assert_eq!(
        db.number(
            "SELECT count(*) FROM audit_log WHERE action = 'modification' AND objet_type = 'users' \
             AND avant = '{\"hashed_password\": \"***\"}' AND apres = '{\"hashed_password\": \"***\"}'"
        ),
        1,
        "that it changed"
    );
    assert_eq!(
        db.number("SELECT count(*) FROM audit_log a WHERE a::text LIKE '%$2b$%'"),
        0,
        "neither with the account nor with the change"
    );
}

#[tokio::test]
async fn a_stale_row_makes_the_work_run_again_until_it_fits() {
    let db = TestDb::new().await;
    let amal = new_user(&db, "amal", Role::Admin).await;
    let runs = Arc::new(AtomicU32::new(0));
    let counted = runs.clone();
    let stale = amal.clone();
    let after = must(&db, move |tx| {
        let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
        let mut before = tx.users().find(stale.id)?.unwrap();
        if first {
            // As if somebody had written between the read and the write.
            before.version -= 1;
        }
        let mut after = before.data.clone();
        after.full_name = "Deux".into();
        tx.users().update(&before, &after)
    })
    .await;
    assert_eq!(
        (runs.load(Ordering::SeqCst), after.version),
        (2, amal.version + 1)
    );

    let always = repo_error(
        run(&db, move |tx| {
            let mut before = tx.users().find(amal.id)?.unwrap();
            before.version += 7;
            let mut after = before.data.clone();
            after.full_name = "Trois".into();
            tx.users().update(&before, &after)
        })
        .await,
    );
    assert!(matches!(always, RepoError::Stale));
}

#[tokio::test]
async fn deadlocks_are_run_again() {
    let db = Arc::new(TestDb::new().await);
    let (a, b) = (
        new_user(&db, "a", Role::Admin).await.id,
        new_user(&db, "b", Role::Admin).await.id,
    );
    let barrier = Arc::new(std::sync::Barrier::new(2));
    let cross = |first, second| {
        let (db, barrier, met) = (db.clone(), barrier.clone(), AtomicU32::new(0));
        tokio::spawn(async move {
            must(&db, move |tx| {
                tx.users().lock(first)?;
                if met.fetch_add(1, Ordering::SeqCst) == 0 {
                    barrier.wait();
                }
                tx.users().lock(second)
            })
            .await
        })
    };
    let (x, y) = (cross(a, b), cross(b, a));
    assert!(x.await.unwrap().is_some() && y.await.unwrap().is_some());
}

#[tokio::test]
async fn a_panic_in_the_work_rolls_back_and_the_pool_lives_on() {
    let db = TestDb::new().await;
    let died = run(&db, |tx| -> Result<(), RepoError> {
        tx.users().insert(&user("amal", Role::Admin), None)?;
        panic!("as a defect would");
    })
    .await;
    assert!(matches!(repo_error(died), RepoError::Backend(_)));
    assert_eq!(db.number("SELECT count(*) FROM users"), 0);
    new_user(&db, "amal", Role::Admin).await;
}

#[tokio::test]
async fn dead_connections_are_replaced_without_an_error() {
    let db = TestDb::new().await;
    // Fill the pool.
    let busy: Vec<_> = (0..8).map(|_| must(&db, |tx| tx.users().any())).collect();
    futures_util::future::join_all(busy).await;
    db.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    for _ in 0..20 {
        assert!(!must(&db, |tx| tx.users().any()).await);
    }
}

#[tokio::test]
async fn when_all_connections_are_taken_the_answer_is_unavailable_in_time() {
    let db = Arc::new(TestDb::new().await);
    let gate = Arc::new(std::sync::Barrier::new(9));
    let holders: Vec<_> = (0..8)
        .map(|_| {
            let (db, gate) = (db.clone(), gate.clone());
            tokio::spawn(async move {
                must(&db, move |tx| {
                    let any = tx.users().any();
                    gate.wait();
                    any
                })
                .await
            })
        })
        .collect();
    // All eight hold a connection once none is left to take.
    let deadline = Instant::now() + Duration::from_secs(20);
    while db.number("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()") < 8 {
        assert!(Instant::now() < deadline, "the pool never filled");
        tokio::task::yield_now().await;
    }
    let started = Instant::now();
    let refused = repo_error(run(&db, |tx| tx.users().any()).await);
    assert!(matches!(refused, RepoError::Unavailable(_)), "{refused:?}");
    assert!(started.elapsed() < Duration::from_secs(3));
    tokio::task::spawn_blocking(move || gate.wait()).await.unwrap();
    for holder in holders {
        holder.await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_falls_silent_is_not_waited_for() {
    let db = TestDb::new().await;
    let relay = Relay::to(db.config(), 0).await;
    let uow = PgUnitOfWork::new(WritePool::new(&relay.through(db.config())));
    let ask = async || {
        let work = |tx: &mut dyn Tx| Ok(Box::new(tx.users().any()?) as Erased);
        uow.run_erased("test", &origin(), Box::new(work))
            .await
            .map(|_| ())
    };
    ask().await.unwrap();
    relay.fall_silent();
    let begun = Instant::now();
    let refused = tokio::time::timeout(Duration::from_secs(15), ask()).await;
    let refused = repo_error(refused.expect("an answer, whatever it is"));
    assert!(matches!(refused, RepoError::Unavailable(_)), "{refused:?}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn what_nobody_waits_for_any_more_is_not_committed() {
    let db = TestDb::new().await;
    let relay = Arc::new(Relay::to(db.config(), 0).await);
    let mut config = relay.through(db.config());
    config.write_pool = 1;
    let uow = PgUnitOfWork::new(WritePool::new(&config));
    let falls_silent = relay.clone();
    let work = move |tx: &mut dyn Tx| {
        let made = tx.users().insert(&user("tardif", Role::Admin), None)?;
        falls_silent.fall_silent();
        // Held back until long after its caller was told that the work had failed.
        tx.users().any()?;
        Ok(Box::new(made.id) as Erased)
    };
    let refused = repo_error(
        uow.run_erased("test", &origin(), Box::new(work))
            .await
            .map(|_| ()),
    );
    assert!(matches!(refused, RepoError::Unavailable(_)), "{refused:?}");
    relay.speak_again();
    // The only connection is free once the work has ended.
    test_support::wait::within("the work has ended", Duration::from_secs(10), || async {
        let ask = |tx: &mut dyn Tx| Ok(Box::new(tx.users().any()?) as Erased);
        uow.run_erased("test", &origin(), Box::new(ask)).await.is_ok()
    })
    .await;
    assert_eq!(db.number("SELECT count(*) FROM users"), 0);
}

#[tokio::test]
async fn constraints_answer_by_name() {
    let db = TestDb::new().await;
    new_user(&db, "amal", Role::Admin).await;
    let taken = conflict(
        run(&db, |tx| {
            let mut other = user("AMAL", Role::Client);
            other.email = "autre@exemple.ma".into();
            tx.users().insert(&other, None)
        })
        .await,
    );
    assert_eq!(taken, Constraint::UserUsername);
    let taken = conflict(
        run(&db, |tx| {
            let mut other = user("karim", Role::Client);
            other.email = "Amal@Exemple.MA".into();
            tx.users().insert(&other, None)
        })
        .await,
    );
    assert_eq!(taken, Constraint::UserEmail);
}

#[tokio::test]
async fn a_refusal_that_the_work_passes_over_is_never_a_success() {
    let db = TestDb::new().await;
    new_user(&db, "amal", Role::Admin).await;
    let result = run(&db, |tx| {
        // Nothing notes anything for the audit here: no later statement would notice.
        let taken = tx.users().insert(&user("amal", Role::Client), None);
        assert!(matches!(taken, Err(RepoError::Conflict { .. })));
        Ok(())
    })
    .await;
    let error = repo_error(result);
    assert!(
        matches!(&error, RepoError::Backend(why) if why.to_string().contains("uq_users")),
        "{error:?}"
    );
    new_user(&db, "karim", Role::Admin).await;
}

#[tokio::test]
async fn a_connection_to_a_server_that_takes_no_writes_is_replaced() {
    use diesel::connection::SimpleConnection;
    let db = TestDb::new().await;
    let pool = db.pool();
    // As a connection that was made while the name led to a standby.
    tokio::task::spawn_blocking(move || {
        let mut loans: Vec<_> = (0..3).map(|_| pool.get().unwrap()).collect();
        for loan in &mut loans {
            loan.batch_execute("SET default_transaction_read_only = on")
                .unwrap();
        }
    })
    .await
    .unwrap();
    for name in ["a", "b", "c", "d"] {
        new_user(&db, name, Role::Admin).await;
    }
    // And while it leads there still: not a defect of ours.
    db.execute(&format!(
        "ALTER DATABASE {} SET default_transaction_read_only = on; \
         SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
        db.config().database
    ));
    let refused = repo_error(run(&db, |tx| tx.users().insert(&user("e", Role::Admin), None)).await);
    assert!(matches!(refused, RepoError::Unavailable(_)), "{refused:?}");
}

#[tokio::test]
async fn waits_that_ran_out_say_so() {
    use diesel::connection::SimpleConnection;
    let db = TestDb::new().await;
    let amal = new_user(&db, "amal", Role::Admin).await.id;
    let mut holder = db.connection();
    holder
        .batch_execute("BEGIN; SELECT 1 FROM users FOR UPDATE")
        .unwrap();
    let locked = repo_error(run(&db, move |tx| tx.users().lock(amal)).await);
    assert!(matches!(locked, RepoError::Locked), "{locked:?}");
    // The same wait under a statement timeout that is shorter than the one for locks.
    let mut config = db.config().clone();
    config.statement_timeout = Duration::from_millis(300);
    let uow = PgUnitOfWork::new(WritePool::new(&config));
    let work = move |tx: &mut dyn Tx| {
        tx.users().lock(amal)?;
        Ok(Box::new(()) as Erased)
    };
    let slow = uow
        .run_erased("test", &origin(), Box::new(work))
        .await
        .map(|_| ());
    let slow = repo_error(slow);
    assert!(matches!(slow, RepoError::Unavailable(_)), "{slow:?}");
}

#[tokio::test]
async fn who_may_administer_is_locked_without_stopping_their_work() {
    use diesel::connection::SimpleConnection;
    let db = TestDb::new().await;
    let amal = new_user(&db, "amal", Role::Admin).await.id;
    let mut writer = db.connection();
    writer
        .batch_execute(&format!(
            "BEGIN; INSERT INTO equipes (nom, created_by) VALUES ('Nord', {amal})"
        ))
        .unwrap();
    let ids = must(&db, |tx| tx.users().lock_active_with_role(Role::Admin)).await;
    assert_eq!(ids, [amal]);
    writer.batch_execute("COMMIT").unwrap();
}

#[tokio::test]
async fn a_name_is_found_in_whatever_case_it_was_given() {
    let db = TestDb::new().await;
    let amal = new_user(&db, "Émile", Role::Admin).await.id;
    let found = must(&db, |tx| tx.users().find_by_identifier("Émile")).await;
    assert_eq!(
        found.map(|u| u.id),
        Some(amal),
        "as it is stored, whatever the server's locale"
    );
    let found = must(&db, |tx| tx.users().find_by_identifier("éMILE@EXEMPLE.MA")).await;
    assert_eq!(
        found.map(|u| u.id).is_some(),
        db.number("SELECT (lower('É') = 'é')::int") == 1
    );
}
