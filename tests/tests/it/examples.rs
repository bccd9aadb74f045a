//! The document is true: every example is accepted with identifiers of things that exist, every answer
//! has the documented form, and nothing is left without a description.

use std::collections::BTreeSet;

use black_box::openapi::{Document, Operation};
use black_box::requests::{Targets, fresh, present};
use black_box::stack::DEMO_PASSWORD;
use black_box::world::World;
use black_box::{Answer, Client, Database, Stack};
use reqwest::Method;
use serde_json::{Value, json};

/// The accounts that the examples of signing in name.
const DEMO: [&str; 2] = ["responsable", "technicien"];

struct Ground {
    stack: Stack,
    world: World,
    document: Document,
}

impl Ground {
    async fn new() -> Self {
        let stack = Stack::start().await;
        let world = World::of(&stack).await;
        for role in DEMO {
            let body = json!({
                "username": role, "email": format!("{role}@mif.ma"), "full_name": "Compte de démonstration", "role": role,
                "password": DEMO_PASSWORD,
            });
            world.admin.post("/users", body).await.expect(201);
        }
        let document = Document::of(&world.admin).await;
        Self {
            stack,
            world,
            document,
        }
    }

    /// Whether an answer is what the document says, to the last member.
    fn check(&self, operation: &Operation, answer: &Answer) {
        let name = operation.name();
        let documented = operation.response(answer.status.as_u16());
        let documented =
            documented.unwrap_or_else(|| panic!("{name} answers {}, which is not documented", answer.status));
        let documented = self.document.resolve(documented);
        let Some(content) = documented["content"].as_object() else {
            assert!(
                answer.body.is_empty(),
                "{name}: a body that is not documented: {}",
                answer.text()
            );
            return;
        };
        // Files and the document itself: any content.
        if content.contains_key("*/*") {
            return;
        }
        let kind = answer
            .header("content-type")
            .split(';')
            .next()
            .unwrap_or_default()
            .to_owned();
        let schema = content
            .get(&kind)
            .unwrap_or_else(|| panic!("{name} answers {kind}, which is not documented"));
        if kind.ends_with("json") && !schema["schema"].is_null() {
            let body = answer.json();
            let validator = self.document.validator(&schema["schema"]);
            let wrong: Vec<_> = validator
                .iter_errors(&body)
                .map(|e| format!("{}: {e}", e.instance_path()))
                .collect();
            assert!(wrong.is_empty(), "{name}: not as documented: {wrong:#?}\n{body}");
        }
        // Cookies go to those only who ask for them.
        let headers = documented["headers"].as_object().into_iter().flatten();
        for (header, _) in headers.filter(|(name, _)| *name != "Set-Cookie") {
            assert!(!answer.header(header).is_empty(), "{name}: without {header}");
        }
        if answer.status == 201 {
            assert!(
                answer.header("location").starts_with("/api/v1/"),
                "{name}: {}",
                answer.header("location")
            );
            assert!(
                answer.header("etag").starts_with("\"v"),
                "{name}: {}",
                answer.header("etag")
            );
        }
    }

    /// Who sends the examples of an operation, and what of them must be of this run.
    async fn caller(&self, operation: &Operation, body: &mut Value) -> Client {
        let anonymous = self.stack.anonymous();
        match operation.short() {
            "/auth/refresh" => {
                let (_, answer) = anonymous.login("responsable", DEMO_PASSWORD).await;
                body["refresh_token"] = answer["refresh_token"].clone();
                anonymous
            }
            "/auth/change-password" => {
                let body = json!({
                    "username": "passage", "email": "passage@mif.ma", "full_name": "Compte de passage", "role": "client",
                    "password": DEMO_PASSWORD,
                });
                self.world.admin.post("/users", body).await.expect(201);
                anonymous.login("passage", DEMO_PASSWORD).await.0
            }
            path if path.starts_with("/auth/") => {
                if operation.is_public() {
                    anonymous
                } else {
                    anonymous.login("responsable", DEMO_PASSWORD).await.0
                }
            }
            path if path.ends_with("/satisfaction") => self.world.client.person.caller.clone(),
            "/users/me" | "/users/update" => anonymous.login("technicien", DEMO_PASSWORD).await.0,
            _ => self.world.admin.clone(),
        }
    }
}

/// What an example makes unique must be free again for the next one.
fn release(db: &Database, operation: &Operation, answer: &Answer) {
    let id = answer.json()["id"].as_i64().unwrap_or_default();
    let path = operation.short();
    if path.starts_with("/users") && path != "/users/me" || path == "/techniciens" {
        let user = answer.json()["user_id"].as_i64().unwrap_or(id);
        db.execute(&format!(
            "UPDATE users SET username = username || id, email = id || email WHERE id = {user}"
        ));
    }
    for table in ["equipes", "competences", "sites"] {
        if path.contains(&format!("/{table}")) {
            db.execute(&format!("UPDATE {table} SET nom = nom || id WHERE id = {id}"));
        }
    }
    if path.starts_with("/equipements") {
        db.execute(&format!(
            "UPDATE equipements SET numero_serie = numero_serie || id WHERE id = {id}"
        ));
    }
}

/// Brings the job of the targets into the state in which an action is possible.
pub async fn ready_for(world: &World, targets: &Targets, action: &str) {
    let path = format!("/interventions/{}/status", targets.job);
    let step = async |body: Value| world.admin.patch(&path, body).await.expect(200);
    free_technicians(world).await;
    let report = json!({"action": "cloturer", "compte_rendu": "Travail terminé, essai concluant"});
    match action {
        "mettre_en_attente" | "cloturer" => drop(step(json!({"action": "demarrer"})).await),
        "reprendre" => {
            step(json!({"action": "demarrer"})).await;
            step(json!({"action": "mettre_en_attente", "motif": "pieces"})).await;
        }
        "archiver" | "satisfaction" => {
            step(json!({"action": "demarrer"})).await;
            step(report).await;
        }
        _ => {}
    }
}

/// Ends what the world's technicians are at: each can do one job at a time.
pub async fn free_technicians(world: &World) {
    let running = world
        .admin
        .get("/interventions?statut=en_cours&limit=200")
        .await
        .expect(200);
    for job in running["items"].as_array().expect("items") {
        let path = format!("/interventions/{}/status", job["id"]);
        world
            .admin
            .patch(&path, json!({"action": "annuler", "motif": "Essai terminé"}))
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn every_example_is_accepted_and_answered_as_documented() {
    let ground = Ground::new().await;
    let (mut sent, mut operations) = (0, 0);
    for operation in ground.document.operations() {
        let with_body = operation.body().is_some();
        let examples = operation.examples();
        assert_eq!(
            with_body,
            !examples.is_empty(),
            "{} has a body without example",
            operation.name()
        );
        operations += usize::from(with_body);
        for (name, example) in examples {
            let targets = fresh(&ground.world, &operation).await;
            let mut body = targets.body(&example);
            if operation.short().ends_with("/satisfaction") {
                ready_for(&ground.world, &targets, "satisfaction").await;
            } else if let Some(action) = body["action"].as_str() {
                ready_for(&ground.world, &targets, action).await;
            }
            let caller = ground.caller(&operation, &mut body).await;
            let path = targets.path(&operation);
            if operation.method == Method::PUT {
                // The version of the example is that of a new thing; this one may have moved on.
                let (now, _) = present(&caller, &path.replace("/users/update", "/users/me"))
                    .await
                    .expect("what is to be replaced");
                body["version"] = now["version"].clone();
            }
            let answer = caller
                .call_root(operation.method.clone(), &path)
                .json(body)
                .send()
                .await;
            assert!(
                answer.status.is_success(),
                "{} {name}: {}\n{}",
                answer.what,
                answer.status,
                answer.text()
            );
            ground.check(&operation, &answer);
            release(ground.stack.db(), &operation, &answer);
            sent += 1;
        }
    }
    println!("examples: {sent} sent to {operations} operations, all accepted");
    assert!(operations >= 30, "{operations} operations with bodies");
}

#[tokio::test]
async fn every_read_is_answered_as_documented() {
    let ground = Ground::new().await;
    let world = &ground.world;
    // Things with something in every part of them.
    let targets = Targets::of(world);
    ready_for(world, &targets, "archiver").await;
    let mut read = 0;
    for operation in ground.document.operations() {
        if operation.method != Method::GET {
            continue;
        }
        let callers = [
            &world.admin,
            &world.manager.caller,
            &world.technician.person.caller,
            &world.client.person.caller,
            &ground.stack.anonymous(),
        ];
        let mut answered = 0;
        for caller in callers {
            let answer = caller
                .call_root(Method::GET, &targets.path(&operation))
                .send()
                .await;
            answered += usize::from(answer.status.is_success() || answer.status.is_redirection());
            if !answer.status.is_redirection() {
                ground.check(&operation, &answer);
            }
            read += 1;
        }
        assert!(answered > 0, "{} answers nobody", operation.name());
    }
    println!("examples: {read} reads answered as documented");
}

#[tokio::test]
async fn the_document_leaves_nothing_unsaid() {
    let ground = Ground::new().await;
    let document = &ground.document;
    let root = document.root();
    assert!(root["openapi"].as_str().unwrap().starts_with("3.1"));
    let info = &root["info"];
    for name in ["title", "description", "version"] {
        assert!(info[name].as_str().is_some_and(|t| !t.is_empty()), "info.{name}");
    }
    assert_eq!(info["version"], env!("CARGO_PKG_VERSION"));
    assert!(
        info["contact"]["email"].as_str().is_some_and(|e| e.contains('@')),
        "info.contact"
    );
    let mut ids = BTreeSet::new();
    let mut fields = 0;
    for operation in document.operations() {
        let (name, about) = (operation.name(), &operation.about);
        assert!(
            about["summary"].as_str().is_some_and(|s| !s.is_empty()),
            "{name}: summary"
        );
        assert!(
            about["tags"][0].as_str().is_some_and(|s| !s.is_empty()),
            "{name}: tag"
        );
        assert!(
            ids.insert(about["operationId"].as_str().expect("operationId").to_owned()),
            "{name}: operationId"
        );
        assert!(
            !operation.successes().is_empty() || operation.response(302).is_some(),
            "{name}: no success is documented"
        );
        assert!(!about["x-permission"].is_null(), "{name}: who may call it");
        assert_eq!(
            operation.is_public(),
            about["security"] == json!([]) || about["security"] == json!([{"cookie": []}, {}]),
            "{name}: security"
        );
        for parameter in about["parameters"].as_array().into_iter().flatten() {
            assert!(
                parameter["description"].as_str().is_some_and(|d| !d.is_empty()),
                "{name}: {}",
                parameter["name"]
            );
        }
        if let Some(body) = operation.body() {
            fields += described(document, body, &name, 0);
        }
        if operation.writes() && !operation.is_public() {
            assert!(
                operation.response(401).is_some() && operation.response(403).is_some(),
                "{name}: 401, 403"
            );
        }
    }
    println!(
        "examples: {} operations, {fields} request fields described",
        ids.len()
    );
}

/// Counts the fields of a request, each with a description.
fn described(document: &Document, schema: &Value, at: &str, depth: usize) -> usize {
    assert!(depth < 8, "{at} is deeper than people write");
    let mut count = 0;
    for (name, field) in document.properties(schema) {
        let at = format!("{at}: {name}");
        let own = [&field, document.resolve(&field), document.not_null(&field)];
        let told = field["description"]
            .as_str()
            .or_else(|| own.iter().find_map(|s| s["description"].as_str()));
        // Of a field that may be null, the description stands beside the reference to its type.
        let beside = || {
            field["oneOf"]
                .as_array()?
                .iter()
                .find_map(|option| option["description"].as_str())
        };
        let told = told.or_else(beside);
        assert!(told.is_some_and(|d| !d.is_empty()), "{at} has no description");
        count += 1;
        let inner = document.not_null(&field);
        count += described(document, inner, &at, depth + 1);
        if inner["items"].is_object() {
            count += described(document, document.not_null(&inner["items"]), &at, depth + 1);
        }
    }
    count
}
