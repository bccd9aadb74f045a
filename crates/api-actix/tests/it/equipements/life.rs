//! The state of an equipment, by hand and by its jobs.

use futures_util::future::join_all;
use serde_json::json;

use super::{ALL, one, plant, text};
use crate::stored::{ADMIN, CLIENT, MANAGER};

const DOWN: &str = "en_panne";
const HELD: &str = "maintenance";

fn ended(etat: &str, job: Option<i64>) -> (String, bool, bool, Option<i64>) {
    (etat.to_owned(), false, false, job)
}

fn lasting(etat: &str, job: Option<i64>) -> (String, bool, bool, Option<i64>) {
    (etat.to_owned(), true, false, job)
}

#[actix_web::test]
async fn a_breakdown_is_declared_once_and_ends_with_the_repair() {
    let p = plant().await;
    let id = p.pump("P-1").await;
    let declared = p
        .act(
            CLIENT,
            id,
            json!({ "action": "declarer_panne", "motif": "Fumée" }),
        )
        .await;
    assert_eq!((declared.status, declared.header("etag")), (200, Some("\"v2\"")));
    assert_eq!(declared.json()["en_panne_depuis"], "2026-03-02T09:00:01Z");
    p.later();
    let again = p
        .act(
            MANAGER,
            id,
            json!({ "action": "declarer_panne", "motif": "Toujours" }),
        )
        .await;
    assert_eq!(
        (again.status, again.header("etag")),
        (200, Some("\"v2\"")),
        "linked, nothing changed"
    );
    assert_eq!(p.count("pannes"), 1);
    assert_eq!(p.count("evenements WHERE kind = 'equipement.en_panne'"), 1);
    let history =
        p.s.get(MANAGER, &format!("/api/v1/equipements/{id}/maintenance"))
            .await;
    assert_eq!(
        history.json()["arrets"][0]["cause"],
        json!("Fumée\nToujours"),
        "what both saw: {:?}",
        history.body
    );
    assert_eq!(
        p.count(
            "audit_log WHERE action = 'declaration_panne' AND objet_type = 'pannes' AND actor_id IS NOT NULL"
        ),
        1
    );
    let direct = p
        .act(MANAGER, id, json!({ "action": "remettre_en_service" }))
        .await;
    assert_eq!(
        (direct.status, direct.code().as_str()),
        (409, "INVALID_TRANSITION")
    );
    let possible = ["declarer_panne", "mettre_en_maintenance", "mettre_hors_service"];
    assert_eq!(direct.json()["actions_possibles"], json!(possible));

    p.later();
    let job = p.job(id).await;
    assert_eq!(p.status(id).await, DOWN, "assigned, not begun");
    p.work(job, json!({ "action": "demarrer" })).await;
    assert_eq!(p.status(id).await, HELD);
    let held = p
        .act(
            MANAGER,
            id,
            json!({ "action": "mettre_hors_service", "motif": "x" }),
        )
        .await;
    assert_eq!((held.status, held.code().as_str()), (409, "EQUIPMENT_IN_USE"));
    assert_eq!(held.json()["interventions"], json!([job.to_string()]));
    p.later();
    let close =
        json!({ "action": "cloturer", "compte_rendu": "Roulement remplacé", "resultat": "operationnel" });
    p.work(job, close).await;
    assert_eq!(p.status(id).await, "operationnel");
    assert_eq!(p.stops(id).await, [ended(DOWN, None), ended(HELD, Some(job))]);
    assert_eq!(
        p.count("pannes WHERE fermee_le IS NOT NULL AND origine = 'declaration'"),
        1
    );
    assert_eq!(p.count("equipements_detentions WHERE jusqu_a IS NULL"), 0);
    let gaps = "arrets_equipement a JOIN arrets_equipement b ON b.id > a.id AND b.debut <> a.fin";
    assert_eq!(p.count(gaps), 0, "one stop begins where the other ends");
}

#[actix_web::test]
async fn a_breakdown_in_maintenance_shows_when_the_hold_ends() {
    let p = plant().await;
    let id = p.pump("P-1").await;
    assert_eq!(p.done(id, "mettre_en_maintenance").await, HELD);
    let twice = p
        .act(MANAGER, id, json!({ "action": "mettre_en_maintenance" }))
        .await;
    assert_eq!((twice.status, twice.code().as_str()), (409, "INVALID_TRANSITION"));
    assert_eq!(p.done(id, "declarer_panne").await, HELD);
    p.later();
    assert_eq!(p.done(id, "remettre_en_service").await, DOWN);
    assert_eq!(p.stops(id).await, [ended(HELD, None), lasting(DOWN, None)]);
}

#[actix_web::test]
async fn as_long_as_somebody_holds_it_it_stays_in_maintenance() {
    let p = plant().await;
    let id = p.pump("P-1").await;
    assert_eq!(p.done(id, "mettre_en_maintenance").await, HELD);
    let job = p.job(id).await;
    p.work(job, json!({ "action": "demarrer" })).await;
    assert_eq!(p.done(id, "remettre_en_service").await, HELD, "the job holds it");
    let again = p
        .act(MANAGER, id, json!({ "action": "remettre_en_service" }))
        .await;
    assert_eq!(
        (again.status, again.json()["actions_possibles"].clone()),
        (409, json!(["declarer_panne"]))
    );
    // Given back while the job waits, taken again when it resumes.
    let wait = json!({ "action": "mettre_en_attente", "motif": "pieces", "equipement_rendu": true });
    p.work(job, wait).await;
    assert_eq!(p.status(id).await, "operationnel");
    p.work(job, json!({ "action": "reprendre" })).await;
    assert_eq!(p.status(id).await, HELD);
    let close = json!({ "action": "cloturer", "compte_rendu": "Moteur à remplacer", "resultat": "en_panne" });
    p.work(job, close).await;
    assert_eq!(p.status(id).await, DOWN);
    assert_eq!(
        p.count("pannes WHERE origine = 'cloture' AND fermee_le IS NULL"),
        1
    );
    assert_eq!(
        p.stops(id).await,
        [
            ended(HELD, None),
            ended(HELD, Some(job)),
            lasting(DOWN, Some(job))
        ]
    );
}

#[actix_web::test]
async fn a_cancelled_job_gives_the_equipment_back_with_its_failure() {
    let p = plant().await;
    let id = p.pump("P-1").await;
    p.done(id, "declarer_panne").await;
    let job = p.job(id).await;
    p.work(job, json!({ "action": "demarrer" })).await;
    let cancel = json!({ "action": "annuler", "motif": "Mauvaise machine" });
    let reply =
        p.s.patch(MANAGER, &format!("/api/v1/interventions/{job}/status"), &cancel)
            .await;
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    assert_eq!(p.status(id).await, DOWN);
    assert_eq!(p.count("pannes"), 1);
    assert_eq!(
        p.count("evenements WHERE kind = 'equipement.en_panne'"),
        1,
        "no new failure"
    );
}

#[actix_web::test]
async fn a_retirement_names_the_open_jobs_or_cancels_them_and_is_final() {
    let p = plant().await;
    let id = p.pump("P-1").await;
    let (first, second) = (p.job(id).await, p.job(id).await);
    let retire = json!({ "action": "mettre_hors_service", "motif": "Carcasse fissurée" });
    let refused = p.act(MANAGER, id, retire.clone()).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (409, "EQUIPMENT_IN_USE")
    );
    let both = json!([first.to_string(), second.to_string()]);
    assert_eq!(
        (&refused.json()["interventions"], &refused.json()["parametre"]),
        (&both, &json!("annuler_ouvertes"))
    );
    assert_eq!(p.status(id).await, "operationnel");
    let without = p
        .act(MANAGER, id, json!({ "action": "mettre_hors_service" }))
        .await;
    assert_eq!(without.issues(), [("motif".to_owned(), "REQUIRED".to_owned())]);
    let misplaced = json!({ "action": "declarer_panne", "annuler_ouvertes": true });
    let misplaced = p.act(MANAGER, id, misplaced).await;
    assert_eq!(
        misplaced.issues(),
        [("annuler_ouvertes".to_owned(), "INCONSISTENT".to_owned())]
    );

    let mut all = retire.clone();
    all["annuler_ouvertes"] = json!(true);
    let done = p.act(ADMIN, id, all).await;
    assert_eq!(done.status, 200, "{:?}", done.body);
    let json = done.json();
    assert_eq!(
        (text(&json["statut"]), text(&json["motif_reforme"])),
        ("hors_service".into(), "Carcasse fissurée".into())
    );
    assert_eq!(json["actions_possibles"], json!([]));
    let reason = "Équipement mis hors service : Carcasse fissurée";
    for job in [first, second] {
        let shown =
            p.s.get(MANAGER, &format!("/api/v1/interventions/{job}"))
                .await
                .json();
        assert_eq!(
            (&shown["statut"], &shown["motif_annulation"]),
            (&json!("annulee"), &json!(reason))
        );
        let rows =
            format!("historiques_interventions WHERE intervention_id = {job} AND action_type = 'annulation'");
        assert_eq!(p.count(&rows), 1);
    }
    assert_eq!(p.count("evenements WHERE kind = 'intervention.annulee'"), 2);
    for action in [
        "declarer_panne",
        "mettre_en_maintenance",
        "remettre_en_service",
        "mettre_hors_service",
    ] {
        let refused = p
            .act(MANAGER, id, json!({ "action": action, "motif": "x" }))
            .await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (409, "INVALID_TRANSITION"),
            "{action}"
        );
    }
    let new = json!({ "equipement_id": id, "type": "corrective", "description": "Encore une fuite" });
    let refused = p.s.post(MANAGER, "/api/v1/interventions", &new).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (409, "EQUIPMENT_OUT_OF_SERVICE")
    );
    let stops = p.stops(id).await;
    assert!(stops.is_empty(), "out of service is no stop: {stops:?}");
}

#[actix_web::test]
async fn a_retirement_ends_the_wait_of_the_job_that_gave_the_equipment_back() {
    let p = plant().await;
    let id = p.pump("P-1").await;
    p.done(id, "declarer_panne").await;
    let job = p.job(id).await;
    p.work(job, json!({ "action": "demarrer" })).await;
    p.later();
    let wait = json!({ "action": "mettre_en_attente", "motif": "pieces" });
    p.work(job, wait.clone()).await;
    let retire =
        json!({ "action": "mettre_hors_service", "motif": "Carcasse fissurée", "annuler_ouvertes": true });
    let held = p.act(MANAGER, id, retire.clone()).await;
    assert_eq!((held.status, held.code().as_str()), (409, "EQUIPMENT_IN_USE"));
    assert_eq!(held.json()["interventions"], json!([job.to_string()]));
    assert_eq!(p.count("interventions_attentes WHERE fin IS NULL"), 1);

    p.work(job, json!({ "action": "reprendre" })).await;
    let mut without = wait;
    without["equipement_rendu"] = json!(true);
    p.work(job, without).await;
    assert_eq!(p.status(id).await, DOWN);
    p.later();
    let done = p.act(MANAGER, id, retire).await;
    assert_eq!(done.status, 200, "{:?}", done.body);
    for (what, count, rows) in [
        ("no wait goes on", 0, "interventions_attentes WHERE fin IS NULL"),
        (
            "the last one ends now",
            1,
            "interventions_attentes WHERE fin > debut AND fin = (SELECT max(fin) FROM arrets_equipement)",
        ),
        ("no stop goes on", 0, "arrets_equipement WHERE fin IS NULL"),
        (
            "nothing holds it",
            0,
            "equipements_detentions WHERE jusqu_a IS NULL",
        ),
        ("nothing repaired it", 1, "pannes WHERE fermee_le IS NULL"),
        (
            "its technician is free",
            1,
            "techniciens WHERE disponibilite = 'disponible'",
        ),
    ] {
        assert_eq!(p.count(rows), count, "{what}");
    }
    let shown =
        p.s.get(MANAGER, &format!("/api/v1/interventions/{job}"))
            .await
            .json();
    assert_eq!(
        (&shown["statut"], &shown["motif_attente"]),
        (&json!("annulee"), &serde_json::Value::Null)
    );
}

#[actix_web::test]
async fn a_breakdown_that_many_declare_at_once_is_one() {
    let p = plant().await;
    let id = p.pump("P-1").await;
    let body = json!({ "action": "declarer_panne", "motif": "Arrêt" });
    let replies =
        join_all((0..12).map(|n| p.act(if n % 2 == 0 { MANAGER } else { CLIENT }, id, body.clone()))).await;
    assert!(
        replies.iter().all(|r| r.status == 200),
        "{:?}",
        replies.iter().map(|r| r.status).collect::<Vec<_>>()
    );
    assert_eq!((p.count("pannes"), p.count("arrets_equipement")), (1, 1));
    assert_eq!(p.count("evenements WHERE kind = 'equipement.en_panne'"), 1);
    assert_eq!(p.s.get(MANAGER, &one(id)).await.json()["version"], 2);
}

#[actix_web::test]
async fn requests_and_a_retirement_at_once_leave_no_open_job_on_a_retired_machine() {
    let p = plant().await;
    for round in 0..4 {
        let id = p.pump(&format!("P-{round}")).await;
        let new = json!({ "equipement_id": id, "type": "corrective", "description": "Fuite importante" });
        let retire = json!({ "action": "mettre_hors_service", "motif": "Usée", "annuler_ouvertes": true });
        let (jobs, retired) = futures_util::future::join(
            join_all((0..4).map(|_| p.s.post(MANAGER, "/api/v1/interventions", &new))),
            p.act(MANAGER, id, retire),
        )
        .await;
        assert_eq!(retired.status, 200, "{:?}", retired.body);
        for reply in &jobs {
            let fits =
                reply.status == 201 || (reply.status == 409 && reply.code() == "EQUIPMENT_OUT_OF_SERVICE");
            assert!(fits, "{} {:?}", reply.status, reply.body);
        }
        let open = format!("interventions WHERE equipement_id = {id} AND statut <> 'annulee'");
        assert_eq!((p.status(id).await.as_str(), p.count(&open)), ("hors_service", 0));
    }
    assert_eq!(
        p.s.get(MANAGER, &format!("{ALL}?statut=hors_service"))
            .await
            .json()["total"],
        4
    );
}
