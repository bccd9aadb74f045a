//! Sessions and refresh tokens.

use domain::Id;
use domain::policy::Role;
use domain::session::{EndReason, RefreshToken, Session, SessionId, SessionMode, SessionQueries, TokenHash};
use domain::user::User;
use infra_postgres::sessions::PgSessionQueries;
use jiff::{SignedDuration, Timestamp};
use test_support::TestDb;

use crate::support::{must, new_user_id, now};

fn session(user: Id<User>, id: u128, at: Timestamp) -> Session {
    Session {
        id: SessionId(id),
        user,
        created_at: at,
        last_seen_at: at,
        expires_at: at + SignedDuration::from_hours(24 * 365 * 20),
        ended: None,
        ip: Some("::1".into()),
        user_agent: Some("essai".into()),
        mode: SessionMode::Bearer,
    }
}

fn token(session: &Session, byte: u8, generation: i32) -> RefreshToken {
    RefreshToken {
        hash: TokenHash([byte; 32]),
        session: session.id,
        generation,
        issued_at: session.created_at,
        expires_at: session.expires_at,
        used_at: None,
        successor: None,
    }
}

async fn open(db: &TestDb, user: Id<User>, id: u128, byte: u8) -> Session {
    let s = session(user, id, now());
    let stored = s.clone();
    must(db, move |tx| {
        tx.sessions().open(&stored, &token(&stored, byte, 0))
    })
    .await;
    s
}

#[tokio::test]
async fn a_session_lives_until_it_ends_or_its_user_is_deactivated() {
    let db = TestDb::new().await;
    let user = new_user_id(&db, "amal", Role::Admin).await;
    let s = open(&db, user, 7, 1).await;
    let queries = PgSessionQueries::new(db.reader());
    let live = queries.live(s.id, now()).await.unwrap().unwrap();
    assert_eq!(
        (live.actor.user, live.email.as_str(), live.auth_version),
        (user, "amal@exemple.ma", 1)
    );
    assert!(
        queries.live(s.id, s.expires_at).await.unwrap().is_none(),
        "expired"
    );
    assert!(
        queries.live(SessionId(8), now()).await.unwrap().is_none(),
        "unknown"
    );
    db.execute("UPDATE users SET is_active = false");
    assert!(queries.live(s.id, now()).await.unwrap().is_none(), "deactivated");
    db.execute("UPDATE users SET is_active = true");
    let ended = must(&db, move |tx| {
        tx.sessions().end(user, SessionId(7), now(), EndReason::Logout)
    })
    .await;
    assert!(ended);
    assert!(queries.live(s.id, now()).await.unwrap().is_none(), "ended");
    let again = must(&db, move |tx| {
        tx.sessions().end(user, SessionId(7), now(), EndReason::Logout)
    })
    .await;
    assert!(!again);
}

#[tokio::test]
async fn a_token_is_exchanged_once() {
    let db = TestDb::new().await;
    let user = new_user_id(&db, "amal", Role::Admin).await;
    let s = open(&db, user, 7, 1).await;
    let (first, next) = (
        token(&s, 1, 0),
        RefreshToken {
            generation: 1,
            ..token(&s, 2, 1)
        },
    );
    let rotated = must(&db, {
        let (first, next, s) = (first.clone(), next.clone(), s.clone());
        move |tx| tx.sessions().rotate(&first, &next, &s)
    })
    .await;
    assert!(rotated);
    let again = must(&db, {
        let other = token(&s, 3, 2);
        let (first, s) = (first.clone(), s.clone());
        move |tx| tx.sessions().rotate(&first, &other, &s)
    })
    .await;
    assert!(!again, "the second exchange changes nothing");
    let (used, found) = must(&db, |tx| tx.sessions().lock_token(&TokenHash([1; 32])))
        .await
        .unwrap();
    assert_eq!(
        (used.successor, used.used_at, found.id),
        (Some(next.hash), Some(next.issued_at), s.id)
    );
    assert!(
        must(&db, |tx| tx.sessions().lock_token(&TokenHash([9; 32])))
            .await
            .is_none()
    );
    assert_eq!(db.number("SELECT count(*) FROM refresh_tokens"), 2);
    let queries = PgSessionQueries::new(db.reader());
    for (byte, known) in [(1, true), (2, true), (9, false)] {
        let found = queries.knows_token(&TokenHash([byte; 32])).await.unwrap();
        assert_eq!(found, known, "{byte}: a used one is known, too");
    }
}

#[tokio::test]
async fn ending_all_spares_the_one_to_keep_and_other_users() {
    let db = TestDb::new().await;
    let (amal, karim) = (
        new_user_id(&db, "amal", Role::Admin).await,
        new_user_id(&db, "karim", Role::Client).await,
    );
    for (user, id, byte) in [(amal, 1, 1), (amal, 2, 2), (amal, 3, 3), (karim, 4, 4)] {
        open(&db, user, id, byte).await;
    }
    let mut ended = must(&db, move |tx| {
        tx.sessions()
            .end_all(amal, Some(SessionId(2)), now(), EndReason::PasswordChanged)
    })
    .await;
    ended.sort();
    assert_eq!(ended, [SessionId(1), SessionId(3)]);
    let live = must(&db, move |tx| tx.sessions().live_of(amal)).await;
    assert_eq!(live.iter().map(|s| s.id).collect::<Vec<_>>(), [SessionId(2)]);
    assert_eq!(must(&db, move |tx| tx.sessions().live_of(karim)).await.len(), 1);
}

#[tokio::test]
async fn who_is_signed_in_has_neither_ended_nor_let_the_session_expire() {
    let db = TestDb::new().await;
    let amal = new_user_id(&db, "amal", Role::Admin).await;
    for (id, byte) in [(1, 1), (2, 2), (3, 3)] {
        open(&db, amal, id, byte).await;
    }
    must(&db, move |tx| {
        tx.sessions().end(amal, SessionId(1), now(), EndReason::Logout)
    })
    .await;
    db.execute(
        "UPDATE sessions SET expires_at = now() - interval '1 second' \
         WHERE id = '00000000-0000-0000-0000-000000000002'",
    );
    let live = must(&db, move |tx| tx.sessions().live_of(amal)).await;
    assert_eq!(live.iter().map(|s| s.id).collect::<Vec<_>>(), [SessionId(3)]);
}

#[tokio::test]
async fn the_list_of_sessions_shows_what_lives_at_the_instant_of_the_request() {
    let db = TestDb::new().await;
    let (amal, karim) = (
        new_user_id(&db, "amal", Role::Admin).await,
        new_user_id(&db, "karim", Role::Client).await,
    );
    let ends = now() + SignedDuration::from_hours(1);
    for (user, id, used_for, ends) in [
        (amal, 1, 0, ends),
        (amal, 2, 2, ends + SignedDuration::from_nanos(1_000)),
        (amal, 3, 1, ends),
        (amal, 4, 3, ends),
        (karim, 5, 4, ends),
    ] {
        let session = Session {
            last_seen_at: now() + SignedDuration::from_mins(used_for),
            expires_at: ends,
            ..session(user, id, now())
        };
        let first = token(&session, u8::try_from(id).unwrap(), 0);
        must(&db, move |tx| tx.sessions().open(&session, &first)).await;
    }
    must(&db, move |tx| {
        tx.sessions().end(amal, SessionId(4), now(), EndReason::Logout)
    })
    .await;
    let queries = PgSessionQueries::new(db.reader());
    // The clock of the caller decides, whatever the server's says.
    let seen = async |user, at| {
        let live = queries.live_of(user, at).await.unwrap();
        live.iter().map(|s| s.id.0).collect::<Vec<_>>()
    };
    assert_eq!(seen(amal, now()).await, [2, 3, 1], "the one used last first");
    assert_eq!(seen(amal, ends).await, [2]);
    assert_eq!(seen(amal, ends + SignedDuration::from_secs(1)).await, [0; 0]);
    assert_eq!(seen(karim, now()).await, [5]);
}

#[tokio::test]
async fn attempts_are_counted_per_window_also_in_parallel() {
    let db = std::sync::Arc::new(TestDb::new().await);
    let window = now() - SignedDuration::from_mins(15);
    let tasks: Vec<_> = (0..30)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move {
                must(&db, move |tx| {
                    tx.sessions().count_attempt(&TokenHash([5; 32]), window, now())
                })
                .await
            })
        })
        .collect();
    let mut counts = Vec::new();
    for task in tasks {
        let attempts = task.await.unwrap();
        assert_eq!(attempts.since, now());
        counts.push(attempts.count);
    }
    counts.sort_unstable();
    assert_eq!(counts, (1..=30).collect::<Vec<_>>());
    let later = now() + SignedDuration::from_mins(16);
    let fresh = must(&db, move |tx| {
        tx.sessions()
            .count_attempt(&TokenHash([5; 32]), later - SignedDuration::from_mins(15), later)
    })
    .await;
    assert_eq!((fresh.count, fresh.since), (1, later), "a new window");
    for (had, limit, left) in [(1, 10, 0), (0, 10, 0), (10, 10, 9), (11, 10, 11)] {
        db.execute(&format!("UPDATE connexions_tentatives SET echecs = {had}"));
        must(&db, move |tx| {
            tx.sessions().uncount_attempt(&TokenHash([5; 32]), limit)
        })
        .await;
        assert_eq!(
            db.number("SELECT echecs::bigint FROM connexions_tentatives"),
            left,
            "{had} of {limit}: never below none, and never back below a limit that was passed"
        );
    }
    must(&db, |tx| tx.sessions().clear_attempts(&TokenHash([5; 32]))).await;
    assert_eq!(db.number("SELECT count(*) FROM connexions_tentatives"), 0);
}

#[tokio::test]
async fn the_log_tells_of_a_session_under_its_account() {
    let db = TestDb::new().await;
    let amal = new_user_id(&db, "amal", Role::Admin).await;
    let session = open(&db, amal, 1, 1).await;
    must(&db, move |tx| {
        tx.sessions().end(amal, session.id, now(), EndReason::Logout)
    })
    .await;
    for (action, fact) in [
        ("session_ouverte", "'mode' = 'bearer'"),
        ("session_fermee", "'motif' = 'deconnexion'"),
    ] {
        assert_eq!(
            db.number(&format!(
                "SELECT count(*) FROM audit_log WHERE action = '{action}' AND objet_type = 'users' \
                 AND objet_id = {amal} AND apres ->> {fact} AND ip = '127.0.0.1' \
                 AND apres ->> 'session' = '00000000-0000-0000-0000-000000000001'"
            )),
            1,
            "{action}"
        );
    }
    assert_eq!(
        db.number("SELECT count(*) FROM audit_log WHERE apres ? 'session'"),
        2,
        "said once"
    );
}
