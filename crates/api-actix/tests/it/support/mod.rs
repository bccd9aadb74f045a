//! A process on fakes, and people who are signed in.

mod ask;
mod trials;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api_actix::health::Probe;
use api_actix::operation::Operation;
use api_actix::state::{AppState, HttpConfig};
use application::App;
use application::app::SessionPolicy;
use async_trait::async_trait;
use domain::client::store::MockClientQueries;
use domain::equipment::store::MockEquipmentQueries;
use domain::error::{Repo, RepoError};
use domain::intervention::store::MockInterventionQueries;
use domain::policy::{Actor, Role};
use domain::ports::hasher::MockPasswordHasher;
use domain::ports::unit_of_work::{FakeTx, FakeUnitOfWork};
use domain::ports::{Clock, Place, Secrets};
use domain::session::{
    LiveSession, Session, SessionCache, SessionId, SessionMode, SessionQueries, TokenHash,
};
use domain::skill::MockSkillQueries;
use domain::team::MockTeamQueries;
use domain::technician::store::MockTechnicianQueries;
use domain::user::store::MockUserQueries;
use domain::user::{Locale, User};
use domain::{Id, Record};
use infra_crypto::SystemSecrets;
use jiff::{SignedDuration, Timestamp};
use settings::{Settings, Source};

pub use ask::{Ask, Reply, ask};
use trials::trials;

pub const KEY: &str = "Vt7Yk2pQ9sXw4Lz8Rb3Nc6Mf1Hd5Gj0A";

/// A clock that moves when it is told to.
pub struct TestClock(Mutex<Timestamp>);

impl TestClock {
    pub fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().expect("clock");
        *now = now.checked_add(by).expect("time");
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("clock")
    }
}

/// The truth about sessions, with a count of the reads.
#[derive(Default)]
pub struct Truth {
    pub live: Mutex<HashMap<SessionId, LiveSession>>,
    pub reads: AtomicUsize,
    pub down: Mutex<bool>,
}

impl Truth {
    pub fn count(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }

    pub fn change(&self, id: u128, change: impl FnOnce(&mut LiveSession)) {
        change(
            self.live
                .lock()
                .expect("sessions")
                .get_mut(&SessionId(id))
                .expect("session"),
        );
    }

    pub fn end(&self, id: u128) {
        self.live.lock().expect("sessions").remove(&SessionId(id));
    }
}

#[async_trait]
impl SessionQueries for Truth {
    async fn live_of(&self, user: Id<User>, now: Timestamp) -> Repo<Vec<Session>> {
        let live = self.live.lock().expect("sessions");
        let own = live.values().filter(|session| session.actor.user == user);
        Ok(own
            .map(|session| Session {
                id: session.id,
                user,
                created_at: now,
                last_seen_at: now,
                expires_at: now,
                ended: None,
                ip: Some("10.0.0.1".to_owned()),
                user_agent: None,
                mode: SessionMode::Cookie,
            })
            .collect())
    }

    async fn live(&self, id: SessionId, now: Timestamp) -> Repo<Option<LiveSession>> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        if *self.down.lock().expect("flag") {
            return Err(RepoError::Unavailable("connection refused by 10.0.0.5".into()));
        }
        let found = self.live.lock().expect("sessions").get(&id).cloned();
        Ok(found.map(|session| LiveSession {
            read_at: now,
            ..session
        }))
    }

    async fn knows_token(&self, _: &TokenHash) -> Repo<bool> {
        Ok(true)
    }
}

/// No shared copies.
struct NoCache;

#[async_trait]
impl SessionCache for NoCache {
    async fn get(&self, _: SessionId) -> Option<LiveSession> {
        None
    }
    async fn put(&self, _: &LiveSession) {}
    async fn revoke(&self, _: &[SessionId]) {}
}

/// Replaces ports of the application under test.
pub type ChangePorts = Box<dyn FnOnce(&mut App)>;

/// What a test may change before the process is made.
pub struct Setup {
    pub users: MockUserQueries,
    pub interventions: MockInterventionQueries,
    pub hasher: MockPasswordHasher,
    pub tx: FakeTx,
    pub probes: Vec<Probe>,
    pub settings: Vec<(&'static str, String)>,
    pub body_deadline: Duration,
    pub operations: Option<Vec<Operation>>,
    /// Puts real ports in place of fakes.
    pub ports: Option<ChangePorts>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            users: MockUserQueries::new(),
            interventions: MockInterventionQueries::new(),
            hasher: MockPasswordHasher::new(),
            tx: FakeTx::default(),
            probes: Vec::new(),
            settings: Vec::new(),
            body_deadline: Duration::from_secs(5),
            operations: None,
            ports: None,
        }
    }
}

/// A process and what it stands on.
pub struct World {
    pub state: Arc<AppState>,
    pub clock: Arc<TestClock>,
    pub truth: Arc<Truth>,
}

pub fn settings(changes: &[(&'static str, String)]) -> Settings {
    let mut values = vec![
        ("APP_ENV", "test".to_owned()),
        ("DATABASE_URL", "postgres://localhost/erp".to_owned()),
        ("JWT_SECRET_KEY", KEY.to_owned()),
        ("BCRYPT_COST", "4".to_owned()),
    ];
    values.extend(changes.iter().cloned());
    Settings::load(&Source::of(values)).expect("settings")
}

impl Setup {
    /// The operations of the product.
    pub fn world(self) -> World {
        let settings = settings(&self.settings);
        let clock = Arc::new(TestClock(Mutex::new(
            "2026-03-02T09:00:00Z".parse().expect("instant"),
        )));
        let truth = Arc::new(Truth::default());
        for (id, role) in [
            (1, Role::Admin),
            (2, Role::Manager),
            (3, Role::Technician),
            (4, Role::Client),
        ] {
            truth
                .live
                .lock()
                .expect("sessions")
                .insert(SessionId(id), session(id, role, clock.now()));
        }
        let keys = api_actix::compose::keys(&settings).expect("keys");
        let secrets: Arc<dyn Secrets> =
            Arc::new(SystemSecrets::new(&keys.current, None).expect("random bits"));
        let mut hasher = self.hasher;
        hasher.expect_reserve().returning(|_| Ok(Place::new(())));
        hasher.expect_needs_rehash().return_const(false);
        let mut app = App {
            uow: Arc::new(FakeUnitOfWork::new(self.tx)),
            users: Arc::new(self.users),
            sessions: truth.clone(),
            session_cache: Arc::new(NoCache),
            clients: Arc::new(MockClientQueries::new()),
            teams: Arc::new(MockTeamQueries::new()),
            skills: Arc::new(MockSkillQueries::new()),
            technicians: Arc::new(MockTechnicianQueries::new()),
            equipments: Arc::new(MockEquipmentQueries::new()),
            interventions: Arc::new(self.interventions),
            hasher: Arc::new(hasher),
            clock: clock.clone(),
            secrets,
            session_policy: SessionPolicy::default(),
        };
        if let Some(replace) = self.ports {
            replace(&mut app);
        }
        let mut config = HttpConfig::new(&settings);
        config.body_deadline = self.body_deadline;
        let operations = self.operations.unwrap_or_else(|| {
            let mut all = api_actix::routes::operations();
            all.extend(trials());
            all
        });
        let state =
            AppState::with_operations(app, config, &keys, 15, self.probes, operations).expect("state");
        World { state, clock, truth }
    }
}

pub fn world() -> World {
    Setup::default().world()
}

fn session(id: u128, role: Role, now: Timestamp) -> LiveSession {
    let user = i64::try_from(id).expect("id");
    let actor = Actor {
        user: Id::new(user),
        roles: vec![role],
        technician: None,
        clients: vec![],
        teams: vec![],
    };
    LiveSession {
        id: SessionId(id),
        actor,
        email: format!("u{id}@mif.ma"),
        auth_version: 1,
        read_at: now,
    }
}

/// An account as it is stored.
pub fn user(id: i64, role: Role) -> Record<User> {
    Record::fresh(
        Id::new(id),
        "2026-01-05T08:00:00Z".parse().expect("instant"),
        User {
            username: format!("u{id}"),
            email: format!("u{id}@mif.ma"),
            password_hash: "$2b$04$canary-hash".to_owned(),
            full_name: format!("Personne {id}"),
            role,
            other_roles: Vec::new(),
            is_active: true,
            last_login: None,
            locale: Locale::French,
            mfa_enabled: false,
            auth_version: 1,
        },
    )
}

impl World {
    pub fn token(&self, id: u128) -> String {
        let session = self
            .truth
            .live
            .lock()
            .expect("sessions")
            .get(&SessionId(id))
            .cloned();
        let session = session.unwrap_or_else(|| session_of_nobody(id, self.clock.now()));
        self.state
            .tokens
            .issue(&session, self.clock.now(), self.state.app.secrets.as_ref())
            .expect("token")
    }
}

fn session_of_nobody(id: u128, now: Timestamp) -> LiveSession {
    session(id, Role::Admin, now)
}
