//! The connections for reading: deadlines, separation, replacement.

use std::time::{Duration, Instant};

use diesel::sql_types::{Integer, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use domain::error::{Repo, RepoError};
use infra_postgres::statement::Statement;
use infra_postgres::{PgConfig, Reader};
use test_support::TestDb;
use test_support::wait::within;

/// The backend that answers.
const WHO: &str = "SELECT pg_backend_pid()";

fn ask(text: &'static str) -> Statement<Integer> {
    Statement::new(text)
}

async fn point(reader: &Reader, text: &'static str) -> Repo<i32> {
    reader
        .point(|conn| Box::pin(async move { ask(text).get_result(&mut &*conn).await }))
        .await
}

async fn list(reader: &Reader, text: &'static str) -> Repo<i32> {
    reader
        .list(|conn| Box::pin(async move { ask(text).get_result(&mut &*conn).await }))
        .await
}

/// One connection of each kind, with this time for a statement.
fn reader(db: &TestDb, statement_timeout: Duration) -> Reader {
    let mut config = db.config().clone();
    (config.point_connections, config.list_pool) = (1, 1);
    config.statement_timeout = statement_timeout;
    Reader::new(&config)
}

const LONG: Duration = Duration::from_secs(30);
/// Longest answer to anything.
const LONGEST: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_point_read_goes_around_a_connection_that_does_not_get_on() {
    let db = TestDb::new().await;
    let mut config = db.config().clone();
    config.point_connections = 2;
    let reader = Reader::new(&config);
    point(&reader, WHO).await.unwrap();
    let stuck = reader.clone();
    // On this thread, so that both ask the same connections.
    let slow = async move { point(&stuck, "SELECT 1 FROM pg_sleep(1)").await };
    let quick = async {
        // After the slow one has taken its connection.
        tokio::task::yield_now().await;
        let begun = Instant::now();
        for _ in 0..20 {
            point(&reader, WHO).await.unwrap();
        }
        begun.elapsed()
    };
    let (slow, elapsed) = tokio::join!(slow, quick);
    slow.unwrap();
    assert!(elapsed < Duration::from_millis(800), "{elapsed:?}");
}

#[tokio::test]
async fn a_slow_list_does_not_stand_in_front_of_a_point_read() {
    let db = TestDb::new().await;
    let reader = reader(&db, LONG);
    let (busy, begun) = (reader.clone(), Instant::now());
    let slow = tokio::spawn(async move { list(&busy, "SELECT 1 FROM pg_sleep(3)").await });
    let running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT 1 FROM pg_sleep%' AND state = 'active' AND pid <> pg_backend_pid()";
    within("the slow list runs", LONG, || async { db.number(running) > 0 }).await;
    let asked = Instant::now();
    point(&reader, WHO).await.unwrap();
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert!(!slow.is_finished());
    let refused = list(&reader, WHO).await.unwrap_err();
    assert!(
        matches!(refused, RepoError::Unavailable(_)) && begun.elapsed() < Duration::from_secs(3),
        "no second list while the only connection is taken: {refused:?} after {:?}",
        begun.elapsed()
    );
    slow.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_not_waited_for() {
    let db = TestDb::new().await;
    let reader = reader(&db, LONG);
    let before = point(&reader, WHO).await.unwrap();
    for kind in ["point", "list"] {
        let begun = Instant::now();
        let text = "SELECT 1 FROM pg_sleep(20)";
        let refused = match kind {
            "point" => point(&reader, text).await,
            _ => list(&reader, text).await,
        };
        assert!(
            matches!(refused, Err(RepoError::Unavailable(_))),
            "{kind}: {refused:?}"
        );
        assert!(begun.elapsed() < LONGEST, "{kind}: {:?}", begun.elapsed());
    }
    assert_ne!(
        point(&reader, WHO).await.unwrap(),
        before,
        "nobody waits behind it"
    );
}

#[tokio::test]
async fn the_statement_timeout_is_in_force() {
    let db = TestDb::new().await;
    let reader = reader(&db, Duration::from_millis(200));
    let begun = Instant::now();
    let refused = list(&reader, "SELECT 1 FROM pg_sleep(20)").await.unwrap_err();
    assert!(matches!(refused, RepoError::Unavailable(_)), "{refused:?}");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_killed_connection_is_replaced_and_the_read_asked_again() {
    let db = TestDb::new().await;
    let reader = reader(&db, LONG);
    for _ in 0..3 {
        let (first, second) = (
            point(&reader, WHO).await.unwrap(),
            list(&reader, WHO).await.unwrap(),
        );
        assert_ne!(first, second, "connections of their own");
        TestDb::execute(
            &db,
            &format!("SELECT pg_terminate_backend({first}), pg_terminate_backend({second})"),
        );
        assert_ne!(point(&reader, WHO).await.unwrap(), first);
        assert_ne!(list(&reader, WHO).await.unwrap(), second);
    }
}

#[tokio::test]
async fn a_server_that_swallows_packets_is_given_up_and_not_asked_at_once_again() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let config = PgConfig::from_url(&format!("postgres://u:p@127.0.0.1:{port}/d")).unwrap();
    let reader = Reader::new(&config);
    for _ in 0..2 {
        let begun = Instant::now();
        let refused = point(&reader, WHO).await.unwrap_err();
        assert!(matches!(refused, RepoError::Unavailable(_)), "{refused:?}");
        assert!(begun.elapsed() < LONGEST, "{:?}", begun.elapsed());
    }
    let begun = Instant::now();
    let all = (0..20).map(|_| point(&reader, WHO));
    let refused = futures_util::future::join_all(all).await;
    assert!(refused.iter().all(Result::is_err));
    assert!(
        begun.elapsed() < LONGEST,
        "one asks, the others believe it: {:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn connecting_outlives_the_request_that_began_it() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = silent.local_addr().unwrap();
    // Two hosts have longer than a request.
    let config = PgConfig::from_url(&format!("postgres://u:p@{place},{place}/d")).unwrap();
    let reader = Reader::new(&config);
    point(&reader, WHO).await.unwrap_err();
    let begun = Instant::now();
    point(&reader, WHO).await.unwrap_err();
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "the second waits for the attempt of the first alone: {:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn a_column_that_changed_its_type_is_read_again_at_once() {
    let db = TestDb::new().await;
    let reader = reader(&db, LONG);
    TestDb::execute(
        &db,
        "CREATE TABLE essai (mot varchar(10)); INSERT INTO essai VALUES ('sept')",
    );
    let text = "SELECT mot FROM essai";
    for kind in ["varchar(20)", "text", "varchar(30)"] {
        let one: Repo<String> = reader
            .point(|conn| Box::pin(async move { Statement::<Text>::new(text).get_result(&mut &*conn).await }))
            .await;
        let all: Repo<String> = reader
            .list(|conn| Box::pin(async move { Statement::<Text>::new(text).get_result(&mut &*conn).await }))
            .await;
        assert_eq!(
            (one.unwrap(), all.unwrap()),
            ("sept".into(), "sept".into()),
            "before {kind}"
        );
        TestDb::execute(&db, &format!("ALTER TABLE essai ALTER mot TYPE {kind}"));
    }
}

#[tokio::test]
async fn statements_that_the_server_has_forgotten_are_prepared_again() {
    let db = TestDb::new().await;
    let reader = reader(&db, LONG);
    let before = point(&reader, WHO).await.unwrap();
    reader
        .point(|conn| Box::pin(async move { (&mut &*conn).batch_execute("DEALLOCATE ALL").await }))
        .await
        .unwrap();
    assert_ne!(point(&reader, WHO).await.unwrap(), before, "on a new connection");
}

#[tokio::test]
async fn a_connection_that_keeps_many_statements_is_replaced() {
    let db = TestDb::new().await;
    let reader = reader(&db, LONG);
    let mut served = std::collections::BTreeSet::new();
    for n in 0..450 {
        // A text for each combination of filters.
        let text: &'static str = Box::leak(format!("SELECT pg_backend_pid() + {n} - {n}").into_boxed_str());
        served.insert(list(&reader, text).await.unwrap());
    }
    assert_eq!(served.len(), 3, "each for 200 texts");
    let same = list(&reader, WHO).await.unwrap();
    for _ in 0..300 {
        assert_eq!(list(&reader, WHO).await.unwrap(), same, "one text counts once");
    }
}

#[tokio::test]
async fn the_connections_answer_in_english_and_take_writes() {
    let db = TestDb::new().await;
    let reader = reader(&db, LONG);
    let text = "SELECT current_setting('erp.message') || ' ' || current_setting('transaction_read_only') \
        || ' ' || current_setting('plan_cache_mode')";
    let said: String = reader
        .list(|conn| Box::pin(async move { Statement::<Text>::new(text).get_result(&mut &*conn).await }))
        .await
        .unwrap();
    assert_eq!(said, "division by zero off force_generic_plan");
}

#[tokio::test]
async fn a_database_that_fits_is_known_as_such_and_one_that_does_not_is_told_of() {
    use infra_postgres::health::Fitness;
    let (good, bad) = (TestDb::new().await, TestDb::new().await);
    TestDb::execute(
        &bad,
        "DELETE FROM __diesel_schema_migrations WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)",
    );
    assert_eq!(Fitness::new(good.config()).check().await, Ok(()));
    let fitness = Fitness::new(bad.config());
    for _ in 0..2 {
        let why = fitness.check().await.unwrap_err();
        assert!(why.contains("lacks migrations"), "each database by itself: {why}");
    }
}

#[tokio::test]
async fn a_role_without_special_rights_can_be_used() {
    let db = TestDb::new().await;
    let role = format!("essai_{}", uuid::Uuid::new_v4().simple());
    TestDb::execute(
        &db,
        &format!(
            "CREATE ROLE {role} LOGIN NOSUPERUSER PASSWORD 'essai'; \
         GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}; ALTER ROLE {role} SET lc_messages = 'C'"
        ),
    );
    let mut config = db.config().clone();
    config.user.clone_from(&role);
    config.password = Some("essai".to_owned().into());
    let found = infra_postgres::health::Fitness::new(&config).check().await;
    let read = point(&Reader::new(&config), WHO).await;
    TestDb::execute(&db, &format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    assert_eq!(found, Ok(()));
    read.unwrap();
}
