//! Who sees and does what.

use serde_json::json;

use super::{ALL, one, plant, pump};
use crate::stored::{ADMIN, CLIENT, MANAGER, TECHNICIAN};

#[actix_web::test]
async fn a_client_sees_the_own_equipment_and_changes_nothing() {
    let p = plant().await;
    let own = p.pump("P-1").await;
    let foreign = p.s.made(ALL, &pump(p.rif, "R-1")).await;
    let list = p.s.get(CLIENT, ALL).await.json();
    assert_eq!(
        (&list["total"], &list["items"][0]["id"]),
        (&json!(1), &json!(own))
    );
    for path in [
        one(foreign),
        format!("{}/arbre", one(foreign)),
        format!("{}/maintenance", one(foreign)),
    ] {
        let hidden = p.s.get(CLIENT, &path).await;
        let missing =
            p.s.get(CLIENT, &path.replace(&foreign.to_string(), "987654"))
                .await;
        assert_eq!((hidden.status, hidden.code()), (404, missing.code()), "{path}");
    }
    assert_eq!(
        p.s.get(CLIENT, &one(own)).await.json()["actions_possibles"],
        json!(["declarer_panne"])
    );
    let note = json!({ "notes": "x" });
    for (id, status) in [(own, 403), (foreign, 403)] {
        assert_eq!(p.s.patch(CLIENT, &one(id), &note).await.status, status);
        assert_eq!(p.s.delete(CLIENT, &one(id)).await.status, status);
    }
    assert_eq!(p.s.post(CLIENT, ALL, &pump(p.atlas, "P-9")).await.status, 403);
    for action in [
        "mettre_en_maintenance",
        "remettre_en_service",
        "mettre_hors_service",
    ] {
        assert_eq!(
            p.act(CLIENT, own, json!({ "action": action, "motif": "x" }))
                .await
                .status,
            403,
            "{action}"
        );
    }
    let down = json!({ "action": "declarer_panne" });
    assert_eq!(p.act(CLIENT, foreign, down.clone()).await.status, 404);
    let done = p.act(CLIENT, own, down).await;
    assert_eq!(
        (done.status, done.json()["statut"].as_str()),
        (200, Some("en_panne"))
    );
}

#[actix_web::test]
async fn a_technician_notes_what_the_work_shows_on_equipment_of_a_live_job() {
    let p = plant().await;
    let (id, other) = (p.pump("P-1").await, p.pump("P-2").await);
    assert_eq!(p.s.get(TECHNICIAN, ALL).await.json()["total"], 2, "all are seen");
    let work = json!({ "compteur_valeur": "12.5", "localisation": "Hall B", "notes": "Joint usé" });
    assert_eq!(
        p.s.patch(TECHNICIAN, &one(id), &work).await.status,
        403,
        "no job on it"
    );
    let job = p.job(id).await;
    let done = p.s.patch(TECHNICIAN, &one(id), &work).await;
    assert_eq!(
        (done.status, done.json()["compteur_valeur"].as_str()),
        (200, Some("12.500"))
    );
    assert_eq!(p.s.patch(TECHNICIAN, &one(other), &work).await.status, 403);
    let more = json!({ "notes": "x", "nom": "Autre", "frequence_maintenance_jours": 10 });
    let refused = p.s.patch(TECHNICIAN, &one(id), &more).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (403, "FIELDS_FORBIDDEN")
    );
    assert_eq!(
        refused.json()["champs"],
        json!(["nom_equipement", "frequence_maintenance_jours"])
    );
    // What was read can be put back with the own fields changed.
    let mut read = p.s.get(TECHNICIAN, &one(id)).await.json();
    read["notes"] = json!("Joint remplacé");
    assert_eq!(p.s.put(TECHNICIAN, &one(id), &read).await.status, 200);

    p.work(job, json!({ "action": "demarrer" })).await;
    p.work(
        job,
        json!({ "action": "cloturer", "compte_rendu": "Joint remplacé, essai concluant" }),
    )
    .await;
    assert_eq!(
        p.s.patch(TECHNICIAN, &one(id), &work).await.status,
        403,
        "the job is over"
    );
    for action in [
        "mettre_en_maintenance",
        "remettre_en_service",
        "mettre_hors_service",
    ] {
        let refused = p
            .act(TECHNICIAN, id, json!({ "action": action, "motif": "x" }))
            .await;
        assert_eq!(refused.status, 403, "{action}");
    }
    assert_eq!(
        p.act(TECHNICIAN, other, json!({ "action": "declarer_panne" }))
            .await
            .status,
        200
    );
    assert_eq!(p.s.delete(TECHNICIAN, &one(other)).await.status, 403);
    assert_eq!(p.s.post(TECHNICIAN, ALL, &pump(p.atlas, "P-9")).await.status, 403);
}

#[actix_web::test]
async fn the_history_shows_each_what_they_may_see() {
    let p = plant().await;
    let id = p.pump("P-1").await;
    let due = json!({ "prochaine_maintenance": "2026-03-01", "frequence_maintenance_jours": 90 });
    assert_eq!(p.s.patch(ADMIN, &one(id), &due).await.status, 200);
    let job = p.job(id).await;
    p.work(job, json!({ "action": "demarrer" })).await;
    p.later();
    let report = "Presse-étoupe remplacé";
    p.work(
        job,
        json!({ "action": "cloturer", "compte_rendu": report, "diagnostic": "Garniture usée" }),
    )
    .await;
    p.later();
    let number =
        p.s.get(MANAGER, &format!("/api/v1/interventions/{job}"))
            .await
            .json()["numero"]
            .clone();
    let cause = format!("Intervention {}", number.as_str().expect("a number"));
    let open = json!({ "equipement_id": id, "type": "preventive", "description": "Révision annuelle" });
    let open = p.s.made("/api/v1/interventions", &open).await;

    let path = format!("{}/maintenance", one(id));
    let seen = p.s.get(MANAGER, &path).await.json();
    assert_eq!(
        (
            &seen["prochaine_maintenance"],
            &seen["frequence_maintenance_jours"],
            &seen["en_retard"],
            &seen["total"]
        ),
        (&json!("2026-03-01"), &json!(90), &json!(true), &json!(2))
    );
    assert_eq!(
        (&seen["items"][0]["id"], &seen["items"][1]["id"]),
        (&json!(open), &json!(job)),
        "newest first"
    );
    let past = &seen["items"][1];
    for (field, expected) in [
        ("type", json!("corrective")),
        ("statut", json!("cloturee")),
        ("resultat", json!("operationnel")),
        ("technicien", json!("Personne technicien")),
        ("compte_rendu", json!(report)),
        ("diagnostic", json!("Garniture usée")),
        ("pieces", json!([])),
        ("cout", json!(null)),
    ] {
        assert_eq!(past[field], expected, "{field}");
    }
    assert_eq!(seen["arrets"].as_array().map(Vec::len), Some(1));
    let first = p.s.get(MANAGER, &format!("{path}?limit=1")).await.json();
    let cursor = first["next_cursor"].as_str().expect("a next page");
    let second =
        p.s.get(MANAGER, &format!("{path}?limit=1&cursor={cursor}"))
            .await
            .json();
    assert_eq!(
        (&second["items"][0]["id"], &second["next_cursor"]),
        (&json!(job), &json!(null))
    );

    let mine = p.s.get(TECHNICIAN, &path).await.json();
    assert_eq!(
        (&mine["total"], &mine["items"][0]["id"]),
        (&json!(1), &json!(job)),
        "the assigned one"
    );
    let theirs = p.s.get(CLIENT, &path).await.json();
    let past = &theirs["items"][1];
    assert_eq!(
        (&past["compte_rendu"], &past["diagnostic"]),
        (&json!(report), &json!(null))
    );
    assert_eq!(
        (&past["resultat"], &past["technicien"]),
        (&json!(null), &json!("Personne technicien"))
    );
    assert_eq!(
        (&seen["arrets"][0]["cause"], &theirs["arrets"][0]["cause"]),
        (&json!(cause), &json!(null))
    );
}
