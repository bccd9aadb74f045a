//! Signing in.

use application::Code;
use application::auth::{Visitor, login};
use domain::policy::Role;
use domain::ports::{HashError, Place};
use domain::session::{EndReason, Session, SessionId};
use domain::user::User;
use domain::{Id, Record};
use jiff::SignedDuration;

use super::{attempt, counted, session, visitor};
use crate::support::{Fakes, actor, code_of, now, user};

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
        .expect_rehash()
        .once()
        .withf(|_, password| password == "correct horse")
        .returning(|_, _| Ok("stronger".into()));
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
        fakes
            .hasher
            .expect_reserve()
            .times(2)
            .returning(move |_| match places.next().expect("two places") {
                true => Ok(Place::new(())),
                false => Err(HashError::Busy),
            });
        fakes
            .hasher
            .expect_rehash()
            .times(usize::from(place))
            .returning(|_, _| Err(HashError::Busy));
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
            .expect_rehash()
            .once()
            .returning(|_, _| Ok("stronger".into()));
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
