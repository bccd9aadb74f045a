//! How often passwords may be tried.

use application::auth::login;
use application::{AppError, Code};
use domain::Id;
use domain::policy::Role;
use domain::ports::HashError;
use domain::session::Session;
use jiff::SignedDuration;

use super::{attempt, counted, session, visitor};
use crate::support::{Fakes, code_of, user};

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
                let at = |ip| Session { ip, ..session(false) };
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
