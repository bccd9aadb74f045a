//! Ids of things that are not there, or that belong to somebody else.

use black_box::database::{Snapshots, changed};
use serde_json::{Value, json};

use super::fields::with;
use super::{COUNTERS, Ground, named, names};

/// Names of fields that refer to another thing.
fn references(body: &Value) -> Vec<String> {
    let own = body.as_object().into_iter().flatten();
    own.filter(|(name, value)| name.ends_with("_id") && value.is_i64())
        .map(|(name, _)| name.clone())
        .collect()
}

/// References that only one action reads, and those in lists. Answers how many were refused.
async fn in_transitions_and_lists(ground: &Ground) -> usize {
    let world = &ground.world;
    let job = format!("/interventions/{}", world.job);
    let mut tables = Snapshots::of(ground.stack.db(), COUNTERS);
    let before = tables.take();
    let mut cases = 0;
    for id in [json!(0), json!(-1), json!(999_999_999), json!(i64::MAX)] {
        for name in ["status", "statut"] {
            let assign = json!({"action": "affecter", "technicien_id": id});
            let answer = world.admin.patch(&format!("{job}/{name}"), assign).await;
            names(&answer, "technicien_id");
            cases += 1;
        }
        let skilled = |list: &str, own: Value| json!({list: [own]});
        for (path, list) in [
            (job.clone(), "competences_requises"),
            (
                format!("/equipements/{}", world.client.equipment),
                "competences_requises",
            ),
            (format!("/techniciens/{}", world.technician.id), "competences"),
        ] {
            let skill = json!({"competence_id": id, "niveau": "expert"});
            names(&world.admin.patch(&path, skilled(list, skill)).await, list);
            cases += 1;
            if list == "competences_requises" {
                names(&world.admin.patch(&path, skilled(list, id.clone())).await, list);
                cases += 1;
            }
        }
    }
    let written = changed(&before, &tables.take());
    assert!(written.is_empty(), "refused, and written into {written:?}");
    cases
}

#[tokio::test]
async fn references_to_what_is_not_there_or_not_ones_own_are_refused() {
    let ground = Ground::new().await;
    let world = &ground.world;
    let mut cases = 0;
    for operation in ground.with_bodies() {
        // A transition reads a reference only for the one action that takes it: below.
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
            // What an account's own profile shows of another row is not read.
            if name == "technicien_id" && operation.short().starts_with("/users/") {
                continue;
            }
            for id in [json!(0), json!(-1), json!(999_999_999), json!(i64::MAX)] {
                let body = with(&operation, &ground.good(&operation), &name, id.clone());
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

    cases += in_transitions_and_lists(&ground).await;

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
