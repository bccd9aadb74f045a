//! Who is refused what, and in which order.

use serde_json::{Value, json};

use super::{JOBS, Shop, issue, one};
use crate::stored::{ADMIN, CLIENT, MANAGER, TECHNICIAN};
use crate::support::{Reply, ask};

fn outcome(reply: &Reply) -> (u16, String) {
    (reply.status, reply.code())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[actix_web::test]
async fn a_client_asks_with_few_words_on_own_equipment() {
    let shop = Shop::open().await;
    let request = |more: Value| {
        let mut body = json!({ "equipement_id": shop.pump, "description": "La pompe vibre beaucoup" });
        body.as_object_mut()
            .expect("object")
            .extend(more.as_object().expect("object").clone());
        body
    };
    let staff_only = json!({
        "type": "preventive", "priorite": "haute", "duree_estimee_minutes": 30, "suite_de_id": 1, "technicien_id": 1,
        "competences_requises": []
    });
    let reply = shop.s.post(CLIENT, JOBS, &request(staff_only)).await;
    assert_eq!(outcome(&reply), refused(403, "FIELDS_FORBIDDEN"));
    assert_eq!(
        reply.json()["champs"],
        json!([
            "type",
            "priorite",
            "duree_estimee_minutes",
            "suite_de_id",
            "competences_requises",
            "technicien_id"
        ])
    );
    let foreign = shop
        .s
        .post(CLIENT, JOBS, &request(json!({ "equipement_id": shop.press })))
        .await;
    assert_eq!(
        (foreign.status, foreign.issues()),
        (422, issue("equipement_id", "UNKNOWN_REFERENCE"))
    );
    let short = shop
        .s
        .post(CLIENT, JOBS, &request(json!({ "description": "Court" })))
        .await;
    assert_eq!(
        (short.status, short.issues()),
        (422, issue("description", "TOO_SHORT"))
    );
    assert_eq!(shop.count("interventions"), 0);
    assert_eq!(shop.count("evenements"), 0);

    // A suspended client is served when it is urgent.
    shop.s.db.execute("UPDATE clients SET statut_client = 'suspendu'");
    assert_eq!(
        outcome(&shop.s.post(CLIENT, JOBS, &request(json!({}))).await),
        refused(409, "CLIENT_SUSPENDED")
    );
    assert_eq!(
        shop.s
            .post(CLIENT, JOBS, &request(json!({ "est_urgente": true })))
            .await
            .status,
        201
    );

    let technician = shop
        .s
        .post(TECHNICIAN, JOBS, &json!({ "n'importe": "quoi" }))
        .await;
    assert_eq!(
        outcome(&technician),
        refused(403, "FORBIDDEN"),
        "before the body is read"
    );
}

#[actix_web::test]
async fn every_reference_that_does_not_hold_is_named_at_once() {
    let shop = Shop::open().await;
    let body = json!({
        "equipement_id": 9999, "type": "corrective", "description": "Bruit anormal au démarrage", "technicien_id": 9999,
        "suite_de_id": 9999, "competences_requises": [9998, { "competence_id": 9999, "niveau_min": "expert" }]
    });
    let reply = shop.s.post(MANAGER, JOBS, &body).await;
    let unknown = |field: &str| (field.to_owned(), "UNKNOWN_REFERENCE".to_owned());
    assert_eq!(reply.status, 422);
    assert_eq!(
        reply.issues(),
        [
            unknown("suite_de_id"),
            unknown("equipement_id"),
            unknown("technicien_id"),
            unknown("competences_requises[0].competence_id"),
            unknown("competences_requises[1].competence_id"),
        ]
    );
    let without = json!({ "equipement_id": shop.pump, "description": "Bruit anormal au démarrage" });
    assert_eq!(
        shop.s.post(MANAGER, JOBS, &without).await.issues(),
        issue("type", "REQUIRED")
    );
    let job = shop.job(None).await;
    let assigned = shop
        .s
        .post(
            MANAGER,
            &format!("{JOBS}/{job}/affectation"),
            &json!({ "technicien_id": 9999 }),
        )
        .await;
    assert_eq!(
        (assigned.status, assigned.issues()),
        (422, issue("technicien_id", "UNKNOWN_REFERENCE"))
    );
    for (body, field) in [
        (json!({ "equipement_id": 9999 }), "equipement_id"),
        (json!({ "suite_de_id": 9999 }), "suite_de_id"),
        (json!({ "suite_de_id": job }), "suite_de_id"),
        (
            json!({ "competences_requises": [9999] }),
            "competences_requises[0].competence_id",
        ),
    ] {
        let reply = shop.s.patch(MANAGER, &one(job), &body).await;
        assert_eq!(
            (reply.status, reply.issues()),
            (422, issue(field, "UNKNOWN_REFERENCE")),
            "{body}"
        );
    }
    let moved = shop
        .s
        .patch(MANAGER, &one(job), &json!({ "equipement_id": shop.press }))
        .await;
    assert_eq!(
        (moved.status, moved.issues()),
        (422, issue("equipement_id", "INCONSISTENT")),
        "of another client"
    );
}

#[actix_web::test]
async fn refusals_come_in_their_order() {
    let shop = Shop::open().await;
    let mine = shop.job(Some(shop.tech)).await;
    let other = shop.job(Some(shop.other_tech)).await;
    let foreign = shop.job_on(shop.press, None).await;
    let unknown = 9999;
    let cancel = json!({ "action": "annuler", "motif": "Plus besoin" });
    for (who, job, body, expected) in [
        // No right to it anywhere, before anything else.
        (
            TECHNICIAN,
            unknown,
            json!({ "action": "annuler" }),
            (403, "FORBIDDEN"),
        ),
        (
            CLIENT,
            unknown,
            json!({ "action": "demarrer" }),
            (403, "FORBIDDEN"),
        ),
        // Wrong words, before the job is looked for.
        (
            MANAGER,
            unknown,
            json!({ "action": "annuler" }),
            (422, "VALIDATION_ERROR"),
        ),
        (
            MANAGER,
            unknown,
            json!({ "statut": "annulee" }),
            (422, "VALIDATION_ERROR"),
        ),
        (
            MANAGER,
            unknown,
            json!({ "action": "creer" }),
            (422, "VALIDATION_ERROR"),
        ),
        (
            MANAGER,
            unknown,
            json!({ "action": "mettre_en_attente", "motif": "sieste" }),
            (422, "VALIDATION_ERROR"),
        ),
        // What may not be known does not exist.
        (MANAGER, unknown, cancel.clone(), (404, "NOT_FOUND")),
        (
            TECHNICIAN,
            other,
            json!({ "action": "demarrer" }),
            (404, "NOT_FOUND"),
        ),
        (CLIENT, foreign, cancel.clone(), (404, "NOT_FOUND")),
        // Known, but not this.
        (CLIENT, mine, cancel.clone(), (403, "FORBIDDEN")),
    ] {
        let reply = shop.status(who, job, body.clone()).await;
        assert_eq!(outcome(&reply), refused(expected.0, expected.1), "{who} {body}");
    }
    // The version before the state, the state before the guards.
    let stale = |body: Value| {
        let path = format!("{JOBS}/{foreign}/status");
        ask("PATCH", &path)
            .by(&shop.s.world, ADMIN)
            .header("if-match", "\"v9\"")
            .json(&body)
            .send(&shop.s.world)
    };
    let reply = stale(json!({ "action": "reprendre" })).await;
    assert_eq!(
        (reply.status, &reply.json()["version_actuelle"]),
        (412, &json!(1))
    );
    let reply = shop
        .status(ADMIN, foreign, json!({ "action": "reprendre" }))
        .await;
    assert_eq!(outcome(&reply), refused(409, "INVALID_TRANSITION"));
    assert_eq!(
        reply.json()["actions_possibles"],
        json!(["affecter", "annuler"]),
        "what reading the job offers, and no more"
    );
    let reply = shop.status(ADMIN, foreign, json!({ "action": "demarrer" })).await;
    assert_eq!(outcome(&reply), refused(409, "NO_TECHNICIAN"));
    let stale_with_denial = {
        let path = format!("{JOBS}/{mine}/status");
        ask("PATCH", &path)
            .by(&shop.s.world, CLIENT)
            .header("if-match", "\"v9\"")
            .json(&cancel)
            .send(&shop.s.world)
            .await
    };
    assert_eq!(stale_with_denial.status, 403, "the right before the version");
    let hidden = shop.s.get(TECHNICIAN, &one(other)).await.json();
    let missing = shop.s.get(TECHNICIAN, &one(unknown)).await.json();
    for field in ["type", "title", "status", "detail", "code", "errors"] {
        assert_eq!(
            hidden[field], missing[field],
            "{field}: a hidden job is like a missing one"
        );
    }
    assert_eq!(
        shop.count("historiques_interventions WHERE action_type <> 'creation'"),
        0
    );
}

#[actix_web::test]
async fn guards_name_what_is_in_the_way() {
    let shop = Shop::open().await;
    let s = &shop.s;
    let skill = s
        .made("/api/v1/techniciens/competences", &json!({ "nom": "Soudure" }))
        .await;
    let body = json!({
        "equipement_id": shop.pump, "type": "corrective", "description": "Souder la bride de la pompe",
        "competences_requises": [{ "competence_id": skill, "niveau_min": "avance" }], "technicien_id": shop.tech
    });
    let unskilled = s.post(MANAGER, JOBS, &body).await;
    assert_eq!(outcome(&unskilled), refused(409, "SKILL_MISSING"));
    assert_eq!(unskilled.json()["competences"], json!([skill.to_string()]));
    assert_eq!(
        shop.count("interventions"),
        0,
        "nothing of a refused creation stays"
    );

    let held = |until: &str| json!({ "competences": [{ "competence_id": skill, "niveau": "expert", "valide_jusqu_au": until }] });
    let path = format!("/api/v1/techniciens/{}", shop.tech);
    assert_eq!(s.patch(MANAGER, &path, &held("2026-03-10")).await.status, 200);
    let mut late = body.clone();
    late["date_prevue"] = json!("2026-03-11T08:00:00Z");
    assert_eq!(
        outcome(&s.post(MANAGER, JOBS, &late).await),
        refused(409, "SKILL_MISSING"),
        "expired on that day"
    );
    let job = s.made(JOBS, &body).await;

    s.db.execute(&format!(
        "UPDATE techniciens SET disponibilite = 'conge' WHERE id = {}",
        shop.tech
    ));
    let away = shop.status(MANAGER, job, json!({ "action": "demarrer" })).await;
    assert_eq!(outcome(&away), refused(409, "TECHNICIAN_UNAVAILABLE"));
    assert_eq!(away.json()["disponibilite"], "conge");
    s.db.execute("UPDATE techniciens SET disponibilite = 'disponible'; UPDATE users SET is_active = false WHERE id = 3");
    assert_eq!(
        outcome(&shop.status(MANAGER, job, json!({ "action": "demarrer" })).await),
        refused(409, "TECHNICIAN_INACTIVE")
    );
    shop.s.db.execute(&format!(
        "UPDATE users SET is_active = true; UPDATE equipements SET statut = 'hors_service' WHERE id = {}",
        shop.pump
    ));
    assert_eq!(
        outcome(&shop.status(MANAGER, job, json!({ "action": "demarrer" })).await),
        refused(409, "EQUIPMENT_OUT_OF_SERVICE")
    );
    let free = shop.job_on(shop.press, None).await;
    let rating = s
        .post(
            CLIENT,
            &format!("{JOBS}/{job}/satisfaction"),
            &json!({ "satisfaction": 5 }),
        )
        .await;
    assert_eq!(outcome(&rating), refused(409, "NOT_CLOSED"));
    let rating = s
        .post(
            CLIENT,
            &format!("{JOBS}/{free}/satisfaction"),
            &json!({ "satisfaction": 5 }),
        )
        .await;
    assert_eq!(rating.status, 404, "somebody else's");
    let rating = s
        .post(
            MANAGER,
            &format!("{JOBS}/{job}/satisfaction"),
            &json!({ "satisfaction": 5 }),
        )
        .await;
    assert_eq!(rating.status, 403, "nobody rates for the client");
}

#[actix_web::test]
async fn a_client_takes_back_a_request_that_nobody_has_taken() {
    let shop = Shop::open().await;
    let request = json!({ "equipement_id": shop.pump, "description": "La pompe vibre beaucoup" });
    let first = shop.s.post(CLIENT, JOBS, &request).await.json()["id"]
        .as_i64()
        .expect("id");
    let taken_back = shop
        .status(
            CLIENT,
            first,
            json!({ "statut": "annulee", "motif": "C'était le voisin" }),
        )
        .await;
    assert_eq!(
        (taken_back.status, &taken_back.json()["statut"]),
        (200, &json!("annulee"))
    );
    let second = shop.s.post(CLIENT, JOBS, &request).await.json()["id"]
        .as_i64()
        .expect("id");
    shop.s
        .post(
            MANAGER,
            &format!("{JOBS}/{second}/affectation"),
            &json!({ "technicien_id": shop.tech }),
        )
        .await;
    let late = shop
        .status(
            CLIENT,
            second,
            json!({ "action": "annuler", "motif": "C'était le voisin" }),
        )
        .await;
    assert_eq!(outcome(&late), refused(403, "FORBIDDEN"));
    assert_eq!(shop.seen(CLIENT, second).await["actions_possibles"], json!([]));
}

#[actix_web::test]
async fn what_the_company_opened_is_not_the_clients_to_cancel_or_rewrite() {
    let shop = Shop::open().await;
    let job = shop.job(None).await;
    assert_eq!(shop.seen(CLIENT, job).await["actions_possibles"], json!([]));
    let cancel = json!({ "action": "annuler", "motif": "Plus besoin" });
    let reply = shop.status(CLIENT, job, cancel).await;
    assert_eq!(outcome(&reply), refused(403, "FORBIDDEN"));
    let words = json!({ "description": "Ne plus venir du tout" });
    let reply = shop.s.patch(CLIENT, &one(job), &words).await;
    assert_eq!(outcome(&reply), refused(403, "FORBIDDEN"));
}

#[actix_web::test]
async fn a_conflict_offers_what_reading_the_job_offers() {
    let shop = Shop::open().await;
    let (first, second) = (shop.job(Some(shop.tech)).await, shop.job(Some(shop.tech)).await);
    shop.moved(first, json!({ "action": "demarrer" })).await;
    let again = shop
        .status(TECHNICIAN, first, json!({ "action": "demarrer" }))
        .await;
    assert_eq!(outcome(&again), refused(409, "INVALID_TRANSITION"));
    let offered = json!(["mettre_en_attente", "cloturer"]);
    assert_eq!(
        again.json()["actions_possibles"],
        offered,
        "nothing that is the manager's"
    );
    assert_eq!(shop.seen(TECHNICIAN, first).await["actions_possibles"], offered);
    let by_state = shop
        .status(TECHNICIAN, first, json!({ "statut": "en_cours" }))
        .await;
    assert_eq!(by_state.json()["actions_possibles"], offered);

    // The technician has their hands full: to start a second job is not offered to anybody.
    assert_eq!(
        shop.seen(TECHNICIAN, second).await["actions_possibles"],
        json!([])
    );
    assert_eq!(
        shop.seen(MANAGER, second).await["actions_possibles"],
        json!(["affecter", "desaffecter", "annuler"])
    );
    shop.moved(first, json!({ "action": "mettre_en_attente", "motif": "pieces" }))
        .await;
    assert_eq!(
        shop.seen(TECHNICIAN, second).await["actions_possibles"],
        json!(["demarrer"])
    );
}
