//! Changing the data: PUT takes back what GET gave, PATCH names what changes, each as far as rights go.

use serde_json::{Value, json};

use super::{JOBS, Shop, issue, one};
use crate::stored::{CLIENT, MANAGER, TECHNICIAN};
use crate::support::ask;

#[actix_web::test]
async fn what_get_gave_can_be_put_back() {
    let shop = Shop::open().await;
    let job = shop.job(Some(shop.tech)).await;
    let seen = shop.seen(MANAGER, job).await;
    let same = shop.s.put(MANAGER, &one(job), &seen).await;
    assert_eq!(
        (same.status, same.header("etag")),
        (200, Some("\"v1\"")),
        "nothing changed: {:?}",
        same.body
    );
    assert_eq!(shop.history(job).await, ["creation"]);

    let mut whole = seen.clone();
    whole["titre"] = json!("Roulement");
    whole["priorite"] = json!("critique");
    whole["date_prevue"] = json!("2026-03-09T08:00:00Z");
    let put = shop.s.put(MANAGER, &one(job), &whole).await;
    assert_eq!(
        (put.status, put.header("etag")),
        (200, Some("\"v2\"")),
        "{:?}",
        put.body
    );
    let put = put.json();
    assert_eq!(
        (&put["titre"], &put["est_urgente"]),
        (&json!("Roulement"), &json!(true)),
        "critical is urgent"
    );
    assert_eq!(
        shop.history(job).await,
        ["creation", "replanification"],
        "one entry for all of it"
    );

    let stale = shop.s.put(MANAGER, &one(job), &whole).await;
    assert_eq!(
        (stale.status, &stale.json()["version_actuelle"]),
        (412, &json!(2))
    );
    let mut unversioned = put.clone();
    unversioned.as_object_mut().expect("object").remove("version");
    assert_eq!(shop.s.put(MANAGER, &one(job), &unversioned).await.status, 428);
    let mut forced = put.clone();
    forced["statut"] = json!("cloturee");
    forced["technicien_id"] = json!(shop.other_tech);
    forced["numero"] = json!("INT-2026-99999");
    let read_only = shop.s.put(MANAGER, &one(job), &forced).await;
    assert_eq!(read_only.status, 422);
    let mut fields = read_only.issues();
    fields.sort();
    let of = |field: &str| (field.to_owned(), "READ_ONLY".to_owned());
    assert_eq!(fields, [of("numero"), of("statut"), of("technicien_id")]);
    // What is absent is emptied, or its default.
    let bare = json!({
        "equipement_id": shop.pump, "titre": "Roulement", "description": "Bruit anormal au démarrage",
        "type": "corrective", "version": 2
    });
    let emptied = shop.s.put(MANAGER, &one(job), &bare).await.json();
    assert_eq!(
        (
            &emptied["priorite"],
            &emptied["date_prevue"],
            &emptied["duree_estimee_minutes"]
        ),
        (&json!("normale"), &Value::Null, &json!(60))
    );
    // Older clients send no version.
    let legacy = ask("PUT", &format!("/interventions/{job}"))
        .by(&shop.s.world, MANAGER)
        .json(&unversioned);
    assert_eq!(legacy.send(&shop.s.world).await.status, 200);
}

#[actix_web::test]
async fn what_happens_around_a_job_does_not_hinder_a_replacement() {
    let shop = Shop::open().await;
    let (job, neighbour) = (shop.job(Some(shop.tech)).await, shop.job(Some(shop.tech)).await);
    let seen = shop.seen(MANAGER, job).await;
    shop.moved(neighbour, json!({ "action": "demarrer" })).await;
    let now = shop.seen(MANAGER, job).await;
    assert!(
        now["version"] == seen["version"] && now["equipement"] != seen["equipement"],
        "the machine is in maintenance: {now}"
    );
    let put = shop.s.put(MANAGER, &one(job), &seen).await;
    assert_eq!(put.status, 200, "{:?}", put.body);
}

#[actix_web::test]
async fn words_of_two_lines_are_taken_back() {
    let shop = Shop::open().await;
    let job = shop.job(Some(shop.tech)).await;
    shop.moved(job, json!({ "action": "demarrer" })).await;
    let close = json!({
        "action": "cloturer", "resultat": "operationnel", "compte_rendu": "Roulement changé, essai concluant."
    });
    shop.moved(job, close).await;
    let words = json!({ "satisfaction": 4, "commentaire_client": "Merci.\nRapide." });
    let rated = shop
        .s
        .post(CLIENT, &format!("{}/satisfaction", one(job)), &words)
        .await;
    assert_eq!(rated.status, 200, "{:?}", rated.body);
    let mut seen = shop.seen(MANAGER, job).await;
    assert_eq!(seen["commentaire_client"], "Merci.\nRapide.");
    seen["cause_defaillance"] = json!("usure");
    let put = shop.s.put(MANAGER, &one(job), &seen).await;
    assert_eq!(put.status, 200, "{:?}", put.body);
}

#[actix_web::test]
async fn a_client_puts_back_a_request_and_changes_its_words_alone() {
    let shop = Shop::open().await;
    let skill = shop
        .s
        .made("/api/v1/techniciens/competences", &json!({ "nom": "Soudure" }))
        .await;
    let request = json!({ "equipement_id": shop.pump, "description": "La pompe vibre beaucoup" });
    let job = shop.s.post(CLIENT, JOBS, &request).await.json()["id"]
        .as_i64()
        .expect("id");
    let hidden =
        json!({ "duree_estimee_minutes": 240, "diagnostic": "Palier", "competences_requises": [skill] });
    assert_eq!(shop.s.patch(MANAGER, &one(job), &hidden).await.status, 200);

    let mut seen = shop.seen(CLIENT, job).await;
    let same = shop.s.put(CLIENT, &one(job), &seen).await;
    assert_eq!(same.status, 200, "{:?}", same.body);
    seen["description"] = json!("La pompe vibre et fuit");
    let put = shop.s.put(CLIENT, &one(job), &seen).await;
    assert_eq!(
        (put.status, &put.json()["description"]),
        (200, &json!("La pompe vibre et fuit")),
        "{:?}",
        put.body
    );
    let whole = shop.seen(MANAGER, job).await;
    assert_eq!(
        (
            &whole["duree_estimee_minutes"],
            &whole["diagnostic"],
            &whole["competences_requises"]
        ),
        (
            &json!(240),
            &json!("Palier"),
            &json!([{ "competence_id": skill, "niveau_min": "debutant" }])
        ),
        "what the client is not shown stays"
    );
    let mut title = put.json();
    title["titre"] = json!("Autre titre");
    let refused = shop.s.put(CLIENT, &one(job), &title).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (403, "FIELDS_FORBIDDEN")
    );
    assert_eq!(refused.json()["champs"], json!(["titre"]));
    let refused = shop
        .s
        .patch(
            CLIENT,
            &one(job),
            &json!({ "priorite": "critique", "diagnostic": "Rien" }),
        )
        .await;
    assert_eq!(
        (refused.status, &refused.json()["champs"]),
        (403, &json!(["priorite", "diagnostic"])),
        "what was sent, by its name"
    );
    // What a client is not shown is refused for being sent: the answer does not tell whether it is right.
    for diagnosis in ["Palier", "Courroie"] {
        let sent = json!({ "diagnostic": diagnosis });
        let refused = shop.s.patch(CLIENT, &one(job), &sent).await;
        assert_eq!(
            (refused.status, &refused.json()["champs"]),
            (403, &json!(["diagnostic"]))
        );
        let mut whole = put.json();
        whole["diagnostic"] = json!(diagnosis);
        whole["duree_estimee_minutes"] = json!(240);
        let refused = shop.s.put(CLIENT, &one(job), &whole).await;
        assert_eq!(
            (refused.status, &refused.json()["champs"]),
            (403, &json!(["duree_estimee_minutes", "diagnostic"]))
        );
    }
    for (criterion, status) in [
        (format!("technicien_id={}", shop.tech), 403),
        ("contrat_id=1".to_owned(), 403),
        ("archivees=true".to_owned(), 200),
    ] {
        let reply = shop.s.get(CLIENT, &format!("{JOBS}?{criterion}")).await;
        assert_eq!(reply.status, status, "{criterion}");
        let (name, _) = criterion.split_once('=').expect("a pair");
        assert!(
            status == 200 || reply.json()["champs"] == json!([name]),
            "{criterion}"
        );
    }

    // Nobody here can weld.
    let unskilled = json!({ "competences_requises": [] });
    assert_eq!(shop.s.patch(MANAGER, &one(job), &unskilled).await.status, 200);
    let taken = shop
        .s
        .post(
            MANAGER,
            &format!("{JOBS}/{job}/affectation"),
            &json!({ "technicien_id": shop.tech }),
        )
        .await;
    assert_eq!(taken.status, 200, "{:?}", taken.body);
    let late = shop
        .s
        .patch(
            CLIENT,
            &one(job),
            &json!({ "description": "La pompe ne vibre plus du tout" }),
        )
        .await;
    assert_eq!(
        (late.status, late.code().as_str()),
        (403, "FORBIDDEN"),
        "somebody has taken it"
    );
}

#[actix_web::test]
async fn a_technician_writes_findings_on_the_own_job() {
    let shop = Shop::open().await;
    let (mine, other) = (
        shop.job(Some(shop.tech)).await,
        shop.job(Some(shop.other_tech)).await,
    );
    let words = json!({ "diagnostic": "Palier usé", "compte_rendu": "À remplacer" });
    let written = shop.s.patch(TECHNICIAN, &one(mine), &words).await;
    assert_eq!(
        (written.status, &written.json()["diagnostic"]),
        (200, &json!("Palier usé")),
        "{:?}",
        written.body
    );
    let cleared = shop
        .s
        .patch(TECHNICIAN, &one(mine), &json!({ "compte_rendu": null }))
        .await
        .json();
    assert_eq!(
        (&cleared["compte_rendu"], &cleared["diagnostic"]),
        (&Value::Null, &json!("Palier usé"))
    );
    let more = shop
        .s
        .patch(
            TECHNICIAN,
            &one(mine),
            &json!({ "titre": "Palier", "diagnostic": "Autre" }),
        )
        .await;
    assert_eq!((more.status, &more.json()["champs"]), (403, &json!(["titre"])));
    assert_eq!(shop.s.patch(TECHNICIAN, &one(other), &words).await.status, 404);
}

#[actix_web::test]
async fn the_state_freezes_data() {
    let shop = Shop::open().await;
    let job = shop.job(Some(shop.tech)).await;
    shop.moved(job, json!({ "action": "demarrer" })).await;
    let frozen = shop
        .s
        .patch(
            MANAGER,
            &one(job),
            &json!({ "type": "preventive", "titre": "Permis" }),
        )
        .await;
    assert_eq!((frozen.status, frozen.code().as_str()), (409, "READ_ONLY_STATE"));
    assert_eq!(
        (&frozen.json()["champs"], &frozen.json()["statut"]),
        (&json!(["type"]), &json!("en_cours"))
    );
    for (field, value) in [
        ("statut", json!("cloturee")),
        ("technicien_id", json!(1)),
        ("client_id", json!(1)),
    ] {
        let reply = shop.s.patch(MANAGER, &one(job), &json!({ field: value })).await;
        assert_eq!(
            (reply.status, reply.issues()),
            (422, issue(field, "UNKNOWN_FIELD"))
        );
    }
    let both = json!({ "date_prevue": "2026-03-09T08:00:00Z", "date_planifiee": "2026-03-10T08:00:00Z" });
    assert_eq!(
        shop.s.patch(MANAGER, &one(job), &both).await.issues(),
        issue("date_planifiee", "AMBIGUOUS")
    );
}

#[actix_web::test]
async fn a_job_about_a_failure_stays_on_its_equipment() {
    let shop = Shop::open().await;
    let spare = json!({
        "client_id": shop.client, "nom_equipement": "Secours", "numero_serie": "NS-2", "type_equipement": "hydraulique"
    });
    let spare = shop.s.made("/api/v1/equipements", &spare).await;
    let moved = json!({ "equipement_id": spare });
    let plain = shop.job(None).await;
    assert_eq!(shop.s.patch(MANAGER, &one(plain), &moved).await.status, 200);
    let failed = json!({
        "equipement_id": shop.pump, "type": "corrective", "description": "Bruit anormal au démarrage", "panne": true
    });
    let failed = shop.s.made(JOBS, &failed).await;
    let refused = shop.s.patch(MANAGER, &one(failed), &moved).await;
    assert_eq!((refused.status, refused.code().as_str()), (409, "ABOUT_FAILURE"));
    assert!(refused.json()["panne_id"].is_i64(), "{:?}", refused.body);
}

#[actix_web::test]
async fn an_edit_asks_nothing_that_the_assigned_technician_has_not() {
    let shop = Shop::open().await;
    let skill = json!({ "nom": "Habilitation B2V" });
    let skill = shop.s.made("/api/v1/techniciens/competences", &skill).await;
    let job = shop.job(Some(shop.tech)).await;
    let asks = json!({ "competences_requises": [skill] });
    let refused = shop.s.patch(MANAGER, &one(job), &asks).await;
    assert_eq!((refused.status, refused.code().as_str()), (409, "SKILL_MISSING"));
    assert_eq!(refused.json()["technicien_id"], json!(shop.tech));
    let taken_off = json!({ "technicien_id": null });
    let path = format!("{JOBS}/{job}/affectation");
    assert_eq!(shop.s.post(MANAGER, &path, &taken_off).await.status, 200);
    assert_eq!(shop.s.patch(MANAGER, &one(job), &asks).await.status, 200);
}

#[actix_web::test]
async fn urgency_goes_with_the_critical_priority_that_brought_it() {
    let shop = Shop::open().await;
    let job = shop.job(None).await;
    let urgent = |body: Value| {
        let path = one(job);
        let shop = &shop;
        async move {
            let reply = shop.s.patch(MANAGER, &path, &body).await;
            assert_eq!(reply.status, 200, "{:?}", reply.body);
            reply.json()["est_urgente"].clone()
        }
    };
    assert_eq!(urgent(json!({ "priorite": "critique" })).await, json!(true));
    assert_eq!(urgent(json!({ "priorite": "normale" })).await, json!(false));
    assert_eq!(urgent(json!({ "est_urgente": true })).await, json!(true));
    assert_eq!(
        urgent(json!({ "priorite": "haute" })).await,
        json!(true),
        "asked for"
    );
}
