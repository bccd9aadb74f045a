//! A unique word in every text of each client and each technician; then everything that can be
//! read is read as each of them: nobody sees a word that is not theirs to see.

use std::collections::BTreeSet;

use black_box::openapi::Document;
use black_box::requests::Targets;
use black_box::world::{self, World};
use black_box::{Client, Database, Stack};
use reqwest::Method;
use serde_json::json;

/// Puts `word` + table + column into every text of the rows; what a constraint refuses holds no free
/// text. Answers the words.
fn plant(db: &Database, word: &str, table: &str, rows: &str) -> Vec<String> {
    let columns = db.rows(&format!(
        "SELECT column_name AS c FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '{table}' \
         AND data_type = 'text' AND is_generated = 'NEVER' AND column_name NOT IN ('hashed_password', 'username') ORDER BY 1"
    ));
    let mut planted = Vec::new();
    for column in columns.iter().map(|c| c["c"].as_str().unwrap()) {
        let mut text = format!("{word}x{}x{}", table.replace('_', ""), column.replace('_', ""));
        if column == "telephone" {
            // At most thirty characters.
            text = format!("{word}xtel{}", &table.replace('_', "")[..6]);
        }
        let value = if column == "email" {
            format!("{text}@essai.ma")
        } else {
            text.clone()
        };
        if db
            .try_execute(&format!("UPDATE {table} SET {column} = '{value}' WHERE {rows}"))
            .is_ok()
        {
            planted.push(text);
        }
    }
    planted
}

/// Puts an odd figure into every number of the rows that is no identifier; answers the figures as they are shown.
fn plant_numbers(db: &Database, first: u32, table: &str, rows: &str) -> Vec<String> {
    let columns = db.rows(&format!(
        "SELECT column_name AS c FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '{table}' \
         AND data_type IN ('numeric', 'double precision') AND is_generated = 'NEVER' ORDER BY 1"
    ));
    let columns = columns.iter().map(|c| c["c"].as_str().unwrap());
    let planted = columns.zip(first..).map(|(column, n)| {
        let place = ["latitude", "longitude"].contains(&column);
        let number = if place {
            format!("31.73{n}")
        } else {
            format!("73{n}.43")
        };
        (format!("{column} = {number}"), number)
    });
    // At once: one coordinate is nothing without the other.
    let (set, numbers): (Vec<_>, Vec<_>) = planted.unzip();
    db.execute(&format!("UPDATE {table} SET {} WHERE {rows}", set.join(", ")));
    numbers
}

/// Everything of one client.
fn plant_client(db: &Database, word: &str, customer: &world::Customer, job: i64) -> Vec<String> {
    let (client, equipment) = (customer.id, customer.equipment);
    let mut words = Vec::new();
    for (table, rows) in [
        ("clients", format!("id = {client}")),
        ("sites", format!("id = {}", customer.site)),
        ("clients_contacts", format!("id = {}", customer.contact)),
        ("equipements", format!("id = {equipment}")),
        ("interventions", format!("id = {job}")),
        ("interventions_cloture", format!("intervention_id = {job}")),
        ("pannes", format!("equipement_id = {equipment}")),
        ("arrets_equipement", format!("equipement_id = {equipment}")),
        ("users", format!("id = {}", customer.person.user)),
        ("notifications", format!("user_id = {}", customer.person.user)),
    ] {
        words.extend(plant(db, word, table, &rows));
    }
    let details = format!("{word}xhistorique");
    db.execute(&format!(
        "INSERT INTO historiques_interventions (intervention_id, action_type, details, metadata) \
         VALUES ({job}, 'commentaire', '{details}', '{{\"champ\": \"{word}xmetadata\"}}')"
    ));
    words.push(details);
    words
}

fn plant_technician(db: &Database, word: &str, worker: &world::Worker) -> Vec<String> {
    let mut words = plant(db, word, "techniciens", &format!("id = {}", worker.id));
    words.extend(plant(db, word, "users", &format!("id = {}", worker.person.user)));
    words
}

/// Everything that the caller gets to read.
async fn crawl(document: &Document, caller: &Client, all: &[Targets]) -> String {
    let mut seen = String::new();
    for operation in document.operations().iter().filter(|o| o.method == Method::GET) {
        let paths: BTreeSet<_> = all.iter().map(|targets| targets.path(operation)).collect();
        for path in paths.iter().filter(|p| p.starts_with("/api/")) {
            let mut path = path.clone();
            if operation.parameters("query").iter().any(|p| p["name"] == "limit") {
                path.push_str("?limit=200");
            }
            let mut pages = vec![path];
            if operation
                .parameters("query")
                .iter()
                .any(|p| p["name"] == "offset")
            {
                pages.push(pages[0].replace("limit=200", "limit=1&offset=1"));
            }
            for path in pages {
                let answer = caller.call_root(Method::GET, &path).send().await;
                assert!(answer.status.as_u16() < 500, "{path}: {}", answer.text());
                let headers: Vec<_> = answer
                    .headers
                    .values()
                    .map(|v| String::from_utf8_lossy(v.as_bytes()))
                    .collect();
                seen.push_str(&headers.join("\n"));
                seen.push_str(&answer.text());
            }
        }
    }
    // Legacy paths are the same resources by another way.
    for path in [
        "/clients",
        "/equipements",
        "/interventions",
        "/techniciens",
        "/users",
    ] {
        seen.push_str(&caller.call_root(Method::GET, path).send().await.text());
    }
    seen
}

/// A closed job with a report, a diagnosis and a rating, on equipment that had failed.
async fn finish(world: &World, customer: &world::Customer, job: i64) {
    let admin = &world.admin;
    let status = format!("/equipements/{}/statut", customer.equipment);
    admin
        .patch(&status, json!({"action": "declarer_panne", "motif": "Fumée"}))
        .await
        .expect(200);
    let path = format!("/interventions/{job}");
    admin
        .patch(&path, json!({"diagnostic": "Roulement grippé"}))
        .await
        .expect(200);
    admin
        .patch(&format!("{path}/status"), json!({"action": "demarrer"}))
        .await
        .expect(200);
    let report =
        json!({"action": "cloturer", "compte_rendu": "Roulement remplacé", "resultat": "operationnel"});
    admin.patch(&format!("{path}/status"), report).await.expect(200);
    let rating = json!({"satisfaction": 4, "commentaire_client": "Merci beaucoup"});
    customer
        .person
        .caller
        .post(&format!("{path}/satisfaction"), rating)
        .await
        .expect(200);
}

/// The words in a text, of those given.
fn found<'a>(seen: &str, words: &'a [String]) -> Vec<&'a String> {
    words.iter().filter(|word| seen.contains(*word)).collect()
}

#[tokio::test]
async fn nobody_reads_a_word_that_is_not_theirs() {
    let stack = Stack::start().await;
    let world = World::of(&stack).await;
    let (db, document) = (stack.db(), Document::of(&world.admin).await);
    finish(&world, &world.client, world.job).await;
    finish(&world, &world.other_client, world.other_job).await;
    let words_a = plant_client(db, "canaria", &world.client, world.job);
    let words_b = plant_client(db, "canarib", &world.other_client, world.other_job);
    let private_a = plant_technician(db, "canaritecha", &world.technician);
    let private_b = plant_technician(db, "canaritechb", &world.other_technician);
    assert!(
        words_a.len() == words_b.len() && words_a.len() >= 35,
        "{words_a:?}"
    );
    assert!(private_a.len() >= 5, "{private_a:?}");

    // What a technician costs, where a client is and what its machines are worth.
    let cost_a = plant_numbers(db, 111, "techniciens", &format!("id = {}", world.technician.id));
    let cost_b = plant_numbers(
        db,
        222,
        "techniciens",
        &format!("id = {}", world.other_technician.id),
    );
    let places = |first: u32, customer: &world::Customer| {
        let site = plant_numbers(db, first, "sites", &format!("id = {}", customer.site));
        let machine = plant_numbers(
            db,
            first + 10,
            "equipements",
            &format!("id = {}", customer.equipment),
        );
        assert_eq!((site.len(), machine.len()), (2, 2), "{site:?} {machine:?}");
        (site, machine)
    };
    let ((site_a, machine_a), (site_b, machine_b)) =
        (places(333, &world.client), places(444, &world.other_client));
    assert_eq!((cost_a.len(), cost_b.len()), (1, 1));

    let all = [Targets::of(&world), Targets::of_the_other(&world)];
    let seen = crawl(&document, &world.admin, &all).await;
    for words in [&words_a, &words_b, &private_a, &cost_a, &site_a, &machine_a] {
        // What nobody can read proves nothing about who may not.
        let seen = found(&seen, words).len();
        assert!(
            seen * 4 >= words.len() * 3,
            "an admin reads {seen} of {}",
            words.len()
        );
    }

    // A technician sees all equipment, with the names of its owner and its site, and nothing else of strangers.
    let of_equipment = [
        "xequipementsx",
        "xpannesx",
        "xarretsequipementx",
        "xclientsxnomentreprise",
        "xsitesxnom",
    ];
    let hidden = |words: &[String]| -> Vec<String> {
        words
            .iter()
            .filter(|word| !of_equipment.iter().any(|part| word.contains(part)))
            .cloned()
            .collect()
    };
    // What a client never learns about a technician: all but the name.
    let secret = |words: &[String]| {
        words
            .iter()
            .filter(|w| !w.contains("fullname"))
            .cloned()
            .collect::<Vec<_>>()
    };
    // Technicians call each other, and do not write to each other's private address.
    let address = |words: &[String]| {
        words
            .iter()
            .filter(|w| w.contains("email"))
            .cloned()
            .collect::<Vec<_>>()
    };
    let mut cases: Vec<(&str, &Client, Vec<String>, Vec<&str>)> = vec![
        (
            "client",
            &world.client.person.caller,
            [
                &words_b,
                &secret(&private_a),
                &private_b,
                &cost_a,
                &cost_b,
                &site_b,
                &machine_b,
            ]
            .map(Vec::as_slice)
            .concat(),
            vec!["canariaxinterventionsxtitre"],
        ),
        (
            "other client",
            &world.other_client.person.caller,
            [
                &words_a,
                &secret(&private_b),
                &private_a,
                &cost_a,
                &cost_b,
                &site_a,
                &machine_a,
            ]
            .map(Vec::as_slice)
            .concat(),
            vec!["canaribxinterventionsxtitre"],
        ),
        (
            "technician",
            &world.technician.person.caller,
            [&hidden(&words_b), &address(&private_b), &cost_b, &site_b]
                .map(Vec::as_slice)
                .concat(),
            vec!["canariaxinterventionsxtitre", "canaritechbxteltechni"],
        ),
        (
            "other technician",
            &world.other_technician.person.caller,
            [&hidden(&words_a), &address(&private_a), &cost_a, &site_a]
                .map(Vec::as_slice)
                .concat(),
            vec!["canaribxinterventionsxtitre", "canaritechaxteltechni"],
        ),
    ];
    // Of the own job a client sees no diagnosis, no metadata and no details of the history, and never how to reach a technician.
    for (at, word) in [(0, "canaria"), (1, "canarib")] {
        for hidden in ["xinterventionscloturexdiagnostic", "xmetadata", "xhistorique"] {
            cases[at].2.push(format!("{word}{hidden}"));
        }
    }
    let mut wrong = Vec::new();
    let mut looked_for = 0;
    for (who, caller, forbidden, control) in &cases {
        let seen = crawl(&document, caller, &all).await;
        looked_for += forbidden.len();
        for word in found(&seen, forbidden) {
            wrong.push(format!("{who} reads {word}"));
        }
        for word in control {
            assert!(seen.contains(word), "{who} does not even read {word}");
        }
    }
    println!(
        "canary: {} words planted, {looked_for} looked for",
        words_a.len() + words_b.len() + private_a.len() + private_b.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}
