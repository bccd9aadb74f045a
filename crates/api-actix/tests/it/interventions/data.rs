//! Changing the data: PUT takes back what GET gave, PATCH names what changes, each as far as rights go.

use serde_json::{Value, json};

use super::{Shop, issue, one};
use crate::stored::{MANAGER, TECHNICIAN};
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
