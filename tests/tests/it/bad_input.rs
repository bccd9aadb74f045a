//! Everything that can be wrong with a request, made from the document itself: the exact family of
//! refusal, the field by its name, and nothing written.

mod fields;
mod paths;
mod references;

use std::sync::LazyLock;

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

/// Whether an error is about this field, or about something in it.
fn named(answer: &Answer, field: &str) -> bool {
    let body = answer.json();
    let about = |error: &Value| {
        let rest = error["field"].as_str().and_then(|f| f.strip_prefix(field));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    body["errors"].as_array().is_some_and(|e| e.iter().any(about))
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

/// `{"k":"date_creation","d":true,"v":"-377000000000000000","i":1}`: begins long before any instant
/// that the database knows.
const FAR_CURSOR: &str =
    "eyJrIjoiZGF0ZV9jcmVhdGlvbiIsImQiOnRydWUsInYiOiItMzc3MDAwMDAwMDAwMDAwMDAwIiwiaSI6MX0";

/// What no text that is looked for may hold.
const FORBIDDEN: [&str; 2] = ["%00", "a%07b"];

/// Longer than any text that is stored.
fn too_long() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| "a".repeat(2001));
    &TEXT
}

/// Values that a query parameter of this schema does not take.
fn wrong_values(document: &Document, parameter: &Value) -> Vec<&'static str> {
    let schema = document.not_null(&parameter["schema"]);
    let types = document.types(schema);
    let format = schema["format"].as_str().unwrap_or_default();
    match parameter["name"].as_str().unwrap() {
        "limit" => vec!["0", "201", "-1", "1.5", "abc", "", "99999999999999999999"],
        "offset" => vec!["-1", "10001", "1.5", "abc", "99999999999999999999"],
        "cursor" => vec!["x", "AAAA", "%2B%2F%3D", "eyJhIjoxfQ", FAR_CURSOR, too_long()],
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
        _ if format == "date-time" => vec![
            "hier",
            "2026-02-30T00:00:00Z",
            "2026-01-01",
            "-009000-01-01T00:00:00Z",
            "",
        ],
        _ if format == "date" => vec!["hier", "2026-02-30", "2026-01-01T00:00:00Z", ""],
        _ => FORBIDDEN.to_vec(),
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
            if wrong_values(&ground.document, parameter) == FORBIDDEN
                && ground.document.types(&parameter["schema"]) == ["string"]
            {
                let none = get(format!("{name}={}", too_long())).await.expect(200);
                assert_eq!(none["items"], json!([]), "{name}: nothing is called so");
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
