//! Everything that can be wrong with a request, made from the document itself: the exact family of
//! refusal, the field by its name, and nothing written.

use black_box::database::{Snapshots, changed};
use black_box::openapi::{Document, Operation};
use black_box::requests::{Targets, renew};
use black_box::world::{PASSWORD, World, account};
use black_box::{Answer, Client, Stack};
use reqwest::Method;
use serde_json::{Value, json};

/// Tables that count attempts to sign in: they are to change.
const COUNTERS: &[&str] = &["connexions_tentatives", "audit_log"];

const JSON: &str = "application/json";

/// A stack with its document and things to act on.
struct Ground {
    stack: Stack,
    world: World,
    document: Document,
    targets: Targets,
}

impl Ground {
    async fn new() -> Self {
        let stack = Stack::start().await;
        let world = World::of(&stack).await;
        let document = Document::of(&world.admin).await;
        let targets = Targets::of(&world);
        Self {
            stack,
            world,
            document,
            targets,
        }
    }

    fn caller(&self, operation: &Operation) -> Client {
        // Only the client of a job may rate it.
        if operation.short().ends_with("/satisfaction") {
            return self.world.client.person.caller.clone();
        }
        if operation.is_public() {
            self.stack.anonymous()
        } else {
            self.world.admin.clone()
        }
    }

    /// A body that would be good.
    fn good(&self, operation: &Operation) -> Value {
        let (_, example) = operation
            .examples()
            .into_iter()
            .next()
            .unwrap_or_else(|| panic!("{} has no example", operation.name()));
        let mut body = self.targets.body(&example);
        renew(&mut body);
        body
    }

    async fn send(&self, operation: &Operation, content_type: &str, body: Vec<u8>) -> Answer {
        let call = self
            .caller(operation)
            .call_root(operation.method.clone(), &self.targets.path(operation));
        // Without a body the entity tag of a replacement would be asked for first.
        call.header("If-Match", "*").body(content_type, body).send().await
    }

    async fn send_json(&self, operation: &Operation, body: &Value) -> Answer {
        self.send(operation, JSON, body.to_string().into_bytes()).await
    }

    fn with_bodies(&self) -> Vec<Operation> {
        self.document
            .operations()
            .into_iter()
            .filter(|o| o.body().is_some())
            .collect()
    }
}

fn named(answer: &Answer, field: &str) -> bool {
    let body = answer.json();
    body["errors"].as_array().is_some_and(|e| {
        e.iter()
            .any(|e| e["field"].as_str().is_some_and(|f| f.starts_with(field)))
    })
}

/// 422 that names the field.
#[track_caller]
fn names(answer: &Answer, field: &str) {
    answer.refused(422, "VALIDATION_ERROR");
    assert!(
        named(answer, field),
        "{}: no error names `{field}`: {}",
        answer.what,
        answer.text()
    );
}

/// A value of a JSON type that the schema does not take.
fn of_wrong_type(types: &[String]) -> Vec<Value> {
    let all = [
        ("string", json!("x")),
        ("integer", json!(7)),
        ("number", json!(1.5)),
        ("boolean", json!(true)),
        ("array", json!([1])),
        ("object", json!({"x": 1})),
    ];
    let takes = |kind: &str| {
        types
            .iter()
            .any(|t| t == kind || (t == "number" && kind == "integer"))
    };
    all.into_iter()
        .filter(|(kind, _)| !takes(kind))
        .map(|(_, value)| value)
        .collect()
}

#[tokio::test]
async fn every_field_of_every_body_is_looked_at() {
    let ground = Ground::new().await;
    let mut cases = 0;
    for operation in ground.with_bodies() {
        let except = if operation.is_public() { COUNTERS } else { &[] };
        let mut tables = Snapshots::of(ground.stack.db(), except);
        let before = tables.take();
        let good = ground.good(&operation);
        let schema = operation.body().unwrap();
        let with = |field: &str, value: Value| {
            let mut body = good.clone();
            body[field] = value;
            body
        };
        for (field, schema) in ground.document.properties(schema) {
            // Two names of one field: the other one would contradict.
            let schema = &schema;
            let read_only = schema["readOnly"] == true;
            let types = ground.document.types(schema);
            assert!(
                !types.is_empty() || schema["readOnly"] == true,
                "{}: `{field}` has no type",
                operation.name()
            );
            if read_only || field == "version" {
                continue;
            }
            for value in of_wrong_type(&types) {
                names(&ground.send_json(&operation, &with(&field, value)).await, &field);
                cases += 1;
            }
            if !ground.document.takes_null(schema) {
                names(
                    &ground.send_json(&operation, &with(&field, Value::Null)).await,
                    &field,
                );
                cases += 1;
            }
            if types.contains(&"string".to_owned()) {
                for bad in ["a\u{0}b", "\u{7}", "a\u{1b}[31mb"] {
                    let answer = ground.send_json(&operation, &with(&field, bad.into())).await;
                    refused_text(&answer, &operation, &field);
                    cases += 1;
                }
                let answer = ground
                    .send_json(&operation, &with(&field, "a".repeat(20_001).into()))
                    .await;
                refused_text(&answer, &operation, &field);
                cases += 1;
            }
            if types == ["integer"] {
                for bad in [json!(1e300), json!(9_223_372_036_854_775_808_u64), json!(1.5)] {
                    names(&ground.send_json(&operation, &with(&field, bad)).await, &field);
                    cases += 1;
                }
            }
        }
        let required = ground.document.resolve(schema)["required"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        for field in required.iter().filter_map(Value::as_str) {
            let mut body = good.clone();
            // Under both of its names, where there are two.
            let present: Vec<String> = body.as_object().unwrap().keys().cloned().collect();
            if present.iter().any(|name| name == field) {
                body.as_object_mut().unwrap().remove(field);
                names(&ground.send_json(&operation, &body).await, field);
                cases += 1;
            }
        }
        names(
            &ground
                .send_json(&operation, &with("champ_inconnu", json!(1)))
                .await,
            "champ_inconnu",
        );
        names(
            &ground
                .send_json(&operation, &with("__proto__", json!({"admin": true})))
                .await,
            "__proto__",
        );
        names(
            &ground
                .send_json(&operation, &with("hashed_password", json!("x")))
                .await,
            "hashed_password",
        );
        cases += 3;
        let written = changed(&before, &tables.take());
        assert!(
            written.is_empty(),
            "{} was refused and wrote into {written:?}",
            operation.name()
        );
    }
    println!("bad input: {cases} bodies refused");
    assert!(cases > 300, "{cases}");
}

/// Where a sign-in is asked for with nonsense, the answer is that of any wrong sign-in.
#[track_caller]
fn refused_text(answer: &Answer, operation: &Operation, field: &str) {
    let signs_in = operation.short().starts_with("/auth/");
    if signs_in && (matches!(answer.status.as_u16(), 401 | 429) || answer.code() == "WRONG_PASSWORD") {
        answer.assert_problem();
    } else {
        names(answer, field);
    }
}

#[tokio::test]
async fn what_is_not_the_expected_body_is_refused_by_its_family() {
    let ground = Ground::new().await;
    let mut cases = 0;
    for operation in ground.with_bodies() {
        let except = if operation.is_public() { COUNTERS } else { &[] };
        let mut tables = Snapshots::of(ground.stack.db(), except);
        let before = tables.take();
        let good = ground.good(&operation).to_string();
        let twice = format!("{{{},{}", first_member(&good), &good[1..]);
        let deep = format!("{{\"x\":{}1{}}}", "[".repeat(200), "]".repeat(200));
        let bodies: [(&str, &str, Vec<u8>, u16, &str); 14] = [
            ("nothing", JSON, b"".to_vec(), 400, "MALFORMED_JSON"),
            ("no JSON", JSON, b"{\"a\":".to_vec(), 400, "MALFORMED_JSON"),
            (
                "text behind",
                JSON,
                format!("{good} x").into_bytes(),
                400,
                "MALFORMED_JSON",
            ),
            (
                "a comment",
                JSON,
                format!("/* */{good}").into_bytes(),
                400,
                "MALFORMED_JSON",
            ),
            ("NaN", JSON, b"{\"x\":NaN}".to_vec(), 400, "MALFORMED_JSON"),
            ("too deep", JSON, deep.into_bytes(), 400, "MALFORMED_JSON"),
            (
                "not UTF-8",
                JSON,
                b"{\"a\":\"\xff\xfe\"}".to_vec(),
                400,
                "INVALID_ENCODING",
            ),
            (
                "a lone surrogate",
                JSON,
                b"{\"a\":\"\\ud800\"}".to_vec(),
                400,
                "MALFORMED_JSON",
            ),
            ("a key twice", JSON, twice.into_bytes(), 400, "DUPLICATE_KEY"),
            ("a list", JSON, b"[]".to_vec(), 422, "VALIDATION_ERROR"),
            ("null", JSON, b"null".to_vec(), 422, "VALIDATION_ERROR"),
            ("a text", JSON, b"\"x\"".to_vec(), 422, "VALIDATION_ERROR"),
            (
                "XML",
                "application/xml",
                b"<a/>".to_vec(),
                415,
                "UNSUPPORTED_MEDIA_TYPE",
            ),
            (
                "plain text",
                "text/plain",
                good.clone().into_bytes(),
                415,
                "UNSUPPORTED_MEDIA_TYPE",
            ),
        ];
        for (what, content_type, body, status, code) in bodies {
            if what == "nothing" && !operation.needs_body() {
                continue;
            }
            let answer = ground.send(&operation, content_type, body).await;
            let body = answer.json();
            let fits = answer.status == status && body["code"] == code;
            assert!(
                fits,
                "{} with {what}: {} {}",
                operation.name(),
                answer.status,
                answer.text()
            );
            answer.assert_problem();
            cases += 1;
        }
        if !operation
            .body_types()
            .contains(&"application/x-www-form-urlencoded".to_owned())
        {
            let answer = ground
                .send(&operation, "application/x-www-form-urlencoded", b"a=b".to_vec())
                .await;
            answer.refused(415, "UNSUPPORTED_MEDIA_TYPE");
            cases += 1;
        }
        let padded = format!("{}{good}", " ".repeat(2 << 20));
        ground
            .send(&operation, JSON, padded.into_bytes())
            .await
            .refused(413, "PAYLOAD_TOO_LARGE");
        cases += 1;
        let written = changed(&before, &tables.take());
        assert!(
            written.is_empty(),
            "{} was refused and wrote into {written:?}",
            operation.name()
        );
    }
    println!("bad input: {cases} malformed bodies refused");
}

/// The first member of an object, as text.
fn first_member(object: &str) -> String {
    let value: Value = serde_json::from_str(object).unwrap();
    let (name, value) = value.as_object().unwrap().iter().next().unwrap();
    format!("{}:{value}", json!(name))
}

/// Names of fields that refer to another thing.
fn references(body: &Value) -> Vec<String> {
    let own = body.as_object().into_iter().flatten();
    own.filter(|(name, value)| name.ends_with("_id") && value.is_i64())
        .map(|(name, _)| name.clone())
        .collect()
}

#[tokio::test]
async fn references_to_what_is_not_there_or_not_ones_own_are_refused() {
    let ground = Ground::new().await;
    let world = &ground.world;
    let mut cases = 0;
    for operation in ground.with_bodies() {
        // A transition reads a reference only for the one action that takes it; affectation stands for it.
        if operation.short().ends_with("/status") || operation.short().ends_with("/statut") {
            continue;
        }
        let mut tables = Snapshots::of(ground.stack.db(), COUNTERS);
        let before = tables.take();
        let schema = operation.body().unwrap();
        let mut good = ground.good(&operation);
        let known: Vec<String> = ground.document.properties(schema).keys().cloned().collect();
        // Also the references that the example leaves out.
        for name in known.iter().filter(|n| n.ends_with("_id") && *n != "contrat_id") {
            if good[name.as_str()].is_null() {
                good[name.as_str()] = 1.into();
            }
        }
        for name in references(&good) {
            for id in [json!(0), json!(-1), json!(999_999_999), json!(i64::MAX)] {
                let mut body = good.clone();
                for other in references(&good) {
                    body.as_object_mut().unwrap().remove(&other);
                }
                for other in references(&ground.good(&operation)) {
                    body[&other] = ground.good(&operation)[&other].clone();
                }
                body[&name] = id.clone();
                let answer = ground.send_json(&operation, &body).await;
                let refused = matches!(answer.status.as_u16(), 404 | 422);
                assert!(
                    refused,
                    "{} with {name} = {id}: {} {}",
                    operation.name(),
                    answer.status,
                    answer.text()
                );
                answer.assert_problem();
                if answer.status == 422 {
                    assert!(
                        named(&answer, &name),
                        "{} with {name} = {id}: {}",
                        operation.name(),
                        answer.text()
                    );
                }
                cases += 1;
            }
        }
        let written = changed(&before, &tables.take());
        assert!(
            written.is_empty(),
            "{} was refused and wrote into {written:?}",
            operation.name()
        );
    }

    // What belongs to somebody else is to a client as if it were not there.
    let mut tables = Snapshots::of(ground.stack.db(), &[]);
    let before = tables.take();
    let request = |equipment: i64| json!({"equipement_id": equipment, "titre": "Essai", "description": "Sur l'équipement d'un autre"});
    let caller = &world.client.person.caller;
    let foreign = caller
        .post("/interventions", request(world.other_client.equipment))
        .await;
    names(&foreign, "equipement_id");
    let missing = caller.post("/interventions", request(999_999_999)).await;
    assert_eq!(foreign.json()["errors"], missing.json()["errors"]);
    // A site, a parent, a first job of another client, an account of another role.
    let admin = &world.admin;
    let (own, other) = (&world.client, &world.other_client);
    let path = format!("/equipements/{}", own.equipment);
    names(
        &admin.patch(&path, json!({"site_id": other.site})).await,
        "site_id",
    );
    names(
        &admin.patch(&path, json!({"parent_id": other.equipment})).await,
        "parent_id",
    );
    let follow = json!({
        "equipement_id": own.equipment, "type": "corrective", "description": "Suite d'un travail d'un autre client",
        "suite_de_id": world.other_job,
    });
    names(&admin.post("/interventions", follow).await, "suite_de_id");
    for (path, body) in [
        (
            "/clients".to_owned(),
            json!({"nom_entreprise": "Essai", "user_id": world.manager.user}),
        ),
        ("/techniciens".to_owned(), json!({"user_id": world.manager.user})),
        (
            format!("/clients/{}/utilisateurs", own.id),
            json!({"user_id": world.technician.person.user}),
        ),
    ] {
        names(&admin.post(&path, body).await, "user_id");
    }
    let site = format!("/clients/{}/sites/{}", own.id, other.site);
    admin.get(&site).await.refused(404, "NOT_FOUND");
    admin
        .patch(&site, json!({"zone": "Ailleurs"}))
        .await
        .refused(404, "NOT_FOUND");
    admin.delete(&site).await.refused(404, "NOT_FOUND");
    let contact = format!("/clients/{}/contacts/{}", own.id, other.contact);
    admin.delete(&contact).await.refused(404, "NOT_FOUND");
    let written = changed(&before, &tables.take());
    assert!(written.is_empty(), "refused, and written into {written:?}");
    println!("bad input: {cases} references refused");
}

/// Values that a query parameter of this schema does not take.
fn wrong_values(document: &Document, parameter: &Value) -> Vec<&'static str> {
    let schema = document.not_null(&parameter["schema"]);
    let types = document.types(schema);
    let format = schema["format"].as_str().unwrap_or_default();
    match parameter["name"].as_str().unwrap() {
        "limit" => vec!["0", "201", "-1", "1.5", "abc", "", "99999999999999999999"],
        "offset" => vec!["-1", "10001", "1.5", "abc", "99999999999999999999"],
        "cursor" => vec!["x", "AAAA", "%2B%2F%3D", "eyJhIjoxfQ"],
        "sort" => vec![
            "inconnu",
            "hashed_password",
            "-",
            "id;drop table users",
            "id,nom",
            "--id",
        ],
        _ if schema.get("enum").is_some() => vec!["inconnu", "", "OUVERTE"],
        _ if types.contains(&"integer".to_owned()) => vec!["abc", "1.5", "", "99999999999999999999"],
        _ if types.contains(&"boolean".to_owned()) => vec!["peut-etre", "2", ""],
        _ if format == "date-time" => vec!["hier", "2026-02-30T00:00:00Z", "2026-01-01", ""],
        _ if format == "date" => vec!["hier", "2026-02-30", "2026-01-01T00:00:00Z", ""],
        _ => vec!["%00", "a%07b"],
    }
}

#[tokio::test]
async fn query_parameters_out_of_range_are_refused() {
    let ground = Ground::new().await;
    let mut cases = 0;
    for operation in ground.document.operations() {
        let prefix = "/api/v1/";
        if operation.method != Method::GET || !operation.path.starts_with(prefix) || operation.is_public() {
            continue;
        }
        let path = ground.targets.path(&operation);
        let get = |query: String| {
            ground
                .world
                .admin
                .call_root(Method::GET, &format!("{path}?{query}"))
                .send()
        };
        let parameters = operation.parameters("query");
        for parameter in &parameters {
            let name = parameter["name"].as_str().unwrap();
            assert!(
                parameter["description"].as_str().is_some_and(|d| !d.is_empty()),
                "{}: {name}",
                operation.name()
            );
            for value in wrong_values(&ground.document, parameter) {
                names(&get(format!("{name}={value}")).await, name);
                cases += 1;
            }
            get(format!("{name}=%FF")).await.refused(400, "INVALID_ENCODING");
            get(format!("{name}=1&{name}=1"))
                .await
                .refused(400, "DUPLICATE_PARAMETER");
            cases += 2;
        }
        if !parameters.is_empty() {
            names(&get("inconnu=1".to_owned()).await, "inconnu");
            names(&get("hashed_password=x".to_owned()).await, "hashed_password");
            cases += 2;
        }
        if parameters.iter().any(|p| p["name"] == "offset") {
            names(&get("cursor=x&offset=1".to_owned()).await, "offset");
            let beyond = get("offset=10001".to_owned()).await.json().to_string();
            assert!(beyond.contains("cursor"), "{beyond}");
            cases += 2;
        }
    }
    println!("bad input: {cases} queries refused");
    assert!(cases > 100, "{cases}");
}

#[tokio::test]
async fn paths_methods_and_headers_that_are_not_there_are_problems_too() {
    let ground = Ground::new().await;
    let admin = &ground.world.admin;
    for path in [
        "/inconnu",
        "/users/abc",
        "/users/-1",
        "/users/1.5",
        "/users/%31%00",
        "/users/0x1",
        "/clients//sites",
        "/../etc/passwd",
        "/equipements/%2e%2e%2f1",
    ] {
        let answer = admin.get(path).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
        answer.assert_problem();
    }
    for path in [
        "/users/0",
        "/users/999999999",
        "/users/99999999999999999999999999",
        "/interventions/0",
    ] {
        admin.get(path).await.refused(404, "NOT_FOUND");
    }
    for operation in ground.document.operations() {
        let path = ground.targets.path(&operation);
        let known: Vec<_> = ground
            .document
            .operations()
            .into_iter()
            .filter(|o| ground.targets.path(o) == path)
            .map(|o| o.method)
            .collect();
        for method in [
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::TRACE,
        ] {
            if !known.contains(&method) {
                let answer = admin.call_root(method.clone(), &path).send().await;
                answer.refused(405, "METHOD_NOT_ALLOWED");
                let allow = answer.header("allow");
                assert!(
                    known.iter().all(|m| allow.contains(m.as_str())),
                    "{path}: {allow}"
                );
            }
        }
    }
    let job = format!("/interventions/{}", ground.world.job);
    let patch = |name: &str, value: &str| {
        admin
            .call(Method::PATCH, &job)
            .header(name, value)
            .json(json!({"titre": "Autre titre"}))
            .send()
    };
    for tag in ["v1", "\"v1", "\"1\"", "\"v1\", \"v2\"", "W/\"v1\"", "\"va\""] {
        patch("If-Match", tag).await.refused(400, "INVALID_IF_MATCH");
    }
    patch("If-Match", "\"v999\"").await.refused(412, "STALE_VERSION");
    for key in ["", "avec blanc", &"k".repeat(256)] {
        patch("Idempotency-Key", key)
            .await
            .refused(400, "INVALID_IDEMPOTENCY_KEY");
    }
    // A name of ours for a request whose own name could forge a log line.
    for name in ["court", "avec blanc et plus", &"x".repeat(129)] {
        let answer = admin
            .call(Method::GET, "/users/me")
            .header("X-Request-ID", name)
            .send()
            .await;
        assert_ne!(answer.header("x-request-id"), name);
        assert!(answer.header("x-request-id").len() >= 8);
    }
    let answer = admin
        .call(Method::GET, "/users/me")
        .header("X-Request-ID", "client-4711-a")
        .send()
        .await;
    assert_eq!(answer.header("x-request-id"), "client-4711-a");
}

/// A sign-in that is wrong says the same, whatever is wrong with it.
#[tokio::test]
async fn a_wrong_sign_in_says_nothing_about_accounts() {
    let ground = Ground::new().await;
    let (_, username, email) = account(&ground.world.admin, "technicien").await;
    let (inactive, inactive_name, _) = account(&ground.world.admin, "technicien").await;
    ground
        .world
        .admin
        .delete(&format!("/users/{inactive}"))
        .await
        .expect(204);
    let anonymous = ground.stack.anonymous();
    let mut answers = Vec::new();
    for (name, password) in [
        (username.as_str(), "Faux-Mot-De-Passe-1"),
        (email.as_str(), "Faux-Mot-De-Passe-1"),
        ("personne", PASSWORD),
        ("personne@ailleurs.ma", PASSWORD),
        (inactive_name.as_str(), PASSWORD),
        ("' OR 1=1 --", PASSWORD),
    ] {
        let answer = anonymous
            .post("/auth/login", json!({"username": name, "password": password}))
            .await;
        let mut body = answer.refused(401, "INVALID_CREDENTIALS");
        for own in ["timestamp", "correlation_id"] {
            body.as_object_mut().unwrap().remove(own);
        }
        answers.push(body);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
}
