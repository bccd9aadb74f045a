//! Every field of every body: wrong type, too long, control characters, null, missing, unknown.

use black_box::Answer;
use black_box::database::{Snapshots, changed};
use black_box::openapi::{Document, Operation};
use serde_json::{Map, Value, json};

use super::{COUNTERS, Ground, named, names};

/// Second names of fields: operations whose path begins so, the name, the second name. A body with
/// both is refused as ambiguous before either is looked at.
const SECOND_NAMES: &[(&str, &str, &str)] = &[
    ("/auth/login", "username", "email"),
    ("/auth/token", "username", "email"),
    ("/auth/change-password", "mot_de_passe_actuel", "current_password"),
    ("/auth/change-password", "nouveau_mot_de_passe", "new_password"),
    ("/interventions", "type", "type_intervention"),
    ("/interventions", "date_prevue", "date_planifiee"),
    ("/equipements", "nom_equipement", "nom"),
];

/// Fields that are judged only without another one: operation, field, the other, why.
const APART: &[(&str, &str, &str, &str)] = &[
    (
        "POST /techniciens",
        "user_id",
        "utilisateur",
        "an existing account stands in place of a new one",
    ),
    (
        "PATCH /interventions/{id}/status",
        "statut",
        "action",
        "the state that is wanted stands in place of the action",
    ),
    (
        "PATCH /interventions/{id}/statut",
        "statut",
        "action",
        "the state that is wanted stands in place of the action",
    ),
];

/// Texts that are judged under the name of the field that they become: operation, field, that name.
const BECOMES: &[(&str, &str, &str)] = &[
    ("PATCH /interventions/{id}/status", "commentaire", "motif"),
    ("PATCH /interventions/{id}/status", "remarque", "motif"),
    ("PATCH /interventions/{id}/statut", "commentaire", "motif"),
    ("PATCH /interventions/{id}/statut", "remarque", "motif"),
];

/// Fields that only another action than the example's reads, so that their length does not matter
/// there; `a_closing_judges_what_it_reads` has them.
const OF_CLOSING: &[&str] = &[
    "compte_rendu",
    "diagnostic",
    "mode_defaillance",
    "mecanisme_defaillance",
    "cause_defaillance",
];

/// One character longer than the description allows; without a bound, longer than any text may be.
fn too_long(schema: &Value) -> Value {
    let max = schema["maxLength"].as_u64().unwrap_or(12_000);
    "a".repeat(usize::try_from(max).unwrap() + 1).into()
}

/// Whether it is one of [`too_long`].
fn is_long(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| text.len() > 10 && text.bytes().all(|b| b == b'a'))
}

fn short_name(operation: &Operation) -> String {
    format!("{} {}", operation.method, operation.short())
}

/// The good body with this field as the only one under any of its names, and without what excludes it.
pub(super) fn with(operation: &Operation, good: &Value, field: &str, value: Value) -> Value {
    let mut body = good.clone();
    let map = body.as_object_mut().unwrap();
    without(operation, map, field);
    for (name, alone, other, _) in APART {
        if *alone == field && *name == short_name(operation) {
            map.remove(*other);
        }
    }
    map.insert(field.to_owned(), value);
    body
}

/// Takes the field away under each of its names; says whether it was there.
fn without(operation: &Operation, map: &mut Map<String, Value>, field: &str) -> bool {
    let second = second_name(operation, field);
    map.remove(field).is_some() | second.is_some_and(|second| map.remove(second).is_some())
}

fn second_name(operation: &Operation, field: &str) -> Option<&'static str> {
    let path = operation.short();
    // A rating and a transition of an equipment have no such fields.
    SECOND_NAMES
        .iter()
        .find(|(start, name, _)| path.starts_with(start) && *name == field)
        .map(|(_, _, second)| *second)
}

/// Values of the JSON types that the schema does not take.
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

/// What was not refused as it should have been, all of it at once.
#[derive(Default)]
struct Tally {
    cases: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn expect(&mut self, answer: &Answer, field: &str) {
        self.cases += 1;
        let right = answer.status == 422 && answer.code() == "VALIDATION_ERROR" && named(answer, field);
        if !right {
            let text: String = answer.text().chars().take(400).collect();
            self.wrong
                .push(format!("`{field}` of {}: {} {text}", answer.what, answer.status));
        }
    }

    /// Where a sign-in is asked for with nonsense, the answer is that of any wrong sign-in.
    fn expect_of(&mut self, value: &Value, answer: &Answer, operation: &Operation, field: &str) {
        let signs_in = operation.short().starts_with("/auth/") && value.is_string();
        if signs_in && (matches!(answer.status.as_u16(), 401 | 429) || answer.code() == "WRONG_PASSWORD") {
            self.cases += 1;
            answer.assert_problem();
        } else {
            self.expect(answer, field);
        }
    }
}

/// Values that a field of this schema must refuse, whatever else is in the body.
fn bad_values(document: &Document, schema: &Value) -> Vec<Value> {
    let types = document.types(schema);
    let mut bad = of_wrong_type(&types);
    if !document.takes_null(schema) {
        bad.push(Value::Null);
    }
    let own = document.not_null(schema);
    if types.contains(&"string".to_owned()) {
        bad.extend(["a\u{0}b", "\u{7}", "a\u{1b}[31mb"].map(Value::from));
        bad.push(too_long(own));
        if own["format"] == "date-time" {
            bad.extend(
                [
                    "-009000-01-01T00:00:00Z",
                    "1899-12-31T23:59:59Z",
                    "9998-12-31T00:00:00+99",
                ]
                .map(Value::from),
            );
        }
        if own["format"] == "date" {
            bad.extend(["-009000-01-01", "10000-01-01", "2026-02-30"].map(Value::from));
        }
    }
    if types == ["integer"] {
        bad.extend([json!(1e300), json!(9_223_372_036_854_775_808_u64), json!(1.5)]);
    }
    bad
}

/// Values that a list of these elements must refuse; what is wrong inside of an object is another question.
fn bad_elements(document: &Document, items: &Value) -> Vec<Value> {
    let own = document.resolve(items);
    let forms = own["oneOf"]
        .as_array()
        .cloned()
        .unwrap_or_else(|| vec![own.clone()]);
    let types: Vec<_> = forms.iter().flat_map(|form| document.types(form)).collect();
    let mut bad = of_wrong_type(&types);
    bad.push(Value::Null);
    if forms
        .iter()
        .any(|form| document.resolve(form).get("enum").is_some())
    {
        bad.extend(["inconnu", ""].map(Value::from));
    }
    bad
}

#[tokio::test]
async fn every_field_of_every_body_is_looked_at() {
    let ground = Ground::new().await;
    let document = &ground.document;
    let mut tally = Tally::default();
    for operation in ground.with_bodies() {
        let except = if operation.short().starts_with("/auth/") {
            COUNTERS
        } else {
            &[]
        };
        let mut tables = Snapshots::of(ground.stack.db(), except);
        let before = tables.take();
        let good = ground.good(&operation);
        let schema = operation.body().unwrap();
        for (field, schema) in document.properties(schema) {
            let read_only = schema["readOnly"] == true;
            assert!(
                read_only || !document.types(&schema).is_empty(),
                "{}: `{field}` has no type",
                operation.name()
            );
            if !read_only && field != "version" {
                whole_field(&ground, &operation, &good, &field, &schema, &mut tally).await;
                inside(&ground, &operation, &good, &field, &schema, &mut tally).await;
            }
        }
        let required = document.resolve(schema)["required"].as_array().cloned();
        for field in required.iter().flatten().filter_map(Value::as_str) {
            let mut body = good.clone();
            if without(&operation, body.as_object_mut().unwrap(), field) {
                tally.expect(&ground.send_json(&operation, &body).await, field);
            }
        }
        for (name, value) in [
            ("champ_inconnu", json!(1)),
            ("__proto__", json!({"admin": true})),
            ("hashed_password", json!("x")),
        ] {
            let body = with(&operation, &good, name, value);
            tally.expect(&ground.send_json(&operation, &body).await, name);
        }
        let written = changed(&before, &tables.take());
        if !written.is_empty() {
            let name = operation.name();
            tally
                .wrong
                .push(format!("{name} was refused and wrote into {written:?}"));
        }
    }
    let Tally { cases, wrong } = tally;
    println!("bad input: {cases} bodies refused");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases > 1500, "{cases}");
}

fn document_max(document: &Document, schema: &Value) -> Option<u64> {
    document.not_null(schema)["maxLength"].as_u64()
}

#[tokio::test]
async fn every_text_that_is_written_is_described_with_its_length() {
    let ground = Ground::new().await;
    let document = &ground.document;
    let mut without = Vec::new();
    let mut bounded = 0;
    for operation in ground.with_bodies() {
        // Nonsense of any length is a wrong sign-in.
        if operation.short().starts_with("/auth/") && operation.short() != "/auth/change-password" {
            continue;
        }
        for (field, schema) in document.properties(operation.body().unwrap()) {
            // What is shown, and only compared with what is stored, has no bound of its own.
            if schema["readOnly"] == true {
                continue;
            }
            let inner = document.properties(document.not_null(&schema));
            for (name, schema) in inner.into_iter().chain([(field.clone(), schema.clone())]) {
                let own = document.not_null(&schema);
                let free = ["enum", "format", "pattern"]
                    .iter()
                    .all(|key| own.get(key).is_none());
                let present = ["mot_de_passe_actuel", "current_password"].contains(&name.as_str());
                if schema["readOnly"] == true || document.types(&schema) != ["string"] || !free || present {
                    continue;
                }
                bounded += 1;
                if document_max(document, &schema).is_none() {
                    without.push(format!("{}: {name} of {field}", operation.name()));
                }
            }
        }
    }
    assert!(without.is_empty(), "{without:#?}");
    assert!(bounded > 60, "{bounded}");
}

async fn whole_field(
    ground: &Ground,
    operation: &Operation,
    good: &Value,
    field: &str,
    schema: &Value,
    tally: &mut Tally,
) {
    let name = short_name(operation);
    let changes_state = name.starts_with("PATCH /interventions/{id}/stat");
    let told = BECOMES
        .iter()
        .find(|(operation, own, _)| *operation == name && *own == field);
    for value in bad_values(&ground.document, schema) {
        let long = is_long(&value);
        if long && changes_state && OF_CLOSING.contains(&field) {
            continue;
        }
        let told = told.filter(|_| long).map_or(field, |(_, _, told)| told);
        let answer = ground
            .send_json(operation, &with(operation, good, field, value.clone()))
            .await;
        tally.expect_of(&value, &answer, operation, told);
        // The bound that the refusal tells is the one of the description.
        let max = document_max(&ground.document, schema);
        let told_bound = answer.json()["errors"][0].clone();
        if long && told == field && told_bound["code"] == "TOO_LONG" {
            let said = told_bound["message"].as_str().unwrap_or_default();
            if !max.is_some_and(|max| said.contains(&max.to_string())) {
                tally
                    .wrong
                    .push(format!("`{field}` of {name}: {said}, described as {max:?}"));
            }
        }
    }
    let Some(second) = second_name(operation, field) else {
        return;
    };
    let mut body = good.clone();
    let map = body.as_object_mut().unwrap();
    without(operation, map, field);
    map.insert(second.to_owned(), json!({"x": 1}));
    let both = with(operation, &body, second, json!("un"));
    tally.expect(&ground.send_json(operation, &body).await, field);
    let mut both = both.as_object().unwrap().clone();
    both.insert(field.to_owned(), json!("autre"));
    tally.expect(&ground.send_json(operation, &both.into()).await, second);
}

/// The same for the fields of a field that is an object or a list of objects.
async fn inside(
    ground: &Ground,
    operation: &Operation,
    good: &Value,
    field: &str,
    schema: &Value,
    tally: &mut Tally,
) {
    let document = &ground.document;
    let own = document.not_null(schema);
    let list = document.types(schema) == ["array"];
    let properties = document.properties(document.not_null(if list { &own["items"] } else { own }));
    if list {
        for value in bad_elements(document, &own["items"]) {
            let body = with(operation, good, field, json!([value]));
            tally.expect(&ground.send_json(operation, &body).await, field);
        }
    }
    // A list of the examples may be empty; every list of objects that is written holds skills.
    let base = match if list { &good[field][0] } else { &good[field] } {
        Value::Object(present) => present.clone(),
        _ => Map::from_iter([("competence_id".to_owned(), ground.world.skill.into())]),
    };
    let send = async |part: Map<String, Value>| {
        let value = if list { json!([part]) } else { part.into() };
        ground
            .send_json(operation, &with(operation, good, field, value))
            .await
    };
    for (name, schema) in &properties {
        for value in bad_values(document, schema) {
            // What is only shown stands for the whole field, and a name beside an id is not read.
            let unread = is_long(&value);
            let mut part = base.clone();
            part.insert(name.clone(), value);
            let answer = send(part).await;
            tally.expect(&answer, field);
            let text = answer.text();
            if !unread && !text.contains("READ_ONLY") && !text.contains(name.as_str()) {
                tally
                    .wrong
                    .push(format!("{}: `{name}` is not named", answer.what));
            }
        }
    }
    if !properties.is_empty() {
        let mut part = base;
        part.insert("champ_inconnu".to_owned(), json!(1));
        tally.expect(&send(part).await, field);
    }
}

#[tokio::test]
async fn a_closing_judges_what_it_reads() {
    let ground = Ground::new().await;
    let world = &ground.world;
    let path = format!("/interventions/{}/status", world.job);
    world
        .admin
        .patch(&path, json!({"action": "demarrer"}))
        .await
        .expect(200);
    let mut tables = Snapshots::of(ground.stack.db(), &[]);
    let before = tables.take();
    for field in OF_CLOSING {
        let mut body = json!({"action": "cloturer", "compte_rendu": "Roulement remplacé, essai concluant"});
        body[*field] = too_long(&json!({}));
        for path in [path.clone(), path.replace("status", "statut")] {
            names(&world.admin.patch(&path, body.clone()).await, field);
        }
    }
    let written = changed(&before, &tables.take());
    assert!(written.is_empty(), "refused, and written into {written:?}");
}
