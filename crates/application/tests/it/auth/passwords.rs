//! Changing a password, and giving a lost one anew.

use application::Code;
use application::auth::{ChangePassword, ResetPassword, change_password, reset_password};
use domain::Id;
use domain::audit::Origin;
use domain::policy::Role;
use domain::session::{Attempts, EndReason, SessionId};

use crate::support::{Fakes, actor, code_of, ctx, now, user};

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

fn one_count(fakes: &mut Fakes, count: i32) {
    let sessions = &mut fakes.tx.sessions;
    sessions
        .expect_count_attempt()
        .once()
        .returning(move |_, _, since| Ok(Attempts { count, since }));
}
