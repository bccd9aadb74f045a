//! Signing in, refreshing, signing out.

use application::auth::{
    ChangePassword, Login, RefreshSecret, ResetPassword, Visitor, authenticate, change_password, end_session,
    login, logout, refresh, reset_password,
};
use application::{AppError, Code};
use domain::{Id, Record};
use domain::audit::Origin;
use domain::policy::Role;
use domain::ports::{HashError, Place};
use domain::session::{
    Attempts, EndReason, LiveSession, RefreshToken, Session, SessionId, SessionMode, TokenHash,
};
use domain::user::User;
use jiff::{SignedDuration, Timestamp};

use crate::support::{Fakes, actor, code_of, ctx, mix, now, user};

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

/// What the three budgets of a sign-in have had since a while ago, in the order in which they are asked:
/// of the network, of the account, of both together.
fn counted(fakes: &mut Fakes, counts: [i32; 3], ago: SignedDuration) {
    let mut counts = counts.into_iter();
    fakes
        .tx
        .sessions
        .expect_count_attempt()
        .returning(move |_, _, at| {
            Ok(Attempts {
                count: counts.next().expect("three budgets"),
                since: at - ago,
            })
        });
}

#[tokio::test]
async fn many_networks_together_are_stopped() {
    for (counts, refused) in [([201, 1, 1], true), ([1, 101, 1], true), ([1, 100, 10], false)] {
        let mut fakes = Fakes::default();
        counted(&mut fakes, counts, SignedDuration::ZERO);
        fakes
            .tx
            .users
            .expect_find_by_identifier()
            .returning(|_| Ok(Some(user(7, Role::Manager))));
        fakes.tx.sessions.expect_live_of().returning(|_| Ok(Vec::new()));
        fakes.hasher.expect_verify().returning(|_, _, _| Ok(false));
        fakes.tx.audit.expect_record().return_const(());
        let code = code_of(login(&fakes.app(), &visitor(), attempt("u7")).await);
        let expected = match refused {
            true => Code::RateLimited,
            false => Code::InvalidCredentials,
        };
        assert_eq!(code, expected, "{counts:?}");
    }
}

#[tokio::test]
async fn where_the_owner_is_signed_in_the_tries_of_others_do_not_count() {
    for (signed_in, here, spared) in [
        (Some("203.0.113.7"), Some("203.0.113.7"), true),
        (Some("203.0.113.7"), Some("203.0.113.8"), false),
        // A neighbour in the network of one subscriber, and one beyond it.
        (Some("2001:db8:1:2::a"), Some("2001:db8:1:2:ffff::b"), true),
        (Some("2001:db8:1:2::a"), Some("2001:db8:1:3::a"), false),
        (Some("::ffff:203.0.113.7"), Some("203.0.113.7"), true),
        // Two addresses that nobody knows are not the same one.
        (None, None, false),
        (None, Some("203.0.113.7"), false),
        (Some("203.0.113.7"), None, false),
    ] {
        let mut fakes = Fakes::default();
        counted(&mut fakes, [1, 101, 1], SignedDuration::ZERO);
        fakes
            .tx
            .users
            .expect_find_by_identifier()
            .returning(|_| Ok(Some(user(7, Role::Manager))));
        let sessions = &mut fakes.tx.sessions;
        sessions
            .expect_live_of()
            .withf(|u| *u == Id::new(7))
            .returning(move |_| {
                let elsewhere = Some("198.51.100.1".to_owned());
                let at = |ip| Session {
                    ip,
                    ..session(false)
                };
                Ok(vec![at(elsewhere), at(signed_in.map(ToOwned::to_owned))])
            });
        fakes.hasher.expect_verify().returning(|_, _, _| Ok(false));
        fakes.tx.audit.expect_record().return_const(());
        let mut visitor = visitor();
        visitor.origin.ip = here.map(ToOwned::to_owned);
        let code = code_of(login(&fakes.app(), &visitor, attempt("u7")).await);
        let expected = match spared {
            true => Code::InvalidCredentials,
            false => Code::RateLimited,
        };
        assert_eq!(code, expected, "signed in at {signed_in:?}, tried from {here:?}");
    }
}

#[tokio::test]
async fn the_first_try_past_a_limit_is_audited_and_a_storm_after_it_is_not() {
    for (counts, limit, whose) in [
        ([201, 1, 1], Some("reseau"), None),
        ([202, 1, 1], None, None),
        ([1, 101, 1], Some("compte"), Some(7)),
        ([1, 102, 1], None, None),
        ([1, 1, 11], Some("compte et reseau"), Some(7)),
        ([1, 1, 12], None, None),
        ([1, 1, 5000], None, None),
    ] {
        let mut fakes = Fakes::default();
        counted(&mut fakes, counts, SignedDuration::ZERO);
        fakes
            .tx
            .users
            .expect_find_by_identifier()
            .returning(|_| Ok(Some(user(7, Role::Manager))));
        fakes.tx.sessions.expect_live_of().returning(|_| Ok(Vec::new()));
        fakes
            .tx
            .audit
            .expect_record()
            .times(usize::from(limit.is_some()))
            .withf(move |e| {
                let says = |name, text| e.facts.contains(&(name, String::from(text)));
                e.action == "tentatives_depassees"
                    && (e.object, e.object_id) == ("users", whose)
                    && says("limite", limit.unwrap_or_default())
                    && says("reseau", "10.0.0.1")
                    && says("identifiant", "u7") == whose.is_some()
            })
            .return_const(());
        let code = code_of(login(&fakes.app(), &visitor(), attempt("u7")).await);
        assert_eq!(code, Code::RateLimited, "{counts:?}");
    }
}

#[tokio::test]
async fn what_was_typed_into_the_name_is_audited_only_when_it_is_one() {
    for (typed, found, shown) in [
        ("u7", true, true),
        ("personne@ailleurs.ma", false, true),
        ("Mon-Secret-2026!", false, false),
    ] {
        let mut fakes = Fakes::default();
        counted(&mut fakes, [1, 1, 1], SignedDuration::ZERO);
        fakes
            .tx
            .users
            .expect_find_by_identifier()
            .returning(move |_| Ok(found.then(|| user(7, Role::Manager))));
        fakes.hasher.expect_verify().returning(|_, _, _| Ok(false));
        fakes
            .tx
            .audit
            .expect_record()
            .once()
            .withf(move |e| {
                let text = format!("{e:?}").to_lowercase();
                text.contains(&typed.to_lowercase()) == shown
            })
            .return_const(());
        login(&fakes.app(), &visitor(), attempt(typed)).await.unwrap_err();
    }
}

#[tokio::test]
async fn a_right_password_opens_a_session_and_forgets_the_failures() {
    let mut fakes = Fakes::default();
    counted(&mut fakes, [1, 1, 1], SignedDuration::ZERO);
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
        .withf(|_, p, h| p == "correct horse" && *h == Some("hash"))
        .returning(|_, _, _| Ok(true));
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
        .sessions
        .expect_uncount_attempt()
        .times(2)
        .returning(|_, _| Ok(()));
    fakes.tx.sessions.expect_live_of().once().returning(|_| {
        let of = |n| Session {
            id: SessionId(n),
            ..session(false)
        };
        Ok((1..=101).map(of).collect())
    });
    // Too many: the one that has been used least lately ends, everywhere.
    fakes
        .tx
        .sessions
        .expect_end()
        .once()
        .withf(|_, s, _, why| *s == SessionId(101) && *why == EndReason::Revoked)
        .returning(|_, _, _, _| Ok(true));
    fakes
        .session_cache
        .expect_revoke()
        .once()
        .withf(|s| s == [SessionId(101)])
        .returning(|_| ());
    fakes
        .tx
        .users
        .expect_touch_login()
        .once()
        .withf(|_, at| *at == now())
        .returning(|_, _| Ok(()));
    fakes
        .tx
        .sessions
        .expect_open()
        .once()
        .withf(|s, t| {
            // The present instant, however long the request has waited.
            let begins = [s.created_at, s.last_seen_at, t.issued_at] == [now(); 3];
            let week = SignedDuration::from_hours(7 * 24);
            let ends = [s.expires_at, t.expires_at] == [now() + week; 2];
            begins && ends && s.user == Id::new(7) && t.generation == 0 && t.session == s.id
        })
        .returning(|_, _| Ok(()));
    fakes
        .tx
        .users
        .expect_actor()
        .once()
        .returning(|_| Ok(Some(actor(7, Role::Manager))));
    let waited = Visitor {
        now: now() - SignedDuration::from_secs(30),
        ..visitor()
    };
    let signed_in = login(&fakes.app(), &waited, attempt("  U7@Exemple.ma "))
        .await
        .unwrap();
    assert_eq!(
        (
            signed_in.user.id,
            signed_in.session.auth_version,
            signed_in.session.read_at
        ),
        (Id::new(7), 3, now())
    );
}

/// Fakes in which u7 signs in with the right password and the account is `locked` by then.
fn signs_in(locked: Record<User>) -> Fakes {
    let mut fakes = Fakes::default();
    counted(&mut fakes, [1, 1, 1], SignedDuration::ZERO);
    let users = &mut fakes.tx.users;
    users
        .expect_find_by_identifier()
        .returning(|_| Ok(Some(user(7, Role::Manager))));
    users.expect_lock().returning(move |_| Ok(Some(locked.clone())));
    users.expect_touch_login().returning(|_, _| Ok(()));
    users
        .expect_actor()
        .returning(|_| Ok(Some(actor(7, Role::Manager))));
    let sessions = &mut fakes.tx.sessions;
    sessions.expect_clear_attempts().returning(|_| Ok(()));
    sessions.expect_uncount_attempt().returning(|_, _| Ok(()));
    sessions.expect_live_of().returning(|_| Ok(Vec::new()));
    sessions.expect_open().returning(|_, _| Ok(()));
    fakes.hasher.expect_verify().once().returning(|_, _, _| Ok(true));
    fakes.tx.audit.expect_record().return_const(());
    fakes
}

#[tokio::test]
async fn a_weak_hash_is_made_anew_at_sign_in_and_nothing_else_changes() {
    let mut fakes = signs_in(user(7, Role::Manager));
    fakes
        .hasher
        .expect_needs_rehash()
        .once()
        .withf(|hash| hash == "hash")
        .return_const(true);
    fakes
        .hasher
        .expect_hash()
        .once()
        .withf(|password| password == "correct horse")
        .returning(|_| Ok("stronger".into()));
    fakes
        .tx
        .users
        .expect_renew_hash()
        .once()
        .withf(|id, hash| *id == Id::new(7) && hash == "stronger")
        .returning(|_, _| Ok(()));
    // Neither an edit of the account nor the end of a session is expected.
    let signed_in = login(&fakes.app(), &visitor(), attempt("u7")).await.unwrap();
    assert_eq!(signed_in.session.auth_version, 3);
}

#[tokio::test]
async fn a_hash_that_cannot_be_made_anew_keeps_nobody_out() {
    for place in [true, false] {
        let mut fakes = signs_in(user(7, Role::Manager));
        fakes.hasher.expect_needs_rehash().once().return_const(true);
        // The first place is that of the check.
        let mut places = [true, place].into_iter();
        fakes.hasher.expect_reserve().times(2).returning(move |_| {
            match places.next().expect("two places") {
                true => Ok(Place::new(())),
                false => Err(HashError::Busy),
            }
        });
        fakes
            .hasher
            .expect_hash()
            .times(usize::from(place))
            .returning(|_| Err(HashError::Busy));
        fakes.tx.users.expect_renew_hash().never();
        login(&fakes.app(), &visitor(), attempt("u7")).await.unwrap();
    }
}

#[tokio::test]
async fn a_hash_made_anew_meanwhile_is_the_same_password_and_an_edited_one_is_not() {
    for (version, refused) in [(1, false), (2, true)] {
        let locked = Record {
            version,
            data: User {
                password_hash: "another".into(),
                ..user(7, Role::Manager).data
            },
            ..user(7, Role::Manager)
        };
        let mut fakes = signs_in(locked);
        fakes.hasher.expect_needs_rehash().once().return_const(true);
        fakes
            .hasher
            .expect_hash()
            .once()
            .returning(|_| Ok("stronger".into()));
        fakes.tx.users.expect_renew_hash().never();
        let answer = login(&fakes.app(), &visitor(), attempt("u7")).await;
        let expected = refused.then_some(Code::InvalidCredentials);
        assert_eq!(answer.err().map(|e| e.code()), expected, "version {version}");
    }
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
        counted(&mut fakes, [1, 1, 1], SignedDuration::ZERO);
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
            .withf(move |_, _, h| *h == hashed)
            .returning(|_, _, _| Ok(false));
        fakes
            .tx
            .audit
            .expect_record()
            .once()
            .withf(|e| e.action == "connexion_refusee")
            .return_const(());
        assert_eq!(
            code_of(login(&fakes.app(), &visitor(), attempt("u7")).await),
            Code::InvalidCredentials
        );
    }
}

#[tokio::test]
async fn too_many_attempts_and_a_full_queue_cost_no_hash_and_no_guess() {
    let mut fakes = Fakes::default();
    counted(&mut fakes, [1, 1, 12], SignedDuration::from_mins(4));
    fakes
        .tx
        .users
        .expect_find_by_identifier()
        .once()
        .returning(|_| Ok(Some(user(7, Role::Manager))));
    fakes.hasher.expect_verify().never();
    let refused = login(&fakes.app(), &visitor(), attempt("u7")).await.unwrap_err();
    // The window of a quarter of an hour began four minutes ago.
    assert!(matches!(
        refused,
        AppError::Busy {
            code: Code::RateLimited,
            retry_after: 660,
        }
    ));

    // Full: not even the attempt is written.
    let mut fakes = Fakes::default();
    fakes
        .hasher
        .expect_reserve()
        .once()
        .withf(|owner| owner == "10.0.0.1")
        .returning(|_| Err(HashError::Busy));
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
    counted(&mut fakes, [1, 1, 1], SignedDuration::ZERO);
    fakes
        .tx
        .users
        .expect_find_by_identifier()
        .once()
        .returning(|_| Ok(Some(user(7, Role::Manager))));
    fakes.hasher.expect_verify().once().returning(|_, _, _| Ok(true));
    fakes.tx.users.expect_lock().once().returning(|_| {
        let mut u = user(7, Role::Manager);
        u.data.is_active = false;
        Ok(Some(u))
    });
    fakes.tx.sessions.expect_open().never();
    assert_eq!(
        code_of(login(&fakes.app(), &visitor(), attempt("u7")).await),
        Code::InvalidCredentials
    );
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

/// The present key of the fakes' secrets; 4 is the one before, 5 one that this process does not know.
const KEY: u8 = 2;

/// What a successor of the presented token is made of.
fn exchanged(generation: i32) -> Vec<u8> {
    let mut data = PRESENTED.0.to_vec();
    data.extend_from_slice(&(generation + 1).to_be_bytes());
    data
}

/// Fakes in which the presented token was used `ago` before now, and its successor itself or not.
fn used_before(ago: SignedDuration, successor_used: bool) -> Fakes {
    let mut fakes = Fakes::default();
    let presented = TokenHash(mix(1, &PRESENTED.0));
    fakes.tx.sessions.expect_lock_token().returning(move |hash| {
        let hour = SignedDuration::from_hours(1);
        Ok(Some(if *hash == presented {
            let successor = Some(TokenHash(mix(1, &mix(KEY, &exchanged(0)))));
            let used = token(*hash, 0, Some(now() - ago), hour);
            (RefreshToken { successor, ..used }, session(false))
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
        assert_eq!(
            code_of(refresh(&fakes.app(), &visitor(), PRESENTED).await),
            Code::RefreshTokenReused
        );
    }
}

#[tokio::test]
async fn while_the_key_changes_a_lost_answer_ends_no_session() {
    for (key, ago, code) in [
        (4, 1, None),
        (5, 1, Some(Code::InvalidRefreshToken)),
        (5, 11, Some(Code::RefreshTokenReused)),
    ] {
        let mut fakes = Fakes::default();
        let presented = TokenHash(mix(1, &PRESENTED.0));
        fakes.tx.sessions.expect_lock_token().returning(move |hash| {
            let (hour, used) = (
                SignedDuration::from_hours(1),
                now() - SignedDuration::from_secs(ago),
            );
            Ok(Some(if *hash == presented {
                let successor = Some(TokenHash(mix(1, &mix(key, &exchanged(0)))));
                let used = token(*hash, 0, Some(used), hour);
                (RefreshToken { successor, ..used }, session(false))
            } else {
                (token(*hash, 1, None, hour), session(false))
            }))
        });
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
        let ends = usize::from(code == Some(Code::RefreshTokenReused));
        let sessions = &mut fakes.tx.sessions;
        sessions.expect_end().times(ends).returning(|_, _, _, _| Ok(true));
        fakes.tx.audit.expect_record().times(ends).return_const(());
        fakes.session_cache.expect_revoke().times(ends).returning(|_| ());
        let answer = refresh(&fakes.app(), &visitor(), PRESENTED).await;
        assert_eq!(answer.err().map(|e| e.code()), code, "key {key}, {ago} s ago");
    }
}

#[tokio::test]
async fn the_grace_is_judged_when_the_token_is_locked_not_when_the_request_began() {
    let mut fakes = used_before(SignedDuration::from_secs(11), false);
    fakes
        .tx
        .sessions
        .expect_end()
        .once()
        .returning(|_, _, _, _| Ok(true));
    fakes.tx.audit.expect_record().once().return_const(());
    fakes.session_cache.expect_revoke().once().returning(|_| ());
    let slow = Visitor {
        now: now() - SignedDuration::from_secs(29),
        ..visitor()
    };
    assert_eq!(
        code_of(refresh(&fakes.app(), &slow, PRESENTED).await),
        Code::RefreshTokenReused
    );
}

#[tokio::test]
async fn a_session_is_not_refreshed_without_end() {
    let hour = SignedDuration::from_hours(1);
    let hash = TokenHash(mix(1, &PRESENTED.0));
    let mut fakes = Fakes::default();
    fakes
        .tx
        .sessions
        .expect_lock_token()
        .returning(move |_| Ok(Some((token(hash, 100, None, hour), session(false)))));
    let refused = refresh(&fakes.app(), &visitor(), PRESENTED).await.unwrap_err();
    assert!(matches!(
        refused,
        AppError::Busy {
            code: Code::RateLimited,
            retry_after: 10,
        }
    ));
}

#[tokio::test]
async fn a_made_up_token_is_refused_without_a_unit_of_work() {
    let mut fakes = Fakes::default();
    let hash = TokenHash(mix(1, &PRESENTED.0));
    fakes
        .sessions
        .expect_knows_token()
        .once()
        .withf(move |asked| *asked == hash)
        .returning(|_| Ok(false));
    fakes.tx.sessions.expect_lock_token().never();
    assert_eq!(
        code_of(refresh(&fakes.app(), &visitor(), PRESENTED).await),
        Code::InvalidRefreshToken
    );
}

#[tokio::test]
async fn forgotten_expired_and_ended_tokens_are_refused() {
    let hour = SignedDuration::from_hours(1);
    let hash = TokenHash(mix(1, &PRESENTED.0));
    for (found, code) in [
        // Removed since it was looked up.
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
        assert_eq!(code_of(refresh(&fakes.app(), &visitor(), PRESENTED).await), code);
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
    assert_eq!(
        code_of(authenticate(&fakes.app(), SessionId(5), now()).await),
        Code::SessionEnded
    );
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions_and_the_callers_goes_on() {
    let mut fakes = Fakes::default();
    one_count(&mut fakes, 10);
    fakes
        .tx
        .users
        .expect_find()
        .once()
        .returning(|_| Ok(Some(user(7, Role::Client))));
    fakes.hasher.expect_verify().once().returning(|_, _, _| Ok(true));
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
        .withf(|_, a| a.password_hash == "new hash" && a.auth_version == 3)
        .returning(|b, _| Ok(b.clone()));
    fakes
        .tx
        .sessions
        .expect_clear_attempts()
        .once()
        .returning(|_| Ok(()));
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
    one_count(&mut fakes, 10);
    fakes
        .tx
        .users
        .expect_find()
        .once()
        .returning(|_| Ok(Some(user(7, Role::Client))));
    fakes.hasher.expect_verify().once().returning(|_, _, _| Ok(false));
    fakes.tx.users.expect_update().never();
    fakes
        .tx
        .audit
        .expect_record()
        .once()
        .withf(|e| e.action == "mot_de_passe_refuse" && e.object_id == Some(7))
        .return_const(());
    let cmd = ChangePassword {
        current: "faux".into(),
        new: "une phrase assez longue".into(),
    };
    assert_eq!(
        code_of(change_password(&fakes.app(), &ctx(actor(7, Role::Client)), cmd).await),
        Code::WrongPassword
    );
}

#[tokio::test]
async fn a_password_cannot_be_guessed_by_changing_it() {
    let mut fakes = Fakes::default();
    one_count(&mut fakes, 11);
    fakes
        .tx
        .users
        .expect_find()
        .returning(|_| Ok(Some(user(7, Role::Client))));
    fakes.hasher.expect_verify().never();
    fakes
        .tx
        .audit
        .expect_record()
        .once()
        .withf(|e| e.action == "tentatives_depassees" && e.object_id == Some(7))
        .return_const(());
    let cmd = ChangePassword {
        current: "faux".into(),
        new: "une phrase assez longue".into(),
    };
    assert_eq!(
        code_of(change_password(&fakes.app(), &ctx(actor(7, Role::Client)), cmd).await),
        Code::RateLimited
    );
}

#[tokio::test]
async fn a_password_given_from_outside_ends_every_session() {
    let mut fakes = Fakes::default();
    fakes
        .tx
        .users
        .expect_find_by_identifier()
        .once()
        .withf(|i| i == "U7")
        .returning(|_| Ok(Some(user(7, Role::Client))));
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
        .withf(|u, keep, at, why| {
            *u == Id::new(7) && keep.is_none() && *at == now() && *why == EndReason::PasswordChanged
        })
        .returning(|_, _, _, _| Ok(vec![SessionId(1), SessionId(2)]));
    fakes
        .session_cache
        .expect_revoke()
        .once()
        .withf(|s| s == [SessionId(1), SessionId(2)])
        .returning(|_| ());
    let (_, ended) = reset_password(&fakes.app(), &Origin::system("essai"), reset(" U7 "))
        .await
        .unwrap();
    assert_eq!(ended, 2);
}

#[tokio::test]
async fn a_password_is_given_to_nobody_unknown_inactive_or_weak() {
    let mut inactive = user(7, Role::Client);
    inactive.data.is_active = false;
    let weak = ResetPassword {
        new: "12345678".into(),
        ..reset("u7")
    };
    for (found, cmd, expected) in [
        (None, reset("u8"), "Unknown"),
        (Some(inactive), reset("u7"), "Inactive"),
        (Some(user(7, Role::Client)), weak, "WeakPassword"),
    ] {
        let mut fakes = Fakes::default();
        fakes
            .tx
            .users
            .expect_find_by_identifier()
            .returning(move |_| Ok(found.clone()));
        fakes.hasher.expect_hash().never();
        let refused = reset_password(&fakes.app(), &Origin::system("essai"), cmd).await;
        let told = format!("{:?}", refused.unwrap_err());
        assert!(told.contains(expected), "{told}");
    }
}

fn reset(identifier: &str) -> ResetPassword {
    ResetPassword {
        identifier: identifier.into(),
        new: "une phrase assez longue".into(),
    }
}

#[tokio::test]
async fn a_session_that_is_over_is_signed_out_of_again_without_telling_anybody() {
    let mut fakes = Fakes::default();
    fakes
        .tx
        .sessions
        .expect_end()
        .times(2)
        .withf(|u, s, _, _| *u == Id::new(7) && *s == SessionId(1))
        .returning(|_, _, _, _| Ok(false));
    fakes.session_cache.expect_revoke().never();
    let (app, ctx) = (fakes.app(), ctx(actor(7, Role::Client)));
    logout(&app, &ctx).await.unwrap();
    let named = end_session(&app, &ctx, SessionId(1)).await;
    assert_eq!(code_of(named), Code::NotFound);
}

fn one_count(fakes: &mut Fakes, count: i32) {
    let sessions = &mut fakes.tx.sessions;
    sessions
        .expect_count_attempt()
        .once()
        .returning(move |_, _, since| Ok(Attempts { count, since }));
}
