//! An [`App`] of fakes: a test sets what it expects, everything else panics when called.

use std::sync::Arc;

use application::app::SessionPolicy;
use application::{App, Ctx};
use domain::audit::Origin;
use domain::client::store::MockClientQueries;
use domain::equipment::store::MockEquipmentQueries;
use domain::intervention::store::MockInterventionQueries;
use domain::policy::{Actor, Role};
use domain::ports::Place;
use domain::ports::clock::{MockClock, MockSecrets};
use domain::ports::hasher::MockPasswordHasher;
use domain::ports::unit_of_work::{FakeTx, FakeUnitOfWork};
use domain::session::{MockSessionCache, MockSessionQueries, SessionId};
use domain::skill::MockSkillQueries;
use domain::team::MockTeamQueries;
use domain::technician::store::MockTechnicianQueries;
use domain::user::store::MockUserQueries;
use domain::user::{Locale, User};
use domain::{Id, Record};
use jiff::Timestamp;

/// Ports to be replaced before the app is made.
#[derive(Default)]
pub struct Fakes {
    pub tx: FakeTx,
    pub users: MockUserQueries,
    pub sessions: MockSessionQueries,
    pub session_cache: MockSessionCache,
    pub hasher: MockPasswordHasher,
    pub clients: MockClientQueries,
    pub teams: MockTeamQueries,
    pub skills: MockSkillQueries,
    pub technicians: MockTechnicianQueries,
    pub equipments: MockEquipmentQueries,
    pub interventions: MockInterventionQueries,
}

impl Fakes {
    pub fn app(mut self) -> App {
        self.hasher.expect_reserve().returning(|_| Ok(Place::new(())));
        let mut clock = MockClock::new();
        clock.expect_now().returning(now);
        let mut secrets = MockSecrets::new();
        secrets.expect_bits256().returning(|| [42; 32]);
        secrets.expect_bits128().returning(|| 42);
        // Not a digest, but different for different data, which is all that the use cases rely on.
        secrets.expect_sha256().returning(|data| mix(1, data));
        secrets
            .expect_refresh_macs()
            .returning(|data| vec![mix(2, data), mix(4, data)]);
        secrets.expect_stored_mac().returning(|data| mix(3, data));
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
            clock: Arc::new(clock),
            secrets: Arc::new(secrets),
            session_policy: SessionPolicy::default(),
        }
    }
}

pub fn mix(salt: u8, data: &[u8]) -> [u8; 32] {
    let mut out = [salt; 32];
    for (i, byte) in data.iter().enumerate() {
        let slot = &mut out[i % 32];
        *slot = slot.wrapping_mul(31).wrapping_add(*byte).wrapping_add(i as u8);
    }
    out
}

pub fn now() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

pub fn user(id: i64, role: Role) -> Record<User> {
    let data = User {
        username: format!("u{id}"),
        email: format!("u{id}@exemple.ma"),
        password_hash: "hash".into(),
        full_name: format!("Personne {id}"),
        role,
        other_roles: Vec::new(),
        is_active: true,
        last_login: None,
        locale: Locale::French,
        mfa_enabled: false,
        auth_version: 3,
    };
    Record::fresh(Id::new(id), now(), data)
}

pub fn actor(id: i64, role: Role) -> Actor {
    Actor {
        user: Id::new(id),
        roles: vec![role],
        technician: None,
        clients: Vec::new(),
        teams: Vec::new(),
    }
}

pub fn ctx(actor: Actor) -> Ctx {
    Ctx {
        origin: Origin {
            actor: Some(actor.user),
            ip: None,
            correlation_id: "essai-0001".into(),
        },
        actor,
        session: Some(SessionId(1)),
        now: now(),
        idempotency: None,
    }
}
