//! What technicians are doing.

use super::*;

#[actix_web::test]
async fn availability_follows_its_machine_and_is_told() {
    let s = stored().await;
    let (id, ..) = full(&s).await;
    let path = format!("{}/disponibilite", one(id));
    let act = async |action: &str| s.patch(MANAGER, &path, &json!({ "action": action })).await;
    let leave = act("partir_en_conge").await;
    assert_eq!(
        (leave.status, leave.header("etag")),
        (200, Some("\"v2\"")),
        "{:?}",
        leave.body
    );
    let json = leave.json();
    assert_eq!(
        (&json["disponibilite"], &json["disponible"]),
        (&json!("conge"), &json!(false))
    );
    assert_eq!(json["actions_possibles"], json!(["redevenir_disponible"]));
    assert_eq!(
        (
            &json["interventions_a_reaffecter"],
            &json["intervention_interrompue"]
        ),
        (&json!([]), &Value::Null)
    );

    let refused = act("declarer_indisponible").await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (409, "INVALID_TRANSITION")
    );
    assert_eq!(refused.json()["disponibilite"], "conge");
    assert_eq!(
        refused.json()["actions_possibles"],
        json!(["redevenir_disponible"])
    );
    for (body, field, code) in [
        (json!({ "action": "dormir" }), "action", "UNKNOWN_VALUE"),
        (json!({}), "action", "REQUIRED"),
        (
            json!({ "action": "partir_en_conge", "motif": "x".repeat(2001) }),
            "motif",
            "TOO_LONG",
        ),
        (
            json!({ "action": "partir_en_conge", "disponibilite": "x" }),
            "disponibilite",
            "UNKNOWN_FIELD",
        ),
    ] {
        let refused = s.patch(MANAGER, &path, &body).await;
        assert_eq!(
            (refused.status, refused.issues()),
            (422, issue(field, code)),
            "{body}"
        );
    }
    let stale = ask("PATCH", &path)
        .by(&s.world, MANAGER)
        .header("if-match", "\"v1\"")
        .json(&json!({ "action": "redevenir_disponible" }))
        .send(&s.world)
        .await;
    assert_eq!(stale.status, 412, "before the state is judged");
    for action in [
        "redevenir_disponible",
        "partir_en_formation",
        "redevenir_disponible",
        "declarer_indisponible",
    ] {
        assert_eq!(act(action).await.status, 200, "{action}");
    }
    assert_eq!(
        s.db.number(
            "SELECT count(*) FROM evenements WHERE kind = 'technicien.disponibilite_change' AND actor_id = 2 \
             AND aggregate_id = (SELECT id FROM techniciens)"
        ),
        5,
        "one per change, none for what was refused"
    );
    assert_eq!(
        s.patch(
            MANAGER,
            &format!("{}/disponibilite", one(999_999)),
            &json!({ "action": "partir_en_conge" })
        )
        .await
        .status,
        404
    );
}

#[actix_web::test]
async fn falling_ill_at_work_leaves_the_job_waiting_in_one_transaction() {
    let s = stored().await;
    let (id, ..) = full(&s).await;
    let client = s.made("/api/v1/clients", &json!({ "nom_entreprise": "A" })).await;
    s.job(1, client, Some(id), "en_cours");
    s.job(2, client, Some(id), "ouverte");
    s.job(3, client, None, "ouverte");
    s.db.execute(&format!(
        "UPDATE techniciens SET disponibilite = 'occupe' WHERE id = {id}"
    ));
    let path = format!("{}/disponibilite", one(id));
    let refused = s
        .patch(MANAGER, &path, &json!({ "action": "redevenir_disponible" }))
        .await;
    assert_eq!(
        refused.json()["actions_possibles"],
        json!(["declarer_indisponible", "partir_en_conge", "partir_en_formation"])
    );

    let body = json!({ "action": "declarer_indisponible", "motif": "Fièvre" });
    let away = s.patch(MANAGER, &path, &body).await;
    assert_eq!(away.status, 200, "{:?}", away.body);
    let json = away.json();
    assert_eq!(
        (&json["disponibilite"], &json["intervention_interrompue"]),
        (&json!("indisponible"), &json!(1))
    );
    assert_eq!(json["interventions_a_reaffecter"], json!([2]));
    for (what, sql) in [
        (
            "the job waits for its technician",
            "SELECT count(*) FROM interventions WHERE id = 1 AND statut = 'en_attente' \
             AND motif_attente = 'technicien_indisponible' AND technicien_id IS NOT NULL",
        ),
        (
            "since now",
            "SELECT count(*) FROM interventions_attentes WHERE intervention_id = 1 AND fin IS NULL \
             AND debut = '2026-03-02T09:00:00Z'",
        ),
        (
            "the history says so once",
            "SELECT count(*) FROM historiques_interventions WHERE intervention_id = 1 \
             AND action_type = 'changement_statut' AND user_id = 2 AND details LIKE '%Fièvre%'",
        ),
        (
            "the equipment stays held",
            "SELECT count(*) FROM equipements_detentions WHERE jusqu_a IS NULL",
        ),
        (
            "and in maintenance",
            "SELECT count(*) FROM equipements WHERE id = 1 AND statut = 'maintenance'",
        ),
        (
            "the job's event",
            "SELECT count(*) FROM evenements WHERE kind = 'intervention.statut_change'",
        ),
        (
            "the technician's event",
            "SELECT count(*) FROM evenements WHERE kind = 'technicien.disponibilite_change'",
        ),
    ] {
        assert_eq!(s.db.number(sql), 1, "{what}");
    }
    // Who has jobs stays known.
    assert_eq!(s.delete(MANAGER, &one(id)).await.code(), "IN_USE");
}

#[actix_web::test]
async fn a_leave_that_is_asked_for_at_work_begins_when_the_job_ends() {
    let s = stored().await;
    let (id, ..) = full(&s).await;
    let client = s.made("/api/v1/clients", &json!({ "nom_entreprise": "A" })).await;
    s.job(1, client, Some(id), "en_cours");
    s.db.execute(&format!(
        "UPDATE techniciens SET disponibilite = 'occupe' WHERE id = {id}"
    ));
    let path = format!("{}/disponibilite", one(id));
    let act = async |action: &str| s.patch(MANAGER, &path, &json!({ "action": action })).await;
    for (action, waits) in [
        ("partir_en_formation", json!("formation")),
        ("redevenir_disponible", Value::Null),
        ("partir_en_conge", json!("conge")),
    ] {
        let answer = act(action).await;
        assert_eq!(answer.status, 200, "{action} {:?}", answer.body);
        let json = answer.json();
        assert_eq!(
            (&json["disponibilite"], &json["absence_en_attente"]),
            (&json!("occupe"), &waits),
            "{action}"
        );
        assert_eq!(json["intervention_interrompue"], Value::Null, "the job goes on");
    }
    let twice = act("partir_en_conge").await;
    assert_eq!((twice.status, twice.code().as_str()), (409, "INVALID_TRANSITION"));
    let events = "SELECT count(*) FROM evenements WHERE kind = 'technicien.disponibilite_change'";
    assert_eq!(s.db.number(events), 0, "nothing has changed yet");

    let report = json!({ "action": "cloturer", "compte_rendu": "Joint remplacé, essai concluant." });
    let closed = s.patch(MANAGER, "/api/v1/interventions/1/status", &report).await;
    assert_eq!(closed.status, 200, "{:?}", closed.body);
    let after = s.get(MANAGER, &one(id)).await.json();
    assert_eq!(
        (&after["disponibilite"], &after["absence_en_attente"]),
        (&json!("conge"), &Value::Null)
    );
    assert_eq!(s.db.number(events), 2, "through disponible");
}
