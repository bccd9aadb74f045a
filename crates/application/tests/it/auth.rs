//! Signing in, refreshing, signing out.

use application::auth::{
    ChangePassword, Login, RefreshSecret, Visitor, authenticate, change_password, login, refresh,
};
use application::{AppError, Code};
use domain::Id;
use domain::audit::Origin;
use domain::policy::Role;
use domain::ports::HashError;
use domain::session::{EndReason, LiveSession, RefreshToken, Session, SessionId, SessionMode, TokenHash};
use jiff::{SignedDuration, Timestamp};

use crate::support::{Fakes, actor, ctx, mix, now, user};

fn visitor() -> Visitor {
    Visitor {
        origin: Origin {
            actor: None,
            ip: Some("10.0.0.1".into()),
            correlation_id: "essai-0001".into(),
        },
        user_agent: Some("essai".into()),
        now: now(),
    }
}

fn attempt(identifier: &str) -> Login {
    Login {
        identifier: identifier.into(),
        password: "correct horse".into(),
        mode: SessionMode::Bearer,
    }
}

#[tokio::test]
async fn a_right_password_opens_a_session_and_forgets_the_failures() {
    let mut fakes = Fakes::default();
    fakes
        .tx
        .sessions
        .expect_count_attempt()
        .once()
        .returning(|_, _, _| Ok(1));
    fakes
        .tx
        .users
        .expect_find_by_identifier()
        .once()
        // As typed: the store compares it in its own lower case.
        .withf(|i| i == "U7@Exemple.ma")
        .returning(|_| Ok(Some(user(7, Role::Manager))));
    fakes
        .hasher
        .expect_verify()
        .once()
        .withf(|p, h| p == "correct horse" && *h == Some("hash"))
        .returning(|_, _| Ok(true));
    fakes
        .tx
        .users
        .expect_lock()
        .once()
        .returning(|_| Ok(Some(user(7, Role::Manager))));
    fakes
        .tx
        .sessions
        .expect_clear_attempts()
        .once()
        .returning(|_| Ok(()));
    fakes
        .tx
        .users
        .expect_touch_login()
        .once()
        .returning(|_, _| Ok(()));
    fakes
        .tx
        .sessions
        .expect_open()
        .once()
        .withf(|s, t| s.user == Id::new(7) && t.generation == 0 && t.session == s.id)
        .returning(|_, _| Ok(()));
    fakes
        .tx
        .audit
        .expect_record()
        .once()
        .withf(|e| e.action == "connexion")
        .return_const(());
    fakes
        .tx
        .users
        .expect_actor()
        .once()
        .returning(|_| Ok(Some(actor(7, Role::Manager))));
    let signed_in = login(&fakes.app(), &visitor(), attempt("  U7@Exemple.ma "))
        .await
        .unwrap();
    assert_eq!(
        (signed_in.user.id, signed_in.session.auth_version),
        (Id::new(7), 3)
    );
}

#[tokio::test]
async fn a_stranger_an_inactive_account_and_a_wrong_password_get_the_same_answer_after_the_same_work() {
    let inactive = {
        let mut u = user(7, Role::Manager);
        u.data.is_active = false;
        u
    };
    for (found, hashed) in [
        (None, None),
        (Some(inactive), None),
        (Some(user(7, Role::Manager)), Some("hash")),
    ] {
        let mut fakes = Fakes::default();
        fakes
            .tx
            .sessions
            .expect_count_attempt()
            .once()
            .returning(|_, _, _| Ok(1));
        fakes
            .tx
            .users
            .expect_find_by_identifier()
            .once()
            .returning(move |_| Ok(found.clone()));
        fakes
            .hasher
            .expect_verify()
            .once()
            .withf(move |_, h| *h == hashed)
            .returning(|_, _| Ok(false));
        fakes
            .tx
            .audit
            .expect_record()
            .once()
            .withf(|e| e.action == "connexion_refusee")
            .return_const(());
        let refused = login(&fakes.app(), &visitor(), attempt("u7")).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidCredentials);
    }
}

#[tokio::test]
async fn too_many_attempts_and_a_full_queue_cost_no_hash_and_no_guess() {
    let mut fakes = Fakes::default();
    fakes
        .tx
        .sessions
        .expect_count_attempt()
        .once()
        .returning(|_, _, _| Ok(11));
    fakes.hasher.expect_verify().never();
    let refused = login(&fakes.app(), &visitor(), attempt("u7")).await.unwrap_err();
    assert!(matches!(
        refused,
        AppError::Busy {
            code: Code::RateLimited,
            ..
        }
    ));

    let mut fakes = Fakes::default();
    fakes
        .tx
        .sessions
        .expect_count_attempt()
        .once()
        .returning(|_, _, _| Ok(1));
    fakes
        .tx
        .users
        .expect_find_by_identifier()
        .once()
        .returning(|_| Ok(None));
    fakes
        .hasher
        .expect_verify()
        .once()
        .returning(|_, _| Err(HashError::Busy));
    let refused = login(&fakes.app(), &visitor(), attempt("u7")).await.unwrap_err();
    assert!(matches!(
        refused,
        AppError::Busy {
            code: Code::SignInBusy,
            ..
        }
    ));

    // Known to be full before: not even the attempt is written.
    let mut fakes = Fakes::default();
    fakes.hasher.expect_is_full().once().return_const(true);
    let refused = login(&fakes.app(), &visitor(), attempt("u7")).await.unwrap_err();
    assert!(matches!(
        refused,
        AppError::Busy {
            code: Code::SignInBusy,
            ..
        }
    ));
}

#[tokio::test]
async fn an_account_deactivated_during_the_check_stays_out() {
    let mut fakes = Fakes::default();
    fakes
        .tx
        .sessions
        .expect_count_attempt()
        .once()
        .returning(|_, _, _| Ok(1));
    fakes
        .tx
        .users
        .expect_find_by_identifier()
        .once()
        .returning(|_| Ok(Some(user(7, Role::Manager))));
    fakes.hasher.expect_verify().once().returning(|_, _| Ok(true));
    fakes.tx.users.expect_lock().once().returning(|_| {
        let mut u = user(7, Role::Manager);
        u.data.is_active = false;
        Ok(Some(u))
    });
    fakes.tx.sessions.expect_open().never();
    let refused = login(&fakes.app(), &visitor(), attempt("u7")).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidCredentials);
}

const PRESENTED: RefreshSecret = RefreshSecret([9; 32]);

fn session(ended: bool) -> Session {
    Session {
        id: SessionId(5),
        user: Id::new(7),
        created_at: now(),
        last_seen_at: now(),
        expires_at: now() + SignedDuration::from_hours(1),
        ended: ended.then(|| (now(), EndReason::Logout)),
        ip: None,
        user_agent: None,
        mode: SessionMode::Bearer,
    }
}

fn token(
    hash: TokenHash,
    generation: i32,
    used_at: Option<Timestamp>,
    expires_in: SignedDuration,
) -> RefreshToken {
    RefreshToken {
        hash,
        session: SessionId(5),
        generation,
        issued_at: now(),
        expires_at: now() + expires_in,
        used_at,
        successor: None,
    }
}

/// Fakes in which the presented token was used `ago` before now, and its successor itself or not.
fn used_before(ago: SignedDuration, successor_used: bool) -> Fakes {
    let mut fakes = Fakes::default();
    let presented = TokenHash(mix(1, &PRESENTED.0));
    fakes.tx.sessions.expect_lock_token().returning(move |hash| {
        let hour = SignedDuration::from_hours(1);
        Ok(Some(if *hash == presented {
            (token(*hash, 0, Some(now() - ago), hour), session(false))
        } else {
            (token(*hash, 1, successor_used.then(now), hour), session(false))
        }))
    });
    fakes
}

#[tokio::test]
async fn a_lost_answer_may_be_asked_for_again_within_the_grace_and_is_the_same() {
    let mut successors = Vec::new();
    for _ in 0..2 {
        let mut fakes = used_before(SignedDuration::from_secs(9), false);
        fakes.tx.sessions.expect_rotate().never();
        fakes
            .tx
            .users
            .expect_find()
            .returning(|_| Ok(Some(user(7, Role::Manager))));
        fakes
            .tx
            .users
            .expect_actor()
            .returning(|_| Ok(Some(actor(7, Role::Manager))));
        successors.push(
            refresh(&fakes.app(), &visitor(), PRESENTED)
                .await
                .unwrap()
                .refresh,
        );
    }
    assert!(successors[0] == successors[1] && successors[0] != PRESENTED);
}

#[tokio::test]
async fn a_token_used_twice_ends_the_session_and_says_so_everywhere() {
    for mut fakes in [
        used_before(SignedDuration::from_secs(11), false),
        // Within the grace, but the successor is in use: somebody else has the old one.
        used_before(SignedDuration::from_secs(1), true),
    ] {
        fakes
            .tx
            .sessions
            .expect_end()
            .once()
            .withf(|u, s, _, why| *u == Id::new(7) && *s == SessionId(5) && *why == EndReason::Reuse)
            .returning(|_, _, _, _| Ok(true));
        fakes
            .tx
            .audit
            .expect_record()
            .once()
            .withf(|e| e.action == "jeton_reutilise")
            .return_const(());
        fakes
            .session_cache
            .expect_revoke()
            .once()
            .withf(|s| s == [SessionId(5)])
            .returning(|_| ());
        let refused = refresh(&fakes.app(), &visitor(), PRESENTED).await.unwrap_err();
        assert_eq!(refused.code(), Code::RefreshTokenReused);
    }
}

#[tokio::test]
async fn unknown_expired_and_ended_tokens_are_refused() {
    let hour = SignedDuration::from_hours(1);
    let hash = TokenHash(mix(1, &PRESENTED.0));
    for (found, code) in [
        (None, Code::InvalidRefreshToken),
        (
            Some((token(hash, 0, None, -hour), session(false))),
            Code::InvalidRefreshToken,
        ),
        (
            Some((token(hash, 0, None, hour), session(true))),
            Code::SessionEnded,
        ),
    ] {
        let mut fakes = Fakes::default();
        fakes
            .tx
            .sessions
            .expect_lock_token()
            .once()
            .returning(move |_| Ok(found.clone()));
        let refused = refresh(&fakes.app(), &visitor(), PRESENTED).await.unwrap_err();
        assert_eq!(refused.code(), code);
    }
}

fn live(read_at: Timestamp) -> LiveSession {
    LiveSession {
        id: SessionId(5),
        actor: actor(7, Role::Manager),
        email: "u7@exemple.ma".into(),
        auth_version: 3,
        read_at,
    }
}

#[tokio::test]
async fn a_copy_is_believed_while_it_is_young_and_the_truth_is_asked_after() {
    for (age_ms, asks) in [(0, false), (800, false), (801, true), (-101, true)] {
        let mut fakes = Fakes::default();
        let read_at = now() - SignedDuration::from_millis(age_ms);
        fakes
            .session_cache
            .expect_get()
            .once()
            .returning(move |_| Some(live(read_at)));
        if asks {
            fakes
                .sessions
                .expect_live()
                .once()
                .returning(|_, _| Ok(Some(live(now()))));
            fakes.session_cache.expect_put().once().returning(|_| ());
        }
        assert!(
            authenticate(&fakes.app(), SessionId(5), now()).await.is_ok(),
            "{age_ms}"
        );
    }
    let mut fakes = Fakes::default();
    fakes.session_cache.expect_get().once().returning(|_| None);
    fakes.sessions.expect_live().once().returning(|_, _| Ok(None));
    let refused = authenticate(&fakes.app(), SessionId(5), now()).await.unwrap_err();
    assert_eq!(refused.code(), Code::SessionEnded);
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions_and_makes_old_tokens_stale() {
    let mut fakes = Fakes::default();
    fakes
        .tx
        .users
        .expect_find()
        .once()
        .returning(|_| Ok(Some(user(7, Role::Client))));
    fakes.hasher.expect_verify().once().returning(|_, _| Ok(true));
    fakes
        .hasher
        .expect_hash()
        .once()
        .returning(|_| Ok("new hash".into()));
    fakes
        .tx
        .users
        .expect_lock()
        .once()
        .returning(|_| Ok(Some(user(7, Role::Client))));
    fakes
        .tx
        .users
        .expect_update()
        .once()
        .withf(|_, a| a.password_hash == "new hash" && a.auth_version == 4)
        .returning(|b, _| Ok(b.clone()));
    fakes
        .tx
        .sessions
        .expect_end_all()
        .once()
        .withf(|_, keep, _, why| *keep == Some(SessionId(1)) && *why == EndReason::PasswordChanged)
        .returning(|_, _, _, _| Ok(vec![SessionId(2)]));
    fakes
        .session_cache
        .expect_revoke()
        .once()
        .withf(|s| s == [SessionId(2)])
        .returning(|_| ());
    let cmd = ChangePassword {
        current: "old".into(),
        new: "une phrase assez longue".into(),
    };
    change_password(&fakes.app(), &ctx(actor(7, Role::Client)), cmd)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_wrong_present_password_changes_nothing() {
    let mut fakes = Fakes::default();
    fakes
        .tx
        .users
        .expect_find()
        .once()
        .returning(|_| Ok(Some(user(7, Role::Client))));
    fakes.hasher.expect_verify().once().returning(|_, _| Ok(false));
    fakes.tx.users.expect_update().never();
    let cmd = ChangePassword {
        current: "faux".into(),
        new: "une phrase assez longue".into(),
    };
    let refused = change_password(&fakes.app(), &ctx(actor(7, Role::Client)), cmd)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::WrongPassword);
}
