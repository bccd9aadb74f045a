//! Who may do what: every operation of the document as every kind of caller, against
//! `expectations/authorisation.tsv`. What is hidden answers as what does not exist, and what is
//! refused changes nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use black_box::client::Answer;
use black_box::database::{Snapshots, changed};
use black_box::environment::repository;
use black_box::openapi::{Document, Operation};
use black_box::requests::{Targets, fresh, present, renew};
use black_box::world::{self, PASSWORD, World};
use black_box::{Client, Stack, tokens};
use reqwest::Method;
use serde_json::{Value, json};

use crate::examples::ready_for;

/// The columns of the file.
const PRINCIPALS: [&str; 11] = [
    "anonymous",
    "forged",
    "expired",
    "disabled",
    "ended",
    "admin",
    "manager",
    "technician",
    "other_technician",
    "client",
    "other_client",
];

/// Operations that are tried in more than one way: what they may do depends on the body or the target.
const VARIANTS: &[(&str, &[&str])] = &[
    (
        "PATCH /users/{id}",
        &["", "own profile", "own role", "own address", "own is_active"],
    ),
    ("PUT /users/{id}", &["", "own profile"]),
    ("GET /users/{id}", &["", "own"]),
    ("DELETE /users/{id}", &["", "own"]),
    ("POST /auth/login", &["", "wrong password", "disabled account"]),
    ("POST /auth/refresh", &["", "ended session"]),
    ("POST /auth/logout", &["", "all"]),
    ("POST /interventions/{id}/affectation", &["", "null"]),
    ("GET /users/{id}/activite", &["", "own"]),
    ("DELETE /auth/sessions/{sid}", &["own", "foreign"]),
    ("PATCH /clients/{id}", &["", "commercial"]),
    ("POST /techniciens", &["new account", "existing account"]),
    ("PATCH /equipements/{id}", &["", "name"]),
    (
        "PATCH /equipements/{id}/statut",
        &[
            "declarer_panne",
            "mettre_en_maintenance",
            "remettre_en_service",
            "mettre_hors_service",
        ],
    ),
    ("POST /interventions", &["", "request"]),
    (
        "PATCH /interventions/{id}",
        &[
            "title",
            "planned date",
            "diagnosis",
            "failure coding",
            "own request",
        ],
    ),
    ("PATCH /interventions/{id}/status", TRANSITIONS),
    ("PATCH /interventions/{id}/statut", TRANSITIONS),
];

/// Tables that also count what was refused to somebody who signs in.
const COUNTERS: &[&str] = &["connexions_tentatives", "audit_log"];

const TRANSITIONS: &[&str] = &[
    "affecter",
    "statut en_cours",
    "desaffecter",
    "demarrer",
    "mettre_en_attente",
    "reprendre",
    "cloturer",
    "cloturer hors_service",
    "annuler",
    "annuler own request",
    "archiver",
];

/// One line of the file.
struct Case {
    operation: Operation,
    variant: &'static str,
}

impl Case {
    fn name(&self) -> String {
        let name = format!("{} {}", self.operation.method, self.operation.short());
        if self.variant.is_empty() {
            name
        } else {
            format!("{name} [{}]", self.variant)
        }
    }

    /// Whether it takes away from the caller what later cells need.
    fn spends_its_caller(&self) -> bool {
        let path = self.operation.short();
        self.operation.writes()
            && (path.starts_with("/auth/")
                || path == "/users/me"
                || path == "/users/update"
                || self.variant.starts_with("own"))
            && !path.starts_with("/interventions")
    }
}

struct Ground {
    stack: Stack,
    world: World,
    document: Document,
    tokens: BTreeMap<&'static str, String>,
}

impl Ground {
    async fn new() -> Self {
        let stack = Stack::start().await;
        let world = World::of(&stack).await;
        let document = Document::of(&world.admin).await;
        let tokens = dead_tokens(&stack, &world).await;
        Self {
            stack,
            world,
            document,
            tokens,
        }
    }

    fn cases(&self) -> Vec<Case> {
        let of = |operation: &Operation| {
            let name = format!("{} {}", operation.method, operation.short());
            VARIANTS
                .iter()
                .find(|(n, _)| *n == name)
                .map_or(&[""][..], |(_, v)| *v)
        };
        let all = self.document.operations();
        all.into_iter()
            .flat_map(|operation| {
                let variants = of(&operation);
                variants.iter().map(move |variant| (operation.clone(), *variant))
            })
            .map(|(operation, variant)| Case { operation, variant })
            .collect()
    }

    async fn caller(&self, case: &Case, principal: &str) -> (Client, i64) {
        let world = &self.world;
        let anonymous = self.stack.anonymous();
        if let Some(token) = self.tokens.get(principal) {
            return (anonymous.bearing(token.clone()), 0);
        }
        let role = match principal {
            "anonymous" => return (anonymous, 0),
            "admin" => "admin",
            "manager" => "responsable",
            "technician" | "other_technician" => "technicien",
            _ => "client",
        };
        if case.spends_its_caller() {
            let person = world::person(&world.admin, role).await;
            return (person.caller, person.user);
        }
        match principal {
            "admin" => (world.admin.clone(), world.admin_user),
            "manager" => (world.manager.caller.clone(), world.manager.user),
            "technician" => (
                world.technician.person.caller.clone(),
                world.technician.person.user,
            ),
            "other_technician" => (
                world.other_technician.person.caller.clone(),
                world.other_technician.person.user,
            ),
            "client" => (world.client.person.caller.clone(), world.client.person.user),
            _ => (
                world.other_client.person.caller.clone(),
                world.other_client.person.user,
            ),
        }
    }

    /// Things to act on and a good body, as an admin would send it.
    async fn prepare(&self, case: &Case) -> (Targets, Option<Value>) {
        let (world, operation) = (&self.world, &case.operation);
        let mut targets = fresh(world, operation).await;
        let example = operation
            .examples()
            .into_iter()
            .next()
            .map(|(_, example)| example);
        let mut body = example.map(|example| targets.body(&example));
        if let Some(body) = &mut body {
            renew(body);
            if let Some(map) = body.as_object_mut() {
                map.remove("version");
            }
        }
        match (operation.short(), case.variant) {
            ("/auth/login" | "/auth/token", variant) => {
                let (user, username, _) = world::account(&world.admin, "technicien").await;
                let password = match variant {
                    "wrong password" => "Un-Autre-Mot-De-Passe-7",
                    _ => PASSWORD,
                };
                if variant == "disabled account" {
                    let path = format!("/users/{user}");
                    world.admin.delete(&path).await.expect(204);
                }
                body = Some(json!({"username": username, "password": password}));
            }
            ("/auth/refresh", variant) => {
                let person = world::person(&world.admin, "technicien").await;
                if variant == "ended session" {
                    let logout = person.caller.call(Method::POST, "/auth/logout");
                    logout.send().await.expect(204);
                }
                body = Some(json!({"refresh_token": person.refresh}));
            }
            ("/auth/change-password", _) => {
                body = Some(
                    json!({"mot_de_passe_actuel": PASSWORD, "nouveau_mot_de_passe": "Nouveau-Passage-41"}),
                );
            }
            ("/auth/sessions/{sid}", _) => {
                let person = world::person(&world.admin, "technicien").await;
                targets.session = own_session(&person.caller).await;
            }
            (_, "own profile") => body = Some(json!({"full_name": "Autre Nom"})),
            ("/users/{id}", "own is_active") => body = Some(json!({"is_active": false})),
            ("/interventions/{id}/affectation", "null") => body = Some(json!({"technicien_id": null})),
            (_, "planned date") => body = Some(json!({"date_prevue": "2026-12-01T09:00:00Z"})),
            (_, "failure coding") => body = Some(json!({"mode_defaillance": "FUITE"})),
            (_, "own role") => body = Some(json!({"role": "admin"})),
            (_, "own address") => {
                body = Some(json!({"email": format!("autre.{}@essai.ma", world::unique())}))
            }
            ("/techniciens", "existing account") => body = Some(json!({"user_id": targets.free_user})),
            (_, "commercial") => body = Some(json!({"statut_client": "prospect"})),
            (_, "name") => body = Some(json!({"nom_equipement": "Autre nom"})),
            (_, "title") => body = Some(json!({"titre": "Autre titre"})),
            (_, "diagnosis") => body = Some(json!({"diagnostic": "Roulement grippé"})),
            ("/interventions", "request") => {
                body = Some(json!({
                    "equipement_id": targets.equipment, "titre": "Demande", "description": "Bruit anormal au démarrage",
                }));
            }
            (_, "own request") => {
                targets.job = self.request(&targets).await;
                body = Some(json!({"description": "Bruit anormal au démarrage, surtout à froid"}));
            }
            ("/equipements/{id}/statut", action) => {
                let path = format!("/equipements/{}/statut", targets.equipment);
                if action == "remettre_en_service" {
                    let begin = json!({"action": "mettre_en_maintenance", "motif": "Contrôle"});
                    world.admin.patch(&path, begin).await.expect(200);
                }
                body = Some(json!({"action": action, "motif": "Essai des droits"}));
                if action == "mettre_hors_service" {
                    body.as_mut().unwrap()["annuler_ouvertes"] = true.into();
                }
            }
            ("/interventions/{id}/status" | "/interventions/{id}/statut", variant) => {
                body = Some(self.transition(&mut targets, variant).await);
            }
            ("/interventions/{id}/satisfaction", _) => ready_for(world, &targets, "satisfaction").await,
            _ => {}
        }
        (targets, body)
    }

    /// A job that the first client has asked for and nobody has taken.
    async fn request(&self, targets: &Targets) -> i64 {
        let body = json!({"equipement_id": targets.equipment, "titre": "Demande", "description": "Bruit anormal au démarrage"});
        world::id(
            &self
                .world
                .client
                .person
                .caller
                .post("/interventions", body)
                .await
                .expect(201),
        )
    }

    async fn transition(&self, targets: &mut Targets, variant: &str) -> Value {
        let world = &self.world;
        let (action, extra) = variant.split_once(' ').unwrap_or((variant, ""));
        if extra == "own request" {
            targets.job = self.request(targets).await;
        }
        let asked = if action == "statut" { "demarrer" } else { action };
        ready_for(world, targets, asked).await;
        let report = "Roulement remplacé, essai concluant";
        match (action, extra) {
            ("mettre_en_attente", _) => json!({"action": action, "motif": "pieces"}),
            ("cloturer", "") => json!({"action": action, "compte_rendu": report}),
            ("cloturer", outcome) => {
                json!({"action": action, "compte_rendu": report, "resultat": outcome, "annuler_ouvertes": true})
            }
            ("annuler", _) => json!({"action": action, "motif": "Essai des droits"}),
            ("affecter", _) => json!({"action": action, "technicien_id": world.other_technician.id}),
            ("statut", wanted) => json!({"statut": wanted}),
            _ => json!({"action": action}),
        }
    }

    /// The body of a replacement is what GET gave: as the caller sees it, else as an admin does.
    async fn body(
        &self,
        case: &Case,
        caller: &Client,
        targets: &Targets,
        body: Option<Value>,
    ) -> Option<Value> {
        if case.operation.method != Method::PUT {
            return body;
        }
        let read = targets
            .path(&case.operation)
            .replace("/users/update", "/users/me");
        let mut seen = present(caller, &read).await;
        if seen.is_none() {
            seen = present(&self.world.admin, &read).await;
        }
        seen.map(|(body, _)| body).or(body)
    }

    async fn send(&self, case: &Case, caller: &Client, targets: &Targets, body: Option<&Value>) -> Answer {
        let (operation, mut path) = (&case.operation, targets.path(&case.operation));
        if case.variant == "all" {
            path.push_str("?all=true");
        }
        let mut call = caller.call_root(operation.method.clone(), &path);
        if let Some(body) = body {
            call = call.json(body.clone());
        }
        call.send().await
    }
}

/// Tokens that were good once, all of admins: whoever lets one pass lets everything pass.
async fn dead_tokens(stack: &Stack, world: &World) -> BTreeMap<&'static str, String> {
    let disabled = world::person(&world.admin, "admin").await;
    world
        .admin
        .delete(&format!("/users/{}", disabled.user))
        .await
        .expect(204);
    let ended = world::person(&world.admin, "admin").await;
    ended
        .caller
        .call(Method::POST, "/auth/logout")
        .send()
        .await
        .expect(204);
    let token = world.admin.token();
    let (head, _) = token.rsplit_once('.').unwrap();
    let dead = BTreeMap::from([
        ("forged", format!("{head}.{}", "A".repeat(43))),
        ("expired", tokens::aged(token, 3600)),
        ("disabled", disabled.caller.token().to_owned()),
        ("ended", ended.caller.token().to_owned()),
    ]);
    for (name, token) in &dead {
        let caller = stack.anonymous().bearing(token.clone());
        black_box::within(
            &format!("{name} is refused"),
            std::time::Duration::from_secs(1),
            || async { caller.get("/users/me").await.status == 401 },
        )
        .await;
    }
    dead
}

async fn own_session(caller: &Client) -> String {
    let sessions = caller.get("/auth/sessions").await.expect(200);
    let own = sessions["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["courante"] == true)
        .expect("the present session");
    own["id"].as_str().unwrap().to_owned()
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("expectations/authorisation.tsv")
}

/// The lines of the file: operation and status of each principal.
fn expectations() -> BTreeMap<String, Vec<u16>> {
    let text = fs::read_to_string(file()).expect("the expectation file");
    let mut lines = text
        .lines()
        .filter(|l| !l.starts_with('#') && !l.trim().is_empty());
    let header: Vec<_> = lines.next().expect("a header").split('\t').skip(1).collect();
    assert_eq!(header, PRINCIPALS, "the columns of the file");
    let mut expected = BTreeMap::new();
    for line in lines {
        let mut fields = line.split('\t');
        let name = fields.next().unwrap().trim().to_owned();
        let cells: Vec<u16> = fields
            .map(|c| c.trim().parse().unwrap_or_else(|_| panic!("`{c}` in {line}")))
            .collect();
        assert_eq!(cells.len(), PRINCIPALS.len(), "{line}");
        assert!(
            expected.insert(name.clone(), cells).is_none(),
            "{name} stands there twice"
        );
    }
    expected
}

/// An answer without what may differ between a hidden and a missing thing.
fn comparable(answer: &Answer) -> (u16, Vec<(String, String)>, Value) {
    let mut body = answer.json();
    if let Some(map) = body.as_object_mut() {
        for own in ["path", "timestamp", "correlation_id"] {
            map.remove(own);
        }
    }
    // The length follows from the path, and so does the address that replaces an older one.
    let own = ["x-request-id", "date", "content-length", "link"];
    let headers = answer.headers.iter().filter(|(n, _)| !own.contains(&n.as_str()));
    let mut headers: Vec<_> = headers
        .map(|(n, v)| (n.to_string(), String::from_utf8_lossy(v.as_bytes()).into_owned()))
        .collect();
    headers.sort();
    (answer.status.as_u16(), headers, body)
}

#[tokio::test]
async fn every_operation_answers_every_caller_as_the_grants_say() {
    let ground = Ground::new().await;
    let mut expected = expectations();
    let mut tables = Snapshots::of(ground.stack.db(), &[]);
    let (mut cells, mut missing_cells, mut operations) = (0, 0, 0);
    let mut wrong = String::new();
    for case in ground.cases() {
        let name = case.name();
        let Some(expected) = expected.remove(&name) else {
            let _ = writeln!(wrong, "{name}: is not in the file");
            continue;
        };
        operations += 1;
        let mut prepared = None;
        for (principal, status) in PRINCIPALS.iter().zip(expected) {
            let (caller, own) = ground.caller(&case, principal).await;
            if prepared.is_none() {
                prepared = Some(ground.prepare(&case).await);
            }
            let (mut targets, body) = prepared.clone().unwrap();
            if case.variant.starts_with("own") && own != 0 {
                targets.user = own;
                if case.operation.short() == "/auth/sessions/{sid}" {
                    targets.session = own_session(&caller).await;
                }
            }
            let body = ground.body(&case, &caller, &targets, body).await;
            let by_id = case.operation.path.contains('{') && !case.operation.is_public() && own != 0;
            let missing = if by_id {
                missing_cells += 1;
                Some(ground.send(&case, &caller, &Targets::none(), body.as_ref()).await)
            } else {
                None
            };
            let writes = case.operation.writes();
            let before = writes.then(|| tables.take());
            let answer = ground.send(&case, &caller, &targets, body.as_ref()).await;
            cells += 1;
            if answer.status.as_u16() != status {
                let _ = writeln!(
                    wrong,
                    "{name} as {principal}: {status} expected, {} {}",
                    answer.status,
                    answer.text()
                );
            }
            if answer.status.is_success() {
                // What it acted on is used up.
                if writes {
                    prepared = None;
                }
            } else if answer.status.as_u16() >= 400 {
                answer.assert_problem();
                if let Some(before) = before {
                    let mut written = changed(&before, &tables.take());
                    if case.operation.is_public() {
                        written.retain(|table| !COUNTERS.contains(&table.as_str()));
                        // Each has its own account: one would soon have been tried too often.
                        prepared = None;
                    }
                    if !written.is_empty() {
                        let _ = writeln!(
                            wrong,
                            "{name} as {principal}: refused, and written into {written:?}"
                        );
                        prepared = None;
                    }
                }
            }
            let Some(missing) = missing else { continue };
            let same = comparable(&missing) == comparable(&answer);
            let right = match missing.status.as_u16() {
                404 => same || answer.status != 404,
                // Nothing is looked for where nothing could be allowed; of the caller's own things one is.
                403 => same || case.variant.starts_with("own"),
                _ => false,
            };
            if !right {
                let _ = writeln!(
                    wrong,
                    "{name} as {principal}: what does not exist answers {} {}, what is there {} {}",
                    missing.status,
                    missing.text(),
                    answer.status,
                    answer.text()
                );
            }
        }
    }
    for name in expected.keys() {
        let _ = writeln!(wrong, "{name}: is in the file and not in the document");
    }
    assert!(wrong.is_empty(), "{} wrong:\n{wrong}", wrong.lines().count());
    let told = format!(
        "{operations} lines × {} callers = {cells} cells, and {missing_cells} on what does not exist",
        PRINCIPALS.len()
    );
    let page = repository().join("docs/ARCHITECTURE.md");
    let page = fs::read_to_string(page).expect("the page");
    assert!(page.contains(&told), "docs/ARCHITECTURE.md does not say: {told}");
}
