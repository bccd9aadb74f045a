//! An [`App`] on fakes, for the tests of the use cases and of what stands on them: a test sets what it
//! expects, everything else panics when called.
#![allow(clippy::expect_used, reason = "tests")]

use std::sync::Arc;

use domain::audit::Origin;
use domain::client::store::MockClientQueries;
use domain::equipment::store::MockEquipmentQueries;
use domain::intervention::store::MockInterventionQueries;
use domain::policy::Actor;
use domain::ports::Place;
use domain::ports::clock::{MockClock, MockSecrets};
use domain::ports::hasher::MockPasswordHasher;
use domain::ports::unit_of_work::{FakeTx, FakeUnitOfWork};
use domain::session::{MockSessionCache, MockSessionQueries};
use domain::skill::MockSkillQueries;
use domain::team::MockTeamQueries;
use domain::technician::store::MockTechnicianQueries;
use domain::user::store::MockUserQueries;
use jiff::Timestamp;

use crate::app::{App, SessionPolicy};
use crate::ctx::Ctx;

/// The ports of an [`App`], on which a test sets what it expects before the app is made.
#[derive(Default)]
#[allow(missing_docs, reason = "named after the ports of the app")]
pub struct Fakes {
    pub tx: FakeTx,
    pub users: MockUserQueries,
    pub sessions: MockSessionQueries,
    pub session_cache: MockSessionCache,
    pub clients: MockClientQueries,
    pub teams: MockTeamQueries,
    pub skills: MockSkillQueries,
    pub technicians: MockTechnicianQueries,
    pub equipments: MockEquipmentQueries,
    pub interventions: MockInterventionQueries,
    pub hasher: MockPasswordHasher,
    pub clock: MockClock,
    pub secrets: MockSecrets,
}

impl Fakes {
    /// An application whose ports refuse whatever was not expected.
    pub fn strict(self) -> App {
        App {
            uow: Arc::new(FakeUnitOfWork::new(self.tx)),
            users: Arc::new(self.users),
            sessions: Arc::new(self.sessions),
            session_cache: Arc::new(self.session_cache),
            clients: Arc::new(self.clients),
            teams: Arc::new(self.teams),
            skills: Arc::new(self.skills),
            technicians: Arc::new(self.technicians),
            equipments: Arc::new(self.equipments),
            interventions: Arc::new(self.interventions),
            hasher: Arc::new(self.hasher),
            clock: Arc::new(self.clock),
            secrets: Arc::new(self.secrets),
            session_policy: SessionPolicy::default(),
        }
    }

    /// The same, but time stands still, chance always gives the same, the hasher has a place and finds
    /// every hash strong enough, and every refresh token is one that was given out.
    pub fn app(mut self) -> App {
        self.sessions.expect_knows_token().returning(|_| Ok(true));
        self.hasher.expect_reserve().returning(|_| Ok(Place::new(())));
        self.hasher.expect_needs_rehash().return_const(false);
        self.clock.expect_now().returning(now);
        let secrets = &mut self.secrets;
        secrets.expect_bits256().returning(|| [42; 32]);
        secrets.expect_bits128().returning(|| 42);
        // Not a digest, but different for different data, which is all that the use cases rely on.
        secrets.expect_sha256().returning(|data| mix(1, data));
        secrets
            .expect_refresh_macs()
            .returning(|data| vec![mix(2, data), mix(4, data)]);
        secrets.expect_stored_mac().returning(|data| mix(3, data));
        self.strict()
    }
}

/// What the fake secrets make of data.
#[allow(clippy::indexing_slicing, reason = "within the array")]
pub fn mix(salt: u8, data: &[u8]) -> [u8; 32] {
    let mut out = [salt; 32];
    for (i, byte) in data.iter().enumerate() {
        let slot = &mut out[i % 32];
        *slot = slot.wrapping_mul(31).wrapping_add(*byte).wrapping_add(i as u8);
    }
    out
}

/// The instant of every test's request.
pub fn now() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().expect("an instant")
}

/// A request of `actor`, as jobs and commands make it.
pub fn ctx(actor: Actor) -> Ctx {
    Ctx {
        origin: Origin {
            actor: Some(actor.user),
            ip: None,
            correlation_id: "essai-0001".to_owned(),
        },
        actor,
        session: None,
        now: now(),
        idempotency: None,
    }
}
