//! The document is the registry, whole and described; its examples are accepted.

use std::collections::BTreeSet;

use api_actix::openapi::full_path;
use api_actix::operation::Access;
use serde_json::{Value, json};

use crate::support::{Setup, World, ask, settings, world};

async fn document(world: &World) -> Value {
    ask("GET", "/api/v1/openapi.json").send(world).await.json()
}

/// The product's own operations, without the ones of the tests.
fn product() -> World {
    Setup {
        operations: Some(api_actix::routes::operations()),
        ..Setup::default()
    }
    .world()
}

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("path") {
            found.push((method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    found
}

/// The path with something in place of each parameter.
fn concrete(path: &str) -> String {
    path.split('/')
        .map(|part| match part {
            "{sid}" => "0".repeat(32),
            "{fichier}" => "index.html".to_owned(),
            part if part.starts_with('{') => "1".to_owned(),
            part => part.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("/")
}

#[actix_web::test]
async fn routes_are_the_operations_of_the_document_both_ways() {
    let world = world();
    let documented: BTreeSet<_> = operations(&document(&world).await)
        .into_iter()
        .map(|(m, p, _)| (m, p))
        .collect();
    let registered: BTreeSet<_> = world
        .state
        .table
        .operations()
        .iter()
        .map(|o| (o.method.to_string(), full_path(o, &world.state.config)))
        .collect();
    assert_eq!(documented, registered);
    for (method, path) in &documented {
        let concrete = concrete(path);
        let reply = ask(method, &concrete).send(&world).await;
        let routed = reply.status != 405 && (reply.status != 404 || reply.code() != "ROUTE_NOT_FOUND");
        assert!(
            routed || path.starts_with("/redoc/"),
            "{method} {path}: {}",
            reply.status
        );
    }
}

#[actix_web::test]
async fn the_way_of_browsers_and_the_document_itself_are_documented() {
    let document = document(&product()).await;
    let cookie = &document["components"]["securitySchemes"]["cookie"];
    assert_eq!(
        (&cookie["in"], &cookie["name"]),
        (&json!("cookie"), &json!("__Secure-erp_refresh"))
    );
    let auth = |path: &str| &document["paths"][format!("/api/v1/auth/{path}")]["post"];
    let parameters = auth("refresh")["parameters"].as_array().expect("parameters");
    assert!(parameters.iter().any(|p| p["name"] == "X-CSRF-Token"));
    for (path, status) in [("login", "200"), ("refresh", "200"), ("logout", "204")] {
        let headers = &auth(path)["responses"][status]["headers"];
        assert!(headers["Set-Cookie"].is_object(), "{path}");
    }
    let own = &document["paths"]["/api/v1/openapi.json"]["get"]["responses"]["200"]["content"];
    assert!(own["application/json"].is_object(), "{own}");
    let text = document.to_string();
    assert!(text.len() < 400_000, "{} bytes", text.len());
}

#[actix_web::test]
async fn info_comes_from_the_configuration() {
    let settings = vec![
        ("PROJECT_NAME", "ERP Essai".to_owned()),
        ("CONTACT_EMAIL", "api@mif.ma".to_owned()),
    ];
    let world = Setup {
        settings,
        ..Setup::default()
    }
    .world();
    let document = document(&world).await;
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["title"], "ERP Essai");
    assert_eq!(document["info"]["contact"]["email"], "api@mif.ma");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        document["info"]["description"],
        "Backend ERP pour la gestion des interventions industrielles"
    );
    assert_eq!(
        document["components"]["securitySchemes"]["bearer"]["scheme"],
        "bearer"
    );
}

#[actix_web::test]
async fn every_operation_says_who_may_call_it_and_what_it_answers() {
    let world = product();
    let document = document(&world).await;
    let mut identifiers = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let what = format!("{method} {path}");
        assert!(
            operation["summary"].as_str().is_some_and(|s| !s.is_empty()),
            "{what}"
        );
        assert!(
            identifiers.insert(operation["operationId"].as_str().expect("id").to_owned()),
            "{what}"
        );
        let public = operation["x-permission"] == "public";
        assert_eq!(
            operation["security"],
            if path.ends_with("/auth/refresh") {
                json!([{ "cookie": [] }, {}])
            } else if public {
                json!([])
            } else {
                json!([{ "bearer": [] }])
            },
            "{what}"
        );
        let responses = operation["responses"].as_object().expect("responses");
        assert!(
            responses.keys().any(|s| s.starts_with('2') || s.starts_with('3')),
            "{what}"
        );
        assert!(responses.contains_key("500"), "{what}");
        assert!(public || responses.contains_key("401"), "{what}");
        for (status, response) in responses {
            if status.starts_with('4') || status.starts_with('5') {
                // Once for the whole document instead of once for each operation.
                let name = response["$ref"].as_str().expect("a reference");
                let name = name.strip_prefix("#/components/responses/").expect("a response");
                let response = &document["components"]["responses"][name];
                assert!(response["description"].is_string(), "{what} {status}");
                let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
                assert_eq!(schema, "#/components/schemas/Probleme", "{what} {status}");
            } else {
                assert!(response["description"].is_string(), "{what} {status}");
            }
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(
                parameter["description"].as_str().is_some_and(|d| !d.is_empty()),
                "{what}: {parameter}"
            );
        }
    }
    for operation in world.state.table.operations() {
        if let Access::Signed(needs) = operation.access {
            assert_eq!(
                needs.permissions().is_empty(),
                matches!(needs, api_actix::operation::Needs::SignedIn)
            );
        }
    }
}

fn described(property: &Value) -> bool {
    let own = property["description"].as_str().is_some_and(|d| !d.is_empty());
    own || property["oneOf"]
        .as_array()
        .is_some_and(|of| of.iter().any(described))
}

#[actix_web::test]
async fn every_field_is_described_and_every_reference_resolves() {
    let document = document(&product()).await;
    let schemas = document["components"]["schemas"].as_object().expect("schemas");
    for (name, schema) in schemas {
        for part in std::iter::once(schema).chain(schema["allOf"].as_array().into_iter().flatten()) {
            for (field, property) in part["properties"].as_object().into_iter().flatten() {
                assert!(described(property), "{name}.{field}: {property}");
            }
        }
    }
    fn references(value: &Value, into: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                into.extend(map.get("$ref").and_then(Value::as_str).map(ToOwned::to_owned));
                map.values().for_each(|v| references(v, into));
            }
            Value::Array(items) => items.iter().for_each(|v| references(v, into)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("in this document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

/// Every request body of the document, sent as its example: whatever the use case says then, the
/// body itself is accepted. With a field more it is refused.
#[actix_web::test]
async fn every_example_is_accepted_and_every_other_field_refused() {
    let world = product();
    let document = document(&world).await;
    let mut sent = 0;
    for (method, path, operation) in operations(&document) {
        let Some(content) = operation["requestBody"]["content"]["application/json"].as_object() else {
            continue;
        };
        let example = &content["example"];
        assert!(example.is_object(), "{method} {path} has no example");
        let concrete = concrete(&path);
        let send = async |body: &Value| {
            ask(&method, &concrete)
                .by(&world, 1)
                .json(body)
                .send(&world)
                .await
        };
        // The stores are fakes that expect nothing: a request that reaches the use case panics there.
        let reply = send(example).await;
        if path.ends_with("/satisfaction") {
            // The one right that administrators do not hold; the black-box suite sends it as a client.
            assert_eq!(reply.status, 403, "{method} {path}");
            continue;
        }
        assert_ne!(reply.status, 403, "{method} {path}");
        let refused = [400, 413, 415, 422].contains(&reply.status);
        assert!(!refused, "{method} {path}: {} {:?}", reply.status, reply.body);
        let mut more = example.clone();
        more["champ_inconnu"] = json!(1);
        let reply = send(&more).await;
        let expected = vec![("champ_inconnu".to_owned(), "UNKNOWN_FIELD".to_owned())];
        assert_eq!((reply.status, reply.issues()), (422, expected), "{method} {path}");
        sent += 1;
    }
    assert!(sent >= 8, "{sent}");
}

#[actix_web::test]
async fn aliases_are_deprecated_and_no_answer_names_a_password_hash() {
    let document = document(&product()).await;
    assert_eq!(
        document["paths"]["/api/v1/users/update"]["put"]["deprecated"],
        true
    );
    assert_eq!(
        document["paths"]["/api/v1/users/me"]["put"].get("deprecated"),
        None
    );
    let text = document.to_string();
    assert!(!text.contains("hashed_password") && !text.contains("password_hash"));
}

#[actix_web::test]
async fn the_prefix_is_configured() {
    let world = Setup {
        settings: vec![("API_V1_STR", "/api/v9".to_owned())],
        ..Setup::default()
    }
    .world();
    let document = ask("GET", "/api/v9/openapi.json").send(&world).await.json();
    assert!(document["paths"].get("/api/v9/users").is_some());
    assert_eq!(ask("GET", "/api/v1/openapi.json").send(&world).await.status, 404);
}

#[test]
fn the_generated_pages_are_stable_and_stand_in_docs() {
    let config = api_actix::state::HttpConfig::new(&settings(&[]));
    let pages = api_actix::docs::pages(&config).expect("pages");
    let names: Vec<_> = pages.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "errors.md",
            "rbac.md",
            "state-machines.md",
            "configuration.md",
            "openapi.json"
        ]
    );
    assert_eq!(pages, api_actix::docs::pages(&config).expect("pages"));
    for (name, content) in &pages {
        assert!(content.len() > 500 && content.ends_with('\n'), "{name}");
    }
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let different = api_actix::docs::write(&pages, &docs, true).expect("docs/");
    assert!(
        different.is_empty(),
        "not what the code says, run `make docs`: {different:?}"
    );
}

#[test]
fn two_types_do_not_share_a_name() {
    let mut named: std::collections::BTreeMap<String, Value> = std::collections::BTreeMap::new();
    for operation in api_actix::routes::operations() {
        for (name, schema) in &operation.doc.schemas {
            let schema = serde_json::to_value(schema).expect("a schema");
            let first = named.entry(name.clone()).or_insert_with(|| schema.clone());
            assert_eq!(
                *first, schema,
                "{name}, by {} {}",
                operation.method, operation.path
            );
        }
    }
}
