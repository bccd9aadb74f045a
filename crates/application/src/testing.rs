//! What the unit tests of the use cases share: an [`App`] on fakes.

use std::sync::Arc;

use domain::audit::Origin;
use domain::client::store::MockClientQueries;
use domain::equipment::store::MockEquipmentQueries;
use domain::intervention::store::MockInterventionQueries;
use domain::policy::Actor;
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

/// An application on these stores; every other port refuses whatever was not expected.
pub(crate) fn app(tx: FakeTx) -> App {
    App {
        uow: Arc::new(FakeUnitOfWork::new(tx)),
        users: Arc::new(MockUserQueries::new()),
        sessions: Arc::new(MockSessionQueries::new()),
        session_cache: Arc::new(MockSessionCache::new()),
        clients: Arc::new(MockClientQueries::new()),
        teams: Arc::new(MockTeamQueries::new()),
        skills: Arc::new(MockSkillQueries::new()),
        technicians: Arc::new(MockTechnicianQueries::new()),
        equipments: Arc::new(MockEquipmentQueries::new()),
        interventions: Arc::new(MockInterventionQueries::new()),
        hasher: Arc::new(MockPasswordHasher::new()),
        clock: Arc::new(MockClock::new()),
        secrets: Arc::new(MockSecrets::new()),
        session_policy: SessionPolicy::default(),
    }
}

/// The instant of every test's request.
pub(crate) fn now() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().expect("an instant")
}

/// A request of `actor`.
pub(crate) fn ctx(actor: Actor) -> Ctx {
    let origin = Origin {
        actor: Some(actor.user),
        ip: None,
        correlation_id: "essai-0001".to_owned(),
    };
    Ctx {
        actor,
        session: None,
        origin,
        now: now(),
        idempotency: None,
    }
}
