//! Whom a session stands for, and signing out.

use application::Code;
use application::auth::{authenticate, end_session, list_sessions, logout};
use domain::Id;
use domain::policy::Role;
use domain::session::{LiveSession, SessionId};
use jiff::{SignedDuration, Timestamp};

use super::session;
use crate::support::{Fakes, actor, code_of, ctx, now};

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
async fn sessions_are_listed_as_of_the_request_without_a_unit_of_work() {
    let mut fakes = Fakes::default();
    fakes
        .sessions
        .expect_live_of()
        .once()
        .withf(|user, at| (*user, *at) == (Id::new(7), now()))
        .returning(|_, _| Ok(vec![session(false)]));
    let listed = list_sessions(&fakes.app(), &ctx(actor(7, Role::Client))).await;
    assert_eq!(listed.unwrap(), [session(false)]);
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
