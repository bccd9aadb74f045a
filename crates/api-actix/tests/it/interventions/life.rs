//! From the request to the closed, rated and archived job.

use serde_json::{Value, json};

use super::{JOBS, Shop, issue, one};
use crate::stored::{CLIENT, MANAGER, TECHNICIAN};
use crate::support::ask;

#[actix_web::test]
async fn a_request_becomes_a_closed_rated_and_archived_job() {
    let shop = Shop::open().await;
    let (s, pump, tech) = (&shop.s, shop.pump, shop.tech);

    // The client's machine has failed.
    let body = json!({
        "equipement_id": pump, "description": "La pompe ne démarre plus depuis ce matin", "est_urgente": true, "panne": true
    });
    let made = s.post(CLIENT, JOBS, &body).await;
    assert_eq!(made.status, 201, "{:?}", made.body);
    let job = made.json()["id"].as_i64().expect("id");
    assert_eq!(made.header("location"), Some(one(job).as_str()));
    assert_eq!(made.json()["actions_possibles"], json!(["annuler"]));
    shop.assert_states("en_panne", "disponible");
    let seen = shop.seen(MANAGER, job).await;
    for (field, expected) in [
        ("numero", json!("INT-2026-00001")),
        ("titre", json!("Maintenance corrective – Pompe")),
        ("type", json!("corrective")),
        ("priorite", json!("normale")),
        ("origine", json!("portail")),
        ("est_urgente", json!(true)),
        ("demandeur_id", json!(4)),
        ("client", json!({ "id": shop.client, "nom_entreprise": "Atlas" })),
        (
            "equipement",
            json!({ "id": pump, "nom_equipement": "Pompe", "numero_serie": "NS-Pompe", "statut": "en_panne" }),
        ),
        ("duree_estimee_minutes", json!(60)),
        ("actions_possibles", json!(["affecter", "annuler"])),
        ("sla", Value::Null),
        ("pieces", json!([])),
        ("cout", Value::Null),
    ] {
        assert_eq!(seen[field], expected, "{field}");
    }
    assert!(seen["panne_id"].is_i64(), "{seen}");
    assert_eq!(
        shop.count("pannes WHERE origine = 'creation' AND fermee_le IS NULL"),
        1
    );
    assert_eq!(
        shop.count("arrets_equipement WHERE etat = 'en_panne' AND fin IS NULL"),
        1
    );
    assert_eq!(
        shop.count("evenements WHERE kind IN ('intervention.creee', 'equipement.en_panne')"),
        2
    );

    // Nobody may start what nobody has.
    let early = shop.status(MANAGER, job, json!({ "action": "demarrer" })).await;
    assert_eq!((early.status, early.code().as_str()), (409, "NO_TECHNICIAN"));
    let hidden = s.get(TECHNICIAN, &one(job)).await;
    assert_eq!(hidden.status, 404, "not assigned yet");

    let path = format!("{JOBS}/{job}/affectation");
    let assigned = s
        .post(MANAGER, &path, &json!({ "technicien_id": tech, "date_planifiee": "2026-03-02T10:00:00Z", "motif": "Il est à côté." }))
        .await;
    assert_eq!(assigned.status, 200, "{:?}", assigned.body);
    assert_eq!(
        (&assigned.json()["technicien"], &assigned.json()["date_prevue"]),
        (
            &json!({ "id": tech, "nom": "Personne technicien" }),
            &json!("2026-03-02T10:00:00Z")
        )
    );
    assert_eq!(shop.count("evenements WHERE kind = 'intervention.affectee'"), 1);
    assert_eq!(
        shop.seen(TECHNICIAN, job).await["actions_possibles"],
        json!(["demarrer"]),
        "what this caller may do"
    );

    let started = shop
        .status(TECHNICIAN, job, json!({ "action": "demarrer" }))
        .await;
    assert_eq!(started.status, 200, "{:?}", started.body);
    assert_eq!(
        started.json()["equipement"]["statut"],
        "maintenance",
        "the answer shows what became of it"
    );
    shop.assert_states("maintenance", "occupe");
    assert_eq!(
        shop.count(&format!(
            "equipements_detentions WHERE intervention_id = {job} AND jusqu_a IS NULL"
        )),
        1
    );
    assert_eq!(
        shop.count("arrets_equipement WHERE etat = 'maintenance' AND fin IS NULL"),
        1
    );

    let waits = json!({ "action": "mettre_en_attente", "motif": "accord_client", "equipement_rendu": true });
    let waiting = shop.status(TECHNICIAN, job, waits).await.json();
    assert_eq!(
        (&waiting["statut"], &waiting["motif_attente"]),
        (&json!("en_attente"), &json!("accord_client"))
    );
    shop.assert_states("en_panne", "disponible");
    assert_eq!(
        shop.count("interventions_attentes WHERE motif = 'accord_client' AND fin IS NULL"),
        1
    );

    // The state that is wanted stands for the one action that leads there.
    let resumed = shop
        .status(
            TECHNICIAN,
            job,
            json!({ "statut": "en_cours", "remarque": "Le client est d'accord." }),
        )
        .await;
    assert_eq!(resumed.status, 200, "{:?}", resumed.body);
    shop.assert_states("maintenance", "occupe");
    assert_eq!(shop.count("interventions_attentes WHERE fin IS NULL"), 0);
    assert_eq!(
        shop.count("historiques_interventions WHERE details LIKE 'Travaux repris%Le client est d''accord.'"),
        1
    );

    let found = s
        .patch(TECHNICIAN, &one(job), &json!({ "diagnostic": "Bobine grillée" }))
        .await;
    assert_eq!(found.status, 200, "{:?}", found.body);
    let close = json!({ "action": "cloturer", "compte_rendu": "Bobine remplacée, essai concluant" });
    let unsaid = shop.status(TECHNICIAN, job, close.clone()).await;
    assert_eq!(
        (unsaid.status, unsaid.issues()),
        (422, issue("resultat", "REQUIRED")),
        "a failure is open"
    );
    let mut said = close;
    said["resultat"] = json!("operationnel");
    let closed = shop.status(TECHNICIAN, job, said).await;
    assert_eq!(closed.status, 200, "{:?}", closed.body);
    let closed = closed.json();
    assert_eq!(
        (&closed["statut"], &closed["resultat"], &closed["diagnostic"]),
        (
            &json!("cloturee"),
            &json!("operationnel"),
            &json!("Bobine grillée")
        )
    );
    assert!(closed["date_fin"].is_string());
    shop.assert_states("operationnel", "disponible");
    assert_eq!(shop.count("pannes WHERE fermee_le IS NULL"), 0);
    assert_eq!(shop.count("arrets_equipement WHERE fin IS NULL"), 0);
    assert_eq!(shop.count("equipements_detentions WHERE jusqu_a IS NULL"), 0);
    assert_eq!(shop.count("evenements WHERE kind = 'intervention.cloturee'"), 1);

    let marks = format!("{JOBS}/{job}/satisfaction");
    let rated = s
        .post(
            CLIENT,
            &marks,
            &json!({ "satisfaction": 5, "commentaire_client": "Merci" }),
        )
        .await;
    assert_eq!(
        (rated.status, &rated.json()["satisfaction"]),
        (200, &json!(5)),
        "{:?}",
        rated.body
    );
    let twice = s.post(CLIENT, &marks, &json!({ "satisfaction": 1 })).await;
    assert_eq!((twice.status, twice.code().as_str()), (409, "ALREADY_RATED"));
    let coded = s
        .patch(MANAGER, &one(job), &json!({ "mode_defaillance": "BOBINE" }))
        .await;
    assert_eq!(
        coded.status, 200,
        "the failure may still be coded: {:?}",
        coded.body
    );

    let archived = shop.moved(job, json!({ "action": "archiver" })).await;
    assert!(archived["archived_at"].is_string());
    assert_eq!(archived["actions_possibles"], json!([]));
    let frozen = s
        .patch(MANAGER, &one(job), &json!({ "mode_defaillance": "AUTRE" }))
        .await;
    assert_eq!((frozen.status, frozen.code().as_str()), (409, "READ_ONLY_STATE"));
    for (query, total) in [("", 0), ("?archivees=true", 1)] {
        let listed = s.get(MANAGER, &format!("{JOBS}{query}")).await;
        assert_eq!(listed.json()["total"], total, "{query}");
    }

    assert_eq!(
        shop.history(job).await,
        [
            "creation",
            "affectation",
            "changement_statut",
            "changement_statut",
            "changement_statut",
            "commentaire",
            "cloture",
            "commentaire",
            "commentaire",
            "archivage",
        ],
        "one entry for each change, none for what was refused"
    );
    assert_eq!(
        shop.count(&format!(
            "interventions_cloture c JOIN interventions i ON i.id = c.intervention_id \
        WHERE i.id = {job} AND c.version <= i.version"
        )),
        1
    );
}

#[actix_web::test]
async fn a_creation_can_assign_and_else_suggests() {
    let shop = Shop::open().await;
    let body = |technician: Value| {
        json!({
            "equipement_id": shop.pump, "type_intervention": "preventive", "titre": "Graissage",
            "description": "Graissage des paliers", "priorite": "critique", "technicien_id": technician
        })
    };
    let free = shop.s.post(MANAGER, JOBS, &body(Value::Null)).await.json();
    let names: Vec<_> = free["suggestions"]
        .as_array()
        .expect("suggestions")
        .iter()
        .map(|s| s["technicien"]["id"].clone())
        .collect();
    assert_eq!(
        names,
        [json!(shop.other_tech), json!(shop.tech)],
        "by name, as nothing else tells them apart"
    );
    assert_eq!(
        (&free["est_urgente"], &free["titre"], &free["origine"]),
        (&json!(true), &json!("Graissage"), &json!("interne"))
    );

    let taken = shop.s.post(MANAGER, JOBS, &body(json!(shop.tech))).await.json();
    assert_eq!(
        (&taken["technicien"]["id"], &taken["suggestions"]),
        (&json!(shop.tech), &Value::Null)
    );
    assert!(taken["date_affectation"].is_string());
    let job = taken["id"].as_i64().expect("id");
    assert_eq!(
        shop.history(job).await,
        ["creation"],
        "one entry, which says both"
    );
    assert_eq!(shop.count(&format!("evenements WHERE aggregate_id = {job} AND kind IN ('intervention.creee', 'intervention.affectee')")), 2);

    let path = format!("{JOBS}/{job}/suggestions");
    let others = shop.s.get(MANAGER, &path).await.json();
    assert_eq!(
        (&others["total"], &others["items"][0]["technicien"]["id"]),
        (&json!(1), &json!(shop.other_tech))
    );
    shop.moved(job, json!({ "action": "annuler", "motif": "Doublon" }))
        .await;
    assert_eq!(
        shop.s.get(MANAGER, &path).await.json()["items"],
        json!([]),
        "nobody for what is over"
    );
    assert_eq!(shop.s.get(TECHNICIAN, &path).await.status, 403);
}

#[actix_web::test]
async fn the_older_path_takes_query_parameters() {
    let shop = Shop::open().await;
    let job = shop.job(Some(shop.tech)).await;
    let send = |query: &'static str| {
        let path = format!("{JOBS}/{job}/statut?{query}");
        ask("PATCH", &path).by(&shop.s.world, MANAGER).send(&shop.s.world)
    };
    let started = send("statut=en_cours").await;
    assert_eq!(
        (started.status, started.header("deprecation").is_some()),
        (200, true),
        "{:?}",
        started.body
    );
    let same = send("statut=en_cours").await;
    assert_eq!((same.status, same.code().as_str()), (409, "INVALID_TRANSITION"));
    assert_eq!(
        same.json()["actions_possibles"],
        json!(["affecter", "mettre_en_attente", "cloturer", "annuler"])
    );
    let closed = send("statut=cloturee&remarque=Courroie%20remplac%C3%A9e").await;
    assert_eq!(closed.status, 200, "{:?}", closed.body);
    assert_eq!(
        closed.json()["compte_rendu"],
        "Courroie remplacée",
        "the remark of a close is the report"
    );
    let reopened = send("statut=ouverte").await;
    assert_eq!(
        (reopened.status, reopened.code().as_str()),
        (409, "INVALID_TRANSITION"),
        "there is no way back"
    );
    assert_eq!(send("").await.issues(), issue("action", "REQUIRED"));
    let both = async |query: &str, body: serde_json::Value| {
        let path = format!("{JOBS}/{job}/statut?{query}");
        shop.s.patch(MANAGER, &path, &body).await
    };
    let contradicted = both(
        "statut=en_cours&remarque=a",
        json!({ "statut": "ouverte", "remarque": "b" }),
    );
    assert_eq!(
        contradicted.await.issues(),
        [issue("statut", "AMBIGUOUS"), issue("remarque", "AMBIGUOUS")].concat()
    );
    let by_action = both("statut=en_cours", json!({ "action": "archiver" })).await;
    assert_eq!(by_action.issues(), issue("statut", "AMBIGUOUS"));
    let open = shop.job(None).await;
    let path = format!("{JOBS}/{open}/statut?statut=annulee&remarque=Doublon");
    let stale = shop.s.patch(MANAGER, &path, &json!({ "version": 999 })).await;
    assert_eq!(
        (stale.status, stale.code().as_str()),
        (412, "STALE_VERSION"),
        "a version in the body counts here, too"
    );
    assert_eq!(
        send("statut=finie").await.issues(),
        issue("statut", "UNKNOWN_VALUE")
    );
}
