//! A process on fakes, people who are signed in, and a resource of its own for the platform's rules.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, init_service};
use actix_web::{App as ActixApp, body, web::Bytes};
use api_actix::call::{Call, Guest};
use api_actix::extract::{Body, Change, Form, IfMatch, List, ListFilter, PathId, Query, Replace};
use api_actix::json::Dto;
use api_actix::operation::{self as op, Needs, Operation, group, public};
use api_actix::reply::{Answered, Many, Nothing, One, Plain};
use api_actix::state::{AppState, HttpConfig};
use api_actix::wire::{Amount, Day, Field, Instant, Set, Wire};
use api_actix::{health::Probe, server};
use application::{App, app::SessionPolicy};
use async_trait::async_trait;
use domain::client::store::MockClientQueries;
use domain::equipment::store::MockEquipmentQueries;
use domain::error::{Repo, RepoError};
use domain::intervention::store::MockInterventionQueries;
use domain::page::{Page, Sort};
use domain::policy::{Actor, Permission, Role};
use domain::ports::hasher::MockPasswordHasher;
use domain::ports::unit_of_work::{FakeTx, FakeUnitOfWork};
use domain::ports::{Clock, Place, Secrets};
use domain::session::{LiveSession, SessionCache, SessionId, SessionQueries};
use domain::skill::MockSkillQueries;
use domain::team::MockTeamQueries;
use domain::technician::store::MockTechnicianQueries;
use domain::user::store::MockUserQueries;
use domain::user::{Locale, User, UserSort};
use domain::{Id, Record};
use infra_crypto::SystemSecrets;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use settings::{Settings, Source};
use utoipa::{IntoParams, ToSchema};

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

/// An answer.
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {:?}", self.body))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().expect("code").to_owned()
    }

    /// Field and code of every issue.
    pub fn issues(&self) -> Vec<(String, String)> {
        let text = |v: &Value| v.as_str().expect("text").to_owned();
        let json = self.json();
        let errors = json["errors"].as_array().expect("errors");
        errors
            .iter()
            .map(|e| (text(&e["field"]), text(&e["code"])))
            .collect()
    }
}

/// A request under construction.
pub struct Ask {
    method: Method,
    path: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Vec<u8>,
}

pub fn ask(method: &str, path: &str) -> Ask {
    let method = Method::from_bytes(method.as_bytes()).expect("method");
    Ask {
        method,
        path: path.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    }
}

impl Ask {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("name");
        self.headers
            .push((name, HeaderValue::from_bytes(value.as_bytes()).expect("value")));
        self
    }

    pub fn json(self, body: &Value) -> Self {
        self.bytes("application/json", body.to_string().as_bytes())
    }

    pub fn bytes(mut self, kind: &str, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self.header("content-type", kind)
    }

    /// As the person with this session: 1 admin, 2 responsable, 3 technicien, 4 client.
    pub fn by(self, world: &World, id: u128) -> Self {
        let token = world.token(id);
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub async fn send(self, world: &World) -> Reply {
        let service = init_service(ActixApp::new().configure(server::configure(world.state.clone()))).await;
        let mut request = TestRequest::with_uri(&self.path)
            .method(self.method)
            .peer_addr(([127, 0, 0, 1], 9).into());
        let mut has_body = false;
        for header in self.headers {
            has_body |= header.0 == "content-type";
            request = request.append_header(header);
        }
        if has_body || !self.body.is_empty() {
            request = request
                .append_header(("content-length", self.body.len()))
                .set_payload(self.body);
        }
        let response = actix_web::test::call_service(&service, request.to_request()).await;
        let status: StatusCode = response.status();
        let headers = response.headers().clone();
        let body = body::to_bytes(response.into_body())
            .await
            .unwrap_or_else(|_| panic!("body"));
        Reply {
            status: status.as_u16(),
            headers,
            body,
        }
    }
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

/// Un essai.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "shown through Debug")]
pub struct Trial {
    /// Nom.
    pub nom: String,
    /// Description.
    pub description: Option<String>,
    /// Secret.
    pub mot_de_passe: Option<String>,
    /// Rôle.
    pub role: Option<TrialRole>,
    /// Montant.
    pub montant: Option<Amount>,
    /// Jour.
    pub jour: Option<Day>,
    /// Instant.
    pub instant: Option<Instant>,
    /// Nombre.
    pub nombre: Option<i32>,
    /// Étiquettes.
    #[serde(default)]
    pub etiquettes: Vec<String>,
    /// Adresses.
    #[serde(default)]
    pub adresses: Vec<Address>,
}

pub type TrialRole = Wire<Role>;

/// Une adresse.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "shown through Debug")]
pub struct Address {
    /// Ville.
    pub ville: String,
}

impl Dto for Trial {
    const ALIASES: &'static [(&'static str, &'static str)] = &[("nom", "nom_essai")];
    const MULTILINE: &'static [&'static str] = &["description"];
    const VERBATIM: &'static [&'static str] = &["mot_de_passe"];

    fn example() -> Value {
        json!({ "nom": "Essai", "montant": "12.50" })
    }
}

/// Un essai, vu.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TrialView {
    /// Contenu.
    pub vu: String,
}

/// Un essai modifié.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "shown through Debug")]
pub struct TrialPatch {
    /// Nom.
    #[serde(default)]
    pub nom: Set<String>,
    /// Ville.
    #[serde(default)]
    pub ville: Field<String>,
}

impl Dto for TrialPatch {
    fn example() -> Value {
        json!({ "ville": null })
    }
}

/// Un essai remplacé.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialPut {
    /// Nom.
    pub nom: String,
}

impl Dto for TrialPut {
    fn example() -> Value {
        json!({ "nom": "Essai", "version": 3 })
    }
}

/// L'essai tel qu'il est.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TrialState {
    /// Identifiant.
    pub id: i64,
    /// Nom.
    pub nom: String,
    /// Auteur.
    pub auteur: Option<String>,
    /// Version.
    pub version: i64,
}

/// Critères.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "shown through Debug")]
pub struct TrialQuery {
    /// Rôle.
    pub role: Option<TrialRole>,
    /// Actif.
    pub actif: Option<bool>,
    /// Client.
    pub client_id: Option<i64>,
    /// Rôles.
    pub roles: Option<Vec<TrialRole>>,
    /// À partir de ce jour.
    pub depuis: Option<Day>,
}

impl ListFilter for TrialQuery {
    type Key = UserSort;
    const DEFAULT: Sort<UserSort> = Sort {
        key: UserSort::CreatedAt,
        descending: true,
    };
}

fn seen(value: impl std::fmt::Debug) -> TrialView {
    TrialView {
        vu: format!("{value:?}"),
    }
}

async fn create(_: Call, body: Body<Trial>) -> Answered<Plain<TrialView>> {
    Ok(Plain(seen(body.0)))
}

async fn form(_: Guest, body: Form<Trial>) -> Answered<Plain<TrialView>> {
    Ok(Plain(seen(body.0)))
}

async fn change(call: Call, id: PathId<User>, patch: Change<TrialPatch>) -> Answered<Plain<TrialView>> {
    Ok(Plain(seen((
        id.0,
        patch.body,
        patch.version,
        call.ctx.idempotency,
    ))))
}

async fn replace(_: Call, id: PathId<User>, put: Replace<TrialPut, TrialState>) -> Answered<One<TrialState>> {
    let present = TrialState {
        id: id.0.get(),
        nom: "Ancien".to_owned(),
        auteur: None,
        version: 3,
    };
    put.check(&present)?;
    application::ctx::check_version(present.version, put.expected())?;
    Ok(One {
        version: 4,
        view: TrialState {
            nom: put.body.nom,
            version: 4,
            ..present
        },
    })
}

async fn remove(_: Call, _: PathId<User>, version: IfMatch) -> Answered<Nothing> {
    application::ctx::check_version(3, version.expected())?;
    Ok(Nothing)
}

async fn list(_: Call, list: List<TrialQuery>) -> Answered<Many<TrialView>> {
    let items = vec![seen(&list.filter), seen(&list.page)];
    let page = Page {
        items,
        total: 2,
        total_capped: false,
        next_cursor: None,
    };
    Ok(Many::of(&list.page, page, |item| item))
}

async fn filtered(_: Call, query: Query<TrialQuery>) -> Answered<Plain<TrialView>> {
    Ok(Plain(seen(query.0)))
}

async fn large(_: Guest) -> Answered<Plain<TrialView>> {
    Ok(Plain(TrialView {
        vu: "une longue réponse ".repeat(500),
    }))
}

#[allow(clippy::diverging_sub_expression)]
async fn panics(_: Guest) -> Answered<Nothing> {
    panic!("canary of a panic")
}

async fn origin(call: Call) -> Answered<Plain<TrialView>> {
    Ok(Plain(seen(call.ctx.origin)))
}

/// A resource that shows what handlers get.
pub fn trials() -> Vec<Operation> {
    const BOTH: Needs = Needs::AnyOf(&[Permission::UserManage, Permission::InterventionRate]);
    group(
        "essais",
        vec![
            op::get("/essais", Permission::InterventionCreate, "Lister", list),
            op::post("/essais", Permission::InterventionCreate, "Créer", create),
            public(Method::POST, "/essais/formulaire", "Formulaire", form),
            op::get("/essais/filtres", Needs::SignedIn, "Filtrer", filtered),
            op::get("/essais/origine", BOTH, "D'où vient la requête", origin),
            op::patch("/essais/{id}", Needs::SignedIn, "Modifier", change),
            op::put("/essais/{id}", Needs::SignedIn, "Remplacer", replace),
            op::put("/essais/{id}/remplacer", Needs::SignedIn, "Remplacer", replace).alias_of("/essais/{id}"),
            op::delete("/essais/{id}", Needs::SignedIn, "Supprimer", remove),
            public(Method::GET, "/essais/grand", "Grande réponse", large),
            public(Method::GET, "/essais/panique", "Défaut", panics),
        ],
    )
}
