//! What an action on one job does to others, to the equipment and to technicians.

use serde_json::{Value, json};

use super::{JOBS, Shop, one};
use crate::stored::{MANAGER, TECHNICIAN};

#[actix_web::test]
async fn cancelling_a_running_job_frees_everything_and_the_failure_is_open_again() {
    let shop = Shop::open().await;
    let body = json!({
        "equipement_id": shop.pump, "type": "corrective", "description": "La pompe fuit beaucoup", "panne": true,
        "technicien_id": shop.tech
    });
    let job = shop.s.made(JOBS, &body).await;
    shop.moved(job, json!({ "action": "demarrer" })).await;
    shop.assert_states("maintenance", "occupe");
    let cancelled = shop
        .moved(
            job,
            json!({ "statut": "annulee", "remarque": "Le client a réparé lui-même" }),
        )
        .await;
    assert_eq!(cancelled["motif_annulation"], "Le client a réparé lui-même");
    shop.assert_states("en_panne", "disponible");
    assert_eq!(shop.count("pannes"), 1, "the same failure, not a second one");
    assert_eq!(shop.count("evenements WHERE kind = 'equipement.en_panne'"), 1);
    assert_eq!(shop.count("equipements_detentions WHERE jusqu_a IS NULL"), 0);

    // A second failure declared meanwhile is the same one.
    let again = shop.s.made(JOBS, &body).await;
    let failure = |job: i64| {
        shop.s
            .db
            .number(&format!("SELECT panne_id FROM interventions WHERE id = {job}"))
    };
    assert_eq!(failure(again), failure(job));
}

#[actix_web::test]
async fn a_running_job_changes_hands() {
    let shop = Shop::open().await;
    let job = shop.job(Some(shop.tech)).await;
    shop.moved(job, json!({ "action": "demarrer" })).await;
    let path = format!("{JOBS}/{job}/affectation");
    let same = shop
        .s
        .post(MANAGER, &path, &json!({ "technicien_id": shop.tech }))
        .await;
    assert_eq!((same.status, same.code().as_str()), (409, "ALREADY_ASSIGNED"));
    let taken = shop
        .s
        .post(MANAGER, &path, &json!({ "technicien_id": shop.other_tech }))
        .await;
    assert_eq!(taken.status, 200, "{:?}", taken.body);
    let availability = |id: i64| {
        shop.count(&format!(
            "techniciens WHERE id = {id} AND disponibilite = 'occupe'"
        ))
    };
    assert_eq!((availability(shop.tech), availability(shop.other_tech)), (0, 1));
    let gone = shop.s.get(TECHNICIAN, &one(job)).await;
    assert_eq!(gone.status, 404, "a job that is no longer theirs");
    assert_eq!(
        shop.status(
            TECHNICIAN,
            job,
            json!({ "action": "cloturer", "compte_rendu": "Terminé quand même" })
        )
        .await
        .status,
        404
    );

    // The first one is free for another job; the second one is not.
    let next = shop.job_on(shop.press, Some(shop.tech)).await;
    shop.moved(next, json!({ "action": "demarrer" })).await;
    let third = shop.job_on(shop.press, Some(shop.other_tech)).await;
    let busy = shop.status(MANAGER, third, json!({ "action": "demarrer" })).await;
    assert_eq!((busy.status, busy.code().as_str()), (409, "TECHNICIAN_BUSY"));
    assert_eq!(
        (&busy.json()["technicien_id"], &busy.json()["intervention_id"]),
        (&json!(shop.other_tech), &json!(job))
    );
    let refused = shop
        .s
        .post(
            MANAGER,
            &format!("{JOBS}/{next}/affectation"),
            &json!({ "technicien_id": shop.other_tech }),
        )
        .await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (409, "TECHNICIAN_BUSY"),
        "nor by a handover"
    );
}

#[actix_web::test]
async fn an_open_job_can_lose_its_technician() {
    let shop = Shop::open().await;
    let job = shop.job(Some(shop.tech)).await;
    let path = format!("{JOBS}/{job}/affectation");
    assert_eq!(
        shop.s.post(MANAGER, &path, &json!({})).await.issues(),
        super::issue("technicien_id", "REQUIRED")
    );
    let dated = json!({ "technicien_id": null, "date_prevue": "2026-03-05T08:00:00Z" });
    assert_eq!(
        shop.s.post(MANAGER, &path, &dated).await.issues(),
        super::issue("date_prevue", "INCONSISTENT")
    );
    let none = shop
        .s
        .post(
            MANAGER,
            &path,
            &json!({ "technicien_id": null, "motif": "En congé" }),
        )
        .await;
    assert_eq!(none.status, 200, "{:?}", none.body);
    assert_eq!(
        (&none.json()["technicien"], &none.json()["date_affectation"]),
        (&Value::Null, &Value::Null)
    );
    let again = shop
        .s
        .post(MANAGER, &path, &json!({ "technicien_id": null }))
        .await;
    assert_eq!((again.status, again.code().as_str()), (409, "NO_TECHNICIAN"));
    assert_eq!(shop.history(job).await, ["creation", "affectation"]);
    // The same through the status, for who has one form for everything.
    let given = shop.moved(job, json!({ "action": "affecter", "technicien_id": shop.tech, "date_planifiee": "2026-03-05T08:00:00Z" })).await;
    assert_eq!(
        (&given["technicien_id"], &given["date_prevue"]),
        (&json!(shop.tech), &json!("2026-03-05T08:00:00Z"))
    );
    let later = shop
        .s
        .post(
            MANAGER,
            &path,
            &json!({ "technicien_id": shop.tech, "date_prevue": "2026-03-06T08:00:00Z" }),
        )
        .await;
    assert_eq!(later.status, 200, "{:?}", later.body);
    assert_eq!(
        shop.history(job).await,
        ["creation", "affectation", "affectation", "replanification"]
    );
}

#[actix_web::test]
async fn a_close_that_retires_the_equipment_can_cancel_what_is_open_on_it() {
    let shop = Shop::open().await;
    let job = shop.job(Some(shop.tech)).await;
    let open = [shop.job(None).await, shop.job(Some(shop.other_tech)).await];
    shop.moved(job, json!({ "action": "demarrer" })).await;
    let close =
        json!({ "action": "cloturer", "compte_rendu": "Corps de pompe fissuré", "resultat": "hors_service" });
    let technician = shop.status(TECHNICIAN, job, close.clone()).await;
    assert_eq!(technician.status, 403, "retiring takes the right to");
    let refused = shop.status(MANAGER, job, close.clone()).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (409, "EQUIPMENT_IN_USE")
    );
    assert_eq!(
        refused.json()["interventions"],
        json!(open.map(|id| id.to_string()))
    );
    shop.assert_states("maintenance", "occupe");
    let mut all = close;
    all["annuler_ouvertes"] = json!(true);
    shop.moved(job, all).await;
    shop.assert_states("hors_service", "disponible");
    for other in open {
        let seen = shop.seen(MANAGER, other).await;
        assert_eq!(seen["statut"], "annulee");
        assert!(
            seen["motif_annulation"]
                .as_str()
                .expect("motif")
                .starts_with("Équipement mis hors service")
        );
        assert_eq!(shop.history(other).await, ["creation", "annulation"]);
    }
    let late =
        json!({ "equipement_id": shop.pump, "type": "corrective", "description": "Encore une intervention" });
    let late = shop.s.post(MANAGER, JOBS, &late).await;
    assert_eq!(
        (late.status, late.code().as_str()),
        (409, "EQUIPMENT_OUT_OF_SERVICE")
    );
}

#[actix_web::test]
async fn an_equipment_stays_in_maintenance_while_any_job_holds_it() {
    let shop = Shop::open().await;
    let (first, second) = (
        shop.job(Some(shop.tech)).await,
        shop.job(Some(shop.other_tech)).await,
    );
    shop.moved(first, json!({ "action": "demarrer" })).await;
    shop.moved(second, json!({ "action": "demarrer" })).await;
    shop.moved(
        first,
        json!({ "action": "cloturer", "compte_rendu": "Première partie finie" }),
    )
    .await;
    shop.assert_states("maintenance", "disponible");
    shop.moved(
        second,
        json!({ "action": "cloturer", "compte_rendu": "Seconde partie finie", "resultat": "en_panne" }),
    )
    .await;
    shop.assert_states("en_panne", "disponible");
    assert_eq!(
        shop.count("pannes WHERE origine = 'cloture' AND fermee_le IS NULL"),
        1
    );
    assert_eq!(
        shop.count("arrets_equipement WHERE etat = 'maintenance' AND fin IS NOT NULL"),
        1,
        "one stay, not two"
    );
}

#[actix_web::test]
async fn closing_a_preventive_job_moves_the_next_one() {
    let shop = Shop::open().await;
    let every = json!({ "frequence_maintenance_jours": 90, "prochaine_maintenance": "2026-03-01" });
    let changed = shop
        .s
        .patch(MANAGER, &format!("/api/v1/equipements/{}", shop.pump), &every)
        .await;
    assert_eq!(changed.status, 200, "{:?}", changed.body);
    let body = json!({
        "equipement_id": shop.pump, "type": "preventive", "description": "Visite trimestrielle", "technicien_id": shop.tech
    });
    let job = shop.s.made(JOBS, &body).await;
    shop.moved(job, json!({ "action": "demarrer" })).await;
    assert_eq!(shop.count("arrets_equipement WHERE planifie AND fin IS NULL"), 1);
    shop.moved(
        job,
        json!({ "action": "cloturer", "compte_rendu": "Visite faite, rien à signaler" }),
    )
    .await;
    assert_eq!(
        shop.count("equipements WHERE prochaine_maintenance = '2026-05-31'"),
        1
    );
}
