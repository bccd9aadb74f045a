//! Signing in, refreshing, signing out: what the tests of them share.

mod limits;
mod passwords;
mod refresh;
mod sessions;
mod sign_in;

use application::auth::{Login, Visitor};
use domain::Id;
use domain::audit::Origin;
use domain::session::{Attempts, EndReason, Session, SessionId, SessionMode};
use jiff::SignedDuration;

use crate::support::{Fakes, now};

pub fn visitor() -> Visitor {
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

pub fn attempt(identifier: &str) -> Login {
    Login {
        identifier: identifier.into(),
        password: "correct horse".into(),
        mode: SessionMode::Bearer,
    }
}

/// What the three budgets of a sign-in have had since a while ago, in the order in which they are asked:
/// of the network, of the account, of both together.
pub fn counted(fakes: &mut Fakes, counts: [i32; 3], ago: SignedDuration) {
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

pub fn session(ended: bool) -> Session {
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
