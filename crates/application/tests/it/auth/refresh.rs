//! Exchanging refresh tokens.

use application::auth::{RefreshSecret, Visitor, refresh};
use application::{AppError, Code};
use domain::Id;
use domain::policy::Role;
use domain::session::{EndReason, RefreshToken, SessionId, TokenHash};
use jiff::{SignedDuration, Timestamp};

use super::{session, visitor};
use crate::support::{Fakes, actor, code_of, mix, now, user};

const PRESENTED: RefreshSecret = RefreshSecret([9; 32]);

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
